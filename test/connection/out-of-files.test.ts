import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// A process that may open no further file cannot read a key, nor known_hosts: neither a key that is bad nor a host that nobody
// knows is to blame.

const folder = mkdtempSync(join(tmpdir(), 'runbook-files-'))
test.after(() => rmSync(folder, { recursive: true }))
for (const name of ['key', 'known_hosts']) writeFileSync(join(folder, name), '')

/** A connection that has been dialled, logged in to when every descriptor is taken. */
const script = `
import { openSync } from 'node:fs'
import { openConnection } from '${new URL('../../src/connection/ssh.ts', import.meta.url)}'
import { createHostKeys } from '${new URL('../../src/connection/host-keys.ts', import.meta.url)}'
const hop = { name: 'web', host: 'web', port: 22, user: 'root', timeoutSeconds: 5, keyFiles: [], knownHosts: [], ...JSON.parse(process.argv[1]) }
try { for (;;) openSync('/dev/null') } catch {}
const none = { check: async () => {} }
const keys = hop.knownHosts.length > 0 ? createHostKeys() : none
await openConnection(hop, { socket: { destroy() {} } }, keys).then(() => console.log('{}'), error => console.log(JSON.stringify(error.failures?.[0] ?? String(error))))
process.exit()
`

for (const [what, change] of [
  ['a key file', { keyFiles: [join(folder, 'key')] }],
  ['known_hosts', { password: 'x', knownHosts: [join(folder, 'known_hosts')] }],
] as const)
  test(`no descriptor left for ${what}: told as that, with ulimit and --forks`, () => {
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -n 200; exec "$0" --input-type=module -e "$1" -- "$2"',
        process.execPath,
        script,
        JSON.stringify(change),
      ],
      { encoding: 'utf8' },
    )
    assert.match(stdout, /^\{/, stderr)
    const { reason, why, fix } = JSON.parse(stdout)
    assert.is(reason, 'host-unreachable')
    assert.is(why, 'this process may open no further file')
    assert.match(fix, /ulimit -n .*--forks/)
  })

test.run()
