import { mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { clusterId } from '../../modules/lib/cluster.ts'
import { peerId } from '../../modules/lib/kubo.ts'
import { ofKubo } from '../../modules/lib/peers.ts'
import type { Query } from '../../src/module/query.ts'
import { local, temporary } from '../module/probes/local.ts'

// What is read by a fragment of sh, in a folder whose name means something to it.

const path = `${temporary()}/it's a $HOME; echo *`
mkdirSync(path)
writeFileSync(`${path}/config`, '{\n  "Identity": {\n    "PeerID": "12D3KooA"\n  }\n}\n')
writeFileSync(`${path}/identity.json`, '{\n  "id": "12D3KooB"\n}\n')

const read = <A>({ item, parse }: Query<A>): A => {
  const { stdout, stderr, status } = local(item)
  return parse({ stdout, stderr, status: status ?? -1 })
}

test('the ids of kubo and of ipfs-cluster are read from any folder', () => {
  assert.equal(read(peerId({ path, user: 'ipfs', bin_dir: '/usr/local/bin' })), { value: '12D3KooA' })
  assert.equal(read(clusterId(path)), { value: '12D3KooB' })
  assert.equal(read(ofKubo(path)), { words: ['12D3KooA'] })
})

test.run()
