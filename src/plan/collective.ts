import { isUnknown, Later, Lost, Missing, strict, type Unknown } from '../core/unknown.ts'
import { type Node, nodeId } from '../graph/graph.ts'
import type { CollectiveContext, CollectiveModule, CollectiveVerdict, Verdict } from '../module/define.ts'
import type { Reads } from '../module/query.ts'
import { argumentsOf, condition } from './arguments.ts'
import { askAll, catchUnknown, footprint, isMissing } from './decide.ts'
import { blank, decidedLine, refused, skipLine, unknownLine } from './line.ts'
import { leaveOut, predictLine } from './predict-line.ts'
import { ask, causeOf, type Line, type MissingReads, type Session, scopeOf } from './session.ts'

// biome-ignore lint/suspicious/noExplicitAny: a module's own types end at the registry
type Any = any
type Member = { host: string; values: Record<string, unknown>; reads: Reads; seen: Record<string, unknown> }

/** A host's part before the decision: its arguments, or the line that says why it takes no part. */
const enter = (
  session: Session,
  node: Node,
  host: string,
  wanted: MissingReads,
): { values: Record<string, unknown> } | Unknown | Line => {
  const line = blank(node, host)
  const cause = causeOf(session, node, host)
  if (cause !== undefined) return unknownLine(line, new Lost(cause), () => [])
  return refused(line, () => {
    const scope = scopeOf(session, node, host, wanted, session.loaded.inventory.groups)
    const when = condition(node, scope)
    if (when === false) return skipLine(line, 'its condition is false')
    return isUnknown(when) ? when : argumentsOf(session, node, host, wanted, scope)
  })
}

const together = (
  answered: string[],
  missing: string[],
  node: Node,
  seen: Record<string, unknown>,
): CollectiveContext<Any, Any> => {
  const bystanders = answered.filter(host => !node.included.has(host))
  const up = [...answered.filter(host => node.included.has(host)), ...bystanders]
  return { up, bystanders, missing, ...builders(up, node, seen) }
}

const builders = (
  up: string[],
  node: Node,
  seen: Record<string, unknown>,
): Omit<CollectiveContext<Any, Any>, 'up' | 'bystanders' | 'missing'> => ({
  each: decide => Object.fromEntries(up.map((host, i) => [host, decide(host, strict(seen[host]) as Any, i)])),
  ok: outputs => ({ is: 'ok', ...(outputs ? { outputs } : {}) }),
  change: change => ({ is: 'change', ...change }),
  fail: (why, fix) => ({ is: 'fail', why, ...(fix ? { fix } : {}) }),
  from: host => new Later(nodeId(host, node.task)),
})

/**
 * One decision over all hosts of the play. A host that was lost or failed is `null` to the module; one that waits
 * for something makes the whole node wait.
 */
export const planCollective = (session: Session, node: Node, wanted: MissingReads): Line[] => {
  const module = session.modules[node.task.module] as CollectiveModule<Any, Any, Any, Any>
  const out: Line[] = []
  const members: Member[] = []
  const waits: Unknown[] = []
  for (const host of node.hosts) {
    const ended = session.finished.get(nodeId(host, node.task))
    if (ended) {
      out.push(ended)
      continue
    }
    const entered = enter(session, node, host, wanted)
    if ('id' in entered) out.push(entered as Line)
    // A host that cannot get what it needs leaves; the others go on without it.
    else if (entered instanceof Lost && !entered.leftOut) out.push(unknownLine(blank(node, host), entered, () => []))
    else if (isUnknown(entered)) {
      waits.push(entered)
      members.push({ host, values: {}, reads: {}, seen: {} })
    } else {
      const reads = catchUnknown(() => module.reads(strict(entered.values), host))
      if (isUnknown(reads)) waits.push(reads)
      members.push({
        host,
        values: entered.values,
        reads: isUnknown(reads) ? {} : reads,
        seen: isUnknown(reads) ? {} : askAll(reads, ask(session, host, wanted)),
      })
    }
  }
  // A condition leaves a host out on purpose: nobody waits for what it may hold.
  const unasked = out.filter(line => line.verdict === 'skipped' && line.needs === undefined).map(line => line.host)
  const missing = node.hosts.filter(host => !members.some(m => m.host === host) && !unasked.includes(host))
  const verdicts = waits.length > 0 ? waits[0]! : judge(session, node, module, members, missing, wanted)
  const lines = members.map((m): Line => {
    const line = blank(node, m.host)
    const verdict = isUnknown(verdicts) ? verdicts : (verdicts[m.host] ?? { is: 'ok' })
    if (isUnknown(verdict))
      return unknownLine({ ...line, reads: m.reads }, waits.find(w => w instanceof Missing) ?? verdict, () =>
        footprint(module, m.values, m.host),
      )
    return decidedLine(
      line,
      { verdict: verdict as Verdict<Any, Any>, reads: m.reads, seen: m.seen },
      module,
      m.values,
      ask(session, m.host, wanted),
    )
  })
  const kept = [...lines, ...out]
    .map(line => leaveOut(node, line))
    .sort((a, b) => node.hosts.indexOf(a.host) - node.hosts.indexOf(b.host))
  for (const line of lines.map(line => leaveOut(node, line)))
    if (node.included.has(line.host)) predictLine(session, line)
  return kept
}

const judge = (
  session: Session,
  node: Node,
  module: CollectiveModule<Any, Any, Any, Any>,
  members: Member[],
  missing: string[],
  wanted: MissingReads,
): Record<string, CollectiveVerdict<Any, Any>> | Unknown => {
  if (members.length === 0) return {}
  const holes = (): boolean => members.some(m => isMissing(m.seen))
  if (holes()) return new Missing()
  const seen = (): Record<string, unknown> =>
    Object.fromEntries(node.hosts.map(host => [host, members.find(m => m.host === host)?.seen ?? null]))
  for (const member of members) {
    const second = catchUnknown(() => module.more?.(strict(member.values), strict(seen()) as Any, member.host) ?? {})
    if (isUnknown(second)) return second
    member.reads = { ...member.reads, ...second }
    member.seen = { ...member.seen, ...askAll(second, ask(session, member.host, wanted)) }
  }
  if (holes()) return new Missing()
  const all = seen()
  const args = Object.fromEntries(members.map(m => [m.host, m.values]))
  return catchUnknown(() =>
    module.plan(
      strict(args),
      strict(all) as Any,
      together(
        members.map(m => m.host),
        missing,
        node,
        all,
      ),
    ),
  )
}
