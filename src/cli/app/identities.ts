import type { Become } from '../../core/transport.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Known } from '../../plan/known.ts'
import type { Target } from '../../settings/target.ts'

/**
 * The identity of a machine's session: root's where any task becomes root, since root reads all and runs what others do.
 * Of several ways to be root the first one counts. Without `become` it is the login user's.
 */
export const sessionOf = (graph: Pick<Graph, 'nodes'>, host: string): { become?: Become } => {
  for (const node of graph.nodes) {
    const become = node.become.get(host)
    if (become?.user === 'root') return { become }
  }
  return {}
}

/**
 * Says who a task is on a machine, by how machines are reached: see `Known`. Of several ways to be one user the first one
 * counts: it is one shell, and what they ask travels together.
 */
export const identityOn = (targets: Record<string, Target>): Known['identity'] => {
  const ways = new Map<string, Become>()
  const firstOf = (machine: string, become: Become): Become => {
    const key = `${machine} ${become.user}`
    const first = ways.get(key) ?? become
    ways.set(key, first)
    return first
  }
  return (machine, asked) => {
    const become = asked && firstOf(machine, asked)
    const target = targets[machine]
    if (target === undefined) return undefined
    const session = target.become?.user ?? target.user
    const user = become?.user ?? target.user
    if (user === session) return undefined
    return session === 'root' || become === undefined ? { user } : { user, shell: become }
  }
}
