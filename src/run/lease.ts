import { setTimeout as pause } from 'node:timers/promises'
import { type Failure, Refusal } from '../core/failure.ts'
import type { LeaseAnswer, LeaseHolder, LeaseRequest } from '../core/transport.ts'
import type { Known } from '../plan/known.ts'
import { type Environment, markLost } from '../plan/plan.ts'

// Two runs that change one machine at once would undo each other's work half-way. So a run leases the machines that it
// changes, from before its first step anywhere to its end.

/** The machines that a run has for itself. */
export type Leases = {
  /** Whether nothing more is to be done before a step on this machine. */
  has(machine: string): boolean
  /**
   * Leases machines, all or none. One that is lost meanwhile is lost, one that nobody can lease is warned of.
   *
   * @throws Refusal `host-locked`, once the patience is over; `inventory-variable` where two names are one machine.
   */
  acquire(machines: string[]): Promise<void>
  giveAll(): Promise<void>
}

/** A run that has just ended, or been killed, needs a moment to let go. */
const LEAST_PATIENCE_MS = 2_000
const AGAIN_MS = 200

/** Under which name a machine is leased: behind who leases it, so that a run knows itself under another name. */
const as = (machine: string): string => ` as ${machine}`

type Busy = { machine: string; holder: LeaseHolder }

/** `seconds`: how long to wait for machines that another run has. */
export const createLeases = (
  known: Known,
  { connect, emit }: Pick<Environment, 'connect' | 'emit'>,
  request: LeaseRequest,
  seconds: number,
  signal: AbortSignal,
): Leases => {
  const settled = new Set<string>()
  const gives = new Map<string, () => Promise<void>>()

  /** Asks for one machine. Returns who else has it. */
  const ask = async (machine: string): Promise<Busy | undefined> => {
    let found: LeaseAnswer
    try {
      found = await (await connect(machine)).lease({ ...request, who: request.who + as(machine) })
    } catch (error) {
      markLost(known, machine, error, emit)
      return undefined
    }
    if (found.is === 'theirs') {
      const { run, who } = found.holder
      const other = who.slice((request.who + as('')).length)
      const isOurs = run === request.run && who === request.who + as(other)
      if (isOurs && other !== machine) throw new Refusal(oneMachine(machine, other))
      return { machine, holder: found.holder }
    }
    if (found.is === 'mine') gives.set(machine, found.give)
    else emit({ type: 'warning', host: machine, text: `it cannot be kept for this run alone: ${found.why}` })
    settled.add(machine)
    return undefined
  }

  /** One machine is asked for before the others: of two runs, who has that one gets the others, or gives it back. */
  const askFrom = async (first: string, others: string[]): Promise<Busy | undefined> => {
    const busy = await ask(first)
    if (busy) return busy
    return (await Promise.all(others.map(ask))).find(other => other !== undefined)
  }

  const giveBack = async (machines: string[]): Promise<void> => {
    await Promise.all(machines.map(machine => gives.get(machine)?.()))
    for (const machine of machines) if (gives.delete(machine)) settled.delete(machine)
  }

  const acquire = async (machines: string[]): Promise<void> => {
    const deadline = Date.now() + Math.max(seconds * 1000, LEAST_PATIENCE_MS)
    let isTold = seconds === 0
    let first = machines[0]
    while (first !== undefined) {
      const others = machines.filter(one => !settled.has(one) && !known.lost.has(one) && one !== first)
      const busy = await askFrom(first, others)
      if (!busy) return
      await giveBack(machines)
      if (Date.now() > deadline) throw new Refusal(locked(busy, seconds))
      const { machine, holder } = busy
      if (!isTold) emit({ type: 'warning', host: machine, text: `it is ${heldBy(holder)}: waiting up to ${seconds} s` })
      isTold = true
      first = machine
      await pause(AGAIN_MS, undefined, { signal })
    }
  }

  return { has: machine => settled.has(machine), giveAll: () => giveBack([...settled]), acquire }
}

/** Two names in the inventory, with two addresses, and this run has the machine already. */
const oneMachine = (machine: string, other: string): Failure => ({
  reason: 'inventory-variable',
  what: `${other} and ${machine} are one machine: this run has it already, as ${other}.`,
  why: 'Each of them was planned as if nothing happened on the other. Nothing was done on either.',
  fix: `Correct the address of one, take ${other} where ${machine} stands (a host may be in any number of groups), or leave one out: --limit '!${machine}'`,
})

const heldBy = ({ run, who }: LeaseHolder): string => `held by run ${run} of ${who}`

const locked = ({ machine, holder }: Busy, seconds: number): Failure => ({
  reason: 'host-locked',
  what: `${machine} is ${heldBy(holder)}.`,
  why: [
    `Two runs at once would undo each other's work. Nothing was done on the hosts that this one asked for together.`,
    `That run is given up ${holder.secondsLeft} s from now unless it is heard of${seconds > 0 ? `; waited for ${seconds} s` : ''}.`,
  ].join('\n'),
  fix: 'Wait for it with --lock-timeout 60; `runbook runs show`, where it was started, tells what it does.',
})
