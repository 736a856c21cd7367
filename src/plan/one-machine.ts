import type { Node } from '../graph/graph.ts'
import { failLine, type Line } from './line.ts'

/** What both of two lines promise to set. */
const setByBoth = (one: Line, other: Line): string | undefined => {
  const keys = new Set(one.will.map(([query]) => query.key))
  return other.will.find(([query]) => keys.has(query.key))?.[0].subject
}

/**
 * The lines of a collective, of which those fail that would set what another name of their machine sets: it decides for all
 * hosts at once, from what is there before any of them has done anything, so neither sees the other.
 */
export const apartOnMachines = ({ machines }: Node, lines: Line[]): Line[] =>
  machines.size === 0
    ? lines
    : lines.map((line, i) => {
        const names = lines
          .slice(0, i)
          .filter(({ machine, verdict }) => machine === line.machine && verdict === 'change')
        for (const other of line.verdict === 'change' ? names : []) {
          const subject = setByBoth(other, line)
          if (subject === undefined) continue
          const fix = 'leave one of them out here, or give each one of its own'
          const why = `${other.host} and ${line.host} are one machine, and both would set ${subject} there at once`
          return failLine({ ...line, will: [], steps: [], phases: [], diff: [] }, why, fix)
        }
        return line
      })
