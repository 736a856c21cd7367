import { type Callable, callable } from './callable.ts'
import { truth } from './truth.ts'
import { Dict, usable, type Value, ValueFault } from './value.ts'

const result = (value: Value, test: string): Dict => {
  const there = usable(value)
  if (there instanceof Dict) return there
  throw new ValueFault(`The '${test}' test expects a dictionary`)
}

const has = (value: Value, test: string, member = test): boolean => truth(result(value, test).get(member) ?? false)

const of = (holds: (value: Value) => boolean): Callable => callable(['result'], holds)

/** What a loop has done is told by its items. */
const changed = (value: Value): boolean => {
  const there = result(value, 'changed')
  if (there.has('changed')) return truth(there.get('changed')!)
  const items = usable(there.get('results') ?? null)
  if (!Array.isArray(items)) return false
  if (items.length === 0) throw new ValueFault('list index out of range')
  if (!(usable(items[0]!) instanceof Dict)) return false
  return items.some(item => truth(result(item, 'changed').get('changed') ?? false))
}

const timedout = (value: Value): boolean => {
  const found = usable(result(value, 'timedout').get('timedout') ?? null)
  return truth(found) && truth(result(found, 'timedout').get('period') ?? false)
}

/** Whether a task in the background has come so far; one that is not in the background always has. */
const reached = (value: Value, test: string): boolean => !result(value, test).has(test) || has(value, test)

const failed = (value: Value): boolean => has(value, 'failed')
const skipped = (value: Value): boolean => has(value, 'skipped')
const unreachable = (value: Value): boolean => has(value, 'unreachable')
const succeeded = of(value => !failed(value))

/** Tests of what a task has registered. */
export const resultTests: Record<string, Callable> = {
  failed: of(failed),
  failure: of(failed),
  succeeded,
  success: succeeded,
  successful: succeeded,
  unreachable: of(unreachable),
  reachable: of(value => !unreachable(value)),
  timedout: of(timedout),
  changed: of(changed),
  change: of(changed),
  skipped: of(skipped),
  skip: of(skipped),
  started: of(value => reached(value, 'started')),
  finished: of(value => reached(value, 'finished')),
}
