import { isUnknown, Lost, Missing } from '../core/unknown.ts'
import { type Graph, machineOf, type Node, nodeId } from '../graph/graph.ts'
import type { Located } from '../load/located.ts'
import { createScope } from '../load/scope.ts'
import { layersFor } from '../load/variables.ts'
import { facts } from '../module/probes/facts.ts'
import { gatheredFacts } from './gathered-facts.ts'
import { isLost, type Known } from './known.ts'
import { ask, type Walk } from './walk-state.ts'

/** The layers of variables of any host as a node sees them, lowest first: its own task's only for its own host. */
const layersOf =
  ({ loaded: { inventory, extra } }: Known, { play, task }: Node, own: string) =>
  (host: string): Record<string, Located>[] =>
    layersFor({ play, inventory, host, extra, ...(host === own ? { task } : {}) })

type Registered = Map<string, Map<string, Node[]>>
const indexes = new WeakMap<Graph, Registered>()

/** By host and name, the nodes that register it there. Found once for a graph: asked for each line, with 1,000 hosts. */
const registeredOn = (graph: Graph): Registered => {
  const known = indexes.get(graph)
  if (known) return known
  const made: Registered = new Map()
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
const registeredBy = (graph: Graph, from: Node, host: string, name: string): Node | undefined => {
  const { positions } = graph
  const all = registeredOn(graph).get(host)?.get(name) ?? []
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

const factsOf = (walk: Walk, host: string): unknown => {
  const machine = machineOf(walk.known.graph.source, host)
  if (isLost(walk.known, host) || !walk.known.answers.has(machine)) throw new Lost(host)
  const found = ask(walk, machine)(facts)
  if (isUnknown(found)) throw found
  return found
}

const implicitOf = ({ inventory: { implicit } }: Known['loaded']): { implicit?: string } =>
  implicit === undefined ? {} : { implicit }

/** What an expression of a node sees on a host. Reading what does not exist yet throws the unknown that says why. */
export const scopeOf = (
  walk: Walk,
  node: Node,
  host: string,
  item?: { value: unknown },
  groups: Record<string, string[]> = walk.known.loaded.inventory.groups,
): Record<string, unknown> => {
  const { graph } = walk.known
  const layers = layersOf(walk.known, node, host)
  const { extra } = walk.known.loaded
  const { role } = node.task
  const isFixed = (name: string, on: string): boolean =>
    Object.hasOwn(extra, name) || (on === host && role !== undefined && Object.hasOwn(role.params, name))
  return createScope({
    host,
    layers: layers(host),
    layersOf: layers,
    groups,
    ...implicitOf(walk.known.loaded),
    // A parameter of the role, and what the command line gives, win over what a task has registered.
    registers: on => [...(registeredOn(graph).get(on)?.keys() ?? [])].filter(name => !isFixed(name, on)),
    register: (on, name) => {
      const by = registeredBy(graph, node, on, name)
      if (by === undefined) throw new Missing()
      return registered(walk, by, on)
    },
    facts: on => factsOf(walk, on),
    gathered: on => gatheredFacts(walk, node, on),
    controllerFor: (on, its) => walk.known.loaded.asks?.(on, its, node.task.folders),
    ...(item ? { item: item.value } : {}),
  })
}

/** Groups without some hosts: what a comprehension over a group runs through. */
export const groupsWithout = ({ loaded }: Known, gone: ReadonlySet<string>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(loaded.inventory.groups).map(([name, hosts]) => [name, hosts.filter(h => !gone.has(h))]),
  )
