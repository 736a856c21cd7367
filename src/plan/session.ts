import type { Difference, PlanVerdict } from '../core/event.ts'
import type { Failure } from '../core/failure.ts'
import { isUnknown, type Later, Lost, Missing } from '../core/unknown.ts'
import { type Graph, type Node, nodeId } from '../graph/graph.ts'
import type { Loaded } from '../load/load.ts'
import type { Located } from '../load/located.ts'
import { createScope } from '../load/scope.ts'
import { layersFor } from '../load/variables.ts'
import type { AnyModule, Diagnosis, Settle } from '../module/define.ts'
import type { Label } from '../module/label.ts'
import { facts } from '../module/probes/facts.ts'
import type { AnyQuery, Reads } from '../module/query.ts'
import type { Step } from '../module/step.ts'
import { answer, createWorld, type World } from '../world/world.ts'

/**
 * One node on one host (for a loop, one item of it) as it was planned: the verdict and all that follows from it.
 * `pending`: something it reads has not been read yet; the walk comes back.
 */
export type Line = {
  id: string
  host: string
  node: Node
  /** The loop item it stands for. */
  item?: { value: unknown }
  verdict: PlanVerdict | 'pending'
  why?: string
  fix?: string
  /** The root cause, or the node it waits for; of a change the node that its details wait for. */
  needs?: string
  steps: Step[]
  /** Steps of a collective node come in phases. */
  phases: Step[][]
  will: [AnyQuery, unknown][]
  labels: Label[]
  always: boolean
  interrupts: boolean
  byItself: boolean
  /** Set where a change is certain before it is known what it comes to. */
  details?: Later
  reads: Reads
  diff: Difference[]
  /** What was asked: its arguments, and what the controller gave for them by the names of the reads. */
  asks?: { args: Record<string, unknown>; given: Record<string, unknown> }
  outputs: unknown
  text?: string
  /** It is not what a saved plan shows, and so it is not done: a `fail` of this line alone. */
  refusal?: Failure
  /** It needs a value that only a left-out step would make: then nothing is done anywhere. */
  isBarred?: true | undefined
  settle?: Settle<never>
  explain?(text: string): Diagnosis | undefined
}

/** Everything known during one run: the one mutable thing, handed from planning to running. */
export type Session = {
  graph: Graph
  loaded: Loaded
  modules: Record<string, AnyModule>
  worlds: Map<string, World>
  /** Answers of the controller, which never change during a run. */
  controller: World
  /** Hosts that could not be reached or were lost. */
  lost: Set<string>
  /** What each line registered: a value, or an unknown. */
  outputs: Map<string, unknown>
  /** Lines that have been dealt with in this run, as they ended. */
  finished: Map<string, Line>
  /** Handlers that an earlier run has left due, as lines. */
  pendingHandlers: Set<string>
  /** Root cause by line, where one failed or was skipped because of another. */
  causes: Map<string, string>
  /** Renders a template file in a scope: what `template` queries are answered with. */
  render(path: string, scope: Record<string, unknown>): unknown
  /** The user a task without `become` runs as on a host whose shell is root's; undefined: the shell's own. */
  identity(host: string, become: boolean): string | undefined
  /** Tells the output a value that must never be shown. */
  keepSecret(value: string): void
}

export const createSession = (
  parts: Pick<Session, 'graph' | 'loaded' | 'modules' | 'render' | 'identity' | 'keepSecret'>,
): Session => {
  const controller = createWorld()
  return {
    ...parts,
    worlds: new Map(parts.graph.hosts.map(host => [host, createWorld(controller)])),
    controller,
    lost: new Set(),
    outputs: new Map(),
    finished: new Map(),
    pendingHandlers: new Set(),
    causes: new Map(),
  }
}

/** Collects what has to be read before the walk can go on. */
export type MissingReads = Map<string, AnyQuery[]>
export const controllerSide = ''

/** The answer in a host's world; what has not been read is wanted, and Missing for now. */
export const ask =
  (session: Session, host: string, wanted: MissingReads) =>
  (query: AnyQuery): unknown => {
    const found = answer(session.worlds.get(host)!, query)
    if (found instanceof Missing) {
      const missing = (found.query as AnyQuery | undefined) ?? query
      const key = missing.probe.side === 'controller' ? controllerSide : host
      wanted.set(key, [...(wanted.get(key) ?? []), missing])
    }
    return found
  }

/** The layers of variables of any host as a node sees them, lowest first: its own task's only for its own host. */
const layersOf =
  ({ loaded: { inventory, extra } }: Session, { play, task }: Node, own: string) =>
  (host: string): Record<string, Located>[] =>
    layersFor({ play, inventory, host, extra, ...(host === own ? { task } : {}) })

/** The node whose registered value `name` stands for on a host, as seen from a node: the one it has an edge to. */
const registeredBy = ({ graph }: Session, from: Node, host: string, name: string): Node | undefined => {
  const all = (graph.registered.get(name) ?? []).filter(n => n.once || n.hosts.includes(host))
  const values = new Set(from.edges.flatMap(e => (e.kind === 'value' ? [e.on] : [])))
  return all.find(n => values.has(n.id)) ?? all.findLast(n => n.index < from.index) ?? all[0]
}

/** What an expression of a node sees on a host. Reading what does not exist yet throws the unknown that says why. */
export const scopeOf = (
  session: Session,
  node: Node,
  host: string,
  wanted: MissingReads,
  groups: Record<string, string[]>,
  item?: { value: unknown },
): Record<string, unknown> =>
  createScope({
    host,
    layers: layersOf(session, node, host)(host),
    layersOf: layersOf(session, node, host),
    groups,
    registers: on =>
      [...session.graph.registered].flatMap(([name, nodes]) =>
        nodes.some(n => n.once || n.hosts.includes(on)) ? [name] : [],
      ),
    register: (on, name) => {
      const by = registeredBy(session, node, on, name)
      if (by === undefined) throw new Missing()
      const line = nodeId(by.once ? by.hosts[0]! : on, by.task)
      if (session.lost.has(by.once ? by.hosts[0]! : on)) throw new Lost(line)
      return session.outputs.has(line) ? session.outputs.get(line) : new Missing()
    },
    facts: on => {
      if (session.lost.has(on)) throw new Lost(on)
      if (!session.worlds.has(on)) throw new Lost(on)
      const found = ask(session, on, wanted)(facts)
      if (isUnknown(found)) throw found
      return found
    },
    ...(item ? { item: item.value } : {}),
  })

/** Groups without some hosts: what a comprehension over a group runs through. */
export const groupsWithout = (session: Session, gone: ReadonlySet<string>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(session.loaded.inventory.groups).map(([name, hosts]) => [name, hosts.filter(h => !gone.has(h))]),
  )

/** Hosts that were lost, and others where something that a node comes after, or reads, has failed or was never done. */
export const failedBefore = (session: Session, { edges }: Node, own: string): ReadonlySet<string> => {
  const failed = new Set(session.lost)
  for (const { on, kind } of edges) {
    if (kind !== 'after' && kind !== 'value') continue
    const { hosts, task } = session.graph.byId.get(on)!
    for (const host of hosts) if (host !== own && session.causes.has(nodeId(host, task))) failed.add(host)
  }
  return failed
}

/**
 * The root cause that keeps a line from running: a failed or lost node it depends on by order, needs or notify.
 * Values are no such edge: reading one throws by itself, and a list over a group may do without.
 */
export const causeOf = (session: Session, node: Node, host: string): string | undefined => {
  if (session.lost.has(host)) return host
  for (const edge of node.edges) {
    if (edge.kind !== 'order' && edge.kind !== 'needs') continue
    const on = session.graph.byId.get(edge.on)!
    const lines = on.hosts.includes(host) ? [host] : edge.kind === 'needs' ? on.hosts : []
    for (const at of lines) {
      const line = nodeId(at, on.task)
      if (session.causes.has(line)) return session.causes.get(line)
      if (at !== host && session.lost.has(at)) return at
    }
  }
  return undefined
}
