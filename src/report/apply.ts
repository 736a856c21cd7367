import type { Event } from '../core/event.ts'
import { differenceLines } from './difference.ts'
import { createDownloadLines } from './download.ts'
import { createLedger } from './ledger.ts'
import { createLostHosts } from './lost-hosts.ts'
import { taskLabel } from './order.ts'
import { indented, oneLine } from './printable.ts'
import { recapLines } from './recap.ts'
import type { Reporter, Sink, TextOptions } from './reporter.ts'
import { createWarnings } from './warning.ts'
import { duration, hostList, megabytes, PROGRESS_EVERY_MS } from './wording.ts'

type Result = Event & { type: 'result' }

const symbols: Record<Result['status'], string> = {
  ok: '=',
  changed: '~',
  failed: '!',
  ignored: '!',
  rescued: '!',
  skipped: '-',
  refused: '!',
  unverified: '?',
}

/** What is said of some statuses before their reason. */
const beginnings: Partial<Record<Result['status'], string>> = {
  refused: 'refused: ',
  ignored: 'failed, which is ignored: ',
  rescued: 'failed, which is rescued: ',
}

const isShown = ({ status }: Result, { verbosity }: TextOptions): boolean =>
  verbosity === 'all' || (status !== 'ok' && status !== 'skipped')

const reasonOf = (event: Result): string => {
  const said = event.failure?.what ?? event.why ?? ''
  if (event.status !== 'skipped' || event.needs === undefined || said.includes(event.needs)) return said
  return said === '' ? `needs ${event.needs}` : `needs ${event.needs}: ${said}`
}

/** One finished node: `node0  ~ Install kubo: it is not there (2.1 s)`. */
const resultLines = (event: Result, width: number, { paint, diff }: TextOptions): string[] => {
  const { red, yellow, dim } = paint
  const colour = {
    ok: dim,
    changed: yellow,
    failed: red,
    ignored: yellow,
    rescued: yellow,
    skipped: dim,
    refused: red,
    unverified: red,
  }
  const reason = `${beginnings[event.status] ?? ''}${oneLine(reasonOf(event))}`
  const text = `${symbols[event.status]} ${oneLine(taskLabel(event))}`
  const line = `${event.host.padEnd(width)}  ${colour[event.status](text)}${reason === '' ? '' : `: ${reason}`}`
  const differences = diff === 'show' ? event.diff.flatMap(one => differenceLines(one, paint)) : []
  return [`${line} ${paint.dim(`(${duration(event.ms)})`)}`, ...differences.map(one => indented(one, width + 4))]
}

/** Several lines of a host's text under one name. */
const messageText = (host: string, task: string, text: string, width: number): string => {
  const lines = text.trim().split('\n')
  const head = `${host.padEnd(width)}  . ${oneLine(task)}:`
  return lines.length === 1 ? `${head} ${lines[0]}` : `${head}\n${indented(text, width + 4)}`
}

/** Reports a long transfer now and then, a short one never. */
const createProgress = (say: (text: string) => void): ((event: Event & { type: 'progress' }) => void) => {
  const reported = new Map<string, number>()
  return event => {
    const key = JSON.stringify([event.node, event.what])
    const last = reported.get(key) ?? event.time
    if (!reported.has(key)) reported.set(key, event.time)
    if (event.time - last < PROGRESS_EVERY_MS) return
    reported.set(key, event.time)
    say(`${event.host}: ${oneLine(event.what)}: ${megabytes(event.done)} of ${megabytes(event.total)}`)
  }
}

/** Live lines for a log: what changed and what failed as it happens, and the recap at the end. */
export const createApplyText = (reading: TextOptions, sink: Sink): Reporter => {
  const { paint } = reading
  const ledger = createLedger()
  const warnings = createWarnings(paint, sink.err)
  const out = (...lines: string[]): void => sink.out(`${lines.join('\n')}\n`)
  const progress = createProgress(text => sink.err(`${text}\n`))
  const downloads = createDownloadLines(text => sink.err(`${text}\n`))
  let width = 0
  let written = false
  let isPlanning = true
  const lost = createLostHosts(() => ({ width, hosts: ledger.hosts }), paint)
  const tell = (...lines: string[]): void => {
    const all = [...lost.flush(), ...lines]
    if (all.length === 0) return
    written = true
    out(...all)
  }
  return event => {
    ledger.add(event)
    warnings(event)
    if (event.type === 'planned' && isPlanning) {
      isPlanning = false
      tell()
    }
    if (event.type === 'started') {
      width = Math.max(...event.hosts.map(host => host.length))
      out(`${paint.bold(`Apply ${event.playbook}`)} on ${hostList(event.hosts, event.hosts)}`, '')
    } else if (event.type === 'result') {
      if (isShown(event, reading)) tell(...resultLines(event, width, reading))
    } else if (event.type === 'host-lost') {
      const lines = lost.add(event, isPlanning)
      written ||= lines.length > 0
      if (lines.length > 0) out(...lines)
    } else if (event.type === 'message') tell(messageText(event.host, taskLabel(event), event.text, width))
    else if (event.type === 'running') tell()
    else if (event.type === 'progress') progress(event)
    else if (event.type === 'download') downloads(event)
    else if (event.type === 'summary') {
      tell()
      const lines = recapLines(ledger, event, 'apply', paint)
      if (lines.length === 0) return
      // Before anything has started there is nothing to recap, only what prevented it.
      if (ledger.hosts.length === 0) sink.err(`${lines.join('\n').trimEnd()}\n`)
      else out(...(written ? [''] : []), ...lines)
    }
  }
}
