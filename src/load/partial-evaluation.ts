import type { Syntax } from './references.ts'

type Valued = (scope: Record<string, unknown>) => unknown

/** The scope of one element: all that is seen outside, read there when it is asked for, and the variable that stands for it. */
const within = (scope: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> =>
  new Proxy(Object.create(null), {
    get: (_, key) => (key === name ? value : Reflect.get(scope, key)),
    has: (_, key) => key === name || Reflect.has(scope, key),
    ownKeys: () => [...new Set([...Reflect.ownKeys(scope), name])],
    getOwnPropertyDescriptor: (_, key) => {
      if (key === name) return { value, enumerable: true, configurable: true }
      const outer = Reflect.getOwnPropertyDescriptor(scope, key)
      return outer && { ...outer, configurable: true }
    },
  })

/** `list.map(x, part)`: where the list is known, so is how many there are. */
const mapped = (node: Syntax, valued: (part: Syntax) => Valued): Valued | undefined => {
  const [name, list, words] = node.args as [string, Syntax, Syntax[]]
  const [variable, body] = words
  if (name !== 'map' || words.length !== 2 || variable?.op !== 'id') return undefined
  const all = valued(list)
  const each = valued(body!)
  return scope => {
    const found = all(scope)
    if (!Array.isArray(found)) return undefined
    return found.map(value => each(within(scope, variable.args as string, value)))
  }
}

/**
 * An expression that builds a list or a mapping, as a value made part by part: what one part waits for then does not
 * hide the others. Undefined for any other expression; the value is undefined where not even its outline is known.
 */
export const partsOf = (node: Syntax, valued: (part: Syntax) => Valued): Valued | undefined => {
  if (node.op === 'rcall') return mapped(node, valued)
  if (node.op === 'list') {
    const parts = (node.args as Syntax[]).map(valued)
    return scope => parts.map(part => part(scope))
  }
  if (node.op !== 'map') return undefined
  const members = (node.args as [Syntax, Syntax][]).map(([key, value]) => ({ key, value: valued(value) }))
  if (members.some(({ key }) => key.op !== 'value' || typeof key.args !== 'string')) return undefined
  return scope => Object.fromEntries(members.map(({ key, value }) => [key.args as string, value(scope)]))
}
