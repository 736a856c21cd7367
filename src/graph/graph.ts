import type { Become } from '../core/transport.ts'
import type { BecomeWord } from '../load/become-words.ts'
import type { Reference } from '../load/expression.ts'
import type { Loaded } from '../load/load.ts'
import type { Play, Task } from '../load/playbook.ts'
import type { CompiledTask } from './compile.ts'

/**
 * Why one node comes after another. `order`: written before it on the same host; `needs`: the author's own list in
 * its place; `after`: order only, also across hosts; `value`: it reads the other's output; `notify`: a handler;
 * `machine`: written before it for another name of the same machine.
 * A failed or lost node takes with it what depends on it by `order`, `needs` and `value`, not by `after` and `machine`.
 */
export type EdgeKind = 'order' | 'needs' | 'after' | 'value' | 'notify' | 'machine'
export type Edge = { on: string; kind: EdgeKind }

/** By host the one whose name its machine has, where that is another: one machine may have several names. */
export type Machines = ReadonlyMap<string, string>

/** One task on one host, or a collective task over all hosts of its play. */
export type Node = {
  id: string
  hosts: string[]
  task: Task
  compiled: CompiledTask
  play: Play
  edges: Edge[]
  /** Hosts where its steps may run: fewer than `hosts` under --limit, none when --tags leaves the task out. */
  included: Set<string>
  /** A task with run_once: its registered value stands for every host of the play. */
  once: boolean
  collective: boolean
  /** By host whom it becomes there, and how; where it is not among them it runs as the login user. */
  become: ReadonlyMap<string, Become>
  machines: Machines
  /** By host the one on whose machine the task is done for it, where that is another. */
  delegates?: ReadonlyMap<string, string>
}

/**
 * Which plays end before a node begins: all lines of these are dealt with, on all their hosts. They may ask each other
 * something that no edge tells of. Kept per play and not as edges: a thousand hosts in two plays would have a million.
 */
export type PlayBarriers = {
  plays: Map<Play, Play[]>
  /** By id those of the nodes that a node of an earlier play waits for: they come ahead with it. */
  ahead: Map<string, Play[]>
}

/** Whom tasks become where neither a keyword nor a variable says it: options of the command line, and what is configured. */
export type BecomeDefaults = { become?: boolean } & Partial<Record<BecomeWord, string>>

/** What a graph is made with, whatever tasks it has. */
export type GraphSource = Pick<Loaded, 'inventory' | 'extra' | 'asks'> & {
  /** The hosts that --limit leaves. */
  limited: ReadonlySet<string>
  /** Nothing of what is asked for has to do with what tasks make on other hosts: only those have nodes. */
  isNarrow?: true
  machines: Machines
  /** Whether steps of a task run, as far as --tags and what goes with it ask. */
  selects(task: Task): boolean
  /** What is become where no keyword and no variable says it. */
  becoming?: BecomeDefaults
  /** The plays in order, each with the hosts that it gathers facts of. */
  gathering?: ReadonlyMap<Play, ReadonlySet<string>>
  isCollective(module: string): boolean
  /** References of the template files a task uses, which are edges like any other. */
  files(task: Task): Reference[]
}

/**
 * The nodes of a run. A graph is a value: `extend` gives another one, in which a node is the same value or has other
 * edges. What outlives a graph keeps the id of a node and looks it up in the newest graph.
 */
export type Graph = {
  /** In plan order: edges respected, else as written, task by task over all hosts. Without those that are left out. */
  nodes: Node[]
  /** Hosts that a node is on, or whose facts one reads, in the order of the inventory. */
  hosts: string[]
  /** Every node, also those that --limit and --tags leave out. */
  byId: Map<string, Node>
  /** The nodes that register each name, in written order. */
  registered: Map<string, Node[]>
  /** Where each of `nodes` stands among them. */
  positions: Map<string, number>
  /** Every node in written order, with its edges to those that are left out too. */
  written: Node[]
  /** Where each of `written` stands among them. */
  writtenAt: ReadonlyMap<string, number>
  /** By host, the node that whatever is written next comes behind. */
  last: Map<string, string>
  barriers: PlayBarriers
  source: GraphSource
}

/** How a node shows on one host, everywhere: `host/task`. */
export const nodeId = (host: string, task: { slug: string }): string => `${host}/${task.slug}`

/** The machine that a host's steps run on and its answers come from: it bears the name of the first of its hosts. */
export const machineOf = ({ machines }: { machines: Machines }, host: string): string => machines.get(host) ?? host

/** The hosts of a machine, in the order of the inventory. */
export const hostsOn = ({ hosts, source }: Pick<Graph, 'hosts' | 'source'>, machine: string): string[] =>
  source.machines.size === 0 ? [machine] : hosts.filter(host => machineOf(source, host) === machine)

/** The nodes that notify a handler on a host. */
export const notifiersOf = ({ byId }: Graph, { edges }: Node, host: string): Node[] =>
  edges
    .flatMap(({ on, kind }) => (kind === 'notify' ? [byId.get(on)!] : []))
    .filter(({ hosts }) => hosts.includes(host))
