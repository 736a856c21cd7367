import type { Origin } from '../core/failure.ts'

/**
 * What an expression looks at: a free name and the members that follow it. A step is null where it is known only when
 * the expression runs: `hostvars[h].node.id` is `['hostvars', null, 'node', 'id']`.
 */
export type Reference = {
  path: (string | null)[]
  origin: Origin
  /** It may be missing: it is asked whether it is there, or another value stands in for it then (`x | default("y")`). */
  optional?: true
  /** Only which members it has is looked at, not their values: `x.y is defined`, `k in x`, `x | length`. */
  outline?: true
}
