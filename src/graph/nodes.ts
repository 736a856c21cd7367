import type { Become } from '../core/transport.ts'
import type { Play, Task } from '../load/playbook.ts'
import { type CompiledTask, compileTask } from './compile.ts'
import { delegatedMachines, type delegateFor } from './delegates.ts'
import { type GraphSource, type Machines, type Node, nodeId } from './graph.ts'
import type { staticBecome } from './static-become.ts'

/** Tasks of a play that join a graph, on some of the play's hosts. */
export type Addition = {
  play: Play
  tasks: Task[]
  /** In the order of the inventory. */
  hosts: string[]
  /** For each of the hosts the id of the node that the tasks come right behind. Without it: behind all that is there. */
  behind?: Record<string, string>
}

/** A node before its edges are known. */
export type NodeDraft = Omit<Node, 'edges'>

/** A task with its nodes: what is the same on all of its hosts is found once. */
export type DraftedTask = { task: Task; play: Play; compiled: CompiledTask; nodes: NodeDraft[] }

const isBecoming = (one: readonly [string, Become | undefined]): one is [string, Become] => one[1] !== undefined

type Delegate = ReturnType<typeof delegateFor>

/** Where the task is done for hosts whose machine it is not done on. */
const delegation = (task: Task, play: Play, hosts: string[], machines: Machines, delegate: Delegate) => {
  if (task.delegateTo === undefined) return { machines }
  const to = hosts.flatMap(host => {
    const other = delegate(task, play, host)
    return other === undefined ? [] : [[host, other] as const]
  })
  const delegates = new Map(to)
  return { machines: delegatedMachines(machines, delegates), ...(delegates.size > 0 ? { delegates } : {}) }
}

/** The nodes of an addition, task by task. Throws a Refusal where an expression, `become` or `delegate_to` is wrong. */
export const draftTasks = (
  { play, tasks, hosts }: Addition,
  { limited, selects, machines, isCollective, files }: GraphSource,
  becomes: ReturnType<typeof staticBecome>,
  delegate: Delegate,
): DraftedTask[] =>
  tasks.map(task => {
    const { references, ...expressions } = compileTask(task)
    const compiled = { ...expressions, references: [...references, ...files(task)] }
    const collective = isCollective(task.module)
    const members = task.runOnce ? hosts.slice(0, 1) : hosts
    const draft = (on: string[]): NodeDraft => ({
      id: collective ? task.slug : nodeId(on[0]!, task),
      hosts: on,
      task,
      compiled,
      play,
      included: new Set(selects(task) ? on.filter(host => limited.has(host)) : []),
      once: task.runOnce,
      collective,
      become: new Map(on.map(host => [host, becomes({ task, play }, host)] as const).filter(isBecoming)),
      ...delegation(task, play, on, machines, delegate),
    })
    const groups = collective ? [members] : members.map(host => [host])
    return { task, play, compiled, nodes: groups.filter(on => on.length > 0).map(draft) }
  })

/** Nodes in written order with the nodes of an addition in their place: behind the last of what they come behind. */
export const insertWritten = <N extends NodeDraft>(written: N[], nodes: N[], behind: Addition['behind']): N[] => {
  if (!behind) return [...written, ...nodes]
  const ids = new Set(Object.values(behind))
  const at = written.findLastIndex(({ id }) => ids.has(id)) + 1
  return [...written.slice(0, at), ...nodes, ...written.slice(at)]
}
