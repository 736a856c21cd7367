import type { Flush, Task, TaskItem } from './surroundings.ts'
import { bringsTasks, freeSlug } from './task.ts'

/** Handlers as they were loaded, with what each is notified by. */
type Handlers = { all: Task[]; byNotice: Map<string, Task[]>; warnings: string[] }

const namesOf = ({ called }: Task): string[] => called?.names ?? []

const placeOf = ({ file, line }: Task['origin']): string => `${file}:${line}`

/**
 * What each handler is notified by. Of several with one name the last that was loaded is meant, by its name and by a
 * topic; a topic reaches one of each name. A role that is
 * used twice brings its handlers twice: the last ones count. Source: ansible lib/ansible/plugins/strategy/__init__.py.
 */
const handlersOf = (read: Task[]): Handlers => {
  const lastAt = new Map(read.map(one => [JSON.stringify(one.origin), one]))
  const loaded = read.filter(one => lastAt.get(JSON.stringify(one.origin)) === one)
  const named = new Map(loaded.flatMap(one => namesOf(one).map(name => [name, one] as const)))
  const bySelf = new Map(loaded.map(one => [namesOf(one)[0], one]))
  const topicOf = (one: Task, topic: string): string => `${topic}\n${namesOf(one)[0]}`
  const listening = new Map(
    loaded.flatMap(one => (one.called?.topics ?? []).map(topic => [topicOf(one, topic), one] as const)),
  )
  const warnings: string[] = []
  const all = loaded.map((one, place) => {
    const [own] = namesOf(one)
    const last = bySelf.get(own)!
    if (last !== one)
      warnings.push(
        `Two handlers are called "${own}": ${placeOf(last.origin)} is the one that is notified by that name, ${placeOf(one.origin)} is not.`,
      )
    const { topics = [] } = one.called ?? {}
    const heard = topics.filter(topic => listening.get(topicOf(one, topic)) === one)
    const notices = [...namesOf(one).filter(name => named.get(name) === one), ...heard]
    return { ...one, called: { names: [...new Set(notices)], topics, place } }
  })
  const byNotice = new Map<string, Task[]>()
  for (const one of all)
    for (const name of one.called.names) {
      const known = byNotice.get(name)
      if (known) known.push(one)
      else byNotice.set(name, [one])
    }
  return { all, byNotice, warnings }
}

/** One part of a play: tasks, and the handlers that run behind them. */
type Part = { tasks: Task[]; handlers: Task[] } & Pick<Flush, 'blocks'>

type TasksOfPart = Pick<Part, 'tasks' | 'blocks'>

const partsOf = (items: TaskItem[]): TasksOfPart[] => {
  const parts: TasksOfPart[] = [{ tasks: [] }]
  for (const item of items) {
    if ('flush' in item) {
      if (item.blocks) parts.at(-1)!.blocks = item.blocks
      parts.push({ tasks: [] })
    } else parts.at(-1)!.tasks.push(item)
  }
  return parts
}

/**
 * The handlers that a part may come to, in the order they were loaded. One that is notified by another runs behind it; by
 * one that stands behind it, in the next part: those go to `next`.
 */
const handlersFor = (tasks: Task[], carried: Set<Task>, { all, byNotice }: Handlers, next: Set<Task>): Task[] => {
  const found = new Set(carried)
  const noticed = ({ notify }: Task): Task[] => notify.flatMap(({ value }) => byNotice.get(value) ?? [])
  for (const task of tasks) for (const handler of noticed(task)) found.add(handler)
  // What an include will bring may notify any of them.
  if (tasks.some(bringsTasks)) for (const handler of all) found.add(handler)
  if (found.size === 0) return []
  return all.filter(one => {
    if (!found.has(one)) return false
    for (const other of noticed(one)) {
      if (other.called!.place > one.called!.place) found.add(other)
      else if (other !== one) next.add(other)
    }
    return true
  })
}

/** The parts of a play as they come one behind the other, without those in which there is nothing. */
const withHandlers = (parts: TasksOfPart[], handlers: Handlers): Part[] => {
  let carried = new Set<Task>()
  return parts
    .map(one => {
      const next = new Set<Task>()
      const own = handlersFor(one.tasks, carried, handlers, next)
      carried = next
      return { ...one, handlers: own }
    })
    .filter(part => part.tasks.length + part.handlers.length > 0)
}

/** What a play does: its tasks in order, between them handlers of earlier parts, and the handlers at its end. */
type Arranged = { tasks: Task[]; handlers: Task[]; warnings: string[] }

/**
 * Puts handlers where they run: behind each part of a play those that tasks of the part notify. A handler that runs in
 * several parts is several tasks, the later ones under slugs of their own. What no task notifies stands at the end.
 */
export const arrangeHandlers = (items: TaskItem[], loaded: Task[], takenSlugs: Map<string, number>): Arranged => {
  const handlers = handlersOf(loaded)
  const parts = withHandlers(partsOf(items), handlers)
  const used = new Set<Task>()
  const place = (handler: Task, part: number, { blocks }: TasksOfPart): Task => {
    const isFirst = !used.has(handler)
    used.add(handler)
    return {
      ...handler,
      part,
      ...(blocks ? { blocks } : {}),
      ...(isFirst ? {} : { slug: freeSlug(handler.slug, takenSlugs) }),
    }
  }
  const placed = parts.map((one, part) => ({
    tasks: one.tasks.map(task => ({ ...task, part })),
    handlers: one.handlers.map(handler => place(handler, part, one)),
  }))
  const last = placed.at(-1)
  const idle = handlers.all.filter(one => !used.has(one)).map(one => ({ ...one, part: Math.max(parts.length - 1, 0) }))
  const atEnd = [...(last?.handlers ?? []), ...idle].sort((a, b) => a.called!.place - b.called!.place)
  return {
    tasks: placed.flatMap(one => (one === last ? one.tasks : [...one.tasks, ...one.handlers])),
    handlers: atEnd,
    warnings: handlers.warnings,
  }
}
