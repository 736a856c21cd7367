import type { Context, Given } from './callable.ts'
import { dictOf } from './collection-methods.ts'
import { FunctionValue, Invocable } from './function-value.ts'
import { Iterable } from './iterate.ts'
import { Namespace } from './namespace.ts'
import { rarelyUsed } from './on-demand.ts'
import { Dict, omit, Undefined, type Value, ValueFault } from './value.ts'

/** Longer ranges are not written out: nobody means to. */
const LONGEST_RANGE = 1_000_000

/** What `range(...)` makes. */
class Range extends Iterable {
  readonly type = 'range'
  readonly #bounds: readonly [start: bigint, stop: bigint, step: bigint]
  constructor(bounds: readonly [bigint, bigint, bigint]) {
    super()
    this.#bounds = bounds
  }
  get length(): number {
    const [start, stop, step] = this.#bounds
    const distance = step > 0n ? stop - start : start - stop
    const stride = step > 0n ? step : -step
    return distance <= 0n ? 0 : Number((distance + stride - 1n) / stride)
  }
  override get shown(): string {
    const [start, stop, step] = this.#bounds
    return `range(${start}, ${stop}${step === 1n ? '' : `, ${step}`})`
  }
  sliced(positions: number[]): Value {
    const [start, , step] = this.#bounds
    const [first = 0, second = first + 1] = positions
    const [from, stride] = [start + BigInt(first) * step, BigInt(second - first) * step]
    return new Range([from, from + BigInt(positions.length) * stride, stride])
  }
  items(): Value[] {
    const [start, , step] = this.#bounds
    if (this.length > LONGEST_RANGE) throw new ValueFault(`A range has at most ${LONGEST_RANGE} members here.`)
    return Array.from({ length: this.length }, (_, at) => start + BigInt(at) * step)
  }
}

const whole = (value: Value): bigint => {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1n : 0n
  throw new ValueFault('range() wants whole numbers.')
}
const range = (first: Value, stop: Value | undefined, step: Value = 1n): Value => {
  if (step === 0n) throw new ValueFault('range() arg 3 must not be zero')
  return stop === undefined
    ? new Range([0n, whole(first), whole(step)])
    : new Range([whole(first), whole(stop), whole(step)])
}

const undef = (hint: Value = null): Value =>
  new Undefined(new ValueFault(typeof hint === 'string' && hint !== '' ? hint : 'A value that has to be given is not.'))

/** One value after the other, and from the beginning again. */
const cycler = (values: Value[]): Value => {
  let at = 0
  const next = () => values[at++ % values.length]!
  const reset = () => {
    at = 0
    return null
  }
  const members: [string, Value][] = [
    ['next', new FunctionValue('next', [], next)],
    ['reset', new FunctionValue('reset', [], reset)],
  ]
  return new Namespace(new Dict(members))
}

const joiner = (separator: Value = ', '): Value => {
  let isUsed = false
  return new FunctionValue('joiner', [], () => {
    const text = isUsed ? separator : ''
    isUsed = true
    return text
  })
}

/** What every template can name: functions, and what Ansible says at the head of a file. A variable of the same name hides it. */
export const globals: Readonly<Record<string, Value>> = {
  range: new FunctionValue('range', ['start', 'stop?', 'step?'], range, 'type'),
  dict: new FunctionValue('dict', ['*', '**'], (others: Value[], named: Dict) => dictOf(others, named), 'type'),
  namespace: new FunctionValue(
    'namespace',
    ['*', '**'],
    (others: Value[], named: Dict) => new Namespace(dictOf(others, named)),
    'type',
  ),
  cycler: new FunctionValue('cycler', ['*'], cycler, 'type'),
  joiner: new FunctionValue('joiner', ['sep?'], joiner, 'type'),
  undef: new FunctionValue('undef', ['hint?'], undef),
  omit,
  ansible_managed: 'Ansible managed',
}

/** `lookup` or `query`. */
class LookUp extends Invocable {
  readonly type = 'function'
  override readonly acceptsAnything = true
  readonly #context: () => Context
  readonly #answers: 'one' | 'list'
  constructor(context: () => Context, answers: 'one' | 'list') {
    super()
    this.#context = context
    this.#answers = answers
  }
  call(given: Given): Value {
    return rarelyUsed().lookedUp(this.#context(), given, this.#answers)
  }
}

/** Functions that look at variables, or ask the controller. */
export const contextGlobals = (context: () => Context): Readonly<Record<string, Value>> => ({
  now: new FunctionValue('now', ['utc?', 'fmt?'], (utc: Value = false, format: Value = null) =>
    rarelyUsed().now(context(), utc, format),
  ),
  lookup: new LookUp(context, 'one'),
  query: new LookUp(context, 'list'),
  q: new LookUp(context, 'list'),
})
