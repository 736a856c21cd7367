import { born, isUnknown } from '../core/unknown.ts'

/** A member that an expression asked for and that was not there: what an error message needs to say more. */
export type Miss = { key: unknown; known: string[] }

/**
 * A mapping as CEL sees it: members are read when they are asked for, so that a getter that throws an unknown throws
 * only where an expression depends on it. A `Map`, because CEL asks a Map through its methods, while of an object it
 * reads the first member to learn its type and takes a member named `constructor` for the type itself.
 */
class Mapping extends Map<unknown, unknown> {
  readonly #source: Record<string, unknown>
  readonly #missed: (miss: Miss) => void
  constructor(source: Record<string, unknown>, missed: (miss: Miss) => void) {
    super()
    this.#source = source
    this.#missed = missed
  }
  get source(): Record<string, unknown> {
    return this.#source
  }
  override has(key: unknown): boolean {
    return Object.hasOwn(this.#source, keyText(key))
  }
  override get(key: unknown): unknown {
    const name = keyText(key)
    if (Object.hasOwn(this.#source, name)) return enter(this.#source[name], this.#missed)
    const notYet = (this.#source as Record<PropertyKey, unknown>)[born]
    if (notYet !== undefined) throw notYet
    this.#missed({ key, known: Object.keys(this.#source) })
    return undefined
  }
  override get size(): number {
    return Object.keys(this.#source).length
  }
  override keys(): MapIterator<unknown> {
    return Object.keys(this.#source).values()
  }
  /** CEL takes the first entry to name the type of a mapping: it is not worth the reading of a value. */
  override entries(): MapIterator<[unknown, unknown]> {
    return new Map<unknown, unknown>().entries()
  }
  override [Symbol.iterator](): MapIterator<[unknown, unknown]> {
    return Object.keys(this.#source)
      .map((key): [unknown, unknown] => [key, this.get(key)])
      .values()
  }
}
// CEL tells types by `value.constructor`, without a look at the classes above.
Object.defineProperty(Mapping.prototype, 'constructor', { value: Map })

const keyText = (key: unknown): string => (typeof key === 'bigint' ? String(key) : (key as string))

/** A list as CEL sees it: an element that is unknown throws where it is read, not where the list is. */
const enterList = (list: unknown[], missed: (miss: Miss) => void): unknown[] => {
  const entered: unknown[] = new Array(list.length)
  for (let index = 0; index < list.length; index++) {
    try {
      entered[index] = enter(list[index], missed)
    } catch (error) {
      if (!isUnknown(error)) throw error
      const get = () => {
        throw error
      }
      Object.defineProperty(entered, index, { get, enumerable: true })
    }
  }
  return entered
}

/** A value as CEL takes it: integers are BigInt there. Throws the value itself where it is an unknown. */
const enter = (value: unknown, missed: (miss: Miss) => void): unknown => {
  if (isUnknown(value)) throw value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return enterList(value, missed)
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (value !== null && typeof value === 'object') return new Mapping(value as Record<string, unknown>, missed)
  return value
}

/** The scope of an expression as CEL takes it. */
export const enterScope = (scope: Record<string, unknown>, missed: (miss: Miss) => void): Map<unknown, unknown> =>
  new Mapping(scope, missed)

/** Reads; an unknown that it meets is the answer. */
const orUnknown = (read: () => unknown): unknown => {
  try {
    return read()
  } catch (error) {
    if (isUnknown(error)) return error
    throw error
  }
}

/** Data free of getters: every member is read, and an unknown stands in its place. */
const settled = (value: unknown): unknown => {
  if (value === null || typeof value !== 'object' || isUnknown(value) || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return Array.from(value, (_, index) => orUnknown(() => settled(value[index])))
  const source = value as Record<PropertyKey, unknown>
  const copy = Object.fromEntries(Object.keys(source).map(key => [key, orUnknown(() => settled(source[key]))]))
  return source[born] === undefined ? copy : Object.assign(copy, { [born]: source[born] })
}

/**
 * A result of CEL as plain data: integers are numbers again, members that are unknown stand in their place.
 *
 * Throws a RangeError with a sentence for what is no data: an integer that a number cannot hold, bytes, an optional.
 */
export const leave = (value: unknown): unknown => {
  if (typeof value === 'bigint') {
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw new RangeError(`The integer ${value} is too large: write string(...).`)
    return number
  }
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return Array.from(value, (_, index) => orUnknown(() => leave(value[index])))
  if (value instanceof Mapping) return settled(value.source)
  if (value instanceof Date) return value.toISOString()
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, orUnknown(() => leave(inner))]))
  }
  throw new RangeError(
    'The result is no plain value: end an optional with orValue(...), and bytes or a duration with string(...).',
  )
}
