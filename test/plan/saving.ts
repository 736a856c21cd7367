import { type Held, heldFrom } from '../../src/plan/hold.ts'
import { save } from '../../src/plan/save.ts'
import type { SavedPlan } from '../../src/plan/saved.ts'
import type { Ran } from './rig.ts'

export const key = Buffer.from('a key for these tests alone')

/** A plan as it comes out of a file, to hold the next one against. */
export const held = ({ session, lines, events }: Ran, more: Partial<Held> = {}): Held => {
  const kept = { events, ...save(session, lines, key, () => true) }
  const plan = JSON.parse(JSON.stringify(kept)) as SavedPlan
  return { ...heldFrom(plan, { key, moved: 'refuse', begun: new Set() }), ...more }
}
