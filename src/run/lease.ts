import { setTimeout as pause } from 'node:timers/promises'
import { type Failure, Refusal } from '../core/failure.ts'
import type { LeaseAnswer, LeaseClaim, LeaseHolder } from '../core/transport.ts'
import { type Environment, markLost, readAll } from '../plan/plan.ts'
import type { Line, Session } from '../plan/session.ts'
import type { Planned } from '../plan/walk.ts'
import { invalidate } from '../world/world.ts'
import type { Runner } from './runner.ts'

// Two runs that change one host at once would undo each other's work half-way. So a run has the hosts that it changes
// for itself, from before its first step anywhere to its end.

/** The hosts that a run has for itself. */
export type Leases = {
  /** Whether nothing more is to be done before a step on this host. */
  has(host: string): boolean
  /**
   * Takes hosts, all or none. One that is lost meanwhile is lost, one that cannot be held by anybody is warned of.
   *
   * @throws Refusal `host-locked`, once the patience is over.
   */
  take(hosts: string[]): Promise<void>
  giveAll(): Promise<void>
}

/** A run that has just ended, or been killed, needs a moment to let go. */
const LEAST_PATIENCE_MS = 2_000
const AGAIN_MS = 200

type Busy = { host: string; holder: LeaseHolder }

/** `seconds`: how long to wait for hosts that another run has. */
export const createLeases = (
  session: Session,
  { connect, emit }: Pick<Environment, 'connect' | 'emit'>,
  claim: LeaseClaim,
  seconds: number,
  signal: AbortSignal,
): Leases => {
  const settled = new Set<string>()
  const gives = new Map<string, () => Promise<void>>()

  /** Asks for one host. Returns who else has it. */
  const ask = async (host: string): Promise<Busy | undefined> => {
    let hold: LeaseAnswer
    try {
      hold = await (await connect(host)).lease(claim)
    } catch (error) {
      markLost(session, host, error, emit)
      return undefined
    }
    if (hold.is === 'theirs') return { host, holder: hold.holder }
    if (hold.is === 'mine') gives.set(host, hold.give)
    else emit({ type: 'warning', host, text: `it cannot be kept for this run alone: ${hold.why}` })
    settled.add(host)
    return undefined
  }

  /** Two runs that ask for the same hosts meet at the first: who has that one gets the others, or gives it back. */
  const round = async (first: string, others: string[]): Promise<Busy | undefined> => {
    const busy = await ask(first)
    if (busy) return busy
    return (await Promise.all(others.map(ask))).find(other => other !== undefined)
  }

  const giveBack = async (hosts: string[]): Promise<void> => {
    await Promise.all(hosts.map(host => gives.get(host)?.()))
    for (const host of hosts) if (gives.delete(host)) settled.delete(host)
  }

  return {
    has: host => settled.has(host),
    giveAll: () => giveBack([...settled]),
    take: async hosts => {
      const deadline = Date.now() + Math.max(seconds * 1000, LEAST_PATIENCE_MS)
      let isTold = seconds === 0
      let first = hosts[0]
      while (first !== undefined) {
        const wanted = hosts.filter(host => !settled.has(host) && !session.lost.has(host) && host !== first)
        const busy = await round(first, wanted)
        if (!busy) return
        await giveBack(hosts)
        if (Date.now() > deadline) throw new Refusal(locked(busy, seconds))
        const { host, holder } = busy
        if (!isTold) emit({ type: 'warning', host, text: `it is ${heldBy(holder)}: waiting up to ${seconds} s` })
        isTold = true
        first = host
        await pause(AGAIN_MS, undefined, { signal })
      }
    },
  }
}

const heldBy = ({ run, who }: LeaseHolder): string => `held by run ${run} of ${who}`

const locked = ({ host, holder }: Busy, seconds: number): Failure => ({
  reason: 'host-locked',
  what: `${host} is ${heldBy(holder)}.`,
  why: [
    `Two runs at once would undo each other's work. Nothing was done on the hosts that this one asked for together.`,
    `That run is given up ${holder.secondsLeft} s from now unless it is heard of${seconds > 0 ? `; waited for ${seconds} s` : ''}.`,
  ].join('\n'),
  fix: 'Wait for it with --lock-timeout 60; `runbook runs show`, where it was started, tells what it does.',
})

/** The hosts of a plan that get a step, or may: not those whose plan holds a `fail`. */
const actingHosts = ({ graph, lost }: Session, planned: Planned[]): string[] => {
  const lines = planned.flatMap(p => p.lines).filter(line => line.node.included.has(line.host))
  if (lines.some(line => line.isBarred)) return []
  const failing = new Set(lines.filter(line => line.verdict === 'fail' && !line.refusal).map(line => line.host))
  const acts = (line: Line): boolean => line.verdict === 'change' || line.verdict === 'undecided'
  const acting = new Set(lines.filter(acts).flatMap(line => (line.node.collective ? line.node.hosts : [line.host])))
  return graph.hosts.filter(host => acting.has(host) && !failing.has(host) && !lost.has(host))
}

/** Everything that was read of hosts is read again: what others have done until they were held may have changed it. */
export const readAgain = async (session: Session, outside: Environment, hosts: string[]): Promise<void> => {
  const asked = new Map(hosts.map(host => [host, [...session.worlds.get(host)!.asked.values()]]))
  for (const host of hosts) invalidate(session.worlds.get(host)!, ['any'])
  await readAll(session, outside, asked)
}

const wordOf = ({ verdict, why }: Line): string => `${verdict} ${why}`

/** Tells of what is not as the plan said. A plan is told once: what comes of it now, the results tell. */
const tellChanges = ({ emit }: Environment, before: Planned[], now: Planned[]): void => {
  const said = new Map(before.flatMap(p => p.lines).map(line => [line.id, wordOf(line)]))
  const lines = now.flatMap(p => p.lines).filter(line => line.node.included.has(line.host))
  const others = lines.filter(line => said.get(line.id) !== wordOf(line))
  for (const [host, own] of Map.groupBy(others, line => line.host)) {
    const names = [...new Set(own.map(line => line.node.task.slug))].join(', ')
    emit({ type: 'warning', host, text: `it has changed since it was read; planned anew: ${names}.` })
  }
}

/** A node's lines as they are now. Those that a lost host keeps from running are known by what they were, item by item. */
const linesOf = (before: Planned, now: Planned): Line[] => {
  const kept = new Set(
    now.lines.filter(line => line.needs !== undefined && line.verdict === 'skipped').map(l => l.host),
  )
  return [...now.lines.filter(line => !kept.has(line.host)), ...before.lines.filter(line => kept.has(line.host))]
}

/**
 * Takes the hosts on which a plan does something, and plans them again from what they are then. With nothing to do
 * anywhere no host is taken, and nothing read.
 */
export const takeHosts = async (runner: Runner, before: Planned[]): Promise<Planned[]> => {
  const { session, leases } = runner
  let sure = before
  for (;;) {
    const hosts = actingHosts(session, sure).filter(host => !leases.has(host))
    if (hosts.length === 0) return sure
    await leases.take(hosts)
    const held = hosts.filter(host => !session.lost.has(host))
    await readAgain(session, runner, held)
    const last = sure
    sure = (await runner.again()).map((now, i) => ({ ...now, lines: linesOf(last[i]!, now) }))
    tellChanges(runner, last, sure)
  }
}
