import { fedTo } from '../core/quote.ts'
import type { Asker } from './decide.ts'
import type { Line } from './line.ts'
import { ask, type Walk } from './walk-state.ts'

/**
 * Answers by a machine's world for one line: what a user wrote, and what depends on who asks, is asked as the user that
 * the task runs as; everything else is read as the most privileged identity there is.
 */
export const asTask = (walk: Walk, { node, host, machine }: Line): Asker => {
  const world = ask(walk, machine)
  const user = walk.known.identity(machine, node.become.has(host))
  return query => {
    const isTheirs = (query.lazy || query.theirs) && user !== undefined
    return world(isTheirs ? { ...query, key: `${user} ${query.key}`, item: fedTo(user, query.item) } : query)
  }
}
