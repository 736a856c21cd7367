import { fedTo } from '../core/quote.ts'
import type { AnyQuery } from '../module/query.ts'
import type { Asker } from './decide.ts'
import type { Known, OtherIdentity } from './known.ts'
import type { Line } from './line.ts'
import { ask, type Walk } from './walk-state.ts'

/** Who a line is on its machine, where that is not the machine's session. */
export const otherIdentity = (known: Known, { machine, node, host }: Line): OtherIdentity | undefined =>
  known.identity(machine, node.become.get(host))

/**
 * A query as it is asked for one line: what a user wrote, and what depends on who asks, by the user that the task runs as;
 * everything else by who may see most. Where nobody is root, that is the task's user as well.
 */
export const askedFor = (known: Known, line: Line): ((query: AnyQuery) => AnyQuery) => {
  const other = otherIdentity(known, line)
  if (other === undefined) return query => query
  const { user, shell } = other
  return query => {
    if (query.probe.side === 'controller') return query
    const as = shell === undefined ? {} : { as: shell }
    if (!query.lazy && !query.theirs) return { ...query, ...as }
    // Its text is what an answer is kept under: it says whose answer it is.
    const item = shell === undefined ? fedTo(user, query.item) : `# ${user}\n${query.item}`
    return { ...query, ...as, key: `${user} ${query.key}`, item }
  }
}

/** Answers by a machine's world for one line. */
export const asTask = (walk: Walk, line: Line): Asker => {
  const world = ask(walk, line.machine)
  const asked = askedFor(walk.known, line)
  return query => world(asked(query))
}
