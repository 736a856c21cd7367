import { fedTo } from '../core/quote.ts'
import { isUnknown, Missing, type Unknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import type { Node } from '../graph/graph.ts'
import type { AskedInclude, BlockPlace } from '../load/surroundings.ts'
import type { Label } from '../module/label.ts'
import { type AnyQuery, touchedBy } from '../module/query.ts'
import type { BoundReach } from '../module/reach.ts'
import { type Prediction, predictionOf } from '../world/prediction.ts'
import { answer, type World } from '../world/world.ts'
import type { Asker } from './decide.ts'
import type { Known, OtherIdentity } from './known.ts'
import { type Line, outlivesFailure } from './line.ts'

/** A node as planned: its lines on each host. */
export type Planned = {
  node: Node
  lines: Line[]
  /** How much of the log of each of its machines there was when its turn came. */
  logLengths: Map<string, number>
}

/** What has to be read before a walk can go on: queries by machine. */
export type MissingReads = Map<string, AnyQuery[]>
/** Stands among machines for the controller. */
export const controllerSide = ''

/** What a line of an include has come to: whether it brings something, and what, as far as its arguments are known. */
export type IncludeLine = { runs: boolean | Unknown; asked?: AskedInclude }

/**
 * What the lines behind one on its host have to reckon with: something `failed`, was kept from being done, or is `open`: it
 * may still fail. `host`, `task`: who met it. `cause`: the root cause, or the line that is open. `at`: the blocks that it was
 * met in, the outermost first.
 */
export type Hazard = Pick<Node, 'task' | 'play'> & {
  is: 'failed' | 'open'
  host: string
  cause: string
  at: BlockPlace[]
}

/**
 * One pass over nodes, from what is known: what it predicts of each machine, what each line registers, and what it lacks.
 * It is built by one pass and belongs to it; another pass is another value.
 */
export type Walk = {
  known: Known
  planned: Planned[]
  /** The log of changes to come, by machine. */
  predicted: Map<string, Prediction[]>
  /** What each line registers (`host/task`): a value, or an unknown. */
  outputs: Map<string, unknown>
  /** Root cause by line (`host/task`), where one failed or was skipped because of another. */
  causes: Map<string, string>
  /** What lines behind each (`host/task`) have to reckon with, where that is something. */
  inFlight: Map<string, Hazard[]>
  /** What was met at each line (`host/task`) that may stop other hosts of its play too. */
  shared: Map<string, Hazard>
  /** What the lines of each include have come to (`host/task`). */
  included: Map<string, IncludeLine[]>
  missing: MissingReads
}

/** A pass that begins with nothing but what is known; or also with what another pass has made of some parts. */
export const beginWalk = (known: Known, from: Partial<Walk> = {}): Walk => ({
  planned: [],
  predicted: new Map(),
  outputs: new Map(),
  causes: new Map(),
  inFlight: new Map(),
  shared: new Map(),
  included: new Map(),
  missing: new Map(),
  ...from,
  known,
})

/** The same pass over machines as they are: nothing is predicted of them, while what lines register is shared. */
export const withoutPredictions = ({ known, outputs, causes, inFlight, shared, included }: Walk): Walk =>
  beginWalk(known, { outputs, causes, inFlight, shared, included })

/** A machine as the next line of a pass sees it, or as one saw it after so many predictions. */
export const worldOn = ({ known, predicted }: Walk, machine: string, upto?: number): World => ({
  answers: known.answers.get(machine)!,
  predicted: upto === undefined ? (predicted.get(machine) ?? []) : (predicted.get(machine) ?? []).slice(0, upto),
  controller: known.controller,
})

/** Answers by a machine as the next line sees it; what has not been read is noted, and Missing for now. */
export const ask =
  (walk: Walk, machine: string): Asker =>
  query => {
    const found = answer(worldOn(walk, machine), query)
    if (found instanceof Missing) {
      const lacking = (found.query as AnyQuery | undefined) ?? query
      const side = lacking.probe.side === 'controller' ? controllerSide : machine
      walk.missing.set(side, [...(walk.missing.get(side) ?? []), lacking])
    }
    return found
  }

/** Adds what a line promises to the predictions for its machine. A line that is not known yet clouds its footprint. */
export const predictLine = (walk: Walk, line: Line): void => {
  const { id, machine, verdict, will, labels } = line
  if (verdict !== 'change' && verdict !== 'undecided') return
  const { answers, predicted } = worldOn(walk, machine)
  const reach = boundReach(walk, line)
  const touched = will.flatMap(([query, patch]) =>
    touchedBy(query, { exists: true, ...(isRecord(patch) ? patch : {}) }),
  )
  const promised = outlivesFailure(line) ? { patches: [], labels: [...labels, ...touched] } : { patches: will, labels }
  const prediction = predictionOf({ reals: answers.reals, predicted }, { node: id, ...promised, reach })
  walk.predicted.set(machine, [...predicted, prediction])
}

/** What a line of the playbook has written, or found as it wants it: not what it has taken away, nor names in a folder. */
const writtenBy = (walk: Walk, { machine, verdict, will, reads }: Line): Label[] => {
  const world = worldOn(walk, machine, 0)
  const isThere = (query: AnyQuery): boolean => {
    const found = answer(world, query)
    return !isUnknown(found) && !(isRecord(found) && found.exists === false)
  }
  const held: [AnyQuery, unknown][] =
    verdict === 'ok'
      ? Object.values(reads)
          .flat()
          .flatMap(query => (query && !query.only && isThere(query) ? [[query, { exists: true }]] : []))
      : will
  return held
    .filter(([, patch]) => !(isRecord(patch) && patch.exists === false))
    .flatMap(([query, patch]) => touchedBy(query, isRecord(patch) ? patch : {}))
    .map(label => label.replace(/^attributes:/, 'path:'))
    .filter(label => !/^(children|tree|owners):/.test(label))
}

/** The reach of a line with what lines before it on its machine have written, in this pass and in the run so far. */
export const boundReach = (walk: Walk, { id, machine, reach }: Line): BoundReach | undefined => {
  if (!reach) return undefined
  const written = new Set<Label>()
  const add = (line: Line): void => {
    const isHeld = line.verdict === 'ok' || line.verdict === 'change'
    if (isHeld && line.machine === machine && line.id !== id)
      for (const label of writtenBy(walk, line)) written.add(label)
  }
  for (const line of walk.known.finished.values()) add(line)
  for (const { lines } of walk.planned) for (const line of lines) add(line)
  return { ...reach, written: [...written] }
}

/** Who a line is on its machine, where that is not the machine's session. */
export const otherIdentity = (known: Known, { machine, node, host }: Line): OtherIdentity | undefined =>
  known.identity(machine, node.become.get(host))

/**
 * A query as it is asked for one line: what a user wrote, and what depends on who asks, by the user that the task runs as;
 * everything else by who may see most. Where nobody is root, that is the task's user as well.
 */
export const askedFor = (known: Known, line: Line): ((query: AnyQuery) => AnyQuery) => {
  const other = otherIdentity(known, line)
  if (other === undefined) return query => query
  const { user, shell } = other
  return query => {
    if (query.probe.side === 'controller') return query
    const as = shell === undefined ? {} : { as: shell }
    if (!query.lazy && !query.theirs) return { ...query, ...as }
    // Its text is what an answer is kept under: it says whose answer it is.
    const item = shell === undefined ? fedTo(user, query.item) : `# ${user}\n${query.item}`
    return { ...query, ...as, key: `${user} ${query.key}`, item }
  }
}

/** Answers by a machine's world for one line. */
export const asTask = (walk: Walk, line: Line): Asker => {
  const world = ask(walk, line.machine)
  const asked = askedFor(walk.known, line)
  return query => world(asked(query))
}
