import type { Reference } from '../load/expression.ts'

/**
 * A registered value of a task that an expression reads: on the reader's own host (`own`), on a named host, or
 * (`host` null and not `own`) on any host of the inventory.
 */
export type RegisterReference = { host: string | null; register: string; own: boolean }

/**
 * Which registered values a list of references leads to, through variables whose own values hold expressions.
 * `within` gives the references in every value that a variable of a name has anywhere; a value edge too many costs
 * nothing but order.
 */
export const registerReferences = (
  references: Reference[],
  registers: ReadonlySet<string>,
  within: (variable: string) => Reference[],
): RegisterReference[] => {
  const found = new Map<string, RegisterReference>()
  const visited = new Set<string>()
  const follow = (list: Reference[], own: boolean, host: string | null): void => {
    for (const { path } of list) {
      const [head, second, third] = path
      if (head === 'hostvars') look(third ?? null, false, second ?? null)
      else look(head ?? null, own, host)
    }
  }
  const look = (name: string | null, own: boolean, host: string | null): void => {
    if (name === null) return
    const key = `${own} ${host} ${name}`
    if (visited.has(key)) return
    visited.add(key)
    if (registers.has(name)) found.set(key, { host, register: name, own })
    else follow(within(name), own, host)
  }
  follow(references, true, null)
  return [...found.values()]
}
