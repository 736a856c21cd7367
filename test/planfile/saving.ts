import { type ExpectedPlan, expectedPlanFrom } from '../../src/planfile/match-saved-plan.ts'
import { savedLinesOf } from '../../src/planfile/saved-lines.ts'
import type { SavedPlan } from '../../src/planfile/saved-plan.ts'
import type { Ran } from '../plan/rig.ts'

export const key = Buffer.from('a key for these tests alone')

/** A plan as it comes out of a file, to match the next one with. */
export const held = ({ walk, lines, events }: Ran, more: Partial<ExpectedPlan> = {}): ExpectedPlan => {
  const kept = { events, ...savedLinesOf(walk, lines, key, () => true) }
  const plan = JSON.parse(JSON.stringify(kept)) as SavedPlan
  return { ...expectedPlanFrom(plan, { key, moved: 'refuse', begun: new Set() }), ...more }
}
