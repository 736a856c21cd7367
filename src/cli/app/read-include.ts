import { attempt, type Failure } from '../../core/failure.ts'
import { checkBrought, inFileOrder } from '../../load/check.ts'
import { settledNoLog } from '../../load/no-log.ts'
import type { Composing, Task } from '../../load/playbook.ts'
import type { Included } from '../../load/surroundings.ts'
import { maySkip } from '../../load/task.ts'
import { tasksBySchemas } from '../../load/task-schemas.ts'
import type { ReadInclude } from '../../plan/bring.ts'
import type { Known } from '../../plan/known.ts'
import type { Controller } from './controller.ts'
import { loadModules, withStandIns } from './load-modules.ts'

const collectivesAmong = (tasks: Task[], { modules }: Known): Failure[] =>
  tasks
    .filter(({ module }) => modules[module]?.collective)
    .map(({ module, origin }) => ({
      reason: 'playbook-shape',
      what: `"${module}" is for all hosts of a play at once, and what is included is on each for itself.`,
      fix: 'Import the file: import_tasks, import_role.',
      origin,
    }))

/** Reads what includes ask for as the rest of the playbook was read: with its modules, held against their schemas. */
export const createReadInclude = (composing: Composing, known: Known, controller: Controller): ReadInclude => {
  const { playbook } = known.loaded
  const settle = settledNoLog(known.loaded)
  return async (include, asked, { play }) => {
    const read = attempt(() => composing.readInclude(include, asked))
    playbook.files = composing.files()
    if (read.failures) return read.failures
    const found = read.value
    const all = [...found.tasks, ...found.handlers]
    const roles = [...new Set([...playbook.roles, ...found.folders])]
    const part = { ...playbook, roles, plays: [{ ...play, tasks: all, handlers: [] }] }
    const more = await loadModules(part)
    const { failures, names } = more
    Object.assign(known.modules, more.modules)
    for (const [word, module] of Object.entries(withStandIns(more, part))) known.modules[word] ??= module
    const typed = (tasks: Task[]): Task[] => tasksBySchemas(tasks, known.modules).map(task => settle(task, play))
    const included: Included = { ...found, tasks: typed(found.tasks), handlers: typed(found.handlers) }
    const made = [...included.tasks, ...included.handlers]
    await controller.ready(made)
    const faults = [
      ...failures,
      ...collectivesAmong(made, known),
      ...checkBrought(
        made,
        { ...play, handlers: [...play.handlers, ...included.handlers] },
        known.loaded,
        known.modules,
        names,
      ),
      ...made.flatMap(task => (maySkip(task) ? [] : (attempt(() => controller.references(task)).failures ?? []))),
    ]
    return faults.length > 0 ? inFileOrder(faults, playbook.file) : included
  }
}
