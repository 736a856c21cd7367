/**
 * A value that does not exist yet: it is known after a node has run. Thrown by the proxy of `strict` when an author's
 * code reads it, caught by the planner alone: that is how `undecided` comes about without a line of author code.
 */
export class Later extends Error {
  /** The node (`host/task`) the value waits for. */
  readonly node: string
  constructor(node: string) {
    super(`known after ${node}`)
    this.node = node
  }
}

/** In a promise: a value that the change leaves open. It is known after the node that makes the promise. */
export const open = new Later('')

/** A value that exists on a host but has not been read: the planner reads it and walks again. */
export class Missing extends Error {
  /** What is to be read, where that is not what was asked: another name of it, or what it follows from. */
  readonly query: unknown
  constructor(query?: unknown) {
    // A plan meets hundreds. Where each was met is of no use to anybody, and to note it is a seventh of a walk.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super('not read yet')
    Error.stackTraceLimit = stackTraceLimit
    this.query = query
  }
}

/** A value that will never exist in this run: the node that makes it failed, was skipped or is on a lost host. */
export class Lost extends Error {
  readonly node: string
  /** Set where the author asked for it (`--limit`, `--tags`): then needing the value is a mistake, not bad luck. */
  readonly leftOut: boolean
  constructor(node: string, by: 'failure' | 'selection' = 'failure') {
    super(`needs ${node}`)
    this.node = node
    this.leftOut = by === 'selection'
  }
}

export type Unknown = Later | Missing | Lost
export const isUnknown = (value: unknown): value is Unknown =>
  value instanceof Later || value instanceof Missing || value instanceof Lost

/** Marks an object that a node will make: members that the prediction leaves out are unknown until then. */
export const born = Symbol('born')

/** Runs a reading and returns its value, or the `Later` that it meets: for where only the content is unknown. */
export const later = <T>(read: () => T): T | Later => {
  try {
    return read()
  } catch (error) {
    if (error instanceof Later) return error
    throw error
  }
}

const proxies = new WeakMap<object, object>()

type Members = Record<PropertyKey, unknown>

/** A name that is not there may be one that is still to be made. */
const needMade = (target: Members, key: PropertyKey): void => {
  if (typeof key === 'string' && !(key in target) && target[born] !== undefined) throw target[born]
}

/** One for all of them: a walk makes ten thousands. */
const reading: ProxyHandler<Members> = {
  get: (target, key, proxy) => {
    needMade(target, key)
    const found = target[key]
    return typeof found === 'function' ? found.bind(Array.isArray(target) ? proxy : target) : strict(found)
  },
  has: (target, key) => {
    needMade(target, key)
    return key in target
  },
  ownKeys: target => {
    if (target[born] !== undefined) throw target[born]
    return Reflect.ownKeys(target)
  },
  getOwnPropertyDescriptor: (target, key) => {
    const found = Reflect.getOwnPropertyDescriptor(target, key)
    if (found && isUnknown(found.value)) throw found.value
    return found
  },
}

/**
 * The same value, but reading an unknown in it throws that unknown. Arrays and objects answer as themselves otherwise.
 */
export const strict = <T>(value: T): T => {
  if (isUnknown(value)) throw value
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  const known = proxies.get(value)
  if (known) return known as T
  // A proxy has to return the members of a frozen object unchanged, so a copy is proxied instead.
  const target = (Object.isFrozen(value) ? (Array.isArray(value) ? [...value] : { ...value }) : value) as Members
  const proxy = new Proxy(target, reading)
  proxies.set(value, proxy)
  return proxy as T
}

/** Every unknown in a value, however deep. */
export const unknownsIn = (value: unknown): Unknown[] => {
  if (isUnknown(value)) return [value]
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return []
  return Object.values(value).flatMap(unknownsIn)
}
