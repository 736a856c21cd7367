import type { Emit } from '../../core/event.ts'
import type { Failure } from '../../core/failure.ts'
import { didYouMean } from '../../core/suggest.ts'
import { explain, namesOf } from '../../plan/explain.ts'
import { byHost } from '../../plan/plan.ts'
import type { Walk } from '../../plan/walk-state.ts'

/** Explains the lines that a name stands for; a failure where it stands for none. */
export const emitExplained = (walk: Walk, name: string, emit: Emit): Failure[] => {
  const lines = byHost(walk)
  const meant = new Set(lines.filter(line => namesOf(line).includes(name)).map(line => line.id))
  if (meant.size === 0)
    return [
      {
        reason: 'usage-option',
        what: `The playbook has no "${name}".`,
        why: 'A node is named by its id, HOST/task, or by its task alone.',
        fix: didYouMean(name, lines.flatMap(namesOf)),
      },
    ]
  for (const one of explain(walk, line => meant.has(line.id))) emit({ type: 'explained', ...one })
  return []
}
