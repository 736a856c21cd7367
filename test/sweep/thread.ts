import { parentPort, workerData } from 'node:worker_threads'
import { judged } from './judge.ts'
import { kindNamed } from './kinds.ts'
import { mutated } from './mutate.ts'
import { randomFrom } from './random.ts'

/** What a thread is to try. `at` is where it says which input it is at, for whoever sees it no more. */
export type Task = { kinds: string[]; seed: number; from: number; to: number; at: Int32Array }
/** An input that did what none may do. */
export type Found = { kind: string; index: number; what: string; why: string; input: Uint8Array }

const { kinds, seed, from, to, at } = workerData as Task

const corpora = new Map<string, Buffer[]>()
for (const name of kinds) corpora.set(name, await kindNamed(name).corpus())

/** The kinds take turns. */
const kindAt = (index: number): string => kinds[index % kinds.length]!
for (let index = from; index < to; index += 1) {
  const kind = kindAt(index)
  const input = mutated(corpora.get(kind)!, randomFrom(seed, index))
  Atomics.store(at, 0, index)
  const fault = await judged(kindNamed(kind), input)
  if (fault) parentPort!.postMessage({ kind, index, ...fault, input } satisfies Found)
}
Atomics.store(at, 0, to)
