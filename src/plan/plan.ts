import type { Emit } from '../core/event.ts'
import { notAnAnswer, Refusal } from '../core/failure.ts'
import type { Connect } from '../core/transport.ts'
import { type Graph, hostsOn } from '../graph/graph.ts'
import { factSource } from '../module/probes/facts.ts'
import type { AnyQuery } from '../module/query.ts'
import { describe } from '../module/step.ts'
import { recordAnswer } from '../world/answers.ts'
import { batch } from '../world/batch.ts'
import type { ReadInclude } from './bring.ts'
import { type Conflict, conflictsIn, isRelinked } from './conflicts.ts'
import { endsHost, isRescued } from './failure-policy.ts'
import { wantedBy } from './included.ts'
import type { Known } from './known.ts'
import { failureOf, type Line, refOf } from './line.ts'
import { walkInPieces } from './walk.ts'
import { beginWalk, controllerSide, type MissingReads, type Walk } from './walk-state.ts'

/** What planning and running need of the outside: machines, the controller's own files, and somewhere to tell. */
export type Environment = {
  connect: Connect
  /** Answers a query about the controller: an archive, a file to be copied. */
  local(query: AnyQuery): Promise<unknown>
  emit: Emit
  /** Reads what includes ask for, where a playbook has any. */
  readInclude?: ReadInclude
  /** Asks on the terminal, whether or not what is typed is shown; undefined where there is none. */
  ask?(question: string, isShown: boolean): Promise<string | undefined>
  /** What planning is broken off by; it then throws the reason. */
  signal?: AbortSignal
  /** What fingerprints of what was asked are made with; without it none are. */
  key?: Buffer
}

/** A machine that did not answer leaves the run; it is told once. */
export const markLost = ({ lost, graph }: Known, machine: string, error: unknown, emit: Emit): void => {
  if (!(error instanceof Refusal)) throw error
  if (lost.has(machine)) return
  lost.add(machine)
  for (const host of hostsOn(graph, machine)) emit({ type: 'host-lost', host, failure: error.failures[0]! })
}

/** Called when a machine has answered, with the frames sent to it so far. */
type OnAnswer = (machine: string, roundTrips: number) => void

/** Reads of one machine: one frame. A machine that cannot be reached is lost. */
const readMachine = async (
  known: Known,
  outside: Environment,
  machine: string,
  queries: AnyQuery[],
  onAnswer: OnAnswer,
): Promise<void> => {
  if (known.lost.has(machine)) return
  const reads = batch(known.answers.get(machine)!, queries)
  try {
    const transport = await outside.connect(machine)
    if (queries.length > 0) reads.record(await transport.run(reads.fragments))
    onAnswer(machine, transport.roundTrips)
  } catch (error) {
    markLost(known, machine, error, outside.emit)
  }
}

/** What the controller answers: what is of the program itself is loaded, all else is outside. */
const answerOf = async ({ local }: Environment, query: AnyQuery): Promise<unknown> =>
  query.key === factSource.key ? await import('../module/probes/ansible-facts/gather.ts') : local(query)

/** Answers what the controller itself is asked. */
const readController = async (known: Known, outside: Environment, queries: AnyQuery[]): Promise<void> => {
  for (const query of queries) recordAnswer(known.controller, query, await answerOf(outside, query), query.facets)
}

/** Reads everything that is missing, all machines at once. */
export const readAll = async (
  known: Known,
  outside: Environment,
  missing: MissingReads,
  onAnswer: OnAnswer = () => {},
): Promise<void> => {
  await Promise.all(
    [...missing].map(([side, queries]) =>
      side === controllerSide
        ? readController(known, outside, queries)
        : readMachine(known, outside, side, queries, onAnswer),
    ),
  )
}

/** Tells of each host that has answered, for planning takes as long as the slowest of them. */
const telling =
  ({ graph }: Known, { emit }: Environment): OnAnswer =>
  (machine, roundTrips) => {
    for (const host of hostsOn(graph, machine)) emit({ type: 'answered', host, roundTrips })
  }

/** The most rounds of reads in a row: each is a link of a chain, and no honest host has so many. */
const MOST_ROUNDS = 1_000

/**
 * Sees to it that reading comes to an end: a machine of which the same is missing twice in a row, or something new for ever,
 * says what is of no use, and is lost. Called with what is missing, once for each round.
 */
export const endingReads = (known: Known, emit: Emit): ((missing: MissingReads) => void) => {
  let last = new Map<string, string>()
  let rounds = 0
  return missing => {
    const now = new Map(
      [...missing].map(([side, queries]) => [side, queries.map(q => `${q.key} ${q.item}`).join('\n')]),
    )
    rounds += 1
    for (const [side, asked] of now) {
      if (last.get(side) !== asked && rounds <= MOST_ROUNDS) continue
      if (side === controllerSide) throw new Error(`read in vain: ${asked}`)
      const what = `what ${side} says is no answer to what was asked`
      markLost(
        known,
        side,
        new Refusal(notAnAnswer(what, 'whatever it was asked, the same had to be asked again')),
        emit,
      )
    }
    last = now
  }
}

/** Whether no host is left to be asked anything: what can be told without them fails on every one. */
const isHopeless = ({ known, planned }: Walk): boolean => {
  const failing = new Set(planned.flatMap(p => p.lines.filter(l => endsHost(known.graph, l)).map(l => l.host)))
  return known.graph.hosts.every(host => failing.has(host))
}

/** A plan: the last pass, and the lines that the next run would change again. */
export type Plan = { walk: Walk; conflicts: Conflict[] }

/** So many hosts to a task, and a pass over one of each comes before the first over all of them. */
const MANY = 4

/** A pass over all nodes, and once more as long as includes bring others: what is read for these is read with the rest. */
const passOver = async (known: Known, { signal, readInclude }: Environment): Promise<Walk> => {
  for (;;) {
    const pass = await walkInPieces(beginWalk(known), known.graph.nodes, signal)
    const wanted = readInclude ? wantedBy(pass, known.graph.nodes) : []
    if (wanted.length === 0) return pass
    await (await import('./bring.ts')).bring(known, wanted, readInclude!)
  }
}

/** What one node of each task asks the controller, where that tells most of what all of them do. */
const askedByOne = async (known: Known, signal?: AbortSignal): Promise<AnyQuery[] | undefined> => {
  const { nodes } = known.graph
  const first = new Map(nodes.toReversed().map(node => [node.task, node]))
  if (nodes.length < MANY * first.size) return undefined
  const some = nodes.filter(node => !node.collective && first.get(node.task) === node)
  return (await walkInPieces(beginWalk(known), some, signal)).missing.get(controllerSide)
}

/**
 * What a pass lacks, told by itself: a pass over 1,000 hosts is 45 MB that need not be there while hosts answer, or the next
 * is made. Without it nothing would be left to do on any host.
 */
const firstMissing = async (known: Known, outside: Environment): Promise<MissingReads | Walk> => {
  const pass = await passOver(known, outside)
  return !pass.missing.has(controllerSide) && isHopeless(pass) ? pass : new Map(pass.missing)
}

/**
 * Plans everything: a cheap pure pass over all nodes, then one batch of what it missed, until nothing is missing.
 * What the controller can answer is answered first, so that input which can only fail is refused with no host
 * contacted: then it is `untouched`.
 */
export const plan = async (known: Known, outside: Environment): Promise<Plan & { untouched: boolean }> => {
  const { signal } = outside
  for (let asked = await askedByOne(known, signal); asked; asked = await askedByOne(known, signal))
    await readController(known, outside, asked)
  let missing = await firstMissing(known, outside)
  while (missing instanceof Map && missing.has(controllerSide)) {
    await readController(known, outside, missing.get(controllerSide)!)
    missing = await firstMissing(known, outside)
  }
  if (!(missing instanceof Map)) return { walk: missing, conflicts: [], untouched: true }
  for (const machine of known.answers.keys()) if (!missing.has(machine)) missing.set(machine, [])
  await readAll(known, outside, missing, telling(known, outside))
  return { ...(await planOn(known, outside)), untouched: false }
}

/** Plans everything from what has been read so far, and reads what is missing for that. */
export const planOn = async (known: Known, outside: Environment): Promise<Plan> => {
  const goesOn = endingReads(known, outside.emit)
  for (;;) {
    const found = await planOnce(known, outside)
    if (!(found instanceof Map)) return found
    goesOn(found)
    await readAll(known, outside, found, telling(known, outside))
  }
}

/** One pass: the plan, or what has to be read for it. */
const planOnce = async (known: Known, outside: Environment): Promise<Plan | MissingReads> => {
  const { signal } = outside
  const pass = await passOver(known, outside)
  const missing: MissingReads = new Map(pass.missing)
  // Where a link will lead elsewhere, what is there is read together with the rest; else conflicts are for the last pass.
  const relinked = isRelinked(pass)
  const again = missing.size === 0 || relinked ? await conflictsIn(pass, signal) : { conflicts: [], missing: new Map() }
  if (relinked)
    for (const [side, queries] of again.missing) missing.set(side, [...(missing.get(side) ?? []), ...queries])
  return missing.size === 0 ? { walk: pass, conflicts: again.conflicts } : missing
}

/** The lines of a plan host by host in inventory order, each host's in plan order. */
export const byHost = ({ known, planned }: Pick<Walk, 'known' | 'planned'>): Line[] => {
  const lines = Map.groupBy(
    planned.flatMap(p => p.lines),
    line => line.host,
  )
  return known.loaded.inventory.hosts.flatMap(host => lines.get(host) ?? [])
}

/** Lets what is warned of a host through once: several tasks may look at one thing. */
export const warningOnce = (emit: Emit): Emit => {
  const told = new Set<string>()
  return event => {
    const key = event.type === 'warning' && event.host !== undefined ? `${event.host} ${event.text}` : undefined
    if (key !== undefined && told.has(key)) return
    if (key !== undefined) told.add(key)
    emit(event)
  }
}

/** Tells what is planned of a line. `notifies`: the handlers that its node notifies on its host. */
export const announce = (graph: Graph, line: Line, emit: Emit, notifies: string[] = []): void => {
  if (line.verdict === 'pending')
    throw new Error(`${line.id} could not be planned: it waits for a read that is never asked`)
  emit({
    type: 'planned',
    ...refOf(line),
    verdict: line.unchanging ? 'ok' : (line.toldAs ?? line.verdict),
    ...(line.why === undefined ? {} : { why: line.why }),
    ...(line.verdict === 'fail' ? { failure: failureOf(line) } : {}),
    ...(line.verdict === 'fail' && isRescued(graph, line) ? { rescued: true } : {}),
    ...(line.needs === undefined ? {} : { needs: line.needs }),
    ...(line.verdict === 'change' && line.byItself ? { waits: true } : {}),
    ...(line.always ? { always: true } : {}),
    ...(line.interrupts && line.node.task.rolling ? { turn: true } : {}),
    ...(line.node.task.handler ? { handler: true } : {}),
    ...(notifies.length > 0 ? { notifies } : {}),
    steps: line.steps.map(describe),
    diff: line.diff,
  })
  for (const text of line.warnings ?? []) emit({ type: 'warning', host: line.host, node: line.id, text })
}
