import { typeName, usable, type Value, ValueFault } from '../value.ts'

/** A whole number that an argument has to be, as JavaScript counts. */
export const wholeNumber = (value: Value): number => {
  const there = usable(value)
  if (typeof there === 'boolean') return Number(there)
  if (typeof there === 'bigint') return Number(there)
  throw new ValueFault(`'${typeName(there)}' object cannot be interpreted as an integer`)
}

/** A text that a value has to be. */
export const textOnly = (value: Value): string => {
  const there = usable(value)
  if (typeof there === 'string') return there
  throw new ValueFault(`expected a text, and this is '${typeName(there)}'`)
}
