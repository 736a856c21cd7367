import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createPlanning } from '../../src/report/planning.ts'
import { lost, numbered, planned, started } from './rig.ts'

const answered = (host: string, roundTrips: number): EventBody => ({ type: 'answered', host, roundTrips })
const text = (...bodies: EventBody[]): string | undefined => {
  const planning = createPlanning()
  numbered(bodies).forEach(planning.add)
  return planning.text()
}

test('how far planning has come, from its beginning to the first verdict', () => {
  const hosts = started('plan', 'a', 'b', 'c')
  assert.is(text(), undefined)
  assert.is(text(hosts), 'planning: 0 of 3 hosts have answered in 0 round trips')
  assert.is(
    text(hosts, answered('a', 1), answered('c', 1), answered('a', 2)),
    'planning: 2 of 3 hosts have answered in 3 round trips; waiting for b',
  )
  assert.is(
    text(hosts, answered('a', 1), lost('b'), answered('c', 1), lost('c')),
    'planning: 1 of 3 hosts have answered in 1 round trip, 2 lost',
  )
  assert.is(text(hosts, answered('a', 1), planned('a/x', 'ok')), undefined)
})

test.run()
