import { isUnknown } from '../../core/unknown.ts'
import { acceptingAnything, type Callable, callable } from '../callable.ts'
import { equal } from '../equality.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { Dict, typeName, Undefined, usable, type Value, ValueFault } from '../value.ts'

/** Another value for one that is not there; with `boolean`, for one that is empty too. */
const instead = (value: Value, other: Value = '', boolean: Value = false): Value => {
  const wantsFull = usable(boolean)
  if (typeof wantsFull !== 'boolean')
    throw new ValueFault(`The 'boolean' argument must be of type 'bool', not '${typeName(wantsFull)}'.`)
  if (value instanceof Undefined) return other
  if (isUnknown(value)) return value
  return wantsFull && !truth(value) ? other : value
}

const mandatory = (value: Value, message: Value = null): Value => {
  if (!(value instanceof Undefined)) return value
  if (message !== null) throw new ValueFault(str(message))
  throw new ValueFault(`Mandatory variable not defined: ${value.fault.message}`)
}

const ternary = (value: Value, yes: Value, no: Value, none: Value = null): Value => {
  const there = usable(value)
  if (there === null && none !== null) return none
  return truth(there) ? yes : no
}

const TRUE = ['yes', 'on', 'true', '1']

const bool = (value: Value): Value => {
  const there = usable(value)
  if (typeof there === 'string') return TRUE.includes(there.toLowerCase())
  return !(Array.isArray(there) || there instanceof Dict) && equal(there, 1n)
}

/** What is undefined has a name there too. */
const kindOf = (value: Value): string => (value instanceof Undefined ? 'UndefinedMarker' : typeName(usable(value)))

/** Filters that say what is to be where something is not there, is empty, or is not so. */
export const existenceFilters: Record<string, Callable> = {
  default: acceptingAnything(callable(['value', 'default_value?', 'boolean?'], instead)),
  d: acceptingAnything(callable(['value', 'default_value?', 'boolean?'], instead)),
  mandatory: acceptingAnything(callable(['a', 'msg?'], mandatory)),
  ternary: acceptingAnything(callable(['value', 'true_val', 'false_val', 'none_val?'], ternary)),
  bool: callable(['value'], bool),
  type_debug: acceptingAnything(callable(['obj'], (value: Value) => kindOf(value))),
}
