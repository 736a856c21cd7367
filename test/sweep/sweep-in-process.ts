import { Worker } from 'node:worker_threads'
import { kindNamed, kinds } from './kinds.ts'
import { mutated } from './mutate.ts'
import { randomFrom } from './random.ts'
import type { Found, Task } from './thread.ts'

/** An input that has not ended after so long never does: of CPU it may take a second. */
const PATIENCE_MS = 20_000
/** The heap of the thread, in MiB: an input that wants more ends it. */
const MOST_HEAP = 450

type Sweep = { seed: number; runs: number; kinds?: string[] }

/** Tries inputs from `from` on until one ends the thread, or all are tried. Says where the next one begins. */
const tried = (task: Omit<Task, 'at'>, found: (one: Found) => void): Promise<number> => {
  const at = new Int32Array(new SharedArrayBuffer(4))
  at[0] = task.from - 1
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const worker = new Worker(new URL('thread.ts', import.meta.url), {
    workerData: { ...task, at } satisfies Task,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP },
  })
  let seen = { index: -2, since: Date.now() }
  const lost = async (what: string, why: string): Promise<void> => {
    const index = Atomics.load(at, 0)
    if (index < task.from) return reject(new Error(`the first input was never come to: ${what} ${why}`))
    const kind = task.kinds[index % task.kinds.length]!
    found({ kind, index, what, why, input: mutated(await kindNamed(kind).corpus(), randomFrom(task.seed, index)) })
    resolve(index + 1)
  }
  const watch = setInterval(() => {
    const index = Atomics.load(at, 0)
    if (index !== seen.index) seen = { index, since: Date.now() }
    // To load everything takes its time too.
    else if (Date.now() - seen.since > PATIENCE_MS * (index < task.from ? 5 : 1)) {
      clearInterval(watch)
      worker.removeAllListeners()
      void worker.terminate()
      void lost('does not end', `it was given ${PATIENCE_MS / 1000} s`)
    }
  }, 200)
  worker.on('message', found)
  worker.on('error', error => {
    clearInterval(watch)
    worker.removeAllListeners()
    const { code = '', stack = error } = error as NodeJS.ErrnoException
    void lost('ends the thread', `${code} ${stack}`.slice(0, 1500))
  })
  worker.on('exit', () => {
    clearInterval(watch)
    resolve(task.to)
  })
  return promise
}

/** Tries so many mutated inputs of each kind in turn, in a thread of its own, and says all that did what none may do. */
export const sweepInProcess = async (
  { seed, runs, kinds: only }: Sweep,
  tell: (one: Found) => void = () => {},
): Promise<Found[]> => {
  const found: Found[] = []
  const names = only ?? kinds.map(({ name }) => name)
  for (let from = 0; from < runs; )
    from = await tried({ kinds: names, seed, from, to: runs }, one => {
      found.push(one)
      tell(one)
    })
  return found
}
