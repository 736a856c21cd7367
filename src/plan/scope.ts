import { isUnknown, Later, Lost, Missing } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { type Graph, machineOf, type Node, nodeId } from '../graph/graph.ts'
import { factsVariable, isFactVariable } from '../load/fact-names.ts'
import type { Located } from '../load/located.ts'
import { failedVariables } from '../load/names.ts'
import { createScope, type LoopItem } from '../load/scope.ts'
import { layersFor } from '../load/variables.ts'
import { facts } from '../module/probes/facts.ts'
import { catchUnknown } from './decide.ts'
import { rescuedBefore } from './failure-policy.ts'
import { gatheredFacts } from './gathered-facts.ts'
import { type GivenByIncludes, givenByIncludes } from './included.ts'
import { isLost, type Known } from './known.ts'
import { ask, type Hazard, type Walk } from './walk-state.ts'

/** The layers of variables of any host as a node sees them, lowest first: its own task's only for its own host. */
const layersOf =
  (
    { loaded: { inventory, extra } }: Known,
    { play, task }: Node,
    own: string,
    givenTo: (host: string) => GivenByIncludes,
  ) =>
  (host: string): Record<string, Located>[] =>
    layersFor({ play, inventory, host, extra, given: givenTo(host), ...(host === own ? { task } : {}) })

/** What includes have given to hosts, as a node sees it; looked for once for each. */
const givenSeenBy = (walk: Walk, node: Node): ((host: string) => GivenByIncludes) => {
  const found = new Map<string, GivenByIncludes>()
  return host => {
    const given = found.get(host) ?? givenByIncludes(walk, node, host)
    found.set(host, given)
    return given
  }
}

/** A name that an include may give, which is not known yet. */
const openName = ({ open }: GivenByIncludes, name: string): GivenValue => {
  const met = open.find(({ names }) => names === undefined || names.has(name))
  return (
    met &&
    (() => {
      throw met.unknown
    })
  )
}

/** By host and name, the nodes that give it there. */
type GivenNames = Map<string, Map<string, Node[]>>
const indexes = new WeakMap<Graph, GivenNames>()

/** Found once for a graph: asked for each line, with 1,000 hosts. */
const givenIn = (graph: Graph): GivenNames => {
  const known = indexes.get(graph)
  if (known) return known
  const made: GivenNames = new Map()
  for (const [name, nodes] of graph.registered)
    for (const node of nodes)
      for (const host of node.once ? graph.source.inventory.hosts : node.hosts) {
        const names = made.get(host) ?? new Map<string, Node[]>()
        made.set(host, names)
        const list = names.get(name)
        if (list) list.push(node)
        else names.set(name, [node])
      }
  indexes.set(graph, made)
  return made
}

/** The node whose registered value `name` stands for on a host, as seen from a node: the one it has an edge to. */
const registeredBy = ({ positions }: Graph, from: Node, all: Node[]): Node | undefined => {
  const values = new Set(from.edges.flatMap(e => (e.kind === 'value' ? [e.on] : [])))
  const at = positions.get(from.id)!
  return all.find(n => values.has(n.id)) ?? all.findLast(n => positions.get(n.id)! < at) ?? all[0]
}

/** The value that a node registered on a host, or the unknown that says why there is none. */
const registered = ({ known, outputs }: Walk, by: Node, on: string): unknown => {
  const host = by.once ? by.hosts[0]! : on
  const line = nodeId(host, by.task)
  if (isLost(known, host)) throw new Lost(line)
  return outputs.has(line) ? outputs.get(line) : new Missing()
}

type GivenValue = (() => unknown) | undefined

/** What a name is in one of the results of a loop, or in the only one; undefined where the task has not made it there. */
const madeIn = (output: unknown, name: string): GivenValue => {
  if (isUnknown(output))
    return () => {
      throw output
    }
  if (!isRecord(output)) return undefined
  const { results, [factsVariable]: made } = output
  if (isUnknown(results)) return madeIn(results, name)
  if (Array.isArray(results))
    return results.toReversed().reduce<GivenValue>((found, one) => found ?? madeIn(one, name), undefined)
  return isRecord(made) && Object.hasOwn(made, name) ? () => made[name] : undefined
}

/**
 * What a name stands for on a host that tasks give there, as seen from a node; undefined where none has done so by then. Of
 * what was made before, the newest counts; a task that was skipped has made nothing, and in a loop an item sees what the
 * items before it have made.
 */
const givenValue = (walk: Walk, from: Node, host: string, name: string): GivenValue => {
  const {
    outputs,
    known: { graph },
  } = walk
  const { writtenAt } = graph
  const all = givenIn(graph).get(host)?.get(name) ?? []
  const registers = ({ task }: Node): boolean => task.register === name
  const registering = all.every(registers) ? all : all.filter(registers)
  const isBefore = (one: Node): boolean =>
    one === from
      ? !registers(one)
      : (registers(one) || one.task !== from.task) && writtenAt.get(one.id)! < writtenAt.get(from.id)!
  for (const one of registering.length < all.length ? all.filter(isBefore).toReversed() : []) {
    if (registers(one)) return () => registered(walk, one, host)
    // What is left out, and nobody was known to need, has made nothing.
    if (!graph.positions.has(one.id)) continue
    const own = one === from
    const made = madeIn(
      own ? outputs.get(nodeId(host, one.task)) : catchUnknown(() => registered(walk, one, host)),
      name,
    )
    if (made) return made
  }
  const by = registeredBy(graph, from, registering)
  return by && (() => registered(walk, by, host))
}

/** What a rescue sees of the task that it is for. */
const failedValue = ({ outputs }: Walk, { is, host, task, cause }: Hazard, name: string): unknown => {
  if (is === 'open') return new Later(cause)
  if (name === 'ansible_failed_result') return outputs.get(nodeId(host, task))
  const { name: called, module: action, args, tags, register } = task
  return { name: called, action, args: task.noLog ? {} : args.value, tags, ...(register ? { register } : {}) }
}

const factsOf = (walk: Walk, host: string): unknown => {
  const machine = machineOf(walk.known.graph.source, host)
  if (isLost(walk.known, host) || !walk.known.answers.has(machine)) throw new Lost(host)
  const found = ask(walk, machine)(facts)
  if (isUnknown(found)) throw found
  return found
}

const implicitOf = ({ inventory: { implicit } }: Known['loaded']): { implicit?: string } =>
  implicit === undefined ? {} : { implicit }

/**
 * What an expression of a node sees on a host; `answer`: under the name that its task registers. Reading what does not
 * exist yet throws the unknown that says why.
 */
export const scopeOf = (
  walk: Walk,
  node: Node,
  host: string,
  item?: LoopItem,
  groups: Record<string, string[]> = walk.known.loaded.inventory.groups,
  answer?: { value: unknown },
): Record<string, unknown> => {
  const { graph } = walk.known
  const givenTo = givenSeenBy(walk, node)
  const layers = layersOf(walk.known, node, host, givenTo)
  const { extra } = walk.known.loaded
  const { role } = node.task
  const failed = rescuedBefore(walk, node, host)
  const isOfFailed = (name: string, on: string): boolean =>
    failed !== undefined && on === host && failedVariables.includes(name)
  const isFixed = (name: string, on: string): boolean =>
    Object.hasOwn(extra, name) || (on === host && role !== undefined && Object.hasOwn(role.params, name))
  const isSettled = (name: string, on: string): boolean =>
    isFixed(name, on) || isFactVariable(name) || Object.hasOwn(node.play.magic ?? {}, name)
  return createScope({
    host,
    layers: layers(host),
    layersOf: layers,
    groups,
    ...implicitOf(walk.known.loaded),
    // A parameter of the role, and what the command line gives, win over what a task has registered.
    registers: on => {
      const open = givenTo(on).open.flatMap(({ names = [] }) => [...names])
      const made = [...(givenIn(graph).get(on)?.keys() ?? []), ...open].filter(name => !isFixed(name, on))
      return failed === undefined || on !== host ? made : [...made, ...failedVariables]
    },
    opens: on => givenTo(on).open.some(({ names }) => names === undefined),
    register: (on, name) => {
      if (isOfFailed(name, on)) return () => failedValue(walk, failed!, name)
      if (answer && on === host && name === node.task.register) return () => answer.value
      return givenValue(walk, node, on, name) ?? (isSettled(name, on) ? undefined : openName(givenTo(on), name))
    },
    facts: on => factsOf(walk, on),
    gathered: on => gatheredFacts(walk, node, on),
    controllerFor: (on, its) => walk.known.loaded.asks?.(on, its, node.task.folders),
    ...(item ? { item } : {}),
  })
}

/** Groups without some hosts: what a comprehension over a group runs through. */
export const groupsWithout = ({ loaded }: Known, gone: ReadonlySet<string>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(loaded.inventory.groups).map(([name, hosts]) => [name, hosts.filter(h => !gone.has(h))]),
  )
