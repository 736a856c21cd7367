import { hasBraces } from '../load/braces.ts'
import type { Play, Task } from '../load/playbook.ts'
import { bringsTasks } from '../load/task.ts'
import type { Rule } from './finding.ts'

const placeOf = ({ origin: { file, line, column } }: Task): string => `${file}:${line}:${column}`

/** The handlers of a play, and those of them that a task comes to, if by another handler. */
const reachedIn = ({ tasks, handlers }: Play): { all: Task[]; reached: Set<string> } => {
  const all = [...tasks, ...handlers].filter(task => task.handler)
  const waiting = tasks.filter(task => !task.handler)
  const reached = new Set<string>()
  for (let task = waiting.pop(); task !== undefined; task = waiting.pop())
    for (const { value } of task.notify)
      for (const one of all) {
        const isMeant = hasBraces(value) || one.called?.names.includes(value) || one.called?.topics.includes(value)
        if (!isMeant || reached.has(placeOf(one))) continue
        reached.add(placeOf(one))
        waiting.push(one)
      }
  return { all, reached }
}

/** Handlers that no task notifies, in no play that has them; what will be included may notify any. */
export const idleHandler: Rule = ({ loaded }) => {
  const isRead = ({ tasks, handlers }: Play): boolean => ![...tasks, ...handlers].some(bringsTasks)
  const plays = loaded.playbook.plays.filter(isRead).map(reachedIn)
  const reached = new Set(plays.flatMap(one => [...one.reached]))
  return plays
    .flatMap(one => one.all)
    .filter(one => !reached.has(placeOf(one)))
    .map(({ name, origin }) => ({
      what: `No task notifies the handler "${name}".`,
      fix: 'Name it in notify of the task that makes it due, or take it away.',
      origin,
    }))
}
