import type { Emit } from '../../core/event.ts'
import { type Failure, Refusal } from '../../core/failure.ts'
import type { Transport } from '../../core/transport.ts'
import { machineOf } from '../../graph/graph.ts'
import { createReport } from '../../report/report.ts'
import type { Target } from '../../settings/target.ts'
import { type HostOptions, prepareHosts } from './prepare-hosts.ts'
import { type ReachableHosts, roundTripsOf, warnOfKeys, withTargets } from './targets.ts'
import { endedBy, interruptible, reportOptionsFor, type Shown, withReport } from './with-report.ts'

/** A host that answers, as the identity that was asked for. */
export type ReachedHost = { host: string; target: Target; transport: Transport }

/** What is done on each host. What it refuses is told as the host's failure. */
export type OnHost = (reached: ReachedHost, emit: Emit) => Promise<void>

const interrupted = (ended: ReturnType<typeof endedBy>, running: string[]): { exit: number; failures: Failure[] } => ({
  exit: ended.exit,
  failures: [
    {
      reason: 'run-interrupted',
      what: ended.what,
      ...(running.length > 0 && {
        why: `Under way on ${running.join(', ')}. What ran there was told to end: what it has done is not known.`,
      }),
    },
  ],
})

/** Reaches all hosts at once and does something on each. Returns those that had not ended when it was broken off. */
const onEach = async (
  { known, targets, pool }: ReachableHosts,
  work: OnHost,
  { emit, signal }: { emit: Emit; signal: AbortSignal },
): Promise<string[]> => {
  const cut: string[] = []
  const { graph } = known
  const one = async (host: string): Promise<void> => {
    const machine = machineOf(graph.source, host)
    let isReached = false
    try {
      const transport = await pool.connect(machine)
      isReached = true
      const become = graph.nodes.find(node => node.hosts.includes(host))?.become.get(host)
      await work({ host, target: targets[machine]!, transport: transport.as(become) }, emit)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (!signal.aborted) emit({ type: 'host-lost', host, failure: error.failures[0]! })
      else if (isReached) cut.push(host)
    }
  }
  await Promise.all(graph.hosts.map(one))
  return cut
}

/** When nobody reads what is printed any more, as with `| head`, it ends as by Ctrl-C. */
const untilUnread = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.kill(process.pid, 'SIGINT')
    })
}

/**
 * A command on hosts without a playbook: reads the inventory, reaches the hosts of a pattern and does something on each, all
 * at once. Returns the exit code.
 */
export const onHosts = async (
  command: 'exec' | 'ping',
  pattern: string,
  options: HostOptions & Shown,
  work: OnHost,
): Promise<number> => {
  const to = reportOptionsFor(options, command)
  const report = createReport(to)
  let connected: ReachableHosts | undefined
  const { signal, release } = interruptible(() => void connected?.pool.closeAll())
  untilUnread()
  const trips = (): Record<string, number> => roundTripsOf(connected)
  const inside = async (): Promise<number> => {
    const { emit } = report
    const listener = { secrets: to.redact, signal, emit }
    connected = await withTargets(await prepareHosts(pattern, options, listener), listener)
    emit({ type: 'play', name: command, hosts: connected.known.graph.hosts })
    for (const text of connected.warnings) emit({ type: 'warning', text })
    const cut = await onEach(connected, work, { emit, signal })
    await warnOfKeys(connected, emit)
    return report.finish({ roundTrips: trips(), ...(signal.aborted ? interrupted(endedBy(signal, command), cut) : {}) })
  }
  try {
    return await withReport(report, inside, trips)
  } finally {
    release()
    await connected?.pool.closeAll()
  }
}
