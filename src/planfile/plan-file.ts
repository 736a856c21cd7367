import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { accessSync, closeSync, constants, readSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { kindOfPath, openControllerFile, readBytes } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'

/** Whether a text is meant as a plan, if only by its beginning: no playbook is a mapping. */
export const looksLikePlan = (beginning: string): boolean =>
  /^\s*\{/.test(beginning) || /^.{0,20}"runbookPlan"/s.test(beginning)

/** Refuses (`plan-edited`) a plan that is not what was written. */
export const refuseDamagedPlan = (file: string, why: string): never =>
  refuse('plan-edited', `The plan ${file} is not as it was written.`, { why, fix: 'Make the plan again.' })

/** How a file begins; nothing of what cannot be read, which whoever opens it tells. */
const beginningOf = (path: string): string => {
  try {
    const { descriptor } = openControllerFile(path)
    const bytes = Buffer.alloc(200)
    const size = readSync(descriptor, bytes)
    closeSync(descriptor)
    return bytes.toString('utf8', 0, size)
  } catch {
    return ''
  }
}

/** Whether a file is a plan, be it a damaged one, and no playbook: told by its content. */
export const isPlanFile = (path: string): boolean => looksLikePlan(beginningOf(path))

/** A plan for thousands of hosts has some hundred bytes for each line of it, and is still one text. */
const MOST_OF_PLAN = 400 * 1024 * 1024

/** The text of a plan file. Throws a Refusal: `usage-file`, `plan-edited`. */
export const readPlanFile = (path: string): string => {
  const bytes = readBytes(path, 'plan', 'usage-file', undefined, MOST_OF_PLAN)
  const text = bytes.toString()
  if (text.trim() === '') refuse('usage-file', `The plan ${path} is empty.`)
  if (!looksLikePlan(text.slice(0, 200)))
    refuse('usage-file', `${path} is no plan.`, { fix: 'A plan is made with `runbook plan PLAYBOOK -o FILE`.' })
  return isUtf8(bytes) ? text : refuseDamagedPlan(path, 'It is no UTF-8 text.')
}

/** Refuses (`usage-file`) where a plan could not be written, before any work is done for it. */
export const checkTarget = (path: string): void => {
  if (path === '') refuse('usage-file', '-o wants the name of a file.', { fix: 'Name the plan: -o plan.json.' })
  if (kindOfPath(path) === 'folder') refuse('usage-file', `${path} is a folder, a file for the plan is wanted.`)
  if (kindOfPath(path) === 'file' && !isPlanFile(path))
    refuse('usage-file', `${path} is there already, and it is no plan.`, { fix: 'Name another file with -o.' })
  const folder = dirname(path)
  if (kindOfPath(folder) === 'nothing')
    refuse('usage-file', `There is no folder ${folder} to put the plan in.`, {
      fix: 'Make it, or name another with -o.',
    })
  try {
    accessSync(folder, constants.W_OK)
  } catch (error) {
    refuse('usage-file', `The plan ${path} could not be written: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

/** Writes a plan for its user alone; it is there as a whole or not at all. */
export const writePlanFile = (path: string, text: string): void => {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx', flush: true })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    refuse('task-failed', `The plan ${path} could not be written: ${(error as NodeJS.ErrnoException).code}.`)
  }
}
