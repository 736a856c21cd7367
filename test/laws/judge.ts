import { basename } from 'node:path'
import * as assert from 'uvu/assert'
import { hostsOn } from '../../src/graph/graph.ts'
import { type Ran, type Rig, verdicts } from '../plan/rig.ts'
import { isAccount, numbered } from './accounts.ts'
import { type Audit, after, strays, type Tree } from './audit.ts'
import type { Playbook } from './playbooks.ts'
import {
  failing,
  isOpen,
  isSurprised,
  named,
  needDone,
  needEachOnce,
  needKept,
  needShown,
  needUnmoved,
  resultsIn,
  steps,
} from './promises.ts'

/** What a number of generated playbooks have come to, for the one who reads the log. */
export const createCounts = () => {
  const lines: Record<string, number> = { ok: 0, change: 0, undecided: 0, standby: 0, skipped: 0, fail: 0 }
  const counts = { playbooks: 0, hosts: 0, tasks: 0, halted: 0, steps: 0, trees: 0, named: 0, open: 0, trips: 0 }
  const take = (plan: Ran, apply: Ran): void => {
    const halted = plan.graph.hosts.filter(host => failing(plan, host) !== undefined)
    counts.playbooks += 1
    counts.hosts += plan.graph.hosts.length
    counts.tasks += plan.lines.length
    for (const { verdict } of plan.lines) lines[verdict] = (lines[verdict] ?? 0) + 1
    counts.halted += halted.length
    counts.steps += steps(apply)
    counts.trees += halted.length < plan.graph.hosts.length ? 1 : 0
    counts.named += named(plan).size > 0 ? 1 : 0
    counts.trips = Math.max(counts.trips, ...Object.values(plan.trips))
  }
  const open = (): void => {
    counts.open += 1
  }
  return { take, open, text: () => JSON.stringify({ ...counts, lines }) }
}
export type Counts = ReturnType<typeof createCounts>

/** What `ran` leaves behind is no task's promise: it is made by a command that says nothing. */
const promisedIn = (tree: Tree): Tree => new Map([...tree].filter(([path]) => basename(path) !== 'ran'))

/** What the audit finds on a machine is what the run has told; one whose plans hold a `fail` is left as it was. */
const needTold = (ran: Ran, machine: string, root: string, first: Audit, last: Audit): void => {
  const names = hostsOn(ran.graph, machine)
  const own = resultsIn(ran).filter(result => names.includes(result.host))
  if (names.some(host => failing(ran, host) !== undefined))
    assert.is(last.state, first.state, 'a host that would fail is left alone')
  // What a step that failed has done before nobody has promised.
  else if (own.every(result => result.status !== 'failed')) {
    const told = after(
      promisedIn(first.tree),
      own.flatMap(result => result.diff).filter(({ subject }) => subject.startsWith(`${root}/`) || isAccount(subject)),
      first.accounts,
    )
    const found = promisedIn(last.tree)
    assert.equal(
      strays(told, last.accounts ? numbered(found, last.accounts) : found),
      [],
      'what is there is what was told',
    )
    if (first.accounts && last.accounts)
      for (const kind of ['user', 'group'] as const)
        for (const [name, number] of first.accounts[kind])
          assert.is(last.accounts[kind].get(name), number, `the number of ${kind} ${name} is the one that was told`)
  }
}

const statesOf = (audits: Audit[]): string[] => audits.map(({ state }) => state)
/** Values that a plan may have to wait for, one after the other. */
const linksIn = (text: string): number => text.split(/"when"|\.stdout|\.stat\./).length

/**
 * Plans a playbook and applies it until nothing is left to do, and holds it to the laws: check writes nothing (4), in so
 * many trips (5); what was planned is what is done (2); nothing is done twice (3). `look` is who watches: it shares
 * nothing with the probes.
 */
export const judge = async (made: Rig, { text, hosts }: Playbook, look: () => Promise<Audit[]>, counts: Counts) => {
  const first = await look()
  const plan = await made.plan()
  assert.equal(statesOf(await look()), statesOf(first), 'a plan writes nothing')
  const most = 2 + linksIn(text)
  for (const host of hosts) assert.ok(plan.trips[host]! <= most, `${plan.trips[host]} trips, at most ${most}`)

  const isForeseen = !isOpen(plan)
  const apply = await made.apply()
  assert.equal(verdicts(apply), verdicts(plan), 'planned twice, planned the same')
  const last = await look()
  for (const [i, host] of hosts.entries()) needTold(apply, host, made.hosts.root(host), first[i]!, last[i]!)
  counts.take(plan, apply)
  if (plan.untouched) return
  needUnmoved(apply)
  needKept(plan, apply)
  needShown(plan, apply)
  needEachOnce(plan, apply)

  // Where the first plan could not know, a second may: then it is the run after that which has nothing to do.
  const check = isForeseen ? plan : await made.plan()
  const isKnown = isForeseen || !isOpen(check)
  const again = await made.apply()
  needKept(again, again)
  if (!isForeseen) needKept(check, again)
  if (isSurprised(plan, apply)) return
  if (isForeseen) needDone(plan, again)
  else if (isKnown) needDone(check, await made.apply())
  else counts.open()
  if (steps(again) > 0) return
  assert.equal(statesOf(await look()), statesOf(last), 'who does nothing touches nothing')
  for (const host of hosts) assert.ok(again.trips[host]! <= most, `${again.trips[host]} trips to do nothing`)
}
