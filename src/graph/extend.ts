import { type StaticScope, staticScope } from '../load/static-scope.ts'
import { givenNames } from '../load/variables.ts'
import { delegateFor } from './delegates.ts'
import { distinctEdges, type EdgesById, namedEdges, notifyEdges, turnEdges } from './edges.ts'
import type { Edge, Graph, GraphSource, Node } from './graph.ts'
import { type Addition, type DraftedTask, draftTasks, insertWritten, type NodeDraft } from './nodes.ts'
import { planOrder, playBarriers } from './play-barriers.ts'
import { keepNeeded } from './selection.ts'
import { staticBecome } from './static-become.ts'
import { isOfFacts, type ReadsOf, readsIn, registeredOn, type Values, valueEdges } from './value-edges.ts'
import { orderEdges, withMachineEdges } from './written-order.ts'

export const emptyGraph = (source: GraphSource): Graph => ({
  nodes: [],
  hosts: [],
  byId: new Map(),
  registered: new Map(),
  positions: new Map(),
  written: [],
  writtenAt: new Map(),
  last: new Map(),
  barriers: { plays: new Map(), ahead: new Map() },
  source,
})

/** The nodes that give each name to a value, in the order given. */
const byRegister = <N extends NodeDraft>(nodes: N[]): Map<string, N[]> => {
  const found = new Map<string, N[]>()
  for (const node of nodes)
    for (const name of givenNames(node.task)) {
      const known = found.get(name)
      if (known) known.push(node)
      else found.set(name, [node])
    }
  return found
}

const byIdOf = <N extends { id: string }>(nodes: N[]): Map<string, N> => new Map(nodes.map(node => [node.id, node]))
const positionsOf = (nodes: { id: string }[]): Map<string, number> => new Map(nodes.map(({ id }, at) => [id, at]))

/** New nodes, and what their edges are found with. */
type Ground = {
  source: GraphSource
  joined: { nodes: NodeDraft[]; tasks: DraftedTask[]; behind: Addition['behind'] }[]
  /** All nodes, those that are there too, in written order. */
  drafts: NodeDraft[]
  byId: Map<string, NodeDraft>
  scopeOf: StaticScope
  readsOf: ReadsOf
  values: Values
}

const groundOf = ({ source, registered, written }: Graph, additions: Addition[]): Ground => {
  const { hosts } = source.inventory
  const names = new Set([...registered.keys(), ...additions.flatMap(({ tasks }) => tasks.flatMap(givenNames))])
  const scopeOf = staticScope(source, [...names])
  const becomes = staticBecome(source, scopeOf)
  const delegate = delegateFor(source, scopeOf)
  const readsOf = readsIn(source, names)
  const joined = additions.map(addition => {
    const tasks = draftTasks(addition, source, becomes, delegate)
    return { behind: addition.behind, tasks, nodes: tasks.flatMap(({ nodes }) => nodes) }
  })
  const drafts = joined.reduce<NodeDraft[]>((all, { nodes, behind }) => insertWritten(all, nodes, behind), written)
  const byId = byIdOf(drafts)
  if (byId.size < drafts.length) throw new Error('A graph was extended by a node that it has already.')
  const values = { on: registeredOn(byRegister(drafts), hosts), hosts, written: positionsOf(drafts) }
  return { source, joined, drafts, byId, scopeOf, readsOf, values }
}

/** The new nodes with their edges, by id. `order` are those of the written order. */
const newNodes = (
  { source, joined, drafts, byId, scopeOf, readsOf, values }: Ground,
  order: EdgesById,
): Map<string, Node> => {
  const notify = notifyEdges(drafts)
  const turns = turnEdges(drafts)
  const found = new Map<string, Node>()
  for (const task of joined.flatMap(({ tasks }) => tasks)) {
    const named = namedEdges(task, source.inventory, byId, scopeOf)
    const read = valueEdges(task, readsOf(task), values)
    const gate = turns(task)
    for (const node of task.nodes) {
      const edges = [...(order.get(node.id) ?? []), ...notify(node), ...named(node), ...read(node), ...gate]
      found.set(node.id, { ...node, edges: distinctEdges(node.id, edges) })
    }
  }
  return found
}

/**
 * The nodes that are there and wait for new ones, with their edges, by id: followers in the written order, handlers,
 * gates, and readers that are written behind nodes which register what they read.
 */
const waitingNodes = (there: Node[], { joined, readsOf, values }: Ground, order: EdgesById): Map<string, Node> => {
  const added = joined.flatMap(({ nodes }) => nodes)
  const notify = notifyEdges(added)
  const turns = turnEdges(added)
  const registers = byRegister(added)
  const isBehindSource = ({ id }: Node, register: string): boolean =>
    (registers.get(register) ?? []).some(source => values.written.get(source.id)! < values.written.get(id)!)
  const valuesOf = (node: Node): Edge[] | undefined => {
    const reads = registers.size > 0 ? readsOf(node) : []
    if (!reads.some(({ register }) => isBehindSource(node, register))) return undefined
    return valueEdges({ task: node.task, nodes: [node] }, reads, values)(node)
  }
  return new Map(
    there.flatMap(node => {
      const [ordered, read] = [order.get(node.id), valuesOf(node)]
      const more = [...notify(node), ...turns(node)]
      if (!ordered && !read && more.length === 0) return []
      const others = node.edges.filter(({ kind }) => !(kind === 'order' && ordered) && !(kind === 'value' && read))
      const edges = [...(ordered ?? []), ...others, ...(read ?? []), ...more]
      return [[node.id, { ...node, edges: distinctEdges(node.id, edges) }]]
    }),
  )
}

/** The hosts of nodes, and those whose facts they read by the name of a host, or of any. */
const hostsFor = (nodes: Node[], readsOf: ReadsOf, { inventory, gathering = new Map() }: GraphSource): string[] => {
  const gathered = new Set([...gathering.values()].flatMap(hosts => [...hosts]))
  const facts = new Set(nodes.flatMap(readsOf).filter(({ register, own }) => isOfFacts(register) && !own))
  const read = [...facts].flatMap(({ host, register }) => {
    const hosts = host === null ? inventory.hosts : [host]
    // What no play has gathered is not there: nobody is asked for it.
    return register === 'facts' ? hosts : hosts.filter(one => gathered.has(one))
  })
  return [...nodes.flatMap(({ hosts, delegates }) => [...hosts, ...(delegates?.values() ?? [])]), ...read]
}

/** The graph of all nodes as written: those that are asked for in plan order. */
const arranged = (before: Graph, written: Node[], last: Graph['last'], { readsOf, values }: Ground): Graph => {
  const { source } = before
  const { inventory } = source
  const all = byIdOf(written)
  const barriers = playBarriers(written, all)
  const nodes = keepNeeded(planOrder(written, all, barriers), all)
  const byId = new Map([...all, ...byIdOf(nodes)])
  const joining = nodes.filter(({ id }) => !before.positions.has(id))
  const hosts = new Set([...before.hosts, ...hostsFor(joining, readsOf, source)])
  return {
    nodes,
    hosts: inventory.hosts.filter(host => hosts.has(host)),
    byId,
    registered: byRegister(written.map(({ id }) => byId.get(id)!)),
    positions: positionsOf(nodes),
    written,
    writtenAt: values.written,
    last,
    barriers,
    source,
  }
}

/**
 * A graph with more tasks; the graph given stays as it is. New nodes come in the written order of each of their hosts
 * right behind what `behind` names, and before what followed there. They are taken in everywhere, as if they had been
 * there from the beginning: handlers, gates, and readers that are written behind them wait for them. What a new task
 * names by `needs` or `after`, or reads, may be there or be new; what is there names and reads as before. Whole
 * playbooks come without `behind`, what includes bring with it.
 *
 * Throws Refusals: a `needs`/`after` that names no task, a cycle explained as a path.
 */
export const extend = (graph: Graph, additions: Addition[]): Graph => {
  const ground = groundOf(graph, additions)
  const order = orderEdges(graph, ground.joined, ground.byId)
  const there = new Map([...byIdOf(graph.written), ...waitingNodes(graph.written, ground, order.edges)])
  const added = newNodes(ground, order.edges)
  const written = withMachineEdges(
    ground.drafts.map(({ id }) => added.get(id) ?? there.get(id)!),
    graph.source.machines,
  )
  return arranged(graph, written, order.last, ground)
}
