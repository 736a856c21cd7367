import type { EdgesById } from './edges.ts'
import { type Edge, type Graph, type Machines, machineOf, type Node } from './graph.ts'
import type { Addition, NodeDraft } from './nodes.ts'

/** By host, the node that what is written next comes behind. */
type Ends = Map<string, string>

const edgesOn = (ids: Iterable<string>): Edge[] => [...new Set(ids)].map(on => ({ on, kind: 'order' }))

/** Nodes one behind the other on each of their hosts. One with `needs` waits for nothing here, and nothing for it. */
const chain = (nodes: NodeDraft[], start: ReadonlyMap<string, string>): { edges: EdgesById; ends: Ends } => {
  const edges: EdgesById = new Map()
  const ends = new Map(start)
  for (const { id, hosts, task } of nodes) {
    if (task.needs) continue
    edges.set(id, edgesOn(hosts.flatMap(host => ends.get(host) ?? [])))
    for (const host of hosts) ends.set(host, id)
  }
  return { edges, ends }
}

/** By node, those that come right behind it in the written order. */
const followersIn = (nodes: NodeDraft[], edgesOf: (node: NodeDraft) => Edge[]): Map<string, NodeDraft[]> => {
  const pairs = nodes.flatMap(node => edgesOf(node).flatMap(({ on, kind }) => (kind === 'order' ? [{ on, node }] : [])))
  const found = Map.groupBy(pairs, ({ on }) => on)
  return new Map([...found].map(([on, list]) => [on, list.map(({ node }) => node)]))
}

/**
 * What followed the nodes that others are put behind comes behind the last of these instead: the order edges of each
 * such follower. One edge may be for several hosts: it stays while one of them is not moved.
 */
const movedFollowers = (
  behind: NonNullable<Addition['behind']>,
  ends: Ends,
  byId: ReadonlyMap<string, NodeDraft>,
  followers: Map<string, NodeDraft[]>,
  edgesOf: (node: NodeDraft) => Edge[],
): EdgesById => {
  const found: EdgesById = new Map()
  for (const on of new Set(Object.values(behind))) {
    const isMoved = (host: string): boolean => behind[host] === on && ends.get(host) !== on
    for (const node of followers.get(on) ?? []) {
      const common = node.hosts.filter(host => byId.get(on)!.hosts.includes(host))
      const moved = common.filter(isMoved)
      if (moved.length === 0) continue
      const others = (found.get(node.id) ?? edgesOf(node)).filter(
        edge => edge.on !== on || moved.length < common.length,
      )
      found.set(node.id, edgesOn([...others.map(edge => edge.on), ...moved.map(host => ends.get(host)!)]))
    }
  }
  return found
}

/**
 * The written order with nodes that join a graph: all order edges of the new nodes, and of those that are there and
 * follow others now.
 */
export const orderEdges = (
  { written, last }: Pick<Graph, 'written' | 'last'>,
  joined: { nodes: NodeDraft[]; behind: Addition['behind'] }[],
  byId: ReadonlyMap<string, NodeDraft>,
): { edges: EdgesById; last: Ends } => {
  const found: EdgesById = new Map()
  const there = new Map(written.map(({ id, edges }) => [id, edges]))
  const edgesOf = ({ id }: NodeDraft): Edge[] =>
    found.get(id) ?? there.get(id)?.filter(({ kind }) => kind === 'order') ?? []
  let lastNow = last
  let all: NodeDraft[] = written
  for (const { nodes, behind } of joined) {
    const { edges, ends } = chain(nodes, behind ? new Map(Object.entries(behind)) : lastNow)
    if (behind) {
      const followers = followersIn(all, edgesOf)
      for (const [id, moved] of movedFollowers(behind, ends, byId, followers, edgesOf)) found.set(id, moved)
      lastNow = new Map([...lastNow].map(([host, on]) => [host, behind[host] === on ? ends.get(host)! : on]))
    } else lastNow = ends
    for (const [id, own] of edges) found.set(id, own)
    all = [...all, ...nodes]
  }
  return { edges: found, last: lastNow }
}

/** The nodes of a machine that whatever is written next there comes behind, and what these came behind. */
type End = { nodes: Node[]; before: Node[] }

/**
 * Nodes in written order, with edges between those that are on one machine under different names: its lines come one after
 * another, as they would on a host with one name. Names of one machine take their turns at a rolling task as all others do,
 * when all of them have come to it: between these is no order. One with `needs` waits for nothing here, and nothing for it;
 * what is left out does nothing.
 */
export const withMachineEdges = (written: Node[], machines: Machines): Node[] => {
  const delegated = written.flatMap(node => [...(node.delegates?.keys() ?? [])].map(host => machineOf(node, host)))
  if (machines.size === 0 && delegated.length === 0) return written
  const shared = new Set([...machines.values(), ...delegated])
  const ends = new Map<string, End>()
  return written.map(node => {
    const edges = node.edges.filter(({ kind }) => kind !== 'machine')
    if (node.task.needs || node.included.size === 0) return { ...node, edges }
    const before = new Set<Node>()
    for (const machine of new Set(node.hosts.map(host => machineOf(node, host)))) {
      if (!shared.has(machine)) continue
      const end = ends.get(machine) ?? { nodes: [], before: [] }
      const isTurn = node.task.rolling !== undefined && end.nodes.some(({ task }) => task === node.task)
      const now = isTurn ? { nodes: [...end.nodes, node], before: end.before } : { nodes: [node], before: end.nodes }
      ends.set(machine, now)
      // Behind another task of the same name it comes anyway.
      for (const one of now.before) if (one.hosts.some(host => !node.hosts.includes(host))) before.add(one)
    }
    return { ...node, edges: [...edges, ...[...before].map(({ id }): Edge => ({ on: id, kind: 'machine' }))] }
  })
}
