import { attempt, refuse } from '../core/failure.ts'
import { compileTemplate } from './expression.ts'
import type { Inventory } from './inventory.ts'
import type { Located } from './located.ts'
import { matchHosts } from './pattern.ts'
import type { Play, Playbook, Task } from './playbook.ts'
import { beforehandScope, unknownItem } from './static-scope.ts'
import { givenNames } from './variables.ts'

type Read = { playbook: Playbook; inventory: Inventory; extra: Record<string, Located> }

/** Whether an expression is false on each of some hosts, as far as variables say it that are known before any is contacted. */
const isFalseOn = (
  hosts: string[],
  at: Located<string>,
  task: Task,
  play: Play,
  read: Read,
  given: string[],
): boolean => {
  const notYet = (): never => refuse('playbook-reference', 'It is known only later.')
  const item = unknownItem(task)
  return hosts.every(host => {
    const scope = beforehandScope({ ...read, host, given, notYet }, { play, task }, { item })
    const { value } = attempt(() => compileTemplate(at.value, at).evaluate(scope))
    return value === false || /^(no|false|off|n|0)$/i.test(String(value))
  })
}

/**
 * Tells whether nothing may be told of a task whose `no_log` is an expression: unless that is false on all hosts of its play, and
 * known to be so before any is contacted; what decides it may else be a secret, or known too late.
 */
export const settledNoLog = (read: Read): ((task: Task, play: Play) => Task) => {
  const given = [...new Set(tasksOf(read).flatMap(givenNames))]
  return (task, play) => {
    const { noLog } = task
    if (typeof noLog === 'boolean') return task
    const { value: hosts = [] } = attempt(() => matchHosts(read.inventory, play.hosts.value).hosts)
    return { ...task, noLog: !isFalseOn(hosts, noLog, task, play, read, given) }
  }
}

const tasksOf = ({ playbook }: Read): Task[] => playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])

/** A playbook whose tasks say of each whether nothing of it may be told. */
export const withSettledNoLog = (read: Read): Playbook => {
  if (tasksOf(read).every(task => typeof task.noLog === 'boolean')) return read.playbook
  const settled = settledNoLog(read)
  const plays = read.playbook.plays.map(play => ({
    ...play,
    tasks: play.tasks.map(task => settled(task, play)),
    handlers: play.handlers.map(task => settled(task, play)),
  }))
  return { ...read.playbook, plays }
}
