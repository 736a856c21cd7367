import { type Callable, type Context, callableIn } from '../callable.ts'
import { iterate } from '../iterate.ts'
import { truth } from '../truth.ts'
import { type Dict, type Value, ValueFault } from '../value.ts'
import { textOnly } from './argument.ts'
import { attributeGetter } from './attribute.ts'

const isEmpty = (value: Value): boolean => !truth(value)

/** What is undefined or unknown in a list stays in its place: the length is known, and so are the other members. */
const map = (context: Context, value: Value, args: Value[], named: Dict): Value => {
  if (isEmpty(value)) return []
  const items = iterate(value)
  if (args.length > 0) {
    const [name, ...rest] = args
    return items.map(item => context.filter(textOnly(name!), item, { args: rest, named }))
  }
  const attribute = named.get('attribute')
  if (attribute === undefined) throw new ValueFault('map requires a filter argument')
  const stray = named.keys().find(key => key !== 'attribute' && key !== 'default')
  if (stray !== undefined) throw new ValueFault(`Unexpected keyword argument '${stray}'`)
  return items.map(attributeGetter(attribute, named.get('default') ?? null))
}

type Choice = { isWanted: boolean; byAttribute: boolean }

const choose =
  ({ isWanted, byAttribute }: Choice) =>
  (context: Context, value: Value, args: Value[], named: Dict): Value => {
    if (isEmpty(value)) return []
    if (byAttribute && args.length === 0) throw new ValueFault('Missing parameter for attribute name')
    const get = byAttribute ? attributeGetter(args[0]!) : (item: Value) => item
    const [name, ...rest] = byAttribute ? args.slice(1) : args
    const holds = (item: Value): boolean =>
      truth(name === undefined ? item : context.test(textOnly(name), item, { args: rest, named }))
    return iterate(value).filter(item => holds(get(item)) === isWanted)
  }

/** Filters that do something with each item, or keep those for which a test holds. */
export const choiceFilters: Record<string, Callable> = {
  map: callableIn(['value', '*', '**'], map),
  select: callableIn(['value', '*', '**'], choose({ isWanted: true, byAttribute: false })),
  reject: callableIn(['value', '*', '**'], choose({ isWanted: false, byAttribute: false })),
  selectattr: callableIn(['value', '*', '**'], choose({ isWanted: true, byAttribute: true })),
  rejectattr: callableIn(['value', '*', '**'], choose({ isWanted: false, byAttribute: true })),
}
