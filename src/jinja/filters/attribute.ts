import { memberByKey } from '../named-member.ts'
import { Undefined, usable, type Value, ValueFault } from '../value.ts'

type Getter = (item: Value) => Value

const partsOf = (attribute: Value): Value[] => {
  const there = usable(attribute)
  if (there === null) return []
  if (typeof there !== 'string') return [there]
  return there.split('.').map(part => (/^\d+$/.test(part) ? BigInt(part) : part))
}

/** Looks up `a.b.0` in items; what is not there is `other` where that is given. */
export const attributeGetter = (attribute: Value, other: Value = null): Getter => {
  const parts = partsOf(attribute)
  return item =>
    parts.reduce((value: Value, part) => {
      const found = memberByKey(value, part)
      return found instanceof Undefined && other !== null ? other : found
    }, item)
}

/** Texts without regard to their case, everything else as it is. */
export const caseless = (value: Value): Value => (typeof value === 'string' ? value.toLowerCase() : value)

/** The key that an item is compared by: one of its attributes, with regard to the case of texts or not. */
export const keyGetter = (attribute: Value, isExact: boolean): Getter => {
  const get = attributeGetter(attribute)
  return item => (isExact ? get(item) : caseless(get(item)))
}

/** The same for several attributes, as `a,b` names them. */
export const keysGetter = (attribute: Value, isExact: boolean): ((item: Value) => Value[]) => {
  const there = usable(attribute)
  const names = typeof there === 'string' ? there.split(',') : [there]
  const getters = names.map(name => keyGetter(name, isExact))
  return item => getters.map(get => get(item))
}

export const emptyFault = (which: string): Undefined =>
  new Undefined(new ValueFault(`No ${which}, sequence was empty.`))
