import type { Paint } from './paint.ts'
import { hostList } from './wording.ts'

/** Up to so many hosts have a line each; of more, those with equal counts share one. */
const MOST_LINES = 10

/** A text for each host; of many hosts those with the same text share a line. */
export const rowLines = (rows: [host: string, text: string][], all: string[], paint: Paint): string[] => {
  const shared = [...Map.groupBy(rows, ([, text]) => text)].map(([text, group]): [string, string] => [
    hostList(
      group.map(([name]) => name),
      all,
    ),
    group.length === 1 ? text : `${text} on each`,
  ])
  const shown = all.length > MOST_LINES ? shared : rows
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown.map(([name, text]) => `${paint.bold(name.padEnd(width))}  ${text}`)
}
