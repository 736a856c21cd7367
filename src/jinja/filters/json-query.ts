import { type Callable, callable } from '../callable.ts'
import { type Value, ValueFault } from '../value.ts'
import { textOnly } from './argument.ts'
import { type DataQuery, queryFrom } from './query-syntax.ts'

/** Expressions are often the same for many hosts and items. */
const MOST_KEPT = 1000
const read = new Map<string, DataQuery>()

const jsonQuery = (data: Value, expression: Value): Value => {
  const text = textOnly(expression)
  const query = read.get(text) ?? queryFrom(text)
  if (read.size < MOST_KEPT) read.set(text, query)
  const found = query(data)
  if (typeof found === 'function') throw new ValueFault(`&expression stands outside of a function here: ${text}`)
  return found
}

/** The filter that looks things up in data by JMESPath. */
export const jsonQueryFilters: Record<string, Callable> = {
  json_query: callable(['data', 'expr'], jsonQuery),
}
