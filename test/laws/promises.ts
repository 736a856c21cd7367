import * as assert from 'uvu/assert'
import type { Difference, EventBody } from '../../src/core/event.ts'
import { sha256 } from '../../src/core/value.ts'
import { machineOf } from '../../src/graph/graph.ts'
import { walkNodes } from '../../src/plan/walk.ts'
import { beginWalk } from '../../src/plan/walk-state.ts'
import type { Ran } from '../plan/rig.ts'

export type Result = Extract<EventBody, { type: 'result' }>
export const resultsIn = ({ events }: Pick<Ran, 'events'>): Result[] => events.filter(event => event.type === 'result')
export const steps = (ran: Ran): number => resultsIn(ran).reduce((sum, result) => sum + result.steps, 0)
/** The lines of which a plan has said that the next run will not leave them as they are. */
export const named = ({ events }: Ran): Set<string> =>
  new Set(events.flatMap(e => (e.type === 'warning' && e.node !== undefined ? [e.node] : [])))
/**
 * What the next run does cannot be told beforehand: a line waits for another, also in the world that the plan predicts
 * and with not a word of it, or a command does what nobody says.
 */
export const isOpen = (plan: Ran): boolean => {
  const { known, predicted } = plan.walk
  const inPredicted = walkNodes(beginWalk(known, { predicted: new Map(predicted) }), known.graph.nodes)
  const again = inPredicted.planned.flatMap(p => p.lines)
  return [...plan.lines, ...again.filter(({ id }) => !named(plan).has(id))].some(
    line => line.verdict === 'undecided' || line.always,
  )
}
/** Lines that would fail, and are rescued. */
const rescuedIn = ({ events }: Ran): Set<string> =>
  new Set(events.flatMap(e => (e.type === 'planned' && e.rescued ? [e.node] : [])))
/** The line for which the plan of a host's machine halts it. */
export const failing = (ran: Ran, host: string): string | undefined => {
  const { lines, graph } = ran
  const rescued = rescuedIn(ran)
  return lines.find(
    line => line.machine === machineOf(graph.source, host) && line.verdict === 'fail' && !rescued.has(line.id),
  )?.id
}

const becomes: Record<string, string> = {
  ok: 'ok',
  change: 'changed',
  standby: 'skipped',
  skipped: 'skipped',
  fail: 'failed',
}

/** Lines behind one that has failed and was rescued, as no plan could know: these are planned for a world in which it did not. */
const behindRescues = (plan: Ran, apply: Ran): Set<string> => {
  const known = rescuedIn(plan)
  const failed = resultsIn(apply).filter(({ node, status }) => status === 'rescued' && !known.has(node))
  return new Set(
    failed.flatMap(({ host, node }) => {
      const own = plan.lines.filter(line => line.host === host).map(({ id }) => id)
      return own.slice(own.indexOf(node))
    }),
  )
}
/** Whether something has failed that no plan could know, and the host went on. */
export const isSurprised = (plan: Ran, apply: Ran): boolean => behindRescues(plan, apply).size > 0

/**
 * What an apply must come to by the word of its plan: a host that would fail gets no step at all. What nobody could know
 * may fail, and then takes with it what depends on it.
 */
export const needKept = (plan: Ran, apply: Ran): void => {
  const came = new Map(resultsIn(apply).map(result => [result.node, result]))
  const open = new Set(plan.lines.filter(l => l.verdict === 'undecided' || l.always).map(l => l.id))
  const isUnforeseen = (needs = ''): boolean => open.has(needs) || open.has(needs.replace(/\[.*/, ''))
  const [behind, rescued] = [behindRescues(plan, apply), rescuedIn(plan)]
  for (const { id, host, verdict, byItself } of plan.lines) {
    const result = came.get(id)
    if (behind.has(id)) continue
    if (verdict === 'undecided' || isUnforeseen(result?.needs)) continue
    const halted = failing(plan, host) !== undefined && verdict === 'change'
    const wanted = halted
      ? ['skipped']
      : byItself
        ? ['ok', 'changed']
        : [rescued.has(id) ? 'rescued' : becomes[verdict]]
    assert.ok(wanted.includes(result?.status), `${id} was planned ${verdict}, it was ${result?.status} ${result?.why}`)
  }
}

/** One difference: what will be, whatever was there; a content by its digest, as text or by its size and digest. */
const toldBy = (one: Difference): string => {
  if (one.kind === 'hidden') return one.subject
  if (one.kind === 'text') return `${one.subject} content: ${sha256(one.after).slice(0, 8)}`
  return `${one.subject}: ${one.subject.endsWith(' content') ? one.after.slice(-8) : one.after}`
}

/** Of what others may not read no digest shows, where it does not show as text. */
const isUntold = (one: Difference): boolean => one.kind === 'value' && one.private === true

/** What is shown where all of it is known. */
const shown = (diff: Difference[]): string[] | undefined =>
  diff.some(
    one => one.kind === 'hidden' || isUntold(one) || one.after.includes('(known after') || one.after === 'present',
  )
    ? undefined
    : diff.map(toldBy)

/** A change that was shown is the change that is made. */
export const needShown = (plan: Ran, apply: Ran): void => {
  const came = new Map(resultsIn(apply).map(result => [result.node, result]))
  const behind = behindRescues(plan, apply)
  for (const { id, verdict, diff } of plan.lines) {
    if (behind.has(id)) continue
    const result = came.get(id)
    const promised = shown(diff)
    if (verdict === 'change' && promised !== undefined && result?.status === 'changed')
      assert.equal(shown(result.diff), promised, `${id} did not do what was shown`)
  }
}

/** Each line has one result; a loop whose items were not known has one for each of them. */
export const needEachOnce = (plan: Ran, apply: Ran): void => {
  const open = new Set(plan.lines.filter(l => /^(undecided|standby)$/.test(l.verdict)).map(l => l.id))
  const whole = (id: string): string => (open.has(id.replace(/\[.*/, '')) ? id.replace(/\[.*/, '') : id)
  const came = resultsIn(apply).map(({ node }) => node)
  assert.is(new Set(came).size, came.length, 'no line has two results')
  assert.equal([...new Set(came.map(whole))].sort(), plan.lines.map(({ id }) => id).sort(), 'each line has a result')
}

/** Where nobody else writes no guard stops a line: what it was planned over is what is there. */
export const needUnmoved = ({ events }: Ran): void =>
  assert.equal(
    events.flatMap(e => (e.type === 'warning' && /changed (meanwhile|after it was read)/.test(e.text) ? [e.text] : [])),
    [],
    'nothing moves by itself',
  )

/** Nothing is done again, or fails, but what a plan has named; of a loop whose items it could not know, the whole. */
export const needDone = (plan: Ran, again: Ran): void => {
  const told = named(plan)
  for (const { node, host, status } of resultsIn(again))
    if ((status === 'changed' || status === 'failed') && failing(plan, host) === undefined)
      assert.ok(told.has(node) || told.has(node.replace(/\[.*/s, '')), `${node} is done again, and no plan said so`)
}
