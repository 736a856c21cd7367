import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createLedger } from '../../src/report/ledger.ts'
import { mergeHostsGoneAlike, type RootCause, rootCauses } from '../../src/report/root-causes.ts'
import { lost, numbered, planned, result, started } from './rig.ts'

const causes = (...bodies: EventBody[]): RootCause[] => {
  const ledger = createLedger()
  numbered([started('apply', 'a', 'b', 'c'), ...bodies]).forEach(ledger.add)
  return rootCauses(ledger)
}
const step = { reason: 'host-step', what: 'it ended with status 1' } as const

test('equal failures of several hosts are one', () => {
  const found = causes(
    result('a/init', 'failed', { failure: step }),
    result('b/init', 'failed', { failure: step }),
    result('c/init', 'failed', { failure: { ...step, what: 'other' } }),
  )
  assert.equal(found, [
    { failure: step, hosts: ['a', 'b'], tasks: ['init'], skipped: 0 },
    { failure: { ...step, what: 'other' }, hosts: ['c'], tasks: ['init'], skipped: 0 },
  ])
})

test('what was skipped is counted at the far end of its chain, also on other hosts', () => {
  const [found] = causes(
    result('a/init', 'failed', { failure: step }),
    result('a/start', 'skipped', { needs: 'a/init' }),
    result('b/join', 'skipped', { needs: 'a/start' }),
    result('b/when', 'skipped', { why: 'when: false' }),
    result('c/late', 'skipped', { needs: 'b/when' }),
  )
  assert.is(found!.skipped, 2)
})

test('a lost host is one cause: of its running task, its other tasks, and those that need it', () => {
  const found = causes(
    lost('a'),
    result('a/run', 'failed', { failure: { reason: 'host-lost', what: 'the connection ended' } }),
    result('a/next', 'skipped'),
    result('b/join', 'skipped', { needs: 'a/next' }),
    result('c/join', 'skipped', { needs: 'a/never_planned' }),
  )
  assert.is(found.length, 1)
  assert.equal(found[0]!.hosts, ['a'])
  assert.is(found[0]!.skipped, 3)
})

test('more than three hosts that are gone alike are told together, others by themselves', () => {
  const gone = (host: string, why: string, ...tasks: string[]): RootCause => ({
    failure: { reason: 'host-unreachable', what: `${host} cannot be reached`, why },
    hosts: [host],
    tasks,
    skipped: 2,
  })
  const off = ['a', 'b', 'c', 'd'].map(host => gone(host, 'off'))
  const found = mergeHostsGoneAlike([...off, gone('e', 'slow'), gone('f', 'off', 'Run it')])
  assert.equal(
    found.map(({ failure, hosts, skipped }) => [failure.what, hosts.join(), skipped]),
    [
      ['a cannot be reached; so it is with 3 others', 'a,b,c,d', 8],
      ['e cannot be reached', 'e', 2],
      ['f cannot be reached', 'f', 2],
    ],
  )
  assert.equal(mergeHostsGoneAlike(off.slice(1)), off.slice(1))
})

test('nodes that need each other in a circle end', () => {
  assert.equal(causes(result('a/1', 'skipped', { needs: 'a/2' }), result('a/2', 'skipped', { needs: 'a/1' })), [])
})

test('a verdict of failing is a failure that has not happened yet', () => {
  const [found] = causes(planned('a/init', 'fail', { why: 'no space' }))
  assert.equal(found!.failure, { reason: 'task-failed', what: "'init' would fail", why: 'no space' })
})

test.run()
