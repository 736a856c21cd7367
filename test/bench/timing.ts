import { spawn } from 'node:child_process'

/** One whole process: how long it took as seen from outside, what it said where that was asked for, how it ended. */
export type Ran = { ms: number; code: number; stdout: string; stderr: string }

export type Process = {
  argv: string[]
  env?: Record<string, string>
  /** Keep what it prints; else that is thrown away, as nobody reads it. */
  keep?: boolean
}

const running = new Set<ReturnType<typeof spawn>>()

/** Ends what is running, for a stop by the user. */
export const endAll = (): void => {
  for (const child of running) child.kill('SIGTERM')
}

export const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '')

/** Runs one process to its end and times it. */
export const runOnce = ({ argv, env, keep = false }: Process): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const [program, ...rest] = argv as [string, ...string[]]
    const began = process.hrtime.bigint()
    const stdio: ('ignore' | 'pipe')[] = ['ignore', keep ? 'pipe' : 'ignore', 'pipe']
    const child = spawn(program, rest, { cwd: root, env: { ...process.env, ...env }, stdio })
    running.add(child)
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.on('data', chunk => {
        said[stream] += chunk
      })
    let ms = 0
    child.on('error', reject)
    child.on('exit', () => {
      ms = Number(process.hrtime.bigint() - began) / 1e6
    })
    child.on('close', (code, signal) => {
      running.delete(child)
      resolve({ ms, code: code ?? -1, ...said, stderr: said.stderr || (signal ?? '') })
    })
  })

/** The same, where anything but success makes its time worthless. */
export const must = async (what: Process): Promise<Ran> => {
  const ran = await runOnce(what)
  if (ran.code === 0) return ran
  const words = [ran.stdout, ran.stderr].map(text => text.trim().split('\n').slice(-15).join('\n')).filter(Boolean)
  throw new Error([`exit code ${ran.code} from: ${what.argv.join(' ').slice(0, 300)}`, ...words].join('\n'))
}

export const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** How often each of two is timed. */
export const ROUNDS = 5

/**
 * Medians of two processes, timed by turns, so that a machine that is busy for a while is so for both. One round
 * before that warms both up and does not count.
 */
export const byTurns = async (
  ours: Process,
  theirs: Process,
  rounds = ROUNDS,
): Promise<{ ours: number; theirs: number }> => {
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let round = 0; round <= rounds; round++) {
    const [a, b] = [await must(ours), await must(theirs)]
    if (round === 0) continue
    times.ours.push(a.ms)
    times.theirs.push(b.ms)
  }
  return { ours: median(times.ours), theirs: median(times.theirs) }
}
