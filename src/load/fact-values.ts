import { isUnknown } from '../core/unknown.ts'

/**
 * The facts of a host that were gathered: their names, and each of them; undefined where the host has no such fact. Both
 * may throw an unknown.
 */
export type HostFacts = { names(): string[]; value(fact: string): unknown }

/** A fact as a value; undefined where the host has none of this name, which is known only when it has been asked. */
export const factIn = (facts: HostFacts | undefined, fact: string): (() => unknown) | undefined => {
  if (facts === undefined) return undefined
  try {
    const value = facts.value(fact)
    return value === undefined ? undefined : () => value
  } catch (error) {
    if (!isUnknown(error)) throw error
    return () => error
  }
}
