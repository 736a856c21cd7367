import { readText } from '../../core/controller-file.ts'
import { attempt, type Failure } from '../../core/failure.ts'
import { check } from '../../load/check.ts'
import { createComposing } from '../../load/composing.ts'
import { compileJinja } from '../../load/jinja-template.ts'
import { readPlaybook } from '../../load/playbook.ts'
import { applySchemas } from '../../load/task-schemas.ts'
import { reachedByDefault } from '../../migrate/reached.ts'
import { playbookOf, type Unit } from '../../migrate/unit.ts'
import { loadModules } from './load-modules.ts'

/** All that is said against a unit with no host and no inventory, and what of it a default run may come to. */
type MigrateSubject = { failures: Failure[]; reached(failure: Failure): boolean }

const unread = (failures: Failure[]): MigrateSubject => ({ failures, reached: () => true })

const templateFaults = ({ templates }: Unit): Failure[] =>
  templates.flatMap(file => {
    const read = attempt(() =>
      compileJinja({ text: readText(file, 'template', 'playbook-template'), file }, () => undefined),
    )
    return read.failures ?? []
  })

/** Reads a unit, each file of a role's tasks by itself. `places`: folders with roles and with collections. */
export const migrateSubject = async (
  unit: Unit,
  places: { roles: string[]; collections: string[] },
): Promise<MigrateSubject> => {
  const composing = createComposing({ extra: {}, ...places })
  const read = attempt(() => {
    const { text, file } =
      unit.kind === 'role' ? playbookOf(unit) : { text: readText(unit.path, 'playbook', 'usage-file'), file: unit.path }
    return readPlaybook(text, file, composing)
  })
  if (read.failures) return unread(read.failures)
  const { playbook, problems } = read.value
  const found = await loadModules(playbook)
  const readable = applySchemas({ playbook }, found.modules)
  const said = check(readable, found.modules, found.names)
  return {
    failures: [...problems, ...found.failures, ...said, ...templateFaults(unit)],
    reached: reachedByDefault(unit, readable.playbook),
  }
}
