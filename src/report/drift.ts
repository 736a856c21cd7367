import type { Difference, Event, Provenance } from '../core/event.ts'
import { differenceLines } from './difference.ts'
import { createLedger } from './ledger.ts'
import { taskLabel } from './order.ts'
import type { Paint } from './paint.ts'
import { indented, oneLine } from './printable.ts'
import { rootCauseText } from './recap.ts'
import type { Reporter, Sink, TextOptions } from './reporter.ts'
import { createWarnings } from './warning.ts'
import { plural, timeAgo, utcTime } from './wording.ts'

type Drifted = Event & { type: 'drifted' }
type Compared = Event & { type: 'compared' }

const provenanceLines = (found: Provenance, now: number): string[] => {
  const at = `${utcTime(found.at)} (${timeAgo(now - found.at)})`
  if (found.of === 'path') {
    const has = found.is === 'there' ? `changed ${at}` : `is gone; its folder changed ${at}`
    const by = found.package === undefined ? [] : [`package ${found.package}`]
    const came = found.installed === undefined ? [] : [`installed ${utcTime(found.installed)}`]
    const owner = found.owner === undefined ? [] : [`owner ${found.owner}`]
    return [`${oneLine(found.subject)} ${[has, ...owner, [...by, ...came].join(' ')].filter(Boolean).join(', ')}`]
  }
  const result = found.result === '' ? [] : [`result ${found.result}`]
  const restarts = found.restarts === 0 ? [] : [plural(found.restarts, 'restart')]
  return [
    `${oneLine(found.subject)} ${[`${found.is} since ${at}`, ...result, ...restarts].join(', ')}`,
    ...found.said.map(text => `  ${oneLine(text)}`),
  ]
}

/** Texts are shown with --diff; that they differ is said by the reason. */
const driftedLines = (event: Drifted, width: number, now: number, { paint, diff }: TextOptions): string[] => {
  const isText = (one: Difference): boolean => one.kind === 'text' || (one.kind === 'hidden' && one.private === true)
  const shown = event.diff.filter(one => diff === 'show' || !isText(one))
  const head = `${event.host.padEnd(width)}  ${paint.yellow(`~ ${oneLine(taskLabel(event))}`)}: ${oneLine(event.why)}`
  return [
    head,
    ...shown.flatMap(one => differenceLines(one, paint, ['left', 'now'])).map(line => indented(line, width + 4)),
    ...event.traces.flatMap(one => provenanceLines(one, now)).map(line => paint.dim(indented(line, width + 4))),
  ]
}

/** What apply would change although it is no drift, and why. */
const restLines = ({ follow, edited, undone }: Compared, paint: Paint): string[] => {
  const parts = [
    ...(edited === 0 ? [] : [`${edited} because something else is asked for by now`]),
    ...(undone === 0 ? [] : [`${undone} that no apply has brought about yet`]),
    ...(follow === 0 ? [] : [`${follow} that may follow from others`]),
  ]
  return parts.length === 0
    ? []
    : [paint.dim(`Not listed, but to be changed by apply: ${parts.join(', ')}; see \`runbook plan\`.`)]
}

const totalLine = (moved: Drifted[], hosts: number): string => {
  const on = new Set(moved.map(({ host }) => host)).size
  return moved.length === 0
    ? `nothing has moved on ${plural(hosts, 'host')}.`
    : `${plural(moved.length, 'task')} on ${on} of ${plural(hosts, 'host')} ${moved.length === 1 ? 'has' : 'have'} moved.`
}

/** Prints what has moved since the last apply when all of it is known. */
export const createDriftText = (reading: TextOptions, sink: Sink): Reporter => {
  const { paint } = reading
  const ledger = createLedger()
  const warnings = createWarnings(paint, sink.err)
  const moved: Drifted[] = []
  let compared: Compared | undefined
  return event => {
    ledger.add(event)
    warnings(event)
    if (event.type === 'drifted') moved.push(event)
    if (event.type === 'compared') compared = event
    if (event.type !== 'summary') return
    const causes = rootCauseText(ledger, event, paint)
    if (causes.length > 0) sink.err(`${causes.join('\n')}\n`)
    if (compared === undefined) return
    const width = Math.max(0, ...moved.map(({ host }) => host.length))
    const hosts = ledger.hosts.filter(host => !ledger.lost.has(host)).length
    const { since, run } = compared
    const lines = [
      ...moved.flatMap(one => driftedLines(one, width, event.time, reading)),
      ...(moved.length > 0 ? [''] : []),
      ...restLines(compared, paint),
      `${paint.bold('Drift:')} since ${utcTime(since)} (run ${run}) ${totalLine(moved, hosts)}`,
    ]
    sink.out(`${lines.join('\n')}\n`)
  }
}
