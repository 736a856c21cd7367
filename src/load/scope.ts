import { Refusal, refuse } from '../core/failure.ts'
import type { ControllerAnswers } from '../jinja/controller-answers.ts'
import { LookedUp } from '../jinja/looked-up.ts'
import { fromPlain } from '../jinja/plain.ts'
import { Dict, type Value } from '../jinja/value.ts'
import { compileTemplate } from './expression.ts'
import { factOf, factsVariable, isGivenFact } from './fact-names.ts'
import { allFacts, factIn, type HostFacts } from './fact-values.ts'
import type { Located } from './located.ts'
import { type HostScope, scopeOver } from './scope-values.ts'

/** Who answers templates of a host, in a loop for its item; names are looked for in these folders, before that of the playbook. */
export type Asks = (host: string, item: { value: unknown } | undefined, folders: string[]) => ControllerAnswers

/** An item of a loop, and all names that its task has of it: its own, and those that tell where in the loop it is. */
export type LoopItem = { value: unknown; names: Record<string, unknown> }

/** Where the values of a host come from. What a register or the facts hold may be unknown: thrown or returned. */
export type ScopeInput = {
  host: string
  /** Variables of this host (and task), low to high. */
  layers: Record<string, Located>[]
  /** The same of any host, for `hostvars`. */
  layersOf(host: string): Record<string, Located>[]
  groups: Record<string, string[]>
  /** A host of no group: read by its name, and not gone through. */
  implicit?: string
  /** The names that tasks may have given to values on a host. */
  registers(host: string): string[]
  /** Whether a task may have given any name on a host: then each is asked for. */
  opens?(host: string): boolean
  /** What such a name stands for, read when it is called; undefined where no task has given it. */
  register(host: string, name: string): (() => unknown) | undefined
  facts(host: string): unknown
  /** Under Ansible's names; undefined where none are gathered of the host. */
  gathered?(host: string): HostFacts | undefined
  /** Present only in a loop. */
  item?: LoopItem
  /** Whom templates of a host ask, in a loop for its item; absent where nobody can be asked. */
  controllerFor?(host: string, item: { value: unknown } | undefined): ControllerAnswers | undefined
}

/** What the scopes of one evaluation share. */
type Shared = {
  input: ScopeInput
  /** Made when it is first read: most scopes never read another host. */
  hostvars(): LookedUp
  evaluating: { host: string; name: string }[]
}

const cycle = (shared: Shared, host: string, name: string, located: Located): Refusal => {
  const from = shared.evaluating.findIndex(one => one.host === host && one.name === name)
  const inOne = shared.evaluating.every(one => one.host === host)
  const chain = [...shared.evaluating.slice(from), { host, name }]
  const named = chain.map(one => (inOne ? one.name : `hostvars.${one.host}.${one.name}`)).join(' -> ')
  const what = `The variable "${name}" needs its own value.`
  return new Refusal({ reason: 'playbook-value', what, why: named, origin: located.origin })
}

/** So many variables may be needed for one another. */
const DEEPEST_VARIABLES = 100
/** What a variable may come to: values in it, and characters of text. Doubled 25 times, a short list is more. */
const MOST_VALUES = 1_000_000
const MOST_TEXT = 64_000_000

type Size = { values: number; text: number }
const sizes = new WeakMap<object, Size>()
/**
 * How large a value is, as far as it was made. Each part is counted once, as often as it is used: lists that double share
 * their halves.
 */
const sizeOf = (value: Value): Size => {
  if (typeof value === 'string') return { values: 1, text: value.length }
  if (!Array.isArray(value) && !(value instanceof Dict)) return { values: 1, text: 0 }
  const known = sizes.get(value)
  if (known) return known
  const size = { values: 1, text: 0 }
  for (const inner of Array.isArray(value) ? value : value.made()) {
    const own = sizeOf(inner)
    size.values += own.values
    size.text += own.text
  }
  sizes.set(value, size)
  return size
}

const withinSize = (value: Value, name: string, located: Located): Value => {
  const { values, text } = sizeOf(value)
  if (values <= MOST_VALUES && text <= MOST_TEXT) return value
  return refuse('playbook-value', `The value of the variable "${name}" is too large.`, {
    why: `A variable comes to at most ${MOST_VALUES} values and ${MOST_TEXT} characters; this one has ${values} and ${text}.`,
    origin: located.origin,
  })
}

const variable =
  (shared: Shared, host: string, name: string, located: Located, scope: () => HostScope) => (): Value => {
    const expression = compileTemplate(located.value, located)
    if (expression.literal) return expression.value({})
    if (shared.evaluating.some(one => one.host === host && one.name === name)) throw cycle(shared, host, name, located)
    if (shared.evaluating.length >= DEEPEST_VARIABLES)
      refuse('playbook-value', `The variable "${name}" is needed by more than ${DEEPEST_VARIABLES} others in a row.`, {
        origin: located.origin,
      })
    shared.evaluating.push({ host, name })
    try {
      return withinSize(expression.value(scope()), name, located)
    } finally {
      shared.evaluating.pop()
    }
  }

/** Data of the program, or what it waits for. */
const given = (read: () => unknown) => (): Value => fromPlain(read())

/** Which of two that give one name counts is told by their order: in `names` the first comes first, in `find` the last. */
const hostValues = (shared: Shared, host: string, layers: Record<string, Located>[], item?: LoopItem): LookedUp => {
  const { input } = shared
  const highest = layers.toReversed()
  let registers: string[] | undefined
  const registered = (): string[] => {
    registers ??= input.registers(host)
    return registers
  }
  const find = (name: string): (() => Value) | undefined => {
    if (item && Object.hasOwn(item.names, name)) return given(() => item.names[name])
    if (name === 'hostvars') return shared.hostvars
    if (name === 'groups') return given(() => input.groups)
    if (name === 'facts') return given(() => input.facts(host))
    const made = registered().includes(name) || input.opens?.(host) ? input.register(host, name) : undefined
    if (made) return given(made)
    const layer = highest.find(one => Object.hasOwn(one, name))
    if (layer) return variable(shared, host, name, layer[name]!, () => scopeOver(values))
    if (name === factsVariable) return () => allFacts(input.gathered?.(host))
    const fact = isGivenFact(name) ? name : factOf(name)
    if (fact !== undefined) return factIn(input.gathered?.(host), fact)
    if (name === 'vars') return () => variables
    if (name === 'group_names') return () => groupsOf(host, input.groups)
    return name === 'inventory_hostname' ? () => host : undefined
  }
  const names = (): string[] => {
    const all = [...layers.flatMap(Object.keys), ...registered().filter(name => input.register(host, name))]
    const own = ['facts', 'groups', 'hostvars', ...Object.keys(item?.names ?? {})]
    return [...new Set(['inventory_hostname', 'group_names', ...all, ...own])]
  }
  const values = new LookedUp({ names, find, controller: () => input.controllerFor?.(host, item) })
  // As one value it holds neither all hosts nor itself.
  const ownNames = (): string[] => names().filter(name => name !== 'hostvars' && name !== 'facts')
  const variables = new LookedUp({ names: ownNames, find })
  return values
}

const everyHost = (shared: Shared): LookedUp => {
  const all = new Set(shared.input.groups.all)
  return new LookedUp({
    names: () => [...all],
    find: host =>
      all.has(host) || host === shared.input.implicit
        ? () => hostValues(shared, host, shared.input.layersOf(host))
        : undefined,
  })
}

/** The groups of a host as Ansible lists them: sorted, without `all`. */
export const groupsOf = (host: string, groups: Record<string, string[]>): string[] =>
  Object.keys(groups)
    .filter(name => name !== 'all' && groups[name]!.includes(host))
    .sort()

/**
 * What expressions and templates see on one host: members are computed when they are read. Variables that hold `{{ }}` are
 * evaluated when they are read, in the scope of the host that they belong to, once per scope. Registers stand above
 * variables, as in Ansible.
 *
 * Reading throws an unknown (Later, Missing, Lost) where the value is not known, and a Refusal `playbook-value` where
 * a variable needs itself or cannot be computed.
 */
export const createScope = (input: ScopeInput): HostScope => {
  let hostvars: LookedUp | undefined
  const shared: Shared = {
    input,
    hostvars: () => {
      hostvars ??= everyHost(shared)
      return hostvars
    },
    evaluating: [],
  }
  return scopeOver(hostValues(shared, input.host, input.layers, input.item))
}
