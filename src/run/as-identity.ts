import { fedTo } from '../core/quote.ts'
import type { Fragment } from '../core/transport.ts'
import type { Line } from '../plan/line.ts'
import { otherIdentity } from '../plan/walk-state.ts'
import type { RunContext } from './context.ts'

/** The user a line's task runs as; undefined: the one who reads. */
export const userOf = ({ known }: RunContext, line: Line): string | undefined => {
  const other = otherIdentity(known, line)
  return other?.shell === undefined ? other?.user : undefined
}

/** A script of a line, run by who reads for it. */
export const asReader = ({ known }: RunContext, line: Line, sh: string): Fragment => {
  const shell = otherIdentity(known, line)?.shell
  return shell === undefined ? { sh } : { sh, as: shell }
}

/** A script of a line, run as its task's identity. */
export const fragmentAsTask = (context: RunContext, line: Line, sh: string): Fragment => {
  const user = userOf(context, line)
  return user === undefined ? asReader(context, line, sh) : { sh: fedTo(user, sh) }
}
