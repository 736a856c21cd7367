import type { Reference } from '../load/expression.ts'
import { factsVariable } from '../load/fact-names.ts'

/**
 * A registered value of a task that an expression reads: on the reader's own host (`own`), on a named host, or
 * (`host` null and not `own`) on any host of the inventory.
 */
export type RegisterReference = {
  host: string | null
  register: string
  own: boolean
  /** Of all facts as one mapping: which of them; null: known only when it runs; undefined: the whole of it. */
  member?: string | null | undefined
}

/**
 * Which registered values a list of references leads to, through variables whose own values hold expressions.
 * `within` gives the references in every value that a variable of a name has, on the reader's own host or anywhere; a value
 * edge too many costs nothing but order.
 */
export const registerReferences = (
  references: Reference[],
  registers: { has(name: string): boolean },
  within: (variable: string, own: boolean) => Reference[],
): RegisterReference[] => {
  const found = new Map<string, RegisterReference>()
  const visited = new Set<string>()
  const follow = (list: Reference[], own: boolean, host: string | null): void => {
    for (const { path } of list) {
      const [head, second, third, fourth] = path
      if (head === 'hostvars') look(third ?? null, fourth, false, second ?? null)
      else look(head ?? null, second, own, host)
    }
  }
  const look = (name: string | null, member: string | null | undefined, own: boolean, host: string | null): void => {
    if (name === null) return
    const ofFacts = name === factsVariable ? { member } : {}
    const key = `${own} ${host} ${name}${name === factsVariable ? ` ${member}` : ''}`
    if (visited.has(key)) return
    visited.add(key)
    if (registers.has(name)) found.set(key, { host, register: name, own, ...ofFacts })
    // Until a task gives it, a name is the variable that it was.
    follow(within(name, own), own, host)
  }
  follow(references, true, null)
  return [...found.values()]
}
