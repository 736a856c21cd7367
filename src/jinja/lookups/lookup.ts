import type { Context } from '../callable.ts'
import type { Dict, Value } from '../value.ts'

/** What a lookup is asked with: what stands behind its name, and what is named. */
export type LookupTerms = { terms: Value[]; options: Dict }

/** Gives a list, whatever becomes of it afterwards: `query` has the list, `lookup` its one member, or its texts with commas. */
export type Lookup = {
  /** Given what is undefined or unknown among its values too. */
  takesAnything?: true
  run(context: Context, asked: LookupTerms): Value[]
}
