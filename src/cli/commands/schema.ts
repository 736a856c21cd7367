import { exit } from '../../core/exit.ts'
import { Refusal } from '../../core/failure.ts'
import { jsonText } from '../../report/json.ts'
import { createReport } from '../../report/report.ts'
import { findModules } from '../app/all-modules.ts'
import { editorSchema, type SchemaOf } from '../app/editor-schema.ts'
import { reportOptionsFor, withReport } from '../app/with-report.ts'

/**
 * `runbook schema`: the JSON Schema of playbooks, files of tasks or inventories. A file of the user's that is no module is
 * told beside the schema of all others. Returns the exit code.
 */
export const showSchema = (of: SchemaOf, { playbookDir }: { playbookDir: string }): Promise<number> => {
  // Standard output is the schema's: what is wrong is told beside it.
  const shown = { ...reportOptionsFor({ format: 'text', color: false }, 'plan'), out: process.stderr }
  return withReport(createReport(shown), async () => {
    const { found, failures } = await findModules(playbookDir)
    process.stdout.write(`${jsonText(editorSchema(of, found), 2)}\n`)
    if (failures.length > 0) throw new Refusal(...failures)
    return exit.done
  })
}
