import { basename } from 'node:path'
import { attempt, type Failure, refuse } from '../core/failure.ts'
import { compileExpression, compileTemplate } from '../load/expression.ts'
import { locatedMember } from '../load/located.ts'
import type { Play, Playbook, Task } from '../load/playbook.ts'
import { beforehandScope, unknownItem } from '../load/static-scope.ts'
import { givenNames } from '../load/variables.ts'
import { defaultHost } from './default-host.ts'
import type { Unit } from './unit.ts'

const HOST = 'host'
const facts = { names: () => Object.keys(defaultHost), value: (name: string) => defaultHost[name] }

/** What a task sees before anything was done: variables of its role, and facts; what tasks register is not known. */
const scopeOf = (task: Task, play: Play, given: string[]): Record<string, unknown> => {
  const inventory = { hosts: [HOST], groups: { all: [HOST] }, vars: {}, warnings: [] }
  const notYet = (): never => refuse('playbook-reference', 'It is known only later.')
  const beforehand = { inventory, extra: {}, host: HOST, given, notYet }
  return beforehandScope(beforehand, { play, task }, { item: unknownItem(task), gathered: () => facts })
}

/** Whether a default run comes to a task, as far as its conditions are known then. */
const mayRun = (task: Task, scope: Record<string, unknown>): boolean =>
  task.when.every(({ value, origin }) => {
    if (typeof value !== 'string') return value
    return attempt(() => compileExpression(value, origin).evaluate(scope)).value !== false
  })

/** The file that an include names, by its own name; undefined: that is known only when it runs. */
const includedFile = ({ args }: Task, scope: Record<string, unknown>): string | undefined => {
  const { value } = attempt(() => compileTemplate(args.value.file, locatedMember(args, 'file')).evaluate(scope))
  return typeof value === 'string' ? basename(value) : undefined
}

/** The tasks of a role that a default run may come to: those of main, and of files that they include. */
const reachedTasks = ({ tasks: files }: Unit, { plays }: Playbook): Set<string> => {
  const reached = new Set<string>()
  const seen = new Set<number>()
  const given = [...new Set(plays.flatMap(play => [...play.tasks, ...play.handlers]).flatMap(givenNames))]
  const enter = (at: number): void => {
    const play = plays[at]
    if (play === undefined || seen.has(at)) return
    seen.add(at)
    for (const task of [...play.tasks, ...play.handlers]) {
      const scope = scopeOf(task, play, given)
      if (!mayRun(task, scope)) continue
      reached.add(placeOf(task.origin))
      if (task.include?.kind !== 'tasks') continue
      const file = includedFile(task, scope)
      files.forEach((one, i) => {
        if (file === undefined || basename(one) === file) enter(i)
      })
    }
  }
  enter(0)
  return reached
}

const placeOf = ({ file, line }: { file: string; line: number }): string => `${file}:${line}`

/**
 * Whether what is said against a unit stands in a task that a default run may come to: by the defaults of the role, on a
 * Debian 13. What is not known beforehand counts as reached, and so does what stands in no task.
 */
export const reachedByDefault = (unit: Unit, playbook: Playbook): ((failure: Failure) => boolean) => {
  if (unit.kind === 'playbook') return () => true
  const reached = reachedTasks(unit, playbook)
  const all = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers]).map(({ origin }) => origin)
  const byFile = Map.groupBy(all, ({ file }) => file)
  return ({ origin }) => {
    if (origin === undefined) return true
    const before = (byFile.get(origin.file) ?? []).filter(({ line }) => line <= origin.line)
    if (before.length === 0) return true
    const own = before.reduce((last, one) => (one.line > last.line ? one : last))
    return reached.has(placeOf(own))
  }
}
