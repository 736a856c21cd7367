import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { configMember } from '../../../../modules/ipfs/lib/kubo.ts'
import { Later } from '../../../../src/core/unknown.ts'

// What is read of a config without kubo, by the shell text that hosts are sent.

const path = mkdtempSync(join(tmpdir(), 'runbook-kubo-'))
test.after(() => rmSync(path, { recursive: true }))

const read = (name: string): unknown => {
  const query = configMember({ path, user: 'root', bin_dir: '/nowhere' }, name)
  const { stdout, stderr, status } = spawnSync('sh', ['-c', query.item])
  return query.parse({ stdout, stderr, status }).value
}

const config = {
  Addresses: { NoAnnounce: ['/ip4/10.0.0.0/ipcidr/8', '/ip6/::/ipcidr/3'] },
  Swarm: { AddrFilters: null, Other: [] },
}

for (const [how, indent] of [
  ['as kubo writes it', 2],
  ['on one line', 0],
] as const)
  test(`filters stand in the file itself, ${how}`, () => {
    writeFileSync(`${path}/config`, JSON.stringify(config, null, indent))
    assert.equal(read('Addresses.NoAnnounce'), config.Addresses.NoAnnounce)
    assert.is(read('Swarm.AddrFilters'), null)
  })

test('without a config nothing is known of them', () => {
  rmSync(`${path}/config`)
  assert.is(read('Swarm.AddrFilters'), undefined)
})

const member = configMember({ path: '/var/lib/ipfs', user: 'ipfs', bin_dir: '/usr/local/bin' }, 'Routing.Type')
const kept = (value: unknown, ...labels: string[]): boolean =>
  member.clouded!({ value } as never, labels, new Later('node0/install_kubo'), () => undefined as never) !== undefined

// A repo that was adopted by hand has a config and no program of ours: what was read by the program that is there was
// taken for unknown once ours was installed, so all of it was set again, and a conflict told that there is none of.
test('what was read of a config stays known when the program is installed, whatever is said of its files', () => {
  const installed = [
    'tree:/usr/local/lib/kubo/v0.42.0',
    'children:/usr/local/lib/kubo',
    'path:/usr/local/lib/kubo/v0.42.0/ipfs',
    'path:/usr/local/bin/ipfs',
    'tree:/usr/local/bin/ipfs',
  ]
  assert.ok(kept('dht', ...installed))
  assert.not.ok(kept(undefined, ...installed), 'what could not be read is asked again')
})

test('what else changes it does not leave it known', () => {
  for (const label of [
    'path:/var/lib/ipfs/config',
    'tree:/usr/local',
    'tree:/usr/local/lib/kubo2',
    'path:/usr/local/bin/ipfs2',
  ])
    assert.not.ok(kept('dht', 'path:/usr/local/bin/ipfs', label), label)
})

test.run()
