import { isUnknown } from '../core/unknown.ts'
import { LookedUp } from '../jinja/looked-up.ts'
import { fromPlain } from '../jinja/plain.ts'
import type { Value } from '../jinja/value.ts'

/**
 * The facts of a host that were gathered: their names, and each of them; undefined where the host has no such fact. Both
 * may throw an unknown.
 */
export type HostFacts = { names(): string[]; value(fact: string): unknown }

/** A fact as a value; undefined where the host has none of this name, which is known only when it has been asked. */
export const factIn = (facts: HostFacts | undefined, fact: string): (() => Value) | undefined => {
  if (facts === undefined) return undefined
  try {
    const value = facts.value(fact)
    return value === undefined ? undefined : () => fromPlain(value)
  } catch (error) {
    if (!isUnknown(error)) throw error
    return () => error
  }
}

/** All facts of a host. Whether it has one that is not known yet is not known either. */
class Facts extends LookedUp {
  override has(key: Value): boolean {
    const value = this.get(key)
    if (isUnknown(value)) throw value
    return value !== undefined
  }
}

/** Where none are gathered it is empty, and there all the same. */
export const allFacts = (facts: HostFacts | undefined): Value =>
  new Facts({ names: () => facts?.names() ?? [], find: name => factIn(facts, name) })
