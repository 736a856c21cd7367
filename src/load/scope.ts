import { Refusal } from '../core/failure.ts'
import { isUnknown } from '../core/unknown.ts'
import { compileTemplate, type Expression } from './expression.ts'
import type { Located } from './located.ts'

/** Where the values of a host come from. What a register or the facts hold may be unknown: thrown or returned. */
export type ScopeInput = {
  host: string
  /** Variables of this host (and task), low to high. */
  layers: Record<string, Located>[]
  /** The same of any host, for `hostvars`. */
  layersOf(host: string): Record<string, Located>[]
  groups: Record<string, string[]>
  /** The names that have been registered on a host. */
  registers(host: string): string[]
  register(host: string, name: string): unknown
  facts(host: string): unknown
  /** Present only in a loop. */
  item?: unknown
}

/** What the scopes of one evaluation share. */
type Shared = {
  input: ScopeInput
  /** Made when it is first asked for: most scopes of a thousand hosts never look at another. */
  hostvars(): Record<string, unknown>
  evaluating: { host: string; name: string }[]
}

const compiled = new WeakMap<Located, Expression>()
const compile = (located: Located): Expression => {
  const known = compiled.get(located)
  if (known) return known
  const expression = compileTemplate(located.value, located)
  compiled.set(located, expression)
  return expression
}

/** An object whose members are read when they are asked for; a name that is not given is not there. */
const lazy = (): Record<string, unknown> => Object.create(null)

/** Defines a member that is computed once. An unknown that comes out is thrown to whoever reads it. */
const define = (target: Record<string, unknown>, name: string, compute: () => unknown): void => {
  let state: { value: unknown } | undefined
  const get = () => {
    state ??= { value: compute() }
    if (isUnknown(state.value)) throw state.value
    return state.value
  }
  Object.defineProperty(target, name, { get, enumerable: true, configurable: true })
}

const cycle = (shared: Shared, host: string, name: string, located: Located): Refusal => {
  const from = shared.evaluating.findIndex(one => one.host === host && one.name === name)
  const inOne = shared.evaluating.every(one => one.host === host)
  const chain = [...shared.evaluating.slice(from), { host, name }]
  const named = chain.map(one => (inOne ? one.name : `hostvars.${one.host}.${one.name}`)).join(' -> ')
  const what = `The variable "${name}" needs its own value.`
  return new Refusal({ reason: 'playbook-value', what, why: named, origin: located.origin })
}

const variable =
  (shared: Shared, scope: Record<string, unknown>, host: string, name: string, located: Located) => () => {
    const expression = compile(located)
    if (expression.literal) return located.value
    if (shared.evaluating.some(one => one.host === host && one.name === name)) throw cycle(shared, host, name, located)
    shared.evaluating.push({ host, name })
    try {
      return expression.evaluate(scope)
    } finally {
      shared.evaluating.pop()
    }
  }

const hostScope = (shared: Shared, host: string, layers: Record<string, Located>[]): Record<string, unknown> => {
  const { input } = shared
  const scope = lazy()
  const named = input.groups
  define(scope, 'inventory_hostname', () => host)
  define(scope, 'group_names', () => groupsOf(host, named))
  for (const layer of layers) {
    for (const [name, located] of Object.entries(layer))
      define(scope, name, variable(shared, scope, host, name, located))
  }
  for (const name of input.registers(host)) define(scope, name, () => input.register(host, name))
  define(scope, 'facts', () => input.facts(host))
  define(scope, 'groups', () => named)
  define(scope, 'hostvars', shared.hostvars)
  return scope
}

const everyHost = (shared: Shared): Record<string, unknown> => {
  const hosts = lazy()
  for (const host of shared.input.groups.all ?? []) {
    define(hosts, host, () => hostScope(shared, host, shared.input.layersOf(host)))
  }
  return hosts
}

/** The groups of a host as Ansible lists them: sorted, without `all`. */
export const groupsOf = (host: string, groups: Record<string, string[]>): string[] =>
  Object.keys(groups)
    .filter(name => name !== 'all' && groups[name]!.includes(host))
    .sort()

/**
 * What expressions and templates see on one host: a null-prototype object of getters. Variables that hold `{{ }}` are
 * evaluated when they are read, in the scope of the host that they belong to, once per scope. Registers stand above
 * variables, as in Ansible.
 *
 * A getter throws an unknown (Later, Missing, Lost) where the value is not known, and a Refusal `playbook-value` where
 * a variable needs itself or cannot be computed.
 */
export const createScope = (input: ScopeInput): Record<string, unknown> => {
  let hostvars: Record<string, unknown> | undefined
  const shared: Shared = {
    input,
    hostvars: () => {
      hostvars ??= everyHost(shared)
      return hostvars
    },
    evaluating: [],
  }
  const scope = hostScope(shared, input.host, input.layers)
  if ('item' in input) define(scope, 'item', () => input.item)
  return scope
}
