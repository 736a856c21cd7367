import { type Callable, callable } from '../callable.ts'
import { isHashable } from '../hashable.ts'
import { iterate } from '../iterate.ts'
import { isIn } from '../membership.ts'
import { Dict, Tuple, typeName, usable, type Value, ValueFault } from '../value.ts'
import { distinct } from './lists.ts'

// Python keeps sets in an order of chance; here items stay in the order in which they were first met.

/** The items where all of both may be in a set; undefined where they have to be compared one by one. */
const asSets = (a: Value, b: Value): [Value[], Value[]] | undefined => {
  const [left, right] = [usable(a), usable(b)]
  const canBeSets = [left, right].every(one => typeof one === 'string' || one instanceof Dict || Array.isArray(one))
  if (!canBeSets) return undefined
  const both: [Value[], Value[]] = [iterate(left), iterate(right)]
  return both.every(items => items.every(one => isHashable(usable(one)))) ? both : undefined
}

const setOf = (items: Value[]): Dict => new Dict(items.map(one => [one, null]))

/** Which items of `a` are in `b`, as Ansible finds out. */
const sorted = (a: Value, b: Value): { item: Value; isInBoth: boolean }[] => {
  const sets = asSets(a, b)
  if (!sets) return iterate(a).map(item => ({ item, isInBoth: isIn(item, b) }))
  const others = setOf(sets[1])
  return sets[0].map(item => ({ item, isInBoth: others.has(item) }))
}

const intersect = (a: Value, b: Value): Value[] =>
  distinct(
    sorted(a, b)
      .filter(({ isInBoth }) => isInBoth)
      .map(({ item }) => item),
  )

const difference = (a: Value, b: Value): Value[] =>
  distinct(
    sorted(a, b)
      .filter(({ isInBoth }) => !isInBoth)
      .map(({ item }) => item),
  )

const union = (a: Value, b: Value): Value[] => {
  const sets = asSets(a, b)
  if (sets) return distinct(sets.flat())
  const [left, right] = [usable(a), usable(b)]
  if (!Array.isArray(left) || !Array.isArray(right) || left instanceof Tuple !== right instanceof Tuple)
    throw new ValueFault(`unsupported operand type(s) for +: '${typeName(left)}' and '${typeName(right)}'`)
  return distinct([...left, ...right])
}

const symmetricDifference = (a: Value, b: Value): Value[] => {
  const both = intersect(a, b)
  return union(a, b).filter(item => !isIn(item, both))
}

/** Filters that take lists as sets. */
export const setFilters: Record<string, Callable> = {
  union: callable(['a', 'b'], union),
  intersect: callable(['a', 'b'], intersect),
  difference: callable(['a', 'b'], difference),
  symmetric_difference: callable(['a', 'b'], symmetricDifference),
}
