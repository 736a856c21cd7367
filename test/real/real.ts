import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../cluster/rig.ts'
import { run } from '../runner/child.ts'
import { sentence, sum } from '../runner/counts.ts'
import { faults, kinds } from './faults/faults.ts'
import { sweep } from './sweep/sweep.ts'

// `npm run test:real -- --artifacts DIR [--rounds N] [--moments N] [contract|sweep|kills|cuts|frames|reboots]…`: the same
// contract that the stand-in is held to, and the whole playbook, on the real kubo and ipfs-cluster, whose archives lie in
// DIR under upstream's names: whatever befalls the network, in N rounds, and what befalls a run, at N moments of it. They
// are unpacked to a temporary folder and onto lab hosts, and nowhere else. The last line is `N passed, N failed[, N
// skipped]`.

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const { values, positionals } = parseArgs({
  options: {
    artifacts: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    moments: { type: 'string', default: '40' },
  },
  allowPositionals: true,
})
const given = values.artifacts ?? process.env.RUNBOOK_ARTIFACTS
const artifacts = given === undefined ? undefined : resolve(given)
const wants = (part: string): boolean => positionals.length === 0 || positionals.includes(part)

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())

/** The three programs out of their archives, in one folder. */
const unpacked = async (from: string, into: string): Promise<void> => {
  const archives = readdirSync(from).filter(name => /^(kubo|ipfs-cluster-(service|ctl))_.*\.tar\.gz$/.test(name))
  for (const archive of archives) {
    const tar = ['tar', '-xzf', join(from, archive), '-C', into, '--strip-components=1', '--wildcards', '*/ipfs*']
    const { code, text } = await run(tar, into, 60)
    if (code !== 0) throw new Error(`${archive} cannot be unpacked: ${text}`)
  }
}

const contract = async (from: string): Promise<{ passed: number; failed: number }> => {
  const programs = mkdtempSync(join(tmpdir(), 'runbook-real-'))
  try {
    await unpacked(from, programs)
    const env = ['env', `RUNBOOK_REAL_PROGRAMS=${programs}`]
    const { text } = await run([...env, process.execPath, 'test/run.ts', 'test/real/contract'], root, 900)
    say(text.trimEnd())
    const [, passed, failed] = /(\d+) passed, (\d+) failed.*\s*$/.exec(text) ?? []
    return passed === undefined ? { passed: 0, failed: 1 } : { passed: Number(passed), failed: Number(failed) }
  } finally {
    rmSync(programs, { recursive: true })
  }
}

const missing =
  artifacts === undefined
    ? 'no --artifacts DIR, the folder of the real archives, was given'
    : process.getuid?.() === 0
      ? undefined
      : 'only root can make the hosts it needs'

if (missing !== undefined) {
  say(`skip  test/real: ${missing}`)
  say(sentence({ passed: 0, failed: 0, skipped: 1 }))
} else {
  const none = { passed: 0, failed: 0 }
  const held = wants('contract') ? await contract(artifacts!) : none
  const swept = wants('sweep') ? await sweep(artifacts!, Number(values.rounds), stopping.signal, say) : none
  const struck = kinds.filter(wants)
  const outlived =
    struck.length > 0 ? await faults(artifacts!, struck, Number(values.moments), stopping.signal, say) : none
  const counts = sum([held, swept, outlived].map(counted => ({ ...counted, skipped: 0 })))
  say(sentence(counts))
  process.exitCode = counts.failed > 0 || stopping.signal.aborted ? 1 : 0
}
