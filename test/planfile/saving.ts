import { type Held, heldFrom } from '../../src/planfile/match-saved-plan.ts'
import { save } from '../../src/planfile/saved-lines.ts'
import type { SavedPlan } from '../../src/planfile/saved-plan.ts'
import type { Ran } from '../plan/rig.ts'

export const key = Buffer.from('a key for these tests alone')

/** A plan as it comes out of a file, to hold the next one against. */
export const held = ({ session, lines, events }: Ran, more: Partial<Held> = {}): Held => {
  const kept = { events, ...save(session, lines, key, () => true) }
  const plan = JSON.parse(JSON.stringify(kept)) as SavedPlan
  return { ...heldFrom(plan, { key, moved: 'refuse', begun: new Set() }), ...more }
}
