import { setTimeout as sleep } from 'node:timers/promises'
import { leftovers, type Traces, tracesEverywhere } from '../../cluster/leftovers.ts'
import { needNothingToDo } from '../../cluster/network.ts'
import { failures } from '../../cluster/reading.ts'
import type { Rig, Started } from '../../cluster/rig.ts'
import { healthy, need } from '../sweep/state.ts'
import type { Blow } from './blows.ts'

/**
 * What an undisturbed run says when, in ms since its start, which of its lines tell of a task that has changed something,
 * and what it leaves.
 */
export type Undisturbed = { ms: number; said: number[]; changed: number[]; traces: Record<string, Traces> }
/** What came of one blow. `said`: what is wrong, or how the run that was struck ended. */
export type Outcome = { name: string; at: number; converged: boolean; left: string[]; nextMs: number; said: string }

/** The lease of a run that is heard of no more counts for 30 s. */
const patience = ['--lock-timeout', '60']
/** So long may what is cut off take to notice, and to end: a host hangs up when it has heard nothing for 60 s. */
const lease = 80_000

const onFresh = async <T>(lab: Rig, inside: () => Promise<T>): Promise<T> => {
  await lab.raise()
  try {
    return await inside()
  } finally {
    await lab.lab('down')
  }
}

/** Calls `tell` for every line that a run says, but for those of how far an upload has come. */
const listen = ({ child }: Started, tell: (line: string) => void): void => {
  let rest = ''
  child.stdout!.on('data', (piece: string) => {
    const lines = (rest + piece).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (!line.includes('"type":"progress"')) tell(line)
  })
}

const begin = (lab: Rig): Started => lab.start(...lab.words('apply', '--format', 'json'))

/** The run that all others are held against. */
export const undisturbed = (lab: Rig): Promise<Undisturbed> =>
  onFresh(lab, async () => {
    const began = Date.now()
    const said: number[] = []
    const changed: number[] = []
    const run = begin(lab)
    listen(run, line => {
      said.push(Date.now() - began)
      if (line.includes('"type":"result"') && line.includes('"status":"changed"')) changed.push(said.length)
    })
    const { code } = await run.ended
    const ms = Date.now() - began
    need(code === 0, `an undisturbed run ended with ${code}`)
    await needNothingToDo(lab)
    await healthy(lab)
    return { ms, said, changed, traces: await tracesEverywhere(lab) }
  })

/** So many ms after so many lines: a machine that has much to do, or little, meets it at the same point of the work. */
type Moment = { lines: number; after: number }
export type MomentOf = (quiet: Undisturbed, at: number) => Moment

/** The moment at which an undisturbed run was so far. */
export const inTime: MomentOf = ({ ms, said }, at) => {
  const lines = said.filter(time => time <= ms * at).length
  return { lines, after: ms * at - (said[lines - 1] ?? 0) }
}

/** Right behind a task that has changed something: what travels with it in one frame goes on, or has just begun. */
export const behindTask: MomentOf = ({ changed }, at) => ({
  lines: changed[Math.floor(at * changed.length)]!,
  after: 0,
})

const lastTask = (stdout: string): string | undefined =>
  [...stdout.matchAll(/"type":"(?:running|result)".*?"node":"([^"]*)"/g)].at(-1)?.[1]

/** Strikes a run at its moment and returns it; nothing if it had ended before. */
const struck = async (lab: Rig, blow: Blow, { lines, after }: Moment): Promise<Started | undefined> => {
  const run = begin(lab)
  const reached = Promise.withResolvers<'reached'>()
  let left = lines
  if (left === 0) reached.resolve('reached')
  listen(run, () => --left === 0 && reached.resolve('reached'))
  const first = await Promise.race([reached.promise.then(() => sleep(after, 'reached')), run.ended])
  if (first !== 'reached') return undefined
  await blow.strike(lab, run.child, run.ended)
  return run
}

/** How the run that was struck ended. */
const endingOf = async ({ ended }: Started): Promise<string> => {
  const { code, stdout, stderr } = await ended
  need(code !== 70, `the run that was struck found a bug in itself:\n${stdout.slice(-1000)}${stderr}`)
  return `exit ${code ?? 'none'}, last heard of ${lastTask(stdout) ?? 'nothing'}`
}

/** What is left when everything has had the time to notice. */
const left = async (lab: Rig, { traces }: Undisturbed, since: number): Promise<string[]> => {
  for (;;) {
    const found = leftovers(traces, await tracesEverywhere(lab))
    if (found.length === 0 || Date.now() - since > lease) return found
    await sleep(1000)
  }
}

/** A fresh network, a blow so far into its first run, a run to mend it, one to find nothing, and a look around. */
export const play = async (
  lab: Rig,
  quiet: Undisturbed,
  blow: Blow,
  at: number,
  momentOf: MomentOf,
): Promise<Outcome> => {
  const outcome: Outcome = { name: blow.name, at, converged: false, left: [], nextMs: 0, said: '' }
  await onFresh(lab, async () => {
    const run = await struck(lab, blow, momentOf(quiet, at))
    if (!run) return
    try {
      if (!blow.later) outcome.said = await endingOf(run)
      const began = Date.now()
      const told = await lab.apply(...patience)
      outcome.nextMs = Date.now() - began
      need(told.code === 0, `the next run ended with ${told.code}: ${failures(told).join('; ')}`)
      blow.later?.(run.child)
      outcome.said = await endingOf(run)
      await needNothingToDo(lab)
      await healthy(lab)
      outcome.converged = true
      outcome.left = await left(lab, quiet, began)
    } finally {
      run.child.kill('SIGKILL')
    }
  }).catch((error: Error) => {
    outcome.said = `${outcome.said}; ${error.message}`
  })
  // A run that was through before its time has not been struck: once more, and a little earlier.
  return outcome.said === '' ? play(lab, quiet, blow, at * 0.98, momentOf) : outcome
}
