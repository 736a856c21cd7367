import { attempt } from '../core/failure.ts'
import { hasBraces } from '../load/braces.ts'
import { compileExpression, compileTemplate } from '../load/expression.ts'
import type { Readable } from '../load/load.ts'
import type { Located } from '../load/located.ts'
import type { Task } from '../load/playbook.ts'
import type { Reference } from '../load/references.ts'
import { variableLayers } from '../load/secrets.ts'
import { conditionsIn, textsIn } from './written.ts'

/** Which variables something reads. */
export type ReadNames = {
  has(name: string): boolean
}

/** What is looked at for it: the playbook, its files as they are written, and what its templates say. */
type Sources = {
  loaded: Readable
  documents: Located[]
  /** What template files read. */
  references: Reference[]
  /** Words in templates of which it is not known which of them are used: each may be the name of a variable. */
  words: ReadonlySet<string>
}

const tasksOf = ({ playbook }: Readable): Task[] => playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])

const referencesOfTask = (task: Task): Reference[] => {
  const values = [
    task.args,
    task.become,
    ...Object.values(task.becomeSaid),
    ...Object.values(task.says),
    ...(task.environment ?? []),
    ...(task.lower ?? []),
    ...(task.loop ? [task.loop.over, ...(task.loop.label ? [task.loop.label] : [])] : []),
  ]
  return values.flatMap(one => attempt(() => compileTemplate(one.value, one).references).value ?? [])
}

const referencesOfText = (at: Located<string>): Reference[] =>
  hasBraces(at.value) ? (attempt(() => compileTemplate(at.value, at).references).value ?? []) : []

const referencesOfCondition = (at: Located<string>): Reference[] =>
  at.value.trim() === '' ? [] : (attempt(() => compileExpression(at.value, at.origin).references).value ?? [])

/** A lookup whose names are put together: what is written out in it may be a part of the name. */
const LOOKS_UP = /\b(?:lookup|query|q)\s*\(\s*["'](?:ansible\.(?:builtin|legacy)\.)?(vars|varnames)["']/
const fragmentsIn = (text: string): string[] =>
  LOOKS_UP.test(text) ? [...text.matchAll(/["']([A-Za-z0-9_]+)["']/g)].map(([, part]) => part!) : []
/** What takes variables by patterns, or by a name that is known only later, may take any. */
const mayReadAll = (text: string): boolean =>
  LOOKS_UP.exec(text)?.[1] === 'varnames' ||
  /(?:lookup|query|\bq)\s*\(\s*["']vars["']\s*,\s*[A-Za-z_]\w*\s*[,)]/.test(text)

/** ReadNames all that is written in a playbook for the names that it looks at. */
export const readsOf = ({ loaded, documents, references, words }: Sources): ReadNames => {
  const variables = variableLayers(loaded).flatMap(Object.values).flatMap(textsIn)
  const texts = [...documents.flatMap(textsIn), ...variables]
  const all = [
    ...references,
    ...tasksOf(loaded).flatMap(referencesOfTask),
    ...documents.flatMap(conditionsIn).flatMap(referencesOfCondition),
    ...texts.flatMap(referencesOfText),
  ].map(({ path }) => path)
  const isOpen = all.some(path => path[path[0] === 'hostvars' ? 2 : path[0] === 'vars' ? 1 : 0] === null)
  const names = new Set(
    all.flatMap(path => [path[0], path[0] === 'hostvars' ? path[2] : path[0] === 'vars' ? path[1] : undefined]),
  )
  const written = texts.map(({ value }) => value).filter(hasBraces)
  const fragments = written.flatMap(fragmentsIn)
  const isAnything = isOpen || written.some(mayReadAll)
  return {
    has: name =>
      isAnything || names.has(name) || words.has(name) || fragments.some(fragment => name.includes(fragment)),
  }
}
