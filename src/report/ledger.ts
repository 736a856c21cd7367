import type { Difference, Event, NodeRef, PlanVerdict, Status } from '../core/event.ts'
import type { Failure } from '../core/failure.ts'

/** What is known of one node: what the plan said, and in an apply what became of it. */
export type LedgerEntry = NodeRef & {
  verdict?: PlanVerdict
  status?: Status
  why?: string
  needs?: string
  waits?: true
  always?: true
  turn?: true
  /** It would fail, and the work on its host goes on behind it. */
  rescued?: true
  /** The end of the run came before it. */
  unbegun?: true
  steps: string[]
  stepsRun: number
  diff: Difference[]
  failure?: Failure
}

/** All that happened so far, by host and node: counts, root causes and texts are made from it. */
export type Ledger = {
  add(event: Event): void
  readonly command: 'plan' | 'apply' | undefined
  readonly playbook: string
  /** In inventory order. */
  readonly hosts: string[]
  /** By host in inventory order, in the order of the events within one. */
  entries(): LedgerEntry[]
  readonly lost: ReadonlyMap<string, Failure>
}

const planned = (event: Event & { type: 'planned' }): LedgerEntry => ({
  host: event.host,
  node: event.node,
  task: event.task,
  verdict: event.verdict,
  ...(event.why !== undefined && { why: event.why }),
  ...(event.needs !== undefined && { needs: event.needs }),
  ...(event.waits && { waits: true }),
  ...(event.always && { always: true }),
  ...(event.turn && { turn: true }),
  ...(event.failure && { failure: event.failure }),
  ...(event.rescued && { rescued: true }),
  steps: event.steps,
  stepsRun: 0,
  diff: event.diff,
})

/** A node that has drifted: apply would change it again. */
const drifted = ({ host, node, task, why, diff }: Event & { type: 'drifted' }): LedgerEntry => ({
  host,
  node,
  task,
  verdict: 'change',
  why,
  steps: [],
  stepsRun: 0,
  diff,
})

const finished = (before: LedgerEntry | undefined, event: Event & { type: 'result' }): LedgerEntry => {
  const { why: _why, needs: _needs, failure: _failure, ...kept } = before ?? { steps: [] }
  return {
    ...kept,
    host: event.host,
    node: event.node,
    task: event.task,
    status: event.status,
    ...(event.why !== undefined && { why: event.why }),
    ...(event.needs !== undefined && { needs: event.needs }),
    ...(event.failure && { failure: event.failure }),
    ...(event.unbegun && { unbegun: true }),
    stepsRun: event.steps,
    diff: event.diff,
  }
}

/** An empty ledger. Hosts that no `started` event names are added as they come. */
export const createLedger = (): Ledger => {
  const hosts = new Map<string, Map<string, LedgerEntry>>()
  const lost = new Map<string, Failure>()
  let started: (Event & { type: 'started' }) | undefined
  const of = (host: string): Map<string, LedgerEntry> => {
    const found = hosts.get(host) ?? new Map<string, LedgerEntry>()
    hosts.set(host, found)
    return found
  }
  const add = (event: Event): void => {
    if (event.type === 'started') {
      started = event
      event.hosts.forEach(of)
    } else if (event.type === 'host-lost') {
      of(event.host)
      lost.set(event.host, event.failure)
    } else if (event.type === 'reached') of(event.host)
    else if (event.type === 'drifted') of(event.host).set(event.node, drifted(event))
    else if (event.type === 'planned') of(event.host).set(event.node, planned(event))
    else if (event.type === 'result') {
      of(event.host).set(event.node, finished(of(event.host).get(event.node), event))
    }
  }
  return {
    add,
    get command() {
      return started?.command
    },
    get playbook() {
      return started?.playbook ?? ''
    },
    get hosts() {
      return [...hosts.keys()]
    },
    entries: () => [...hosts.values()].flatMap(nodes => [...nodes.values()]),
    lost,
  }
}
