import type { Failure } from '../core/failure.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'

/** One root cause: where it happened, and how many tasks were skipped only because of it. */
export type RootCause = { failure: Failure; hosts: string[]; tasks: string[]; skipped: number }

const GONE = new Set<Failure['reason']>([
  'host-lost',
  'host-protocol',
  'host-unreachable',
  'host-login',
  'host-key-unknown',
  'host-become',
])
/** Whether the failure means that the host cannot be reached: then it says nothing of the task it happened to. */
export const isHostGone = (failure: Failure | undefined): boolean => failure !== undefined && GONE.has(failure.reason)

const verbOf = ({ status }: LedgerEntry): string => {
  if (status === undefined) return 'would fail'
  return status === 'refused' ? 'was refused' : 'failed'
}

/** A plan's `fail` comes without a failure: it says what apply would meet. */
const failureOf = (entry: LedgerEntry): Failure =>
  entry.failure ?? {
    reason: 'task-failed',
    what: `'${entry.task}' ${verbOf(entry)}`,
    ...(entry.why !== undefined && { why: entry.why }),
  }

/** In an apply a node that would fail according to the plan, and was not run, has failed as well. */
export const hasFailed = (entry: LedgerEntry): boolean =>
  entry.status === 'failed' ||
  entry.status === 'refused' ||
  (entry.status === undefined && entry.verdict === 'fail' && !entry.rescued)

export const isSkipped = (entry: LedgerEntry): boolean => (entry.status ?? entry.verdict) === 'skipped'

const failureKey = ({ reason, what, why, fix, origin }: Failure): string =>
  JSON.stringify([reason, what, why, fix, origin])

/** What failed because its machine went away has the machine's failure. */
const failureBehind = (entry: LedgerEntry, ledger: Ledger): Failure =>
  (isHostGone(entry.failure) && ledger.lost.get(entry.host)) || failureOf(entry)

/** Up to so many hosts that are gone for one reason have a paragraph each. */
export const MOST_ALIKE = 3

/** The failure of a host that stands for others too: where it names that host, it says so. */
const ofMany = ({ failure, hosts }: RootCause, more: number): Failure =>
  failure.what.includes(hosts[0]!)
    ? { ...failure, what: `${failure.what.replace(/\.$/, '')}; so it is with ${more} others` }
    : failure

/** Many hosts that are gone for the same reason become one root cause: it is the network that is down. */
export const mergeHostsGoneAlike = (causes: RootCause[]): RootCause[] => {
  const likeness = (cause: RootCause): unknown => {
    const { reason, why, fix } = cause.failure
    return isHostGone(cause.failure) && cause.tasks.length === 0 ? JSON.stringify([reason, why, fix]) : cause
  }
  return [...Map.groupBy(causes, likeness).values()].flatMap(alike =>
    alike.length <= MOST_ALIKE
      ? alike
      : [
          {
            ...alike[0]!,
            failure: ofMany(alike[0]!, alike.length - 1),
            hosts: alike.flatMap(({ hosts }) => hosts),
            skipped: alike.reduce((sum, { skipped }) => sum + skipped, 0),
          },
        ],
  )
}

/** The failure at the far end of a chain of nodes that each need the next one. */
const rootFailure = (entry: LedgerEntry, ledger: Ledger, byNode: Map<string, LedgerEntry>): Failure | undefined => {
  const passed = new Set<LedgerEntry>()
  for (let at: LedgerEntry | undefined = entry; at && !passed.has(at); ) {
    passed.add(at)
    if (hasFailed(at)) return failureBehind(at, ledger)
    if (at.needs === undefined) return ledger.lost.get(at.host)
    const next = byNode.get(at.needs)
    // A host that was lost early has no nodes at all; its name still starts theirs.
    if (!next) return ledger.lost.get(at.needs.split('/')[0]!)
    at = next
  }
  return undefined
}

/** Every root cause once, lost hosts first, then in the order of the entries. */
export const rootCauses = (ledger: Ledger): RootCause[] => {
  const causes = new Map<string, RootCause>()
  const at = (failure: Failure): RootCause => {
    const found = causes.get(failureKey(failure)) ?? { failure, hosts: [], tasks: [], skipped: 0 }
    causes.set(failureKey(failure), found)
    return found
  }
  const entries = ledger.entries()
  const byNode = new Map(entries.map(entry => [entry.node, entry]))
  for (const host of ledger.hosts) {
    const failure = ledger.lost.get(host)
    if (failure) at(failure).hosts.push(host)
  }
  for (const entry of entries.filter(hasFailed)) {
    const cause = at(failureBehind(entry, ledger))
    if (!cause.hosts.includes(entry.host)) cause.hosts.push(entry.host)
    if (!cause.tasks.includes(entry.task)) cause.tasks.push(entry.task)
  }
  for (const entry of entries.filter(isSkipped)) {
    const root = rootFailure(entry, ledger, byNode)
    if (root) at(root).skipped += 1
  }
  return [...causes.values()]
}
