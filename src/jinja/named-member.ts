import { isUnknown } from '../core/unknown.ts'
import { braceFormat } from './brace-format.ts'
import { dictMethods, methodsOfList } from './collection-methods.ts'
import { FunctionValue } from './function-value.ts'
import { Iterable } from './iterate.ts'
import { memberOfMoment } from './moments.ts'
import { textMethods } from './text-methods.ts'
import { Dict, Live, Moment, orElse, typeName, Undefined, type Value, ValueFault } from './value.ts'

/** Python's `'{} {name.member}'.format(...)`. */
const format = (text: string, positional: Value[], named: Dict): string => {
  const find = (first: string | number): Value => {
    const value = typeof first === 'number' ? positional[first] : named.get(first)
    if (value === undefined) throw new ValueFault(`There is nothing for {${first}} in this format.`)
    return value
  }
  return braceFormat(text, find, (owner, step) => {
    const name = step.replace(/^[.[]|\]$/g, '')
    if (step.startsWith('.')) return attributeOnly(owner, name)
    return memberByKey(owner, /^\d+$/.test(name) ? BigInt(name) : name)
  })
}

type Methods = Record<string, [parameters: string[], run: (...values: never[]) => Value]>

const methodsOf = (owner: Value): Methods => {
  if (typeof owner === 'string') return { ...textMethods, format: [['*', '**'], format] } as Methods
  if (Array.isArray(owner)) return methodsOfList(owner) as Methods
  return owner instanceof Dict ? (dictMethods as Methods) : {}
}

/** What Python has under this name on a value of this kind, whatever its members are. */
const attributeOf = (owner: Value, name: string): Value | undefined => {
  if (owner instanceof Live) return owner.attribute(name)
  if (owner instanceof Moment) return memberOfMoment(owner, name)
  const methods = methodsOf(owner)
  if (!Object.hasOwn(methods, name)) return undefined
  const [parameters, run] = methods[name]!
  const bound = (...values: never[]): Value => run(...([owner, ...values] as never[]))
  return new FunctionValue(name, parameters, bound, 'builtin_function_or_method')
}

/** A member by its position, or its key. */
const itemOf = (owner: Value, key: Value): Value | undefined => {
  if (owner instanceof Dict) return owner.get(key)
  if (typeof key !== 'bigint' && typeof key !== 'boolean') return undefined
  const items = typeof owner === 'string' ? [...owner] : owner instanceof Iterable ? owner.items() : owner
  return Array.isArray(items) ? items.at(Number(key)) : undefined
}

const lacking = (owner: Value, name: string): Undefined => {
  const known = owner instanceof Dict ? owner.keys().filter(key => typeof key === 'string') : []
  return new Undefined(new ValueFault(`There is no "${name}" in this ${typeName(owner)}.`, { name, known }))
}

const outside = (owner: Value): Value | undefined =>
  owner instanceof Undefined || isUnknown(owner) ? owner : undefined

/** What Python has under `.`: attributes only, as `format` looks them up. */
const attributeOnly = (owner: Value, name: string): Value =>
  orElse(attributeOf(owner, name), () => lacking(owner, name))

/** What stands behind `.`: Python's attribute, then the item of that name. An Undefined where there is none. */
export const memberByName = (owner: Value, name: string): Value =>
  orElse(outside(owner), () =>
    orElse(attributeOf(owner, name), () => orElse(itemOf(owner, name), () => lacking(owner, name))),
  )

/** What stands in `[ ]`: the item, then Python's attribute. An Undefined where there is none. */
export const memberByKey = (owner: Value, key: Value): Value => {
  const beyond = orElse(outside(owner), () => outside(key))
  if (beyond !== undefined) return beyond
  const attribute = () => (typeof key === 'string' ? attributeOf(owner, key) : undefined)
  const written = typeof key === 'string' || typeof key === 'bigint' ? String(key) : typeName(key)
  return orElse(orElse(itemOf(owner, key), attribute), () => lacking(owner, written))
}
