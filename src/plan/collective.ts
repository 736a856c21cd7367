import { isUnknown, Later, Lost, Missing, strict, type Unknown } from '../core/unknown.ts'
import { type Node, nodeId } from '../graph/graph.ts'
import type { CollectiveContext, CollectiveModule, CollectiveVerdict, Verdict } from '../module/define.ts'
import type { Reads } from '../module/query.ts'
import { type Arguments, argumentsOf, condition } from './arguments.ts'
import { askAll, catchUnknown, footprint, isMissing, needRead, verdictBuilders } from './decide.ts'
import { causeOf, uncalledLine } from './failure-policy.ts'
import { hindered } from './hindrance.ts'
import { blank, decidedLine, failLine, type Line, leaveOut, refused, skipLine, unknownLine } from './line.ts'
import { apartOnMachines } from './one-machine.ts'
import { scopeOf } from './scope.ts'
import { createScreen, type Screen, unscreened, withoutInput } from './secrecy.ts'
import { ask, asTask, predictLine, type Walk } from './walk-state.ts'

// biome-ignore lint/suspicious/noExplicitAny: a module's own types end at the registry
type Any = any
type AnyCollective = CollectiveModule<Any, Any, Any, Any>
/** A host that takes part in the decision. `waits`: what it waits for before anything can be asked of it. */
type Participant = {
  line: Line
  values: Record<string, unknown>
  reads: Reads
  seen: Record<string, unknown>
  screen: Screen
  waits?: Unknown
}

/** A host's part before the decision: its arguments, or the line that says why it takes no part. */
const entered = (walk: Walk, node: Node, line: Line): Arguments | Unknown | Line => {
  const cause = causeOf(walk, node, line.host)
  if (cause !== undefined) return new Lost(cause)
  const uncalled = uncalledLine(walk, line)
  if (uncalled) return uncalled
  return refused(line, () => {
    const scope = scopeOf(walk, node, line.host)
    const when = condition(node, scope)
    if (when === false) return skipLine(line, 'its condition is false')
    return isUnknown(when) ? when : argumentsOf(walk, node, line.host, scope)
  })
}

/** A host that takes part with what it is asked first, or the line of one that does not. */
const participantOn = (walk: Walk, node: Node, module: AnyCollective, host: string): Participant | Line => {
  const line = blank(node, host)
  const found = entered(walk, node, line)
  if ('id' in found) return withoutInput(walk.known, found)
  // A host that cannot get what it needs leaves; the others go on without it.
  if (found instanceof Lost && !found.leftOut) return unknownLine(line, found, () => [])
  if (isUnknown(found)) return { line, values: {}, reads: {}, seen: {}, screen: unscreened, waits: found }
  const { values } = found
  const screen = createScreen(walk, line, found)
  const reads = catchUnknown(() => module.reads(strict(values), host))
  if (isUnknown(reads)) return { line, values, reads: {}, seen: {}, screen, waits: reads }
  return { line, values, reads, seen: askAll(reads, screen.asker(ask(walk, line.machine))), screen }
}

const isParticipant = (one: Participant | Line): one is Participant => 'seen' in one

const contextOf = (
  { known }: Walk,
  node: Node,
  participants: Participant[],
  outside: Outside,
  seen: Record<string, unknown>,
): CollectiveContext<Any, Any> => {
  const answered = participants.map(({ line }) => line.host)
  const bystanders = answered.filter(host => !node.included.has(host))
  const up = [...answered.filter(host => node.included.has(host)), ...bystanders]
  return {
    up,
    bystanders,
    missing: [...outside.keys()],
    // In a plan nothing has failed yet: what will keeps all from steps, as long as one cannot do without the other.
    failed: [...outside].filter(([, cause]) => cause !== undefined && known.finished.has(cause)).map(([host]) => host),
    needs: host => ({ is: 'needs', host }),
    each: decide => Object.fromEntries(up.map((host, i) => [host, decide(host, strict(seen[host]) as Any, i)])),
    ...verdictBuilders,
    from: host => new Later(nodeId(host, node.task)),
  }
}

/** A participant with what its second look asks; everything that was seen first is known by then. */
const lookedTwice = (
  walk: Walk,
  module: AnyCollective,
  one: Participant,
  seen: Record<string, unknown>,
): Participant | Unknown => {
  const second = catchUnknown(() => module.more?.(strict(one.values), strict(seen) as Any, one.line.host) ?? {})
  if (isUnknown(second)) return second
  return {
    ...one,
    reads: { ...one.reads, ...second },
    seen: { ...one.seen, ...askAll(second, one.screen.asker(ask(walk, one.line.machine))) },
  }
}

/** Participants as far as they have looked twice, and the unknown that keeps one of them from it. */
const afterSecondLook = (
  walk: Walk,
  node: Node,
  module: AnyCollective,
  participants: Participant[],
): { looked: Participant[]; open?: Unknown } => {
  const looked = [...participants]
  for (const [i, one] of participants.entries()) {
    const twice = lookedTwice(walk, module, one, seenBy(node, looked))
    if (isUnknown(twice)) return { looked, open: twice }
    looked[i] = twice
  }
  return { looked }
}

/** What each host of the node says; `null` of one that takes no part. */
const seenBy = (node: Node, participants: Participant[]): Record<string, unknown> =>
  Object.fromEntries(node.hosts.map(host => [host, participants.find(({ line }) => line.host === host)?.seen ?? null]))

/** Hosts that take no part, though a condition does not leave them out, each with what keeps it: a line, or itself. */
type Outside = Map<string, string | undefined>
type Verdicts = Record<string, CollectiveVerdict<Any, Any>>
type Decided = { verdicts: Verdicts | Unknown; participants: Participant[] }

const decideTogether = (
  walk: Walk,
  node: Node,
  module: AnyCollective,
  participants: Participant[],
  outside: Outside,
): Decided => {
  const waits = participants.flatMap(one => one.waits ?? [])
  const undecided = (verdicts: Unknown, looked = participants): Decided => ({ verdicts, participants: looked })
  if (waits.length > 0) return undecided(waits.find(one => one instanceof Missing) ?? waits[0]!)
  if (participants.length === 0) return { verdicts: {}, participants }
  if (participants.some(({ seen }) => isMissing(seen))) return undecided(new Missing())
  const { looked, open } = afterSecondLook(walk, node, module, participants)
  if (open) return undecided(open, looked)
  if (looked.some(({ seen }) => isMissing(seen))) return undecided(new Missing(), looked)
  const seen = seenBy(node, looked)
  const args = Object.fromEntries(looked.map(({ line, values }) => [line.host, values]))
  const context = contextOf(walk, node, looked, outside, seen)
  const verdicts = catchUnknown((): Verdicts => {
    const decided = module.plan(strict(args), strict(seen) as Any, context)
    for (const verdict of Object.values(decided)) needRead(verdict)
    return decided
  })
  return { verdicts, participants: looked }
}

const lineFor = (
  walk: Walk,
  module: AnyCollective,
  { line, values, reads, seen, screen }: Participant,
  verdicts: Verdicts | Unknown,
  outside: Outside,
): Line => {
  const asker = screen.asker(asTask(walk, line))
  if (isUnknown(verdicts)) {
    const unknown = unknownLine({ ...line, reads }, verdicts, () => footprint(module, values, line.host))
    return screen.line(hindered(walk, unknown, asker))
  }
  const found = verdicts[line.host] ?? { is: 'ok' }
  if (found.is === 'needs')
    return unknownLine({ ...line, reads }, new Lost(outside.get(found.host) ?? found.host), () => [])
  const verdict = found as Verdict<Any, Any>
  return screen.line(hindered(walk, decidedLine(line, { verdict, reads, seen }, module, values, asker), asker))
}

/**
 * One decision over all hosts of the play. A host that was lost or failed is `null` to the module; one that waits
 * for something makes the whole node wait.
 */
const collectiveLines = (walk: Walk, node: Node): Line[] => {
  const { known } = walk
  const module = known.modules[node.task.module] as AnyCollective
  const entries = node.hosts.map(
    host => known.finished.get(nodeId(host, node.task)) ?? participantOn(walk, node, module, host),
  )
  const outside = entries.filter((one): one is Line => !isParticipant(one))
  // A condition leaves a host out on purpose: nobody waits for what it may hold.
  const missing: Outside = new Map(
    outside
      .filter(line => line.verdict !== 'skipped' || line.needs !== undefined)
      .map(line => [line.host, line.verdict === 'fail' ? line.id : line.needs]),
  )
  const { verdicts, participants } = decideTogether(walk, node, module, entries.filter(isParticipant), missing)
  const planned = participants.map(one => leaveOut(node, lineFor(walk, module, one, verdicts, missing)))
  const lines = apartOnMachines(node, planned)
  for (const line of lines) if (node.included.has(line.host)) predictLine(walk, line)
  return [...lines, ...outside.map(line => leaveOut(node, line))].sort(
    (a, b) => node.hosts.indexOf(a.host) - node.hosts.indexOf(b.host),
  )
}

/** The lines of a collective on all its hosts; what one host refuses, all are refused. */
export const planCollective = (walk: Walk, node: Node): Line[] => {
  const lines = refused(blank(node, node.hosts[0]!), () => collectiveLines(walk, node))
  return Array.isArray(lines) ? lines : node.hosts.map(host => failLine(blank(node, host), lines.why!, lines.fix))
}
