import type { Event, Explained } from '../core/event.ts'
import { createLedger } from './ledger.ts'
import type { Paint } from './paint.ts'
import { indented, oneLine } from './printable.ts'
import { rootCauseText } from './recap.ts'
import type { Reporter, Sink, TextOptions } from './reporter.ts'
import { createWarnings } from './warning.ts'

const word = (value: unknown): string => (typeof value === 'string' && value !== '' ? value : JSON.stringify(value))

/** A record on one line, as far as one can be read. */
const inLine = (value: unknown): string => {
  const text =
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value)
          .map(([key, member]) => `${key} ${word(member)}`)
          .join(', ')
      : word(value)
  return oneLine(text.length > 300 ? `${text.slice(0, 299)}…` : text)
}

const section = (title: string, lines: string[], paint: Paint): string[] =>
  lines.length === 0 ? [] : [`  ${paint.bold(title)}`, ...lines.map(line => indented(line, 4))]

/** Edges by what they are: `order: node0/a`, `value: node1/b, node2/b`. */
const edges = (list: Explained['waitsFor']): string[] =>
  [...Map.groupBy(list, ({ kind }) => kind)].map(([kind, own]) => `${kind}: ${own.map(({ node }) => node).join(', ')}`)

const readLine = ({ subject, use, is, after }: Explained['reads'][number], paint: Paint): string => {
  const text = inLine(is)
  // An unknown value already says after which node it is known.
  const isTold = after.length === 1 && text === `(known after ${after[0]})`
  const from = after.length === 0 || isTold ? '' : paint.cyan(` (after ${after.join(', ')})`)
  return `${use === 'owned' ? '' : paint.dim('uses ')}${oneLine(subject)}: ${text}${from}`
}

/** The verdict and why; of a change that is certain also which node its details wait for. */
const verdictText = ({ verdict, why, needs }: Explained): string => {
  const details = verdict === 'change' && needs !== undefined ? [`details after ${needs}`] : []
  return [verdict, ...details, ...(why ? [oneLine(why)] : [])].join(', ')
}

const explainedLines = (one: Explained, paint: Paint): string[] => {
  const { file, line, column } = one.origin
  return [
    `${paint.bold(one.node)}: ${verdictText(one)}`,
    `  ${one.task}, module ${one.module}, ${file}:${line}:${column}`,
    ...(one.fix ? [`  ${paint.bold('fix:')} ${oneLine(one.fix)}`] : []),
    ...section(
      'condition',
      one.conditions.map(text => oneLine(text)),
      paint,
    ),
    ...section(
      'arguments',
      Object.entries(one.arguments).map(([name, value]) => `${name}: ${inLine(value)}`),
      paint,
    ),
    ...section(
      'reads',
      one.reads.map(read => readLine(read, paint)),
      paint,
    ),
    ...section(
      'promises',
      one.will.map(({ subject, is }) => `${oneLine(subject)}: ${inLine(is)}`),
      paint,
    ),
    ...section(
      'steps',
      one.steps.map(step => oneLine(step)),
      paint,
    ),
    ...section('comes after', edges(one.waitsFor), paint),
    ...section('comes before', edges(one.waitedForBy), paint),
    '',
  ]
}

/** Prints what is explained as it comes, and at the end what went wrong. */
export const createExplainText = ({ paint }: TextOptions, sink: Sink): Reporter => {
  const ledger = createLedger()
  const warnings = createWarnings(paint, sink.err)
  return (event: Event) => {
    ledger.add(event)
    warnings(event)
    if (event.type === 'explained') sink.out(`${explainedLines(event, paint).join('\n')}\n`)
    if (event.type !== 'summary') return
    const causes = rootCauseText(ledger, event, paint).join('\n').trimEnd()
    if (causes !== '') sink.err(`${causes}\n`)
  }
}
