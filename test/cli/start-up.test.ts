import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closedPort, privateKey, type Ran, sandbox } from './rig.ts'

// What is loaded counts, not how long it takes: see docs/decisions/0014-start-up.md.

const root = fileURLToPath(new URL('../..', import.meta.url))
const place = sandbox()
test.after(place.remove)
const env = { NODE_OPTIONS: `--import ${new URL('loaded.ts', import.meta.url)}` }

/** The packages, and the files of our own, that were loaded until the first connection or the end. */
const loadedUntil = (when: 'connection' | 'end', { err }: Ran): { packages: string[]; files: string[] } => {
  const paths = JSON.parse(new RegExp(`^loaded until the ${when} (.*)$`, 'm').exec(err)![1]!) as string[]
  const names = paths.map(path => relative(root, path))
  const packages = names.flatMap(name => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? [])
  const files = names.filter(name => /^(src|modules)\//.test(name))
  return { packages: [...new Set(packages)].sort(), files }
}

const planned = async (playbook: string): Promise<{ packages: string[]; files: string[] }> => {
  place.write('key', privateKey())
  const host = {
    ansible_host: '127.0.0.1',
    ansible_port: await closedPort(),
    ansible_ssh_private_key_file: `${place.folder}/key`,
  }
  place.write('hosts.json', JSON.stringify({ all: { children: { ipfs: { hosts: { node0: host } } } } }))
  return loadedUntil('connection', place.run(['plan', playbook, '-i', 'hosts.json', '--artifacts', '.'], { env }))
}

test('--help loads the table of commands and nothing that a command needs', () => {
  const { packages, files } = loadedUntil('end', place.run(['--help'], { env }))
  assert.equal(packages, ['commander'])
  assert.equal(files, ['src/runbook.mjs', 'src/cli/main.ts', 'src/core/exit.ts'])
})

test('a plan has loaded no more than it needs for it when it first connects', async () => {
  const { packages, files } = await planned(`${root}playbooks/private-cluster.yml`)
  // None of: ajv, listr2, diff, undici; ssh2 comes while the hosts answer.
  assert.equal(packages, ['commander', 'p-queue'])
  const idle =
    /^src\/(run\/(?!journal)|drift\/|lab\/|artifact\/(?!lock|not-found)|planfile\/(match-|mismatch|saved-lines)|connection\/ssh\.ts)/
  assert.equal(
    files.filter(file => idle.test(file)),
    [],
  )
  assert.ok(files.length <= 413, `${files.length} files of our own`)
})

test('without a template the parser of templates is not loaded', async () => {
  place.write('plain.yml', '- name: P\n  hosts: all\n  tasks: [{ name: Say, debug: { msg: hello } }]\n')
  const { packages } = await planned('plain.yml')
  assert.not(packages.includes('handlebars'))
})

test.run()
