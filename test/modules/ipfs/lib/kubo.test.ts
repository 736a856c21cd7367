import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { configMember } from '../../../../modules/ipfs/lib/kubo.ts'

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

test.run()
