import { type Edge, type Machines, machineOf, type Node } from './graph.ts'

/** The nodes of a machine that whatever is written next there comes behind, and what these came behind. */
type End = { nodes: Node[]; before: Node[] }

/**
 * Nodes in written order, with edges between those that are on one machine under different names: its lines come one after
 * another, as they would on a host with one name. Names of one machine take their turns at a rolling task as all others do,
 * when all of them have come to it: between these is no order. One with `needs` waits for nothing here, and nothing for it;
 * what is left out does nothing.
 */
export const withMachineEdges = (written: Node[], machines: Machines): Node[] => {
  if (machines.size === 0) return written
  const shared = new Set(machines.values())
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
