import { plainWord } from './block.ts'
import { importPlaybook, readVariables } from './import-playbook.ts'
import { type Ground, importTasks } from './import-tasks.ts'
import { createImportedFiles } from './imported-files.ts'
import { readInclude } from './include.ts'
import { promptsOf } from './prompts.ts'
import { importRole, readRoles } from './role.ts'
import type { Composing } from './surroundings.ts'

/** Reads what a playbook is put together from: files of tasks, roles, other playbooks. */
export const createComposing = (given: Omit<Ground, 'files' | 'warnings'>): Composing => {
  const ground: Ground = { ...given, files: createImportedFiles(), warnings: [] }
  return {
    readImport: (word, at, around, problems) => {
      const read = plainWord(word) === 'import_role' ? importRole : importTasks
      return read(word, at, around, problems, ground)
    },
    readInclude: (include, asked) => readInclude(include, asked, ground),
    readRoles: (at, around, problems) => readRoles(at, around, problems, ground),
    importPlaybook: (word, at, over, folder, problems) => importPlaybook(word, at, over, folder, problems, ground),
    readVariables: (at, known, folder, problems) => readVariables(at, known, folder, problems, ground),
    readPrompts: promptsOf,
    files: ground.files.names,
    doubts: ground.files.doubts,
    warnings: ground.warnings,
  }
}
