import { OutOfTime, PATTERN_FIX } from '../core/ending-pattern.ts'
import type { Difference, Hidden, NodeRef, PlanVerdict } from '../core/event.ts'
import { type Failure, type Origin, Refusal } from '../core/failure.ts'
import { hiddenFailure } from '../core/hidden.ts'
import { born, isUnknown, Later, Lost, Missing, strict, type Unknown, unknownsIn } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { machineOf, type Node, nodeId } from '../graph/graph.ts'
import { factsVariable } from '../load/fact-names.ts'
import type { LoopItem } from '../load/scope.ts'
import type { AnyModule, Diagnose, Module, Settle } from '../module/define.ts'
import type { Guard } from '../module/guard.ts'
import type { Label } from '../module/label.ts'
import type { AnyQuery, Reads } from '../module/query.ts'
import type { Reach } from '../module/reach.ts'
import { placesFile, type Step } from '../module/step.ts'
import { bindOpen } from '../world/complete-file-patch.ts'
import {
  type Asker,
  askAll,
  boundOf,
  catchUnknown,
  type Decision,
  differences,
  footprint,
  patchesOf,
  queriesOf,
  settleOf,
} from './decide.ts'

/**
 * One node on one host (for a loop, one item of it) as it was planned: the verdict and all that follows from it.
 * `pending`: something it reads has not been read yet; the walk comes back.
 */
export type Line = {
  id: string
  /** Whose line it is: variables, what it registers, counts. */
  host: string
  /** Where it is done: answers, connection, lease. */
  machine: string
  node: Node
  /** The loop item it stands for. */
  item?: LoopItem
  verdict: PlanVerdict | 'pending'
  why?: string
  fix?: string
  /** The place of what is wrong, where that is more than the task. */
  origin?: Origin
  /** The root cause, or the node it waits for; of a change the node that its details wait for. */
  needs?: string
  steps: Step[]
  /** Steps of a collective come in phases. */
  phases: Step[][]
  will: [AnyQuery, unknown][]
  /** What was seen of each thing that it promises something of, in their order. */
  before: unknown[]
  /** What must still be as it was seen when its steps put something else there. */
  over: Guard[]
  labels: Label[]
  /** What a program that it starts may change out of sight. */
  reach?: Reach
  /** What its author may not have meant, and what its module says of the host whatever the verdict. */
  warnings?: string[]
  always: boolean
  /** Its steps run, and that is no change: it is told as ok. */
  unchanging?: true
  /** What of its answers tells whether it was a change, and what that comes to before its steps. */
  counts?: { of(seen: unknown): unknown; before: unknown }
  /** What it is told as, where its task decides that over its answer and it is not its verdict. */
  toldAs?: 'change' | 'undecided'
  /** Of one that fails: what it answers all the same. */
  answer?: Record<string, unknown>
  /** It fails, and what follows goes on: it counts as done. */
  ignored?: Failure
  interrupts: boolean
  byItself: boolean
  /** Set where a change is certain before it is known what it comes to. */
  details?: Later
  reads: Reads
  diff: Difference[]
  /** What was asked: its arguments, and what the controller gave for them by the names of the reads. */
  inputs?: { args: Record<string, unknown>; given: Record<string, unknown> }
  outputs: unknown
  text?: string
  /** It is not what a saved plan shows, and so it is not done: a `fail` of this line alone. */
  refusal?: Failure
  /** The end of the run came before it. */
  unbegun?: true
  /** It needs a value that only a left-out step would make: then nothing is done anywhere. */
  isBarred?: true | undefined
  settle?: Settle<never>
  diagnose?: Diagnose
  /** What its step with `keep` has printed, in the words of its module. */
  told?: NonNullable<Module['told']>
  /** Nothing of what it is made of is told; `isExposed`: but why it fails, which is that it would show a secret. */
  hidden?: Hidden
  isExposed?: true
}

/** What events call a line. */
export const refOf = ({ host, id, node, hidden }: Line): NodeRef => ({
  host,
  node: id,
  task: node.delegates?.has(host) ? `${node.task.name} -> ${node.delegates.get(host)}` : node.task.name,
  ...(hidden ? { hidden } : {}),
})

/** A failure of a line as it may be told. */
export const toldFailure = ({ hidden, isExposed }: Line, failure: Failure): Failure =>
  hidden === undefined || isExposed || /^host-(lost|protocol)$/.test(failure.reason)
    ? failure
    : hiddenFailure(failure, hidden)

/** A line before anything is known of it. */
export const blank = (node: Node, host: string, key?: string): Line => ({
  id: nodeId(host, node.task) + (key === undefined ? '' : `[${key}]`),
  host,
  machine: machineOf(node, host),
  node,
  verdict: 'pending',
  steps: [],
  phases: [],
  will: [],
  before: [],
  over: [],
  labels: [],
  always: false,
  interrupts: false,
  byItself: false,
  reads: {},
  diff: [],
  outputs: new Missing(),
  ...(node.task.noLog ? { hidden: 'no_log' as const } : {}),
})

/** Whether what follows may go on behind a failure of this line: then its promises are none. */
export const outlivesFailure = ({ node: { task } }: Pick<Line, 'node'>): boolean =>
  task.failedWhen !== undefined || (task.ignoreErrors !== undefined && task.ignoreErrors.value !== false)

/** A line that cannot be decided now, and why: not read yet, waiting for a node, or lost with one. */
export const unknownLine = (line: Line, unknown: Unknown, labels: () => string[]): Line => {
  if (unknown instanceof Missing) return line
  if (unknown instanceof Lost && unknown.leftOut)
    return {
      ...failLine(
        line,
        `it needs what ${unknown.node} makes, which --limit or --tags leaves out`,
        'take its task or host in, or run it once without the limit',
      ),
      outputs: unknown,
      isBarred: true,
    }
  if (unknown instanceof Lost)
    return {
      ...line,
      verdict: 'skipped',
      why: `needs ${unknown.node}`,
      needs: unknown.node,
      outputs: new Lost(unknown.node),
    }
  return {
    ...line,
    verdict: 'undecided',
    why: `known after ${unknown.node}`,
    needs: unknown.node,
    labels: labels(),
    outputs: new Later(line.id),
  }
}

export const failLine = (line: Line, why: string, fix?: string): Line => ({
  ...line,
  verdict: 'fail',
  why,
  ...(fix ? { fix } : {}),
  outputs: new Lost(line.id),
})
/** Bad input met while evaluating is a `fail` of this line, with the failure's own words. */
export const refused = <T extends object>(line: Line, inside: () => T): T | Line => {
  try {
    return inside()
  } catch (error) {
    if (error instanceof OutOfTime) return failLine(line, error.message, PATTERN_FIX)
    if (!(error instanceof Refusal)) throw error
    const [first] = error.failures
    const failed = failLine(line, [first!.what, first!.why].filter(Boolean).join(' '), first!.fix)
    return first!.origin ? { ...failed, origin: first!.origin } : failed
  }
}

/** A line of a rescue: it is done only if another one fails. What is behind it is planned as if that did not happen. */
export const standbyLine = (line: Line, by: string[]): Line => {
  const others = by.length > 1 ? ` or one of ${by.length - 1} behind it` : ''
  return { ...skipLine(line, `only if ${by[0]}${others} fails`), verdict: 'standby', needs: by[0]! }
}

/** `more`: what is registered of it besides. */
export const skipLine = (line: Line, why: string, more: object = {}): Line => ({
  ...line,
  verdict: 'skipped',
  why,
  outputs: { changed: false, skipped: true, ...more },
})

/** A task that --limit or --tags leaves out is only read: a value it would make does not exist in this run. */
export const leaveOut = (node: Node, line: Line): Line => {
  if (node.included.has(line.host)) return line
  if (line.verdict === 'change' || line.verdict === 'undecided' || line.isBarred)
    return {
      ...skipLine({ ...line, isBarred: undefined }, 'left out by --limit or --tags'),
      steps: [],
      phases: [],
      outputs: line.isBarred ? line.outputs : new Lost(line.id, 'selection'),
    }
  return line
}

/** The answers that came from the controller. */
const givenIn = (reads: Reads, seen: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(seen).filter(([name]) =>
      // What was brought to the controller is not what is asked for.
      [reads[name] ?? []].flat().some(({ probe }) => probe.side === 'controller' && probe.kind !== 'local-file'),
    ),
  )

/** A decision put into a line: verdict, patches, difference, outputs. `ask` answers as before the change. */
export const decidedLine = (
  line: Line,
  { verdict, reads, seen, warnings }: Decision,
  module: AnyModule,
  values: Record<string, unknown>,
  ask: Asker,
): Line => {
  const inputs = { args: values, given: givenIn(reads, seen) }
  const told = warnings ? { warnings } : {}
  if (isUnknown(verdict))
    return unknownLine({ ...line, reads, inputs, ...told, ...boundOf(module, values) }, verdict, () =>
      footprint(module, values, line.host, seen),
    )
  const settle = settleOf(module, values)
  const { diagnose } = module
  const { told: ofSaid } = module as Module
  const at: Line = {
    ...line,
    reads,
    inputs,
    ...told,
    ...(settle ? { settle } : {}),
    ...(diagnose ? { diagnose } : {}),
    ...(ofSaid ? { told: ofSaid } : {}),
  }
  if (verdict.is === 'fail') {
    const answer = (verdict.outputs as Record<string, unknown> | undefined) ?? {}
    return { ...failLine(at, verdict.why, verdict.fix), answer }
  }
  if (verdict.is === 'say')
    return { ...at, verdict: 'ok', text: verdict.text, outputs: { changed: false, ...verdict.outputs } }
  if (verdict.is === 'ok')
    return { ...at, verdict: 'ok', outputs: { changed: false, ...((verdict.outputs as object) ?? {}) } }
  return changeLine(at, verdict as never, module, values, ask)
}

/**
 * A line of a task that makes variables of its arguments: they are what it registers. Those that are known are so although
 * others are not yet.
 */
export const givingLine = (line: Line, values: Record<string, unknown>): Line => {
  const { gives } = line.node.task
  if (gives === undefined || line.verdict !== 'ok') return line
  const made = Object.fromEntries(gives.map(name => [name, values[name]]))
  const unknowns = unknownsIn(made)
  const first = unknowns.find(one => !(one instanceof Later)) ?? unknowns[0]
  const outputs = { changed: false, [factsVariable]: made }
  if (first === undefined) return { ...line, outputs }
  if (first instanceof Missing) return { ...line, verdict: 'pending', outputs: first }
  const open = unknownLine(line, first, () => [])
  return first instanceof Later ? { ...open, outputs } : open
}

type AnyChange = {
  will: Record<string, unknown>
  steps?: Line['steps']
  phases?: Line['phases']
  reason: string
  outputs?: object
  touches?: string[]
  reach?: Reach
  warning?: string
  always?: true
  unchanging?: true
  counts?(seen: unknown): unknown
  details?: Later
  interrupts?: true
  byItself?: true
}

const changeLine = (
  line: Line,
  change: AnyChange,
  module: AnyModule,
  values: Record<string, unknown>,
  ask: Asker,
): Line => {
  const promised = checked(line, patchesOf(change.will, line.reads), change.will, line.reads)
  const will = promised.map(([query, patch]): Line['will'][number] => [query, bindOpen(patch, line.id)])
  const before = will.map(([query]) => ask(query))
  const steps = change.steps ?? change.phases?.flat() ?? []
  const phases = change.phases ?? []
  // Handing out what it holds changes nothing on a host: it is only read.
  if (will.length === 0 && steps.length > 0 && steps.every(step => step.do === 'fetch'))
    return {
      ...line,
      verdict: 'ok',
      why: change.reason,
      steps,
      phases,
      outputs: { changed: false, ...(change.outputs ?? {}) },
    }
  const needs = waitedFor(line, [change.details, steps, will.map(([, patch]) => patch)])
  return {
    ...line,
    verdict: 'change',
    why: change.reason,
    ...(needs === undefined ? {} : { needs }),
    ...(change.details === undefined ? {} : { details: change.details }),
    steps,
    phases,
    will,
    before,
    over: [...guardsOf(will, before), ...sourcesOf(line.reads, steps, ask)],
    labels:
      change.touches ??
      footprint({ reads: () => ({}), ...(module.touches ? { touches: module.touches } : {}) }, values, line.host),
    ...(change.reach ? { reach: change.reach } : {}),
    ...(change.warning === undefined ? {} : { warnings: [change.warning, ...(line.warnings ?? [])] }),
    always: change.always ?? false,
    ...(change.unchanging ? { unchanging: true } : {}),
    ...(change.counts ? { counts: countedIn(line.reads, change.counts, ask), toldAs: 'undecided' } : {}),
    interrupts: change.interrupts ?? false,
    byItself: change.byItself ?? (steps.length === 0 && change.details === undefined),
    diff: differences(will, ask),
    outputs: {
      changed: change.counts ? new Later(line.id) : !change.unchanging,
      [born]: new Later(line.id),
      ...(change.outputs ?? {}),
    },
  }
}

const countedIn = (reads: Reads, of: (seen: unknown) => unknown, ask: Asker): Line['counts'] => ({
  of,
  before: catchUnknown(() => of(strict(askAll(reads, ask)))),
})

const guardsOf = (will: Line['will'], before: unknown[]): Guard[] =>
  will.flatMap(([query, patch], i) => {
    const found = before[i]
    return isRecord(found) && isRecord(patch) ? (query.guard?.(found, patch) ?? []) : []
  })

/**
 * What a file that is put in place may be made of: the files whose content a line looks at. They are guarded as what is
 * replaced is, so that nothing is put anywhere that is not in its source any more.
 */
const sourcesOf = (reads: Reads, steps: Step[], ask: Asker): Guard[] => {
  const used = steps.some(placesFile) ? queriesOf(reads).filter(q => q.only && q.facets.includes('digest')) : []
  return used.flatMap(query => {
    const found = ask(query)
    return isRecord(found) ? (query.guard?.(found, { exists: false }) ?? []) : []
  })
}

/** The first other node that makes something of this known. */
const waitedFor = ({ node }: Line, parts: unknown): string | undefined => {
  const own = node.hosts.map(host => nodeId(host, node.task))
  const open = unknownsIn(parts).find(one => one instanceof Later && !own.includes(one.node))
  return open && (open as Later).node
}

/** A promise about something that is not read, or only used, is a mistake of the module: it is told at once. */
const checked = (line: Line, patches: Line['will'], will: Record<string, unknown>, reads: Reads): Line['will'] => {
  const foreign = Object.keys(will).find(name => reads[name] === undefined && will[name] !== undefined)
  const used = patches.find(([query]) => query.only)
  if (foreign !== undefined || used !== undefined)
    throw new Error(`module ${line.node.task.module} promises ${foreign ?? used![0].key}, which it does not own`)
  return patches
}

/** A line that would fail, as a failure of its task. */
export const failureOf = (line: Line): Failure => {
  if (line.refusal) return line.refusal
  const [what, ...why] = (line.why ?? `${line.id} would fail.`).split('\n')
  return toldFailure(line, {
    reason: 'task-failed',
    what: what!,
    ...(why.length > 0 ? { why: why.join('\n') } : {}),
    ...(line.fix ? { fix: line.fix } : {}),
    origin: line.origin ?? line.node.task.origin,
  })
}
