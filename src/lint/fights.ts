import { basename } from 'node:path'
import { attempt } from '../core/failure.ts'
import { same } from '../core/value.ts'
import { hasBraces } from '../load/braces.ts'
import { matchHosts } from '../load/pattern.ts'
import type { Play, Task } from '../load/playbook.ts'
import { argumentsThat } from '../load/task-schemas.ts'
import type { Rule, Subject } from './finding.ts'

/** A task that writes a file whole, with the hosts it does so on; undefined hosts: not known. */
type Writer = { task: Task; path: string; hosts: ReadonlySet<string> | undefined; pattern: string }

/** The file that a task writes, as it stands there. One that is another for each item, or in a folder whose file is not known, is none. */
const pathOf = ({ args, loop }: Task, name: string): string | undefined => {
  const { [name]: path, src, remote_src: isOfHost } = args.value
  if (typeof path !== 'string' || (loop !== undefined && hasBraces(path))) return undefined
  if (!path.endsWith('/')) return path.replace(/\/{2,}/g, '/')
  if (typeof src !== 'string' || src.endsWith('/') || isOfHost === true || (loop !== undefined && hasBraces(src)))
    return undefined
  return `${path}${basename(src)}`.replace(/\/{2,}/g, '/')
}

const hostsOf = ({ hosts }: Play, { loaded }: Subject): ReadonlySet<string> | undefined => {
  const { inventory } = loaded
  const found = inventory && attempt(() => matchHosts(inventory, hosts.value, hosts.origin)).value
  return found && new Set(found.hosts)
}

const writersIn = (play: Play, subject: Subject): Writer[] => {
  const hosts = hostsOf(play, subject)
  return [...play.tasks, ...play.handlers].flatMap(task =>
    argumentsThat('whole', subject.signatures[task.module]?.args).flatMap(name => {
      const path = pathOf(task, name)
      return path === undefined ? [] : [{ task, path, hosts, pattern: play.hosts.value }]
    }),
  )
}

const meetOnHost = (a: Writer, b: Writer): boolean => {
  if (!a.hosts || !b.hosts) return a.pattern === b.pattern
  return [...a.hosts].some(host => b.hosts!.has(host))
}

const conditionsOf = ({ when }: Task): unknown[] => when.map(({ value }) => value)

/** Two conditions that differ may be there to choose between the two; one that the other task has as well is none of these. */
const mayBothRun = (a: Task, b: Task): boolean => {
  const [one, other] = [conditionsOf(a), conditionsOf(b)]
  const own = (from: unknown[], of: unknown[]): unknown[] => from.filter(value => !of.includes(value))
  return own(one, other).length === 0 || own(other, one).length === 0
}

const isSamePlace = (a: Task, b: Task): boolean => same(a.origin, b.origin)

/** Two tasks that write the same file whole on one host: each undoes what the other has done, in every run. */
export const sameFileTwice: Rule = subject => {
  const writers = subject.loaded.playbook.plays.flatMap(play => writersIn(play, subject))
  return writers.flatMap((later, at) => {
    const first = writers
      .slice(0, at)
      .find(
        one =>
          one.path === later.path &&
          !isSamePlace(one.task, later.task) &&
          meetOnHost(one, later) &&
          mayBothRun(one.task, later.task),
      )
    if (!first) return []
    const { file, line } = first.task.origin
    return {
      what: `"${later.task.name}" writes ${later.path} whole, as "${first.task.name}" does (${file}:${line}): each undoes the other in every run.`,
      fix: 'Leave one of them, or give them conditions that are never both true.',
      origin: later.task.origin,
    }
  })
}
