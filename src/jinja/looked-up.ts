import { deferred } from './callable.ts'
import type { ControllerAnswers } from './controller-answers.ts'
import { Dict, type Value } from './value.ts'

/** Where the members of a mapping come from: their names, and how each is computed; undefined where there is none. */
export type Members = {
  names(): string[]
  find(name: string): (() => Value) | undefined
  /** Whom templates ask that see these members. */
  controller?: (() => ControllerAnswers | undefined) | undefined
}

/**
 * A mapping whose members are found and computed when they are asked for, each once: the variables of a host are far more
 * than any template reads. What is not known, or undefined, is a member like any other.
 */
export class LookedUp extends Dict {
  readonly #members: Members
  readonly #made = new Map<string, Value>()
  constructor(members: Members) {
    super()
    this.#members = members
  }
  get controller(): ControllerAnswers | undefined {
    return this.#members.controller?.()
  }
  override get size(): number {
    return this.#members.names().length
  }
  override has(key: Value): boolean {
    return typeof key === 'string' && (this.#made.has(key) || this.#members.find(key) !== undefined)
  }
  override get(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    if (this.#made.has(key)) return this.#made.get(key)
    const compute = this.#members.find(key)
    if (compute === undefined) return undefined
    const value = deferred(compute)
    this.#made.set(key, value)
    return value
  }
  override keys(): Value[] {
    return this.#members.names()
  }
  override values(): Value[] {
    return this.#members.names().map(name => this.get(name)!)
  }
  override entries(): [Value, Value][] {
    return this.#members.names().map(name => [name, this.get(name)!])
  }
}
