import { equal } from './equality.ts'
import { Iterable } from './iterate.ts'
import { Dict, typeName, usable, type Value, ValueFault } from './value.ts'

/** Python's `in`: a part of a text, a member of a list, a key of a mapping. Throws a ValueFault for anything else. */
export const isIn = (member: Value, owner: Value): boolean => {
  const [one, all] = [usable(member), usable(owner)]
  if (typeof all === 'string') {
    if (typeof one === 'string') return all.includes(one)
    throw new ValueFault(`'in <string>' requires string as left operand, not ${typeName(one)}`)
  }
  if (all instanceof Dict) return all.has(one)
  const items = Array.isArray(all) ? all : all instanceof Iterable ? all.items() : undefined
  if (!items) throw new ValueFault(`argument of type '${typeName(all)}' is not iterable`)
  return items.some(item => equal(item, one))
}
