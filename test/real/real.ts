import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// `npm run test:real -- --artifacts DIR`: the tests that speak of kubo and ipfs-cluster, on the real ones. First the
// contract that the stand-in keeps in every `npm test`, then the sweep of the whole playbook on lab hosts.

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values } = parseArgs({ options: { artifacts: { type: 'string' } } })
const artifacts = values.artifacts ?? process.env.RUNBOOK_ARTIFACTS ?? ''
const archives = artifacts ? readdirSync(artifacts).filter(name => name.endsWith('.tar.gz')) : []
const tests = ['test/real/contract', 'test/real/sweep']
const wanted = ['kubo_', 'ipfs-cluster-service_', 'ipfs-cluster-ctl_']
const missing = wanted.filter(name => !archives.some(archive => archive.startsWith(name)))

if (missing.length > 0) {
  const none = artifacts ? `no ${missing[0]}*.tar.gz in ${artifacts}` : 'no --artifacts DIR with the real programs'
  for (const name of tests) console.log(`skip  ${name}: ${none}`)
  console.log(`0 passed, 0 failed, ${tests.length} skipped`)
} else {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-real-'))
  try {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    for (const name of archives.filter(archive => wanted.some(one => archive.startsWith(one)))) {
      const unpack = ['-xzf', resolve(artifacts, name), '-C', bin, '--strip-components=1', '--wildcards', '*/ipfs*']
      if (spawnSync('tar', unpack, { stdio: 'inherit' }).status !== 0) throw new Error(`cannot unpack ${name}`)
    }
    const env = { ...process.env, RUNBOOK_REAL_PROGRAMS: bin, RUNBOOK_REAL_ARTIFACTS: resolve(artifacts) }
    const ran = spawnSync(process.execPath, ['test/run.ts', ...tests], { cwd: root, env, stdio: 'inherit' })
    process.exitCode = ran.status ?? 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
