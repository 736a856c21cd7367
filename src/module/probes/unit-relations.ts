import { isRecord } from '../../core/value.ts'
import type { Foreseen } from '../query.ts'
import type { ServiceAnswer } from './unit-answer.ts'
import { offState } from './unit-prediction.ts'
import { isStanding, type UnitInstall, type UnitNeeds } from './unit-text.ts'

// What becomes of a unit when others are started and stopped.

/** What a unit needs, whatever is done with it. */
type NeedsOf = (unit: string) => UnitNeeds
type Needed = 'stopsWith' | 'pulls'

/** All units that one leads to by what they need. */
const closure = (from: string[], member: Needed, needsOf: NeedsOf): Set<string> => {
  const found = new Set(from)
  for (const unit of found) if (!isStanding(unit)) for (const next of needsOf(unit)[member]) found.add(next)
  return found
}
/** Whether one of them leads to `goal`: what is near is looked at first, for the rest has to be read. */
const leadsTo = (from: string[], goal: string, member: Needed, needsOf: NeedsOf): boolean =>
  from.includes(goal) || closure(from, member, needsOf).has(goal)

const runs = ({ active }: ServiceAnswer): boolean => active !== 'inactive' && active !== 'failed'

/** Stopped with another, by systemd. */
const stopped = (old: ServiceAnswer, time: number): ServiceAnswer => ({
  ...old,
  active: 'inactive',
  sub: 'dead',
  since: time,
  result: 'success',
})

/** Behind a start of `other`: what that starts and what it ends. A oneshot may be over by then or not. */
const behindStart = (
  old: ServiceAnswer,
  other: string,
  { labels, time }: Foreseen,
  needsOf: NeedsOf,
): ServiceAnswer | undefined => {
  const needs = needsOf(other)
  if (!runs(old)) {
    if (!leadsTo(needs.pulls, old.id, 'pulls', needsOf)) return old
    return old.stays && old.load === 'loaded' ? { ...old, active: 'active', sub: 'running', since: time } : undefined
  }
  const starts = [other, ...closure(needs.pulls, 'pulls', needsOf)].filter(unit => !isStanding(unit) || unit === other)
  if (starts.some(unit => old.needs.conflicts.includes(unit) || needsOf(unit).conflicts.includes(old.id)))
    return stopped(old, time)
  const isRestarted = labels.includes(`restart:${other}`) && leadsTo(old.needs.stopsWith, other, 'stopsWith', needsOf)
  return isRestarted ? { ...old, since: time } : old
}

/** Whether anything that is done with `other` may be felt here. */
const isRelated = (old: ServiceAnswer, other: string, needsOf: NeedsOf): boolean => {
  const needs = needsOf(other)
  return (
    old.needs.conflicts.includes(other) ||
    needs.conflicts.includes(old.id) ||
    leadsTo(old.needs.stopsWith, other, 'stopsWith', needsOf) ||
    leadsTo(needs.pulls, old.id, 'pulls', needsOf)
  )
}

/** The unit behind a change of another; `old` itself where that does not concern it. Undefined: cannot be told. */
export const behindOther = (
  old: ServiceAnswer,
  other: string,
  foreseen: Foreseen,
  needsOf: NeedsOf,
): ServiceAnswer | undefined => {
  const patch = foreseen.patches.get(`unit:${other}`)
  if (!isRecord(patch)) return isRelated(old, other, needsOf) ? undefined : old
  if (patch.active === 'active') return behindStart(old, other, foreseen, needsOf)
  const isStopped = patch.active === 'inactive' && runs(old)
  return isStopped && leadsTo(old.needs.stopsWith, other, 'stopsWith', needsOf) ? stopped(old, foreseen.time) : old
}

type InstallOf = (unit: string) => UnitInstall | undefined

/** Whether a unit names this one in Also, or one does that it names there. */
const namesAlso = (unit: string, goal: string, installOf: InstallOf): boolean => {
  const found = new Set([unit])
  for (const one of found) for (const next of installOf(one)?.also ?? []) found.add(next)
  return found.has(goal)
}

/** The unit behind others being enabled and disabled: with them are those that they name in Also. */
export const behindEnabling = (
  old: ServiceAnswer,
  { labels }: Foreseen,
  installOf: InstallOf,
): ServiceAnswer | undefined => {
  const isMeant = (verb: string): boolean =>
    labels
      .flatMap(label => (label.startsWith(`${verb}:`) ? [label.slice(verb.length + 1)] : []))
      .some(unit => unit !== old.id && (old.names.includes(unit) || namesAlso(unit, old.id, installOf)))
  const [on, off] = [isMeant('enables'), isMeant('disables')]
  if (on && off) return undefined
  if (on) return ['disabled', 'linked', 'linked-runtime'].includes(old.enabled) ? { ...old, enabled: 'enabled' } : old
  if (!off || old.enabled !== 'enabled') return old
  return old.install === undefined ? { ...old, enabled: 'disabled' } : { ...old, enabled: offState(old.install) }
}
