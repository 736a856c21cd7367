import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decideVoters, type RaftStanding } from '../../../../modules/ipfs/lib/voters.ts'

const member = (n: number, lists: Record<string, string>, more: Partial<RaftStanding> = {}): RaftStanding => ({
  host: `node${n}`,
  address: `10.0.0.1${n}`,
  id: `Qm${n}`,
  hasState: true,
  hadState: false,
  isHere: true,
  isOn: true,
  lists,
  known: ['/ip4/10.0.0.10/tcp/9096/p2p/Old0', '/ip4/10.0.0.11/tcp/9096/p2p/Qm1', '/ip4/10.9.9.9/tcp/9096/p2p/Far'],
  ...more,
})
const anew = (n: number): RaftStanding => member(n, {}, { hasState: false, isOn: false, known: [] })
const leaving = (...args: Parameters<typeof decideVoters>): unknown => {
  const ruling = decideVoters(...args)
  return ruling.is === 'good' ? ruling.leaving : ruling.why
}

test('a silent id at the address of a host with another id leaves; one from elsewhere stays', () => {
  const lists = { Qm1: '', Qm2: '', Old0: 'no route', Far: 'no route', Qm3: '' }
  const hosts = [anew(0), member(1, lists), member(2, lists), member(3, lists)]
  assert.equal(leaving(hosts, []), [{ id: 'Old0', of: 'node0' }])
})

test('an id that answers stays, whatever its address', () => {
  const lists = { Qm1: '', Qm2: '', Old0: '' }
  assert.equal(leaving([anew(0), member(1, lists), member(2, lists)], []), [])
})

test('an id at the address of a host that is silent itself stays', () => {
  const lists = { Qm1: '', Qm2: '', Old0: 'no route' }
  assert.equal(leaving([member(1, lists), member(2, lists)], ['node0']), [])
})

test('nobody leaves without a quorum, or where no step may run', () => {
  const few = { Qm1: '', Old0: 'no route' }
  assert.match(String(leaving([anew(0), member(1, few)], [])), /no quorum: 1 of the 2/)
  assert.equal(leaving([member(0, {}, { isOn: false, isHere: false }), member(1, few)], []), [])
  const lists = { Qm1: '', Qm2: '', Old0: 'no route' }
  const elsewhere = { isHere: false }
  assert.equal(leaving([anew(0), member(1, lists, elsewhere), member(2, lists, elsewhere)], []), [])
})

test('who hears most speaks', () => {
  const ruling = decideVoters(
    [member(1, { Qm1: '', Qm2: 'no route' }), member(2, { Qm1: '', Qm2: '', Qm4: '' }), anew(3)],
    [],
  )
  assert.is(ruling.is === 'good' && ruling.via, 'node2')
})

test.run()
