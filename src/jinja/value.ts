import { isUnknown, type Unknown } from '../core/unknown.ts'

/**
 * The values of templates: Python's, as far as YAML, JSON and Jinja make them. An integer is a bigint (of any size), a
 * number is a float, so that 8.0 stays 8.0. A list is an array, and a tuple is one of a class of its own. A mapping is a
 * `Dict`: in written order, with keys of any scalar kind. What is not there is an `Undefined`, what is not known yet an
 * unknown: both are values that may be passed on, and speak up only where they are used.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | Dict
  | Moment
  | Omit
  | Live
  | Undefined
  | Unknown

/** Anything else that a template may name or call while it runs: functions, macros, namespaces, loops, ranges. */
export abstract class Live {
  /** Python's name of its type, for messages. */
  abstract readonly type: string
  /** How it reads in a text. */
  get shown(): string {
    return `<${this.type}>`
  }
  /** A member by its name; undefined where it has none. */
  attribute(_name: string): Value | undefined {
    return undefined
  }
}

/** A list that is written in parentheses. It reads and compares as one of its own kind, and leaves a template as a list. */
export class Tuple extends Array<Value> {
  static override get [Symbol.species]() {
    return Array
  }
}
export const tupleOf = (items: Iterable<Value>): Tuple => Tuple.from(items) as Tuple

/** Stands for an argument or a member that is not to be given at all. */
export class Omit {}
export const omit = new Omit()

/** A date, with a time of day where it has one; `offset` in minutes where it has a zone. */
export class Moment {
  readonly parts: readonly [year: number, month: number, day: number]
  readonly time: readonly [hour: number, minute: number, second: number, microsecond: number] | undefined
  readonly offset: number | undefined
  constructor(parts: Moment['parts'], time?: Moment['time'], offset?: number) {
    this.parts = parts
    this.time = time
    this.offset = offset
  }
}

/** Where in a template something is: an offset in the text of one of its files, and how long what is meant is. */
export type FaultPlace = { source: object; at: number; length: number }

/** What is wrong with a value, an operation or a call, as a sentence. */
export class ValueFault extends Error {
  /** The name that was looked for, and those that there are: for who can say which was meant. */
  readonly near: { name: string; known: string[] } | undefined
  /** Set by the first who knows it. */
  place: FaultPlace | undefined
  /** Whether it is told at once, and `default` is no help: what goes wrong in a lookup is. */
  isFinal = false
  constructor(message: string, near?: { name: string; known: string[] }) {
    super(message)
    this.near = near
  }
}

/**
 * What is not there, or could not be made: it passes into `default` and `is defined` and into deeper members, and fails
 * with its own words, and its own place, wherever else it is used.
 */
export class Undefined {
  readonly fault: ValueFault
  /** Whether it is an empty text beside other text, as that of a condition without an else. */
  readonly isBlank: boolean
  constructor(fault: ValueFault, isBlank = false) {
    this.fault = fault
    this.isBlank = isBlank
  }
}

/** Carries an Undefined that was used to where it is told. */
export class Tripped extends Error {
  readonly marker: Undefined
  constructor(marker: Undefined) {
    super(marker.fault.message)
    this.marker = marker
  }
}

/** The value itself where it can be used. Throws an unknown as it is, and an Undefined as `Tripped`. */
export const usable = <V extends Value>(value: V): Exclude<V, Undefined | Unknown> => {
  if (isUnknown(value)) throw value
  if (value instanceof Undefined) throw new Tripped(value)
  return value as Exclude<V, Undefined | Unknown>
}

/** What of a value makes it the same key: 1, 1.0 and True are one in Python. */
const identityOf = (key: Value): unknown => {
  if (typeof key === 'boolean') return key ? 1n : 0n
  // What is no number equals nothing, not even itself.
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : Number.isNaN(key) ? Symbol() : key
  if (key instanceof Tuple) return `(${key.map(one => `${typeof one}:${String(identityOf(one))}`).join()}`
  if (key instanceof Moment) return `@${key.parts}/${key.time}/${key.offset}`
  if (Array.isArray(key)) throw new ValueFault("unhashable type: 'list'")
  if (key instanceof Dict) throw new ValueFault("unhashable type: 'dict'")
  return usable(key)
}

type Entry = { key: Value; value: Value; make?: (() => Value) | undefined }

const read = (entry: Entry): Value => {
  if (entry.make) {
    entry.value = entry.make()
    entry.make = undefined
  }
  return entry.value
}

/** A mapping in written order. A key that is set again stays where it was. */
export class Dict {
  readonly #entries = new Map<unknown, Entry>()
  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value)
  }
  get size(): number {
    return this.#entries.size
  }
  has(key: Value): boolean {
    return this.#entries.has(identityOf(key))
  }
  get(key: Value): Value | undefined {
    const entry = this.#entries.get(identityOf(key))
    return entry && read(entry)
  }
  set(key: Value, value: Value): this {
    const identity = identityOf(key)
    const found = this.#entries.get(identity)
    if (found) Object.assign(found, { value, make: undefined })
    else this.#entries.set(identity, { key, value })
    return this
  }
  /** Sets what is made when it is first read. */
  setLazily(key: string, make: () => Value): void {
    this.#entries.set(key, { key, value: null, make })
  }
  /** The members that are there without anything being computed. */
  made(): Value[] {
    return [...this.#entries.values()].flatMap(entry => (entry.make ? [] : [entry.value]))
  }
  delete(key: Value): boolean {
    return this.#entries.delete(identityOf(key))
  }
  keys(): Value[] {
    return [...this.#entries.values()].map(({ key }) => key)
  }
  values(): Value[] {
    return [...this.#entries.values()].map(read)
  }
  entries(): [Value, Value][] {
    return [...this.#entries.values()].map(entry => [entry.key, read(entry)])
  }
  [Symbol.iterator](): Iterator<[Value, Value]> {
    return this.entries()[Symbol.iterator]()
  }
}

/** A value where there is one, None too; else another. */
export const orElse = <V>(value: Value | undefined, make: () => V): Value | V => (value === undefined ? make() : value)

/** Python's name of a value's type. */
export const typeName = (value: Value): string => {
  if (value === null) return 'NoneType'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'string') return 'str'
  if (value instanceof Tuple) return 'tuple'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Dict) return 'dict'
  if (value instanceof Moment) return value.time ? 'datetime' : 'date'
  if (value instanceof Live) return value.type
  if (value instanceof Omit) return 'Omit'
  return value instanceof Undefined ? 'undefined' : 'unknown'
}
