import { quoted } from '../core/quote.ts'
import type { Output, Transport } from '../core/transport.ts'
import { strict } from '../core/unknown.ts'
import { sha256 } from '../core/value.ts'
import { askAll } from '../plan/decide.ts'
import type { Line } from '../plan/line.ts'
import { ask, withoutPredictions } from '../plan/walk-state.ts'
import { batch } from '../world/batch.ts'
import type { RunContext } from './context.ts'
import { waitFailure } from './failure-messages.ts'
import { hostQueries, type ReplanResult } from './verify.ts'

/** In seconds: between two looks, and for how long a host looks by itself before it tells what it sees. */
const interval = 0.1
const patience = 5

const digestOf = (outputs: Output[]): string => sha256(Buffer.concat(outputs.map(o => o.stdout)))

/**
 * Reads what a line asks again as soon as its output differs from last time, at the latest after 5 s or at the deadline:
 * the host waits, not the wire. Returns the digest of the output.
 */
const readWhenDifferent = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  last: string,
  deadline: number,
): Promise<string> => {
  const every = line.settle?.every ?? interval
  const seconds = Math.min(patience, (deadline - Date.now()) / 1000)
  const rounds = Math.max(1, Math.ceil(seconds / every))
  const reads = batch(context.known.answers.get(line.machine)!, hostQueries(context.known, line))
  const all = reads.fragments.map(({ sh }) => `( ${sh}\n)`).join('; ')
  const wait = `n=0; while [ $n -lt ${rounds} ] && [ "$({ ${all}; } 2>/dev/null </dev/null | sha256sum | cut -c1-64)" = ${last} ]; do sleep ${every}; n=$((n+1)); done`
  const outputs = await transport.run([{ sh: wait }, ...reads.fragments])
  reads.record(outputs.slice(1))
  return digestOf(outputs.slice(1))
}

/** The last words of the log, and what was measured: in one frame. */
const lookedInto = async (transport: Transport, commands: (string[] | undefined)[]): Promise<string> => {
  const asked = commands.filter(command => command !== undefined)
  if (asked.length === 0) return ''
  const outputs = await transport.run(asked.map(command => ({ sh: quoted(command) })))
  return outputs
    .map(({ stdout }) => stdout.toString().trimEnd())
    .filter(text => text !== '')
    .join('\n')
}

/**
 * Waits until a line's promise holds: re-reads on the host what has said `first` until it says something else, plans
 * again, judges here. Ends early when the module says it is hopeless, at the latest after its `settle` time, with the
 * log's last lines.
 */
export const settle = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  first: Output[],
  judge: () => Promise<ReplanResult>,
): Promise<ReplanResult> => {
  const { settle: limits } = line
  const deadline = Date.now() + (limits?.seconds ?? 0) * 1000
  let last = digestOf(first)
  for (;;) {
    const again = await judge()
    if (!again.failure || limits === undefined) return again
    const { failure: failed, broken } = again
    const seen = strict(askAll(line.reads, ask(withoutPredictions(context.walk), line.machine)))
    const hopeless = limits.hopeless?.(seen as never)
    context.signal.throwIfAborted()
    const isOver = failed.reason === 'task-failed' || Date.now() > deadline
    if (hopeless === undefined && !isOver) {
      last = await readWhenDifferent(context, transport, line, last, deadline)
      continue
    }
    const state = hopeless === undefined ? (limits.late?.(seen as never) ?? broken) : broken
    const log = await lookedInto(transport, [limits.log, limits.examine?.(seen as never)])
    return { broken, failure: waitFailure(line, { failed, hopeless, state, log }) }
  }
}
