import { isUnknown, Later, Lost, Missing, type Unknown, unknownsIn } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { type Graph, machineOf, type Node, nodeId, notifiersOf } from '../graph/graph.ts'
import type { LoopItem } from '../load/scope.ts'
import { leavesOf } from '../load/secrets.ts'
import type { Module } from '../module/define.ts'
import { touchedBy } from '../module/query.ts'
import { argumentsOf, condition, itemAt, itemsOf, skippedBy } from './arguments.ts'
import { planCollective } from './collective.ts'
import { type Asker, catchUnknown, decideOne } from './decide.ts'
import { causeOf, isRescued, registerFailures, uncalledLine } from './failure-policy.ts'
import { hindered } from './hindrance.ts'
import { includeLines, isBrought } from './included.ts'
import { failedOutputs, plannedLine } from './judgement.ts'
import type { Known } from './known.ts'
import { blank, decidedLine, givingLine, type Line, leaveOut, refused, skipLine, unknownLine } from './line.ts'
import { scopeOf } from './scope.ts'
import { createScreen, keepOutputs, withoutInput } from './secrecy.ts'
import { asTask, beginWalk, type Planned, predictLine, type Walk } from './walk-state.ts'

// biome-ignore lint/suspicious/noExplicitAny: a module's own types end at the registry
type Any = any

/** Template queries are answered with the node's own scope, everything else by the machine's world. */
const askerOf = (walk: Walk, line: Line, scope: Record<string, unknown>): Asker => {
  const world = asTask(walk, line)
  return query =>
    query.probe.kind === 'template' ? catchUnknown(() => walk.known.render(query.item, scope)) : world(query)
}

/** Whether a line is to be done at all, apart from its condition; unknown: what decides that is not there yet. */
type RunCondition = true | Unknown

/** A handler runs when a task that notifies it on its host has changed something. */
const notified = ({ known, outputs }: Walk, node: Node, host: string): RunCondition | false => {
  if (known.pendingHandlers.has(nodeId(host, node.task))) return true
  const notifiers = notifiersOf(known.graph, node, host).map(n => outputs.get(nodeId(host, n.task)))
  // One that has failed notifies nobody, also where that is ignored.
  const changed = notifiers.map(o => {
    if (isUnknown(o) || o === undefined) return o
    const { changed, failed } = o as { changed?: unknown; failed?: unknown }
    return changed === true && failed === true ? false : changed === true && isUnknown(failed) ? failed : changed
  })
  if (changed.some(c => c === true)) return true
  return changed.find(c => c instanceof Missing) ?? changed.find(c => c instanceof Later) ?? false
}

/** Whether a node is to be done on a host at all, whatever its conditions say. */
const runCondition = (walk: Walk, node: Node, host: string): RunCondition | false => {
  if (node.task.handler) return notified(walk, node, host)
  return node.task.brought ? isBrought(walk, node.task.brought, host) : true
}

const keyOf = (item: unknown): string =>
  (typeof item === 'string' || typeof item === 'number' ? String(item) : JSON.stringify(item)).slice(0, 40)

/** What an item is called: its label, as far as that is known before it is done, else the item itself. */
const calledAs = (walk: Walk, node: Node, host: string, item: LoopItem): unknown => {
  const { label } = node.compiled
  if (label === undefined) return item.value
  const text = catchUnknown(() => label.evaluate(scopeOf(walk, node, host, item)))
  return unknownsIn(text).length > 0 ? item.value : text
}

/** A line for each item of a loop, named by it; by its number where nothing of it may be told. */
const itemLines = (walk: Walk, node: Node, host: string, items: LoopItem[]): Line[] => {
  const { known } = walk
  const seen = new Map<string, number>()
  const isSecret = node.task.noLog || known.secretReads(node.task, node.play).loop.length > 0
  const hides = (value: unknown): boolean => leavesOf(value).some(text => known.secrets.text(text) !== text)
  return items.map((item, i) => {
    const called = isSecret || hides(item.value) ? undefined : calledAs(walk, node, host, item)
    const key = called === undefined || hides(called) ? `#${i + 1}` : keyOf(called)
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return { ...blank(node, host, count === 1 ? key : `${key}_${count}`), item }
  })
}

/** What all of a loop comes to, from what each item has: an item that is not known yet decides only where the others do not. */
const overItems = (outputs: unknown[], id: string) => {
  const of = (member: string): unknown[] => outputs.map(one => (isRecord(one) ? (one[member] ?? false) : new Later(id)))
  const any = (member: string): unknown => {
    const all = of(member)
    return all.includes(true) || (all.find(isUnknown) ?? false)
  }
  const skipped = of('skipped')
  return {
    changed: any('changed'),
    failed: any('failed'),
    skipped: skipped.includes(false) ? false : (skipped.find(isUnknown) ?? true),
  }
}

/** The registered value of a loop, as Ansible has it: of each item its outputs, with the item and where it is. */
const loopOutputs = (lines: Line[], id: string): unknown => {
  const outputs = lines.map(l => l.outputs)
  const [{ item, outputs: whole }] = lines as [Line, ...Line[]]
  // Without an item it is the line of the whole loop. While items are unknown, so is how many results there will be.
  const isWhole = item === undefined || isUnknown(item.value)
  if (isWhole) return isRecord(whole) ? { ...whole, results: item === undefined ? [] : item.value } : whole
  if (outputs.some(o => o instanceof Missing)) return new Missing()
  const lost = outputs.find(o => o instanceof Lost)
  if (lost) return lost
  const results = lines.map(line => (isRecord(line.outputs) ? { ...line.outputs, ...line.item!.names } : line.outputs))
  const { changed, failed, skipped } = overItems(outputs, id)
  if (failed === true) return { results, changed, skipped, failed, msg: 'One or more items failed' }
  const done = skipped === true ? 'All items skipped' : 'All items completed'
  const open = [failed, skipped].find(isUnknown)
  return { results, changed, skipped, msg: open ?? done }
}

/** The lines of one host's node, in loop order, each planned in the world that the ones before have made. */
const hostLines = (walk: Walk, node: Node): Line[] => {
  const host = node.hosts[0]!
  const line = blank(node, host)
  // From an earlier look: what it makes is not there before it has.
  if (node.task.gives) walk.outputs.delete(line.id)
  const cause = causeOf(walk, node, host)
  if (cause !== undefined) return [unknownLine(line, new Lost(cause), () => [])]
  const waiting = uncalledLine(walk, line)
  if (waiting) return [waiting]
  const runs = runCondition(walk, node, host)
  if (runs === false) return [skipLine(line, node.task.handler ? 'not notified' : 'not included')]
  if (!node.compiled.loop) return [hostLine(walk, line, runs)]
  const items = refused(line, () => itemsOf(node, scopeOf(walk, node, host)))
  if ('id' in items) return [withoutInput(walk.known, items)]
  if (isUnknown(items)) return [hostLine(walk, { ...line, item: itemAt(node, items, items) }, items)]
  if (items.length === 0) return [skipLine(line, 'nothing to loop over', { skipped_reason: 'No items in the list' })]
  const blanks = refused(line, () => itemLines(walk, node, host, items))
  if ('id' in blanks) return [blanks]
  const lines: Line[] = []
  for (const item of blanks) {
    lines.push(hostLine(walk, item, runs))
    // What one item makes of a variable the next one sees.
    if (node.task.gives) walk.outputs.set(line.id, loopOutputs(lines, line.id))
  }
  return lines
}

/** A line that has been dealt with stays as it is; any other is planned, and its change predicted. */
const hostLine = (walk: Walk, start: Line, runs: RunCondition): Line => {
  const finished = walk.known.finished.get(start.id)
  if (finished) return finished
  const line = leaveOut(start.node, sayingWhyDue(walk.known, planLine(walk, start, runs)))
  if (start.node.included.has(start.host)) predictLine(walk, line)
  return line
}

/** Of a handler that would not be notified: which run has left it due. */
const sayingWhyDue = ({ pendingHandlers }: Known, line: Line): Line => {
  const run = pendingHandlers.get(nodeId(line.host, line.node.task))
  if (run === undefined || !['change', 'undecided', 'skipped'].includes(line.verdict)) return line
  return { ...line, why: [`due since run ${run}`, ...(line.why ? [line.why] : [])].join(': ') }
}

/** Plans one line from what its machine's world says now, and what its task says of that; predicts nothing. */
export const planLine = (walk: Walk, line: Line, runs: RunCondition = true): Line =>
  plannedLine(walk, moduleLine(walk, line, runs))

/** The same as its module has it alone. */
export const moduleLine = (walk: Walk, line: Line, runs: RunCondition = true): Line => {
  const planned = refused(line, (): Line => {
    const scope = scopeOf(walk, line.node, line.host, line.item)
    const when = condition(line.node, scope)
    if (when === false) return skipLine(line, 'its condition is false', skippedBy(line.node, scope))
    const planned = refused(line, () => planUnconditionally(walk, line, scope)) as Line
    const open = isUnknown(runs) ? runs : when
    if (!isUnknown(open) || planned.isBarred || !isDecided(planned)) return planned
    const touched = planned.will.flatMap(([q, patch]) =>
      touchedBy(q, { exists: true, ...(isRecord(patch) ? patch : {}) }),
    )
    const labels = (): string[] => [...planned.labels, ...touched]
    const { reads, reach, inputs } = planned
    const asked = line.node.task.include && inputs ? { inputs } : {}
    return { ...unknownLine(line, open, labels), reads, ...(reach ? { reach } : {}), ...asked }
  }) as Line
  return withoutInput(walk.known, planned)
}

const isDecided = ({ verdict }: Line): boolean => verdict === 'ok' || verdict === 'change' || verdict === 'fail'

/** A line as it is when its conditions hold. */
const planUnconditionally = (walk: Walk, line: Line, scope: Record<string, unknown>): Line => {
  const { node, host, item } = line
  const module = walk.known.modules[node.task.module] as Module<Any, Any, Any, Any>
  const args = argumentsOf(walk, node, host, scope, item)
  if (isUnknown(args)) return unknownLine(line, args, () => ['any'])
  const screen = createScreen(walk, line, args)
  const asker = screen.asker(askerOf(walk, line, args.scope))
  const decided = givingLine(
    decidedLine(line, decideOne(module, args.values, host, asker), module, args.values, asker),
    args.values,
  )
  return screen.line(hindered(walk, decided, asker))
}

/** What is registered of what was done says whether it failed. */
const withFailed = (graph: Graph, line: Line): Line => {
  const { outputs } = line
  if (line.verdict === 'fail' && isRescued(graph, line)) return { ...line, outputs: failedOutputs(line) }
  if (!isRecord(outputs) || isUnknown(outputs) || 'failed' in outputs || outputs.skipped === true) return line
  return { ...line, outputs: { ...outputs, failed: false } }
}

/** Keeps what the lines of a node register on one host, and what keeps its dependants from running. */
export const register = (walk: Walk, node: Node, host: string, lines: Line[]): void => {
  const { known, outputs } = walk
  const id = nodeId(host, node.task)
  const kept = lines.map(line => withFailed(known.graph, line))
  keepOutputs(known, kept)
  outputs.set(id, node.compiled.loop ? loopOutputs(kept, id) : kept[0]!.outputs)
  registerFailures(walk, node, host, lines)
}

/** Plans one node as the next of a pass, and keeps what it registers. */
export const planNode = (walk: Walk, node: Node): Planned => {
  const machines = node.hosts.map(host => machineOf(node, host))
  const logLengths = new Map(machines.map(machine => [machine, walk.predicted.get(machine)?.length ?? 0]))
  const planned = node.collective ? planCollective(walk, node) : hostLines(walk, node)
  const lines = node.task.include ? includeLines(walk, node, planned) : planned
  for (const [host, own] of Map.groupBy(lines, l => l.host)) register(walk, node, host, own)
  const found = { node, lines, logLengths }
  walk.planned.push(found)
  return found
}

/** Plans nodes in plan order as one pass. */
export const walkNodes = (walk: Walk, nodes: Node[]): Walk => {
  for (const node of nodes) planNode(walk, node)
  return walk
}

/** One pass over all nodes in plan order, from what is known now: verdicts, and what has to be read for more. */
export const walk = (known: Known): Walk => walkNodes(beginWalk(known), known.graph.nodes)

/** So long is planned in one piece: a signal is heard between two of them, as is what hosts have sent meanwhile. */
const PIECE_MS = 50

/** The same as a walk, in pieces. Throws the reason of `signal` where it was broken off. */
export const walkInPieces = async (walk: Walk, nodes: Node[], signal?: AbortSignal): Promise<Walk> => {
  for (let began = performance.now(), at = 0; at < nodes.length; at++) {
    planNode(walk, nodes[at]!)
    if (performance.now() - began < PIECE_MS) continue
    await new Promise(setImmediate)
    signal?.throwIfAborted()
    began = performance.now()
  }
  return walk
}
