import type { Play, Task } from '../load/playbook.ts'
import type { CompiledTask } from './compile.ts'

/**
 * Why one node comes after another. `order`: written before it on the same host; `needs`: the author's own list in
 * its place; `after`: order only, also across hosts; `value`: it reads the other's output; `notify`: a handler.
 * A failed or lost node takes with it what depends on it by `order`, `needs` and `value`, not by `after`.
 */
export type EdgeKind = 'order' | 'needs' | 'after' | 'value' | 'notify'
export type Edge = { on: string; kind: EdgeKind }

/** One task on one host, or a collective task over all hosts of its play. */
export type Node = {
  id: string
  hosts: string[]
  task: Task
  compiled: CompiledTask
  play: Play
  /** Position in plan order. */
  index: number
  edges: Edge[]
  /** Hosts where its steps may run: fewer than `hosts` under --limit, none when --tags leaves the task out. */
  included: Set<string>
  /** A task with run_once: its registered value stands for every host of the play. */
  once: boolean
  collective: boolean
  /** Hosts where it runs as root. */
  become: Set<string>
}

/** All nodes in plan order: edges respected, else as written, task by task over all hosts. */
export type Graph = { nodes: Node[]; hosts: string[]; byId: Map<string, Node>; registered: Map<string, Node[]> }

/** How a node shows on one host, everywhere: `host/task`. */
export const nodeId = (host: string, task: { slug: string }): string => `${host}/${task.slug}`

/** The machine that a host's steps run on and its answers come from. The one place that says which: today its own. */
export const machineOf = (host: string): string => host

/** The nodes that notify a handler on a host. */
export const notifiersOf = ({ byId }: Graph, { edges }: Node, host: string): Node[] =>
  edges
    .flatMap(({ on, kind }) => (kind === 'notify' ? [byId.get(on)!] : []))
    .filter(({ hosts }) => hosts.includes(host))
