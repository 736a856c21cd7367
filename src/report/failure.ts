import { isAbsolute, relative } from 'node:path'
import { lineAt } from '../core/controller-file.ts'
import type { Failure, Origin } from '../core/failure.ts'
import type { Paint } from './paint.ts'
import { oneLine, printable } from './printable.ts'
import type { RootCause } from './root-causes.ts'
import { hostList, MOST_NAMED, plural } from './wording.ts'

/** The path as a person in this folder would write it. */
const shortPath = (file: string): string => {
  const short = relative(process.cwd(), file)
  return isAbsolute(file) && !short.startsWith('..') ? short : file
}

/** Undefined when there is no such line any more, or it may not be shown: the place is then all that can be told. */
const sourceLine = (origin: Origin): string | undefined => (origin.unquoted ? undefined : lineAt(origin))

const originLines = (origin: Origin, paint: Paint): string[] => {
  const place = `  ${shortPath(origin.file)}:${origin.line}:${origin.column}`
  const source = sourceLine(origin)
  if (source === undefined || source.trim() === '') return [place]
  // A tab is one column, as in the origin; so it has to be one in the underline.
  const shown = printable(source.replaceAll('\t', ' ')).trimEnd()
  const number = ` ${origin.line}`.padStart(6)
  const length = Math.max(1, Math.min(origin.length ?? 1, shown.length - origin.column + 1))
  const under = `${' '.repeat(origin.column - 1)}${paint.red('^'.repeat(length))}`
  return [place, `${paint.dim(`${number} |`)} ${shown}`, `${paint.dim(`${' '.repeat(number.length)} |`)} ${under}`]
}

/** A label and its text; further lines of the text stand under its first. */
const labelled = (label: string, text: string, paint: Paint): string[] => {
  const [first = '', ...rest] = text.trim().split('\n')
  const blank = ' '.repeat(label.length + 4)
  return [`  ${paint.bold(`${label}:`)} ${first}`, ...rest.map(line => `${blank}${line}`.trimEnd())]
}

/** A failure as lines: what is wrong, where, why it is so, and what to do about it. */
export const failureLines = (failure: Failure, paint: Paint, where: string[] = []): string[] => [
  `${paint.red(`error[${failure.reason}]:`)} ${paint.bold(oneLine(failure.what))}`,
  ...where.map(line => `  ${line}`),
  ...(failure.origin ? originLines(failure.origin, paint) : []),
  ...(failure.why ? labelled('why', failure.why, paint) : []),
  ...(failure.fix ? labelled('fix', failure.fix, paint) : []),
]

/** On which hosts it happened in which tasks; a lost host that its failure names is not named twice. */
const whereLines = ({ failure, hosts, tasks }: RootCause, allHosts: string[]): string[] => {
  if (tasks.length === 0 && hosts.every(host => failure.what.includes(host))) return []
  // Each lost host is named here: nothing else in the output does.
  if (tasks.length === 0 && allHosts.length - hosts.length >= MOST_NAMED) return [hosts.join(', ')]
  return [[hostList(hosts, allHosts), tasks.map(oneLine).join(', ')].filter(part => part !== '').join(': ')]
}

/** A root cause: its failure once, with the hosts and tasks it happened on and how many were skipped because of it. */
export const rootCauseLines = (cause: RootCause, allHosts: string[], paint: Paint): string[] => [
  ...failureLines(cause.failure, paint, whereLines(cause, allHosts)),
  ...(cause.skipped === 0 ? [] : [`  ${plural(cause.skipped, 'task')} skipped because of it`]),
]
