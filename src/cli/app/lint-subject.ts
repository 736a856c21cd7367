import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createArtifactLock } from '../../artifact/lock.ts'
import { filesBelow, readText, textIfReadable } from '../../core/controller-file.ts'
import { attempt, type Failure } from '../../core/failure.ts'
import type { Subject } from '../../lint/finding.ts'
import { readsOf } from '../../lint/reads.ts'
import { textsIn, writtenIn } from '../../lint/written.ts'
import { hasBraces } from '../../load/braces.ts'
import { check } from '../../load/check.ts'
import type { Readable } from '../../load/load.ts'
import type { Located } from '../../load/located.ts'
import type { Task } from '../../load/playbook.ts'
import type { Reference } from '../../load/references.ts'
import { applySchemas } from '../../load/task-schemas.ts'
import { parseYaml } from '../../load/yaml.ts'
import type { Supply } from './archives.ts'
import { createController } from './controller.ts'
import { loadModules } from './load-modules.ts'

/** The files of a playbook as they are written. One that is blank, or a vault that nothing opens, has nothing to look at. */
const documentsOf = ({ playbook }: Readable): Located[] =>
  [playbook.file, ...playbook.files].flatMap(
    file => attempt(() => parseYaml(readText(file, 'file', 'usage-file'), file)).value ?? [],
  )

/** What template files read, of tasks that name theirs in so many words. */
const templateReads = async (
  tasks: Task[],
  folder: string,
  nobody: Pick<Supply, 'emit' | 'signal'>,
): Promise<Reference[]> => {
  const lock = createArtifactLock(join(folder, 'artifacts.lock'))
  const controller = createController(folder, { lock, artifacts: undefined, ...nobody })
  await controller.ready(tasks)
  return tasks.flatMap(task => attempt(() => controller.references(task)).value ?? [])
}

const isChosenLater = ({ templates, args }: Task): boolean =>
  templates.some(name => typeof args.value[name] === 'string' && hasBraces(args.value[name]))

/** A template may be taken in by a text as well. */
const looksUpTemplates = ({ args, vars }: Task): boolean =>
  [args, ...Object.values(vars)]
    .flatMap(textsIn)
    .some(({ value }) => /["'](ansible\.builtin\.)?template["']/.test(value))

/** The words in all templates that a task may come to whose template is known only when it runs. */
const wordsOfTemplates = (tasks: Task[], folder: string): Set<string> => {
  const folders = new Set(
    tasks
      .filter(task => isChosenLater(task) || looksUpTemplates(task))
      .flatMap(task => [...task.folders, folder].map(one => join(one, 'templates'))),
  )
  const files = [...folders]
    .filter(one => existsSync(one))
    .flatMap(one => filesBelow(one, 'playbook-reference', () => true))
  return new Set(files.flatMap(file => textIfReadable(file)?.match(/[A-Za-z_]\w*/g) ?? []))
}

/** What the rules of lint look at, and all that is wrong with a playbook: then nothing is looked at. */
export const lintSubject = async (
  readable: Readable,
  nobody: Pick<Supply, 'emit' | 'signal'>,
): Promise<{ subject: Subject; failures: Failure[] }> => {
  const found = await loadModules(readable.playbook)
  const loaded = applySchemas(readable, found.modules)
  const { plays, folder } = loaded.playbook
  const tasks = plays.flatMap(play => [...play.tasks, ...play.handlers])
  const documents = documentsOf(loaded)
  const references = await templateReads(tasks, folder, nobody)
  const reads = readsOf({ loaded, documents, references, words: wordsOfTemplates(tasks, folder) })
  return {
    subject: { loaded, signatures: found.modules, written: documents.flatMap(writtenIn), reads },
    failures: [...found.failures, ...check(loaded, found.modules, found.names)],
  }
}
