import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { configMember } from '../../../../modules/ipfs/lib/kubo.ts'
import { Later } from '../../../../src/core/unknown.ts'

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
