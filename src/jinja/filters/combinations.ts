import { type Callable, callable } from '../callable.ts'
import { iterate } from '../iterate.ts'
import { type Dict, tupleOf, type Value, ValueFault } from '../value.ts'
import { wholeNumber } from './argument.ts'

/** More results than anybody means: a mistake in a playbook is to be told, not to fill the memory. */
const MOST = 1_000_000

const tuples = (rows: Value[][]): Value[] => rows.map(row => tupleOf(row))

const zip = (value: Value, others: Value[]): Value => {
  const lists = [value, ...others].map(iterate)
  const shortest = Math.min(...lists.map(list => list.length))
  return tuples(Array.from({ length: shortest }, (_, at) => lists.map(list => list[at]!)))
}

/** The one thing that may be given by its name. */
const only = (named: Dict, name: string): Value | undefined => {
  const stray = named.keys().find(key => key !== name)
  if (stray !== undefined) throw new ValueFault(`'${stray}' is an invalid keyword argument`)
  return named.get(name)
}

const zipLongest = (value: Value, others: Value[], named: Dict): Value => {
  const fillvalue = only(named, 'fillvalue') ?? null
  const lists = [value, ...others].map(iterate)
  const longest = Math.max(...lists.map(list => list.length))
  return tuples(
    Array.from({ length: longest }, (_, at) => lists.map(list => (at < list.length ? list[at]! : fillvalue))),
  )
}

const bounded = (count: number): void => {
  if (count > MOST) throw new ValueFault(`That would be ${count} combinations; at most ${MOST} are made.`)
}

const product = (value: Value, others: Value[], named: Dict): Value => {
  const repeat = only(named, 'repeat') ?? 1n
  const lists = [value, ...others].map(iterate)
  const all = Array.from({ length: Math.max(wholeNumber(repeat), 0) }, () => lists).flat()
  bounded(all.reduce((count, list) => count * list.length, 1))
  return tuples(all.reduce<Value[][]>((rows, list) => rows.flatMap(row => list.map(item => [...row, item])), [[]]))
}

/** Positions out of `count`, `size` at a time, in their order; `next` says which may follow those that were taken. */
const picked = (count: number, size: number, mayFollow: (at: number, taken: number[]) => boolean): number[][] => {
  let rows: number[][] = [[]]
  for (let step = 0; step < size; step++) {
    rows = rows.flatMap(row =>
      Array.from({ length: count }, (_, at) => at)
        .filter(at => mayFollow(at, row))
        .map(at => [...row, at]),
    )
    bounded(rows.length)
  }
  return rows
}

const combinations = (value: Value, size: Value): Value => {
  const items = iterate(value)
  const rows = picked(items.length, wholeNumber(size), (at, taken) => at > (taken.at(-1) ?? -1))
  return tuples(rows.map(row => row.map(at => items[at]!)))
}

const permutations = (value: Value, size: Value = null): Value => {
  const items = iterate(value)
  const rows = picked(
    items.length,
    size === null ? items.length : wholeNumber(size),
    (at, taken) => !taken.includes(at),
  )
  return tuples(rows.map(row => row.map(at => items[at]!)))
}

/** Filters that put the items of several lists together. */
export const combinationFilters: Record<string, Callable> = {
  zip: callable(['value', '*'], zip),
  zip_longest: callable(['value', '*', '**'], zipLongest),
  product: callable(['value', '*', '**'], product),
  combinations: callable(['value', 'r'], combinations),
  permutations: callable(['value', 'r?'], permutations),
}
