import type { Event, HostSummary } from '../core/event.ts'
import { exit, worstExit } from '../core/exit.ts'
import type { Failure } from '../core/failure.ts'
import { createLedger, type Ledger, type LedgerEntry } from './ledger.ts'
import { hasFailed, isHostGone, isSkipped, rootCauses } from './root-causes.ts'

/** What a run came to. */
export type Outcome = { hosts: Record<string, HostSummary>; failures: Failure[]; exit: number }

/** Folds events into the outcome of a run. */
export type Summary = {
  add(event: Event): void
  result(options: { command: 'plan' | 'apply'; detailedExitcode: boolean }): Outcome
}

/** The exit code of a failure that ended or prevented the whole run. */
export const exitOf = ({ reason }: Failure): number => {
  if (reason === 'bug-engine') return exit.bug
  if (reason === 'run-interrupted') return exit.interrupted
  if (reason === 'host-key-changed' || reason === 'host-locked' || reason.startsWith('plan-')) return exit.refused
  // A host that lets one in was reached, whatever it lets one become.
  if (reason === 'host-become') return exit.failed
  if (isHostGone({ reason, what: '' })) return exit.unreachable
  return /^(usage|playbook|inventory)-/.test(reason) ? exit.badInput : exit.failed
}

/** A failure of a task is never bad input: by then hosts were contacted. */
const exitOfEntry = (entry: LedgerEntry): number => {
  if (entry.status === 'refused') return exit.refused
  if (!entry.failure) return exit.failed
  const code = exitOf(entry.failure)
  return code === exit.badInput ? exit.failed : code
}

const isPending = ({ verdict }: LedgerEntry): boolean => verdict === 'change' || verdict === 'undecided'

const countsOf = (entries: LedgerEntry[], unreachable: boolean): HostSummary => {
  const count = (test: (entry: LedgerEntry) => boolean): number => entries.filter(test).length
  const ignored = count(entry => entry.status === 'ignored')
  const rescued = count(entry => entry.status === 'rescued' || (entry.status === undefined && entry.rescued === true))
  const standby = count(entry => entry.status === undefined && entry.verdict === 'standby')
  const unverified = count(entry => entry.status === 'unverified')
  const unbegun = count(entry => entry.unbegun === true)
  return {
    ok: count(entry => (entry.status ?? entry.verdict) === 'ok'),
    changed: count(entry => (entry.status === undefined ? entry.verdict === 'change' : entry.status === 'changed')),
    failed: count(hasFailed),
    skipped: count(isSkipped),
    undecided: count(entry => entry.status === undefined && entry.verdict === 'undecided'),
    ...(ignored > 0 && { ignored }),
    ...(rescued > 0 && { rescued }),
    ...(standby > 0 && { standby }),
    ...(unverified > 0 && { unverified }),
    ...(unbegun > 0 && { unbegun }),
    unreachable,
    roundTrips: 0,
    steps: entries.reduce((sum, entry) => sum + (entry.status === undefined ? entry.steps.length : entry.stepsRun), 0),
  }
}

/** In an apply only results count: what was planned and has no result was not done. */
const entriesOf = (ledger: Ledger, command: 'plan' | 'apply'): LedgerEntry[] =>
  ledger.entries().filter(entry => command === 'plan' || entry.status !== undefined || entry.verdict === 'fail')

const outcomeOf = (ledger: Ledger, options: { command: 'plan' | 'apply'; detailedExitcode: boolean }): Outcome => {
  const entries = entriesOf(ledger, options.command)
  const byHost = Map.groupBy(entries, entry => entry.host)
  const pending = options.command === 'plan' && options.detailedExitcode && entries.some(isPending)
  return {
    hosts: Object.fromEntries(
      ledger.hosts.map(host => [host, countsOf(byHost.get(host) ?? [], ledger.lost.has(host))]),
    ),
    failures: rootCauses(ledger).map(cause => cause.failure),
    exit: worstExit([
      ...[...ledger.lost.values()].map(exitOf),
      ...entries.filter(hasFailed).map(exitOfEntry),
      ...(pending ? [exit.pending] : []),
    ]),
  }
}

/** The counts, root causes and exit code of a run, from its events alone. Round trips are not in them: they stay 0. */
export const createSummary = (): Summary => {
  const ledger = createLedger()
  return { add: ledger.add, result: options => outcomeOf(ledger, options) }
}
