import { mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { freeSpace } from '../../../../modules/builtin/lib/free-space.ts'
import { clusterId } from '../../../../modules/ipfs/lib/cluster.ts'
import { peerId } from '../../../../modules/ipfs/lib/kubo.ts'
import { kuboPeers } from '../../../../modules/ipfs/lib/peers.ts'
import type { Query } from '../../../../src/module/query.ts'
import { asNobody, local, temporary } from '../../../module/probes/local.ts'

// What is read by a fragment of sh, in a folder whose name means something to it.

const path = `${temporary()}/it's a $HOME; echo *`
mkdirSync(path)
writeFileSync(`${path}/config`, '{\n  "Identity": {\n    "PeerID": "12D3KooA"\n  }\n}\n')
writeFileSync(`${path}/identity.json`, '{\n  "id": "12D3KooB"\n}\n')

const read = <A>({ item, parse }: Query<A, boolean>, run = local): A => {
  const { stdout, stderr, status } = run(item)
  return parse({ stdout, stderr, status: status ?? -1 })
}

test('the ids of kubo and of ipfs-cluster are read from any folder', () => {
  assert.equal(read(peerId({ path, user: 'ipfs', bin_dir: '/usr/local/bin' })), { value: '12D3KooA' })
  assert.equal(read(clusterId(path)), { value: '12D3KooB' })
  assert.equal(read(kuboPeers(path)), { words: ['12D3KooA'] })
})

test('what is free on a disk is told to each as much as is theirs', () => {
  const { bfree, bavail, bsize } = statfsSync('/tmp')
  const around = (free: number, blocks: number): void =>
    assert.ok(Math.abs(free - blocks * bsize) < 0.05 * bavail * bsize, `${free}, not ${blocks * bsize}`)
  around(read(freeSpace('/tmp/new/folder')).free, bfree)
  around(read(freeSpace('/tmp/new/folder'), asNobody).free, bavail)
})

test.run()
