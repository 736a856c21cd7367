import { attempt, type Failure } from '../../core/failure.ts'
import { isUnknown } from '../../core/unknown.ts'
import { compileTemplate } from '../../load/expression.ts'
import { locatedMember } from '../../load/located.ts'
import { staticScope } from '../../load/static-scope.ts'
import { givenNames } from '../../load/variables.ts'
import type { Known } from '../../plan/known.ts'

/** What comes of evaluating a value as far as nothing of a run is needed: failures of vaults alone. */
const lockedIn = (evaluate: () => unknown): Failure[] => {
  try {
    const { failures = [] } = attempt(evaluate)
    return failures.filter(({ reason }) => reason === 'usage-vault')
  } catch (error) {
    // It waits for something of the run: planning comes to it.
    if (isUnknown(error)) return []
    throw error
  }
}

/**
 * The values that are vaults and cannot be opened, of those that arguments of tasks read: each told once, before any host is
 * contacted. A task that may be skipped, or is repeated, is left to planning.
 */
export const lockedValues = ({ graph, loaded, secretReads }: Known): Failure[] => {
  const { playbook, inventory, extra } = loaded
  const registers = playbook.plays.flatMap(({ tasks }) => tasks.flatMap(givenNames))
  const scopeOf = staticScope({ inventory, extra }, registers)
  const found = graph.nodes.flatMap(({ task, play, included }) => {
    const names = Object.keys(secretReads(task, play).args)
    if (names.length === 0 || task.when.length > 0 || task.loop !== undefined) return []
    return [...included].flatMap(host => {
      const scope = scopeOf({ task, play }, host, 'an argument')
      return names.flatMap(name => {
        const at = locatedMember(task.args, name)
        return lockedIn(() => compileTemplate(at.value, at).evaluate(scope))
      })
    })
  })
  return [...new Map(found.map(failure => [failure.origin, failure])).values()]
}
