import type { Emit } from '../core/event.ts'
import { Refusal } from '../core/failure.ts'
import type { Connect } from '../core/transport.ts'
import type { AnyQuery } from '../module/query.ts'
import { describe } from '../module/step.ts'
import { batch } from '../world/batch.ts'
import { recordAnswer } from '../world/world.ts'
import { type Conflict, conflicts, isRelinked } from './conflicts.ts'
import { failureOf } from './line.ts'
import { controllerSide, type Line, type MissingReads, type Session } from './session.ts'
import { type Planned, walk } from './walk.ts'

/** What planning and running need of the outside: hosts, the controller's own files, and somewhere to tell. */
export type Environment = {
  connect: Connect
  /** Answers a query about the controller: an archive, a file to be copied. */
  local(query: AnyQuery): Promise<unknown>
  emit: Emit
  /** What prints of what was asked are made with; without it none are. */
  key?: Buffer
}

/** A host that did not answer leaves the run; it is told once. */
export const markLost = (session: Session, host: string, error: unknown, emit: Emit): void => {
  if (!(error instanceof Refusal)) throw error
  if (session.lost.has(host)) return
  session.lost.add(host)
  emit({ type: 'host-lost', host, failure: error.failures[0]! })
}

/** Reads what is wanted of one host: one frame. A host that cannot be reached is lost. */
const readHost = async (session: Session, outside: Environment, host: string, queries: AnyQuery[]): Promise<void> => {
  const reads = batch(session.worlds.get(host)!, queries)
  try {
    const transport = await outside.connect(host)
    if (queries.length > 0) reads.take(await transport.run(reads.fragments))
  } catch (error) {
    markLost(session, host, error, outside.emit)
  }
}

/** Answers what the controller itself is asked. */
const readLocal = async (session: Session, outside: Environment, queries: AnyQuery[]): Promise<void> => {
  for (const query of queries) recordAnswer(session.controller, query, await outside.local(query), query.facets)
}

/** Reads everything wanted, all hosts at once. */
export const readAll = async (session: Session, outside: Environment, wanted: MissingReads): Promise<void> => {
  await Promise.all(
    [...wanted].map(([host, queries]) =>
      host === controllerSide ? readLocal(session, outside, queries) : readHost(session, outside, host, queries),
    ),
  )
}

/** What is wanted, in words. To want the same twice in a row is a mistake of ours that would never end. */
export const requireNewReads = (last: string, wanted: MissingReads): string => {
  const now = [...wanted].flatMap(([host, queries]) => [host, ...queries.map(q => `${q.key} ${q.item}`)]).join('\n')
  if (now === last) throw new Error(`read in vain: ${now}`)
  return now
}

/** Whether no host is left to be asked anything: what can be told without them fails on every one. */
const isHopeless = (session: Session, planned: Planned[]): boolean => {
  const failing = new Set(planned.flatMap(p => p.lines.filter(l => l.verdict === 'fail').map(l => l.host)))
  return session.graph.hosts.every(host => failing.has(host))
}

/**
 * Plans everything: a cheap pure walk over all nodes, then one batch of what it missed, until nothing is missing.
 * What the controller can answer is answered first, so that input which can only fail is refused with no host
 * contacted: then `failures` says so.
 */
export const plan = async (
  session: Session,
  outside: Environment,
): Promise<{ planned: Planned[]; untouched: boolean; fighting: Conflict[] }> => {
  let { planned, wanted } = walk(session)
  while (wanted.has(controllerSide)) {
    await readLocal(session, outside, wanted.get(controllerSide)!)
    ;({ planned, wanted } = walk(session))
  }
  if (isHopeless(session, planned)) return { planned, untouched: true, fighting: [] }
  for (const host of session.graph.hosts) if (!wanted.has(host)) wanted.set(host, [])
  await readAll(session, outside, wanted)
  return { ...(await planOn(session, outside)), untouched: false }
}

/** Plans everything from what has been read so far, and reads what is missing for that. */
export const planOn = async (
  session: Session,
  outside: Environment,
): Promise<{ planned: Planned[]; fighting: Conflict[] }> => {
  for (let last = ''; ; ) {
    const { planned, wanted } = walk(session)
    // Where a link will lead elsewhere, what is there is read together with the rest; else fights are for the last walk.
    const relinked = isRelinked(session)
    const fighting = wanted.size === 0 || relinked ? conflicts(session, planned, relinked ? wanted : new Map()) : []
    if (wanted.size === 0) return { planned, fighting }
    last = requireNewReads(last, wanted)
    await readAll(session, outside, wanted)
  }
}

/** The lines of a plan host by host in inventory order, each host's in plan order. */
export const byHost = (session: Session, planned: Planned[]): Line[] => {
  const lines = planned.flatMap(p => p.lines)
  return session.loaded.inventory.hosts.flatMap(host => lines.filter(l => l.host === host))
}

export const announce = (line: Line, emit: Emit): void => {
  if (line.verdict === 'pending')
    throw new Error(`${line.id} could not be planned: it waits for a read that is never asked`)
  emit({
    type: 'planned',
    host: line.host,
    node: line.id,
    task: line.node.task.name,
    verdict: line.verdict,
    ...(line.why === undefined ? {} : { why: line.why }),
    ...(line.verdict === 'fail' ? { failure: failureOf(line) } : {}),
    ...(line.needs === undefined ? {} : { needs: line.needs }),
    ...(line.verdict === 'change' && line.byItself ? { waits: true } : {}),
    ...(line.always ? { always: true } : {}),
    ...(line.interrupts && line.node.task.rolling ? { turn: true } : {}),
    steps: line.steps.map(describe),
    diff: line.diff,
  })
}
