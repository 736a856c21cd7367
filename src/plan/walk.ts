import { fedTo } from '../core/quote.ts'
import { isUnknown, Later, Lost, Missing, type Unknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { type Node, nodeId, notifiersOf } from '../graph/graph.ts'
import type { Module } from '../module/define.ts'
import { touchedBy } from '../module/query.ts'
import { argumentsOf, condition, itemsOf } from './arguments.ts'
import { planCollective } from './collective.ts'
import { type Asker, catchUnknown, decideOne } from './decide.ts'
import { blank, decidedLine, failLine, loopOutputs, refused, skipLine, unknownLine } from './line.ts'
import { leaveOut, predictLine } from './predict-line.ts'
import { ask, causeOf, type Line, type MissingReads, type Session, scopeOf } from './session.ts'

// biome-ignore lint/suspicious/noExplicitAny: a module's own types end at the registry
type Any = any

/** A node as planned: its lines on each host, and what it registers there. */
export type Planned = { node: Node; lines: Line[] }

const word = (item: unknown): string =>
  (typeof item === 'string' || typeof item === 'number' ? String(item) : JSON.stringify(item)).slice(0, 40)

/**
 * Template queries are answered with the node's own scope, commands a user wrote by the user the task runs as, and
 * everything else by the worlds, which read as the most privileged identity there is.
 */
const askerOf = (
  session: Session,
  { node, host }: Line,
  wanted: MissingReads,
  scope: Record<string, unknown>,
): Asker => {
  const world = ask(session, host, wanted)
  const user = session.identity(host, node.become.has(host))
  return query => {
    if (query.probe.kind === 'template') return catchUnknown(() => session.render(query.item, scope))
    const isTheirs = query.lazy && user !== undefined
    return world(isTheirs ? { ...query, key: `${user} ${query.key}`, item: fedTo(user, query.item) } : query)
  }
}

/** A handler runs when a task that notifies it on its host has changed something. */
const notified = (session: Session, node: Node, host: string): boolean | Later | Missing => {
  if (session.pendingHandlers.has(nodeId(host, node.task))) return true
  const outputs = notifiersOf(session.graph, node, host).map(n => session.outputs.get(nodeId(host, n.task)))
  const changed = outputs.map(o => (isUnknown(o) ? o : o !== undefined && (o as { changed?: unknown }).changed))
  if (changed.some(c => c === true)) return true
  return (changed.find(c => c instanceof Missing) ?? changed.find(c => c instanceof Later) ?? false) as
    | boolean
    | Later
    | Missing
}

/** Plans one node that is no collective: its lines on its one host, in loop order, each seeing the ones before. */
const planOne = (session: Session, node: Node, wanted: MissingReads): Line[] => {
  const host = node.hosts[0]!
  const line = blank(node, host)
  const cause = causeOf(session, node, host)
  if (cause !== undefined) return [unknownLine(line, new Lost(cause), () => [])]
  const calls = node.task.handler ? notified(session, node, host) : true
  if (calls === false) return [skipLine(line, 'not notified')]
  if (!node.compiled.loop) return [place(session, line, wanted, calls)]
  const items = refused(line, () =>
    itemsOf(node, scopeOf(session, node, host, wanted, session.loaded.inventory.groups)),
  )
  if ('id' in items) return [items]
  if (isUnknown(items)) return [place(session, { ...line, item: { value: items } }, wanted, items)]
  if (items.length === 0) return [skipLine(line, 'nothing to loop over')]
  const seen = new Map<string, number>()
  return items.map(value => {
    const key = word(value)
    seen.set(key, (seen.get(key) ?? 0) + 1)
    const item = blank(node, host, seen.get(key) === 1 ? key : `${key}_${seen.get(key)}`)
    return place(session, { ...item, item: { value } }, wanted, calls)
  })
}

/** Whether a line is to be done at all, apart from its condition; unknown: what decides that is not there yet. */
type Due = true | Unknown

/** A line that has been dealt with stays as it is; any other is planned and laid over its host's world. */
const place = (session: Session, start: Line, wanted: MissingReads, due: Due): Line => {
  const finished = session.finished.get(start.id)
  if (finished) return finished
  const line = leaveOut(start.node, planLine(session, start, wanted, due))
  if (start.node.included.has(start.host)) predictLine(session, line)
  return line
}

/** Plans one line from what its host's world says now; lays nothing over it. */
export const planLine = (session: Session, line: Line, wanted: MissingReads, due: Due = true): Line =>
  refused(line, (): Line => {
    const scope = scopeOf(session, line.node, line.host, wanted, session.loaded.inventory.groups, line.item)
    const when = condition(line.node, scope)
    if (when === false) return skipLine(line, 'its condition is false')
    const planned = refused(line, () => planDue(session, line, wanted, scope)) as Line
    const open = isUnknown(due) ? due : when
    if (!isUnknown(open) || planned.isBarred || !isDecided(planned)) return planned
    const touched = planned.will.flatMap(([q, patch]) =>
      touchedBy(q, { exists: true, ...(isRecord(patch) ? patch : {}) }),
    )
    const labels = (): string[] => [...planned.labels, ...touched]
    return { ...unknownLine(line, open, labels), reads: planned.reads }
  }) as Line

const isDecided = ({ verdict }: Line): boolean => verdict === 'ok' || verdict === 'change' || verdict === 'fail'

/** A line that is to be done, whatever it comes to. */
const planDue = (session: Session, line: Line, wanted: MissingReads, scope: Record<string, unknown>): Line => {
  const { node, host, item } = line
  const module = session.modules[node.task.module] as Module<Any, Any, Any, Any>
  const args = argumentsOf(session, node, host, wanted, scope, item)
  if (isUnknown(args)) return unknownLine(line, args, () => ['any'])
  const asker = askerOf(session, line, wanted, args.scope)
  return decidedLine(line, decideOne(module, args.values, asker), module, args.values, asker)
}

/** Keeps what the lines of a node register on one host, and what keeps its dependants from running. */
export const register = (session: Session, node: Node, host: string, lines: Line[]): void => {
  const id = nodeId(host, node.task)
  session.outputs.set(id, node.compiled.loop ? loopOutputs(lines, id) : lines[0]!.outputs)
  const cause =
    lines.find(l => l.verdict === 'fail')?.id ??
    lines.find(l => l.verdict === 'skipped' && l.needs !== undefined)?.needs
  if (cause === undefined || !node.included.has(host)) session.causes.delete(id)
  else session.causes.set(id, cause)
}

/** A collective's lines; what one host refuses, all are refused. */
const collectiveLines = (session: Session, node: Node, wanted: MissingReads): Line[] => {
  const lines = refused(blank(node, node.hosts[0]!), () => planCollective(session, node, wanted))
  return Array.isArray(lines) ? lines : node.hosts.map(host => failLine(blank(node, host), lines.why!, lines.fix))
}

/** Plans one node and keeps what it registers. */
export const planNode = (session: Session, node: Node, wanted: MissingReads): Planned => {
  const lines = node.collective ? collectiveLines(session, node, wanted) : planOne(session, node, wanted)
  for (const [host, own] of Map.groupBy(lines, l => l.host)) register(session, node, host, own)
  return { node, lines }
}

/** Forgets what earlier walks have laid over the hosts, and what they registered. */
export const beginWalk = (session: Session): void => {
  for (const world of session.worlds.values()) world.predicted = []
  session.outputs.clear()
  session.causes.clear()
}

/** Plans something else meanwhile; what the last walk has laid over the hosts, and what it registered, stays as it was. */
export const aside = <T>(session: Session, inside: () => T): T => {
  const { outputs, causes } = session
  const before = [...session.worlds.values()].map(world => ({ world, predicted: world.predicted }))
  try {
    return inside()
  } finally {
    for (const { world, predicted } of before) world.predicted = predicted
    session.outputs = outputs
    session.causes = causes
  }
}

/** One pass over all nodes in plan order, from what is known now: verdicts, and what has to be read for more. */
export const walk = (session: Session): { planned: Planned[]; wanted: MissingReads } => {
  const wanted: MissingReads = new Map()
  beginWalk(session)
  return { planned: session.graph.nodes.map(node => planNode(session, node, wanted)), wanted }
}
