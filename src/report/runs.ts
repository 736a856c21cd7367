import type { Event } from '../core/event.ts'
import type { Failure } from '../core/failure.ts'
import { unfinishedLines } from '../core/unfinished-lines.ts'
import { cutLines } from './cut-lines.ts'
import { createLedger, type LedgerEntry } from './ledger.ts'
import { plainPaint } from './paint.ts'
import { oneLine, printable } from './printable.ts'
import { shownEvent } from './shown-event.ts'
import { duration, plural } from './wording.ts'

type RecordedRun = { id: string; events: Event[]; summary?: Event & { type: 'summary' } }
/** A run whose journal cannot be read, and why. */
export type Unreadable = { id: string; failure: Failure }

const how = ({ events, summary }: RecordedRun): string => {
  if (!summary) return `did not end (${plural(events.filter(({ type }) => type === 'result').length, 'result')})`
  const all = Object.values(summary.hosts)
  const sum = (name: 'changed' | 'failed'): number => all.reduce((total, host) => total + host[name], 0)
  const failed = sum('failed') === 0 ? '' : `, ${sum('failed')} failed`
  const unverified = all.reduce((total, host) => total + (host.unverified ?? 0), 0)
  const open = unverified === 0 ? '' : `, ${unverified} not known`
  const lost = all.filter(({ unreachable }) => unreachable).length
  return `exit ${summary.exit}, ${sum('changed')} changed${failed}${open}${lost === 0 ? '' : `, ${plural(lost, 'host')} lost`} in ${duration(summary.wallMs)}`
}

/** A line for each run: its id, what it was, and what it came to. */
export const runLines = (runs: (RecordedRun | Unreadable)[]): string =>
  runs
    .map(run => {
      if ('failure' in run) return `${run.id}  ${oneLine(printable(run.failure.what))}\n`
      const started = run.events.find(event => event.type === 'started')
      const what = started?.asked?.playbook ?? started?.playbook ?? 'nothing was started'
      const on = started ? ` on ${plural(started.hosts.length, 'host')}` : ''
      const after = started?.resumes ? ` (resumes ${oneLine(printable(started.resumes))})` : ''
      return `${run.id}  ${oneLine(printable(what))}${on}: ${how(run)}${after}\n`
    })
    .join('')

/** The last lines for a run that was cut off: what was under way on each host, what had not begun, and how to go on. */
export const unfinishedText = ({ id, events }: RecordedRun): string => {
  const ledger = createLedger()
  for (const event of events) ledger.add(shownEvent(event))
  const begun = unfinishedLines(events.map(shownEvent))
  const entries = ledger.entries().map((entry): LedgerEntry => {
    if (entry.status !== undefined) return entry
    return begun.has(entry.node) ? { ...entry, status: 'unverified' } : { ...entry, unbegun: true }
  })
  const lines = cutLines(entries, ledger.hosts, plainPaint)
  return `\nThis run did not end.\n${lines.join('\n')}${lines.length === 0 ? '' : '\n'}Once it is over, \`runbook resume ${id}\` goes on with it.\n`
}
