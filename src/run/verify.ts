import type { Failure } from '../core/failure.ts'
import { quoted } from '../core/quote.ts'
import type { Output, Transport } from '../core/transport.ts'
import { isUnknown, strict } from '../core/unknown.ts'
import { isRecord, same, sha256 } from '../core/value.ts'
import type { Node } from '../graph/graph.ts'
import type { AnyQuery } from '../module/query.ts'
import { askAll } from '../plan/decide.ts'
import { readAll, requireNewReads } from '../plan/plan.ts'
import { ask, type Line, type MissingReads } from '../plan/session.ts'
import { planNode } from '../plan/walk.ts'
import { batch } from '../world/batch.ts'
import { answer } from '../world/world.ts'
import { hostQueries, type Runner } from './runner.ts'

/** What planning again over fresh answers said: done with outputs, or why not (yet). */
export type ReplanResult =
  | { outputs: unknown; failure?: undefined }
  | { outputs?: undefined; failure: Failure; broken: string }

/** Plans again until nothing is missing; what is missing is read first. */
export const replan = async (runner: Runner, plan: (wanted: MissingReads) => Line[]): Promise<Line[]> => {
  for (let last = ''; ; ) {
    const wanted: MissingReads = new Map()
    const lines = plan(wanted)
    if (wanted.size === 0) return lines
    last = requireNewReads(last, wanted)
    await readAll(runner.session, runner, wanted)
    if ([...wanted.keys()].some(host => runner.session.lost.has(host))) return plan(new Map())
  }
}

/** Takes away what planning has laid over the hosts of a node. */
export const clearPredictions = ({ session }: Runner, { hosts }: Node): void => {
  for (const host of hosts) session.worlds.get(host)!.predicted = []
}

/** Plans a node again on all its hosts, with nothing laid over them before. */
export const replanNode = (runner: Runner, node: Node): Promise<Line[]> =>
  replan(runner, wanted => {
    clearPredictions(runner, node)
    return planNode(runner.session, node, wanted).lines
  })

const word = (value: unknown): string =>
  isRecord(value) && typeof value.digest === 'string' ? value.digest.slice(0, 12) : JSON.stringify(value)

/** The first promise that did not come true. Only what was said is compared; an unknown is learned, not compared. */
const brokenPromise = (runner: Runner, line: Line): string | undefined => {
  const world = runner.session.worlds.get(line.host)!
  for (const [query, patch] of line.will) {
    const found = answer(world, query)
    if (isUnknown(found)) continue
    for (const [member, promised] of isRecord(patch) ? Object.entries(patch) : [['', patch]]) {
      const is = member === '' ? found : (found as Record<string, unknown>)[member as string]
      if (promised !== undefined && !isUnknown(promised) && !same(promised, is))
        return `${query.subject}${member ? ` ${member}` : ''}: promised ${word(promised)}, is ${word(is)}`
    }
  }
  return undefined
}

/** After its steps a line must be `ok` when planned again, and hold what it promised. */
export const verdictOf = (runner: Runner, line: Line, again: Line): ReplanResult => {
  const broken = brokenPromise(runner, line)
  if (again.verdict === 'ok' && broken === undefined) return { outputs: again.outputs }
  if (again.verdict === 'fail')
    return {
      broken: again.why ?? '',
      failure: {
        reason: 'task-failed',
        what: again.why ?? 'It failed.',
        ...(again.fix ? { fix: again.fix } : {}),
        origin: line.node.task.origin,
      },
    }
  const why = broken ?? `planned again after its steps it is "${again.verdict}"${again.why ? `: ${again.why}` : ''}`
  return {
    broken: why,
    failure: {
      reason: 'module-broke-promise',
      what: `${line.node.task.module} did not do what it planned.`,
      why,
      fix: 'Run again: the host may have changed meanwhile, such as by a restart of what it asks. If it stays, it is a mistake of the module: report it.',
      origin: line.node.task.origin,
    },
  }
}

const printOf = (outputs: Output[]): string => sha256(Buffer.concat(outputs.map(o => o.stdout)))

const interval = 0.1
const patience = 5

/**
 * Reads the queries again as soon as their output differs from last time, at the latest after 5 s or at the deadline:
 * the host waits, not the wire.
 */
const readWhenDifferent = async (
  runner: Runner,
  transport: Transport,
  host: string,
  queries: AnyQuery[],
  last: string,
  every: number,
  deadline: number,
): Promise<string> => {
  const seconds = Math.min(patience, (deadline - Date.now()) / 1000)
  const turns = Math.max(1, Math.ceil(seconds / every))
  const reads = batch(runner.session.worlds.get(host)!, queries)
  const all = reads.fragments.map(({ sh }) => `( ${sh}\n)`).join('; ')
  const wait = `n=0; while [ $n -lt ${turns} ] && [ "$({ ${all}; } 2>/dev/null </dev/null | sha256sum | cut -c1-64)" = ${last} ]; do sleep ${every}; n=$((n+1)); done`
  const outputs = await transport.run([{ sh: wait }, ...reads.fragments])
  reads.take(outputs.slice(1))
  return printOf(outputs.slice(1))
}

/**
 * Waits until a line's promise holds: re-reads on the host what has said `first` until it says something else, plans
 * again, judges here. Ends early when the module
 * says it is hopeless, at the latest after its `settle` time, with the log's last lines.
 */
export const settle = async (
  runner: Runner,
  transport: Transport,
  line: Line,
  first: Output[],
  judge: () => Promise<ReplanResult>,
): Promise<ReplanResult> => {
  const limit = line.settle?.seconds ?? 0
  const deadline = Date.now() + limit * 1000
  let last = printOf(first)
  for (;;) {
    const again = await judge()
    if (!again.failure || line.settle === undefined) return again
    const seen = strict(askAll(line.reads, ask(runner.session, line.host, new Map())))
    const hopeless = line.settle.hopeless?.(seen as never)
    if (
      hopeless !== undefined ||
      again.failure.reason === 'task-failed' ||
      Date.now() > deadline ||
      runner.signal.aborted
    ) {
      const seemed =
        hopeless ??
        (again.failure.reason === 'task-failed'
          ? again.failure.what
          : `${line.node.task.name}: it did not come true within ${limit} s.`)
      const state = hopeless === undefined ? (line.settle.late?.(seen as never) ?? again.broken) : again.broken
      const log = await logOf(transport, line)
      const found = line.explain?.(`${log}\n${state}`)
      const what = found?.cause ?? seemed
      const fix = found?.fix ?? (again.failure.reason === 'task-failed' ? again.failure.fix : undefined)
      return {
        broken: again.broken,
        failure: {
          reason: 'host-settle',
          what,
          why: (found
            ? [seemed, ...new Set([found.said, ...(hopeless === undefined ? state.split('\n') : [])])]
            : [state, log]
          )
            .filter(t => t !== '' && t !== what)
            .join('\n'),
          ...(fix === undefined ? {} : { fix }),
          origin: line.node.task.origin,
        },
      }
    }
    const every = line.settle.every ?? interval
    last = await readWhenDifferent(runner, transport, line.host, hostQueries(line), last, every, deadline)
  }
}

const logOf = async (transport: Transport, line: Line): Promise<string> => {
  if (!line.settle?.log) return ''
  const [output] = await transport.run([{ sh: quoted(line.settle.log) }])
  return output!.stdout.toString().trimEnd()
}
