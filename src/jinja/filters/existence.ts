import { isUnknown } from '../../core/unknown.ts'
import { acceptingAnything, type Callable, callable } from '../callable.ts'
import { truth } from '../truth.ts'
import { typeName, Undefined, usable, type Value } from '../value.ts'

/** Another value for one that is not there; with `boolean`, for one that is empty too. */
const instead = acceptingAnything(
  callable(['value', 'default_value?', 'boolean?'], (value: Value, other: Value = '', boolean: Value = false) => {
    if (value instanceof Undefined) return other
    if (isUnknown(value)) return value
    return truth(boolean) && !truth(value) ? other : value
  }),
)

/** Filters that say what is to be where something is not there. */
export const existenceFilters: Record<string, Callable> = {
  default: instead,
  d: instead,
  mandatory: callable(['value', 'msg?'], (value: Value) => value),
  type_debug: acceptingAnything(callable(['value'], (value: Value) => typeName(usable(value)))),
}
