import { type Callable, type Context, callableIn } from '../callable.ts'
import { iterate, lengthOf } from '../iterate.ts'
import { truth } from '../truth.ts'
import { Dict, typeName, usable, type Value, ValueFault } from '../value.ts'
import { Twister } from './twister.ts'

/** By a seed the same each time; without one as the controller draws it, once a run. */
const seeded = (context: Context, seed: Value, filter: string): Twister => {
  const there = usable(seed)
  if (there === null) return new Twister(context.ask(filter, controller => controller.chance()))
  if (typeof there === 'string' || typeof there === 'bigint') return new Twister(there)
  if (typeof there === 'boolean') return new Twister(there ? 1n : 0n)
  throw new ValueFault(`The filter ${filter} takes a text or a whole number as its seed, not '${typeName(there)}'.`)
}

const whole = (value: Value): bigint => {
  if (typeof value === 'bigint') return value
  throw new ValueFault('start and step have to be whole numbers')
}

const random = (context: Context, value: Value, start: Value = null, step: Value = null, seed: Value = null): Value => {
  const end = usable(value)
  if (typeof end === 'bigint' || typeof end === 'boolean') {
    const [from, by] = [truth(start) ? whole(start) : 0n, truth(step) ? whole(step) : 1n]
    const width = (typeof end === 'boolean' ? BigInt(end) : end) - from
    const count = by > 0n ? (width + by - 1n) / by : (width + by + 1n) / by
    if (count <= 0n || width * by <= 0n) throw new ValueFault('empty range for random')
    return from + by * seeded(context, seed, 'random').below(count)
  }
  if (!(typeof end === 'string' || Array.isArray(end) || end instanceof Dict))
    throw new ValueFault('random can only be used on sequences and integers')
  if (truth(start) || truth(step)) throw new ValueFault('start and step can only be used with integer values')
  if (end instanceof Dict) throw new ValueFault('random cannot choose from a mapping')
  const items = iterate(end)
  if (items.length === 0) throw new ValueFault('Cannot choose from an empty sequence')
  return items[Number(seeded(context, seed, 'random').below(BigInt(items.length)))]!
}

const shuffle = (context: Context, value: Value, seed: Value = null): Value => {
  const there = usable(value)
  if (lengthOf(there) === undefined) return there
  const items = [...iterate(there)]
  const chance = seeded(context, truth(seed) ? seed : null, 'shuffle')
  for (let at = items.length - 1; at > 0; at--) {
    const other = Number(chance.below(BigInt(at + 1)))
    ;[items[at], items[other]] = [items[other]!, items[at]!]
  }
  return items
}

/** Filters that choose by chance, by the same seed always the same. */
export const chanceFilters: Record<string, Callable> = {
  random: callableIn(['end', 'start?', 'step?', 'seed?'], random),
  shuffle: callableIn(['mylist', 'seed?'], shuffle),
}
