import { compileTemplate, type Reference } from '../load/expression.ts'
import type { Located } from '../load/located.ts'

/** A value of another task that an expression reads: on one host, or (`null`) on any host of the inventory. */
export type Use = { host: string | null; register: string; own: boolean }

/**
 * Which registered values a list of references reads, through variables whose own values hold expressions.
 * `variables` gives every value a name can have anywhere; a value edge too many costs nothing but order.
 */
export const usesOf = (
  references: Reference[],
  registers: Set<string>,
  variables: (name: string) => Located[],
): Use[] => {
  const found = new Map<string, Use>()
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
    else for (const located of variables(name)) follow(compileTemplate(located.value, located).references, own, host)
  }
  follow(references, true, null)
  return [...found.values()]
}
