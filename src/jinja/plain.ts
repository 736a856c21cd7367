import { born, isUnknown, type Unknown } from '../core/unknown.ts'
import { SealedText } from '../core/vault-file.ts'
import { isoText } from './repr.ts'
import { Dict, Live, Moment, Omit, omit, orElse, Tuple, Undefined, usable, type Value, ValueFault } from './value.ts'

/**
 * Data as the rest of the program has it, as a value of templates of its own: a template that changes it changes nothing
 * else. An unknown stays one, wherever it is. Whole numbers that a number holds exactly are integers. Members of mappings are looked at when they are
 * read, and what a node will make (`born`) is unknown in what it does not have yet.
 */
export const fromPlain = (data: unknown): Value => {
  if (data === undefined) return null
  if (data instanceof SealedText) return data.open()
  if (data instanceof Exact) return data.value
  if (typeof data === 'number') return Number.isSafeInteger(data) && !Object.is(data, -0) ? BigInt(data) : data
  if (data === null || typeof data !== 'object' || isUnknown(data)) return data as Value
  const isValue = [Dict, Moment, Live, Omit, Undefined, Tuple].some(kind => data instanceof kind)
  if (isValue) return data as Value
  return Array.isArray(data) ? data.map(fromPlain) : mappingOf(data as Record<PropertyKey, unknown>)
}

const mappingOf = (data: Record<PropertyKey, unknown>): Value => {
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  if (data instanceof Map) return new Dict([...data].map(([key, value]) => [fromPlain(key), fromPlain(value)]))
  const dict = data[born] === undefined ? new Dict() : new Unfinished(data[born] as Unknown)
  for (const key of Object.keys(data)) dict.setLazily(key, () => plainMember(data, key))
  return dict
}

/** A member of data as a value, or what it waits for: one that is computed may throw that. */
export const plainMember = (data: Record<PropertyKey, unknown>, key: string): Value => {
  try {
    return fromPlain(data[key])
  } catch (error) {
    if (isUnknown(error)) return error
    throw error
  }
}

/** A mapping that a node will make: what the prediction leaves out is unknown until then. */
class Unfinished extends Dict {
  readonly #until: Unknown
  constructor(until: Unknown) {
    super()
    this.#until = until
  }
  get until(): Unknown {
    return this.#until
  }
  override get(key: Value): Value | undefined {
    return orElse(super.get(key), () => this.#until)
  }
  override has(key: Value): boolean {
    if (!super.has(key)) throw this.#until
    return true
  }
  override keys(): Value[] {
    throw this.#until
  }
  override values(): Value[] {
    throw this.#until
  }
  override entries(): [Value, Value][] {
    throw this.#until
  }
}

/**
 * A value as the rest of the program has it: tuples are lists, dates are texts, what is `omit` is left out, an unknown
 * stays where it is, and so does all of what a node will make a part of. An integer that a number cannot hold exactly is its digits.
 *
 * Throws Tripped for what is undefined, and a ValueFault for a function and its kind.
 */
export const toPlain = (value: Value): unknown => {
  if (isUnknown(value)) return value
  if (value instanceof Undefined) return usable(value)
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (Array.isArray(value)) return value.filter(one => !(one instanceof Omit)).map(toPlain)
  if (value instanceof Moment) return isoText(value)
  if (value instanceof Unfinished) return value.until
  if (value instanceof Dict)
    return Object.fromEntries(
      value
        .entries()
        .filter(([, one]) => one !== omit)
        .map(([key, one]) => [typeof key === 'string' ? key : String(toPlain(key)), toPlain(one)]),
    )
  if (value instanceof Live || value instanceof Omit)
    throw new ValueFault('A function is no value of its own: call it.')
  return value
}

/** Whether plain data says all that a value is: no float that looks whole, no large integer, no key that would move or is no text. */
export const isToldPlainly = (value: Value): boolean => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value))
  if (typeof value === 'number') return !Number.isInteger(value)
  if (Array.isArray(value)) return value.every(isToldPlainly)
  if (!(value instanceof Dict)) return typeof value === 'string' || typeof value === 'boolean' || value === null
  return value.entries().every(([key, one]) => typeof key === 'string' && !/^\d/.test(key) && isToldPlainly(one))
}

/** A part of data of which plain data says less than there is. `plain` is what whoever knows nothing of it sees. */
class Exact {
  readonly plain: unknown
  readonly #value: Value
  constructor(value: Value) {
    this.plain = toPlain(value)
    this.#value = value
  }
  get value(): Value {
    return this.#value
  }
  toJSON(): unknown {
    return this.plain
  }
}

/** A value as `toPlain` has it, but for parts of which plain data says less: those come back from it as what they are. */
export const toData = (value: Value): unknown => {
  if (isUnknown(value) || isToldPlainly(value)) return toPlain(value)
  if (Array.isArray(value)) return value.filter(one => !(one instanceof Omit)).map(toData)
  const isMoved = value instanceof Dict && value.keys().some(key => typeof key !== 'string' || /^\d/.test(key))
  if (!(value instanceof Dict) || isMoved) return new Exact(value)
  return Object.fromEntries(value.entries().flatMap(([key, one]) => (one === omit ? [] : [[String(key), toData(one)]])))
}
