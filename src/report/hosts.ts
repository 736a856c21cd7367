import { isUtf8 } from 'node:buffer'
import type { Event } from '../core/event.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createLostHosts } from './lost-hosts.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'
import { rootCauseText } from './recap.ts'
import type { Reporter, Sink, TextOptions } from './reporter.ts'
import { createWarnings } from './warning.ts'
import { duration, hostList, plural } from './wording.ts'

type Output = Event & { type: 'output' }
type Result = Event & { type: 'result' }

/** A line of bytes that are no text: what is none of it is shown by its number. */
const shownBytes = (line: Buffer): string =>
  isUtf8(line)
    ? printable(`${line}`)
    : printable(line.toString('latin1').replace(/[\x80-\xff]/g, byte => `\\x${byte.charCodeAt(0).toString(16)}`))

const splitBytes = (bytes: Buffer): Buffer[] => {
  const lines: Buffer[] = []
  for (let at = 0; at <= bytes.length; ) {
    const end = bytes.indexOf(0x0a, at)
    lines.push(bytes.subarray(at, end < 0 ? bytes.length : end))
    at = end < 0 ? bytes.length + 1 : end + 1
  }
  return lines
}

/** The lines of an output, without the one that is empty behind the last line's end. */
const linesOf = ({ text, base64 }: Output): string[] => {
  const lines = text === undefined ? splitBytes(Buffer.from(base64 ?? '', 'base64')).map(shownBytes) : text.split('\n')
  // A line of a terminal ends in CR and LF; the CR is written out by now.
  return (lines.at(-1) === '' ? lines.slice(0, -1) : lines).map(line => line.replace(/\\r$/, ''))
}

const reachedLine = (event: Event & { type: 'reached' }, width: number, paint: Paint): string => {
  const { host, user, identity, connection, ms } = event
  const who = identity === user ? user : `${user}, as ${identity}`
  return `${paint.bold(host.padEnd(width))}  ${paint.green('ok')}  ${who} by ${connection} in ${ms} ms`
}

const counted = (those: Set<string>, what: string, paint: (text: string) => string, all: string[]): string[] => {
  const names = all.filter(host => those.has(host))
  return names.length === 0
    ? []
    : [paint(`${names.length} ${what}`) + (what === 'ok' ? '' : ` (${hostList(names, all)})`)]
}

/** How it went, in one line. */
const totalLine = (
  asked: string[],
  done: Set<string>,
  failed: Set<string>,
  ledger: Ledger,
  { wallMs }: Event & { type: 'summary' },
  paint: Paint,
): string => {
  const parts = [
    ...counted(done, 'ok', paint.green, asked),
    ...counted(failed, 'failed', paint.red, asked),
    ...counted(new Set(ledger.lost.keys()), 'lost', paint.red, asked),
  ]
  const counts = parts.length === 0 ? 'none has ended' : parts.join(', ')
  return `${plural(asked.length, 'host')}: ${counts} in ${duration(wallMs)}`
}

/**
 * What `exec` and `ping` tell: output as it comes, by whole lines with the host in front, each stream of a host on that
 * stream of ours; and in the end, on stderr, what went wrong and the counts.
 */
export const createHostsText = ({ paint }: TextOptions, sink: Sink): Reporter => {
  const ledger = createLedger()
  const done = new Set<string>()
  const failed = new Set<string>()
  let asked: string[] = []
  let width = 0
  const lost = createLostHosts(() => ({ width, hosts: asked }), paint)
  const warnings = createWarnings(paint, sink.err)
  const say = (lines: string[]): void => {
    for (const line of lines) sink.err(`${line}\n`)
  }
  const ended = ({ host, status, failure, code }: Result): void => {
    if (status === 'ok') return void done.add(host)
    failed.add(host)
    sink.err(
      `${paint.bold(host.padEnd(width))} ${paint.red('!')} ${code === undefined ? failure?.what : `ended with ${code}`}\n`,
    )
  }
  const finish = (summary: Event & { type: 'summary' }): void => {
    say(lost.flush())
    // That a command has failed was told when it did.
    const failures = summary.failures.filter(({ reason }) => reason !== 'task-failed')
    const causes = rootCauseText(ledger, { ...summary, failures }, paint)
    if (causes.length > 0) say(['', ...causes.slice(0, -1)])
    if (asked.length > 0) say(['', totalLine(asked, done, failed, ledger, summary, paint)])
  }
  return event => {
    if (event.type !== 'result') ledger.add(event)
    warnings(event)
    if (event.type === 'play') {
      asked = event.hosts
      width = Math.max(...asked.map(host => host.length))
    } else if (event.type === 'output') {
      const print = event.stream === 'stdout' ? sink.out : sink.err
      const name = paint.bold(event.host.padEnd(width))
      print(
        linesOf(event)
          .map(line => `${name} | ${line}\n`)
          .join(''),
      )
    } else if (event.type === 'reached') {
      done.add(event.host)
      sink.out(`${reachedLine(event, width, paint)}\n`)
    } else if (event.type === 'host-lost') say(lost.add(event, false))
    else if (event.type === 'result') ended(event)
    else if (event.type === 'summary') finish(event)
  }
}
