import { Rig } from '../../cluster/rig.ts'
import { type Blow, blows } from './blows.ts'
import { behindTask, inTime, type Outcome, play, undisturbed } from './moment.ts'

export type Kind = keyof typeof blows
export const kinds = Object.keys(blows) as Kind[]

const seconds = (ms: number): string => (ms / 1000).toFixed(1)

const line = ({ name, at, converged, left, nextMs, said }: Outcome): string[] => [
  `  ${converged && left.length === 0 ? 'ok  ' : 'FAIL'}  ${(at * 100).toFixed(1).padStart(5)} %  ${name.padEnd(44)} next run ${seconds(nextMs).padStart(5)} s  ${said}`,
  ...left.map(text => `        left: ${text}`),
]

const row = (kind: string, outcomes: Outcome[]): string => {
  const times = outcomes.map(({ nextMs }) => nextMs).toSorted((a, b) => a - b)
  const numbers = [
    outcomes.length,
    outcomes.filter(({ converged }) => converged).length,
    outcomes.reduce((sum, { left }) => sum + left.length, 0),
    ...[times[0]!, times[times.length >> 1]!, times.at(-1)!].map(seconds),
  ]
  return [kind.padEnd(8), ...numbers.map(number => String(number).padStart(9))].join('  ')
}

/**
 * Runs that are struck at so many evenly spread moments of what an undisturbed one takes, each on fresh hosts; reboots at
 * a sixth as many; those inside frames right behind tasks that have changed something. Says each outcome as it comes, the table at the end.
 */
export const faults = async (
  artifacts: string,
  wanted: Kind[],
  moments: number,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<{ passed: number; failed: number }> => {
  const lab = new Rig('faults', artifacts)
  const outcomes = new Map<Kind, Outcome[]>()
  try {
    const quiet = await undisturbed(lab)
    say(`an undisturbed run takes ${seconds(quiet.ms)} s`)
    for (const kind of wanted) {
      const all: Blow[] = blows[kind]
      const count = kind === 'reboots' ? Math.ceil(moments / 7) : moments
      const momentOf = kind === 'frames' ? behindTask : inTime
      outcomes.set(kind, [])
      say(kind)
      for (let k = 0; k < count && !signal.aborted; k++) {
        const outcome = await play(lab, quiet, all[k % all.length]!, (k + 0.5) / count, momentOf)
        outcomes.get(kind)!.push(outcome)
        for (const text of line(outcome)) say(text)
      }
    }
  } finally {
    await lab.takeDown()
  }
  say(
    ['kind    ', ...['moments', 'converged', 'left', 'min s', 'med s', 'max s'].map(head => head.padStart(9))].join(
      '  ',
    ),
  )
  for (const [kind, found] of outcomes) if (found.length > 0) say(row(kind, found))
  const every = [...outcomes.values()].flat()
  const failed = every.filter(({ converged, left }) => !converged || left.length > 0).length
  return { passed: every.length - failed, failed }
}
