import { covers, type Label, overlaps } from './label.ts'

/**
 * What a program that a task starts may change by itself, out of sight: `over`, and not what is `except` within it (its
 * sandbox). Of what overlaps, the narrower label counts.
 */
export type Reach = { over: Label[]; except: Label[] }

/** A reach where it counts: what lines of the playbook have written before is never held for changed by it. */
export type BoundReach = Reach & { written: Label[] }

const reachesOne = ({ over, except, written }: BoundReach, look: Label): boolean =>
  !written.some(label => covers(label, look)) &&
  over.some(label => overlaps(label, look) && !except.some(spared => covers(label, spared) && covers(spared, look)))

/** Whether a part of what is looked at may be changed. */
export const reaches = (reach: BoundReach, looks: readonly Label[]): boolean =>
  looks.some(look => reachesOne(reach, look))

/**
 * What may alter what is looked at. A folder that the playbook has written something into stays one, whatever else of it
 * changes: that is told as `children:`.
 */
export const reachHits = (reach: BoundReach, looks: readonly Label[]): Label[] =>
  looks
    .filter(look => reachesOne(reach, look))
    .flatMap(look => {
      const inside = look.startsWith('path:') ? `tree:${look.slice('path:'.length)}` : undefined
      return inside !== undefined && reach.written.some(label => covers(inside, label))
        ? [`children:${look.slice('path:'.length)}`]
        : reach.over.filter(label => overlaps(label, look))
    })
