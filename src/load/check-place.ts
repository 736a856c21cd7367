import type { Failure, Origin } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { hasBraces } from './braces.ts'
import type { Play, Playbook, Task } from './playbook.ts'
import type { Problems } from './yaml-fields.ts'

/** What stands beside a module that has no argument for it, or has it twice. */
const checkSayings = (task: Task): Failure[] =>
  Object.entries(task.says).map(([word, { origin }]) =>
    word in task.args.value
      ? { reason: 'playbook-shape', what: `"${word}" stands twice: beside the module and among its arguments.`, origin }
      : {
          reason: 'playbook-shape',
          what: `"${task.module}" takes no "${word}".`,
          why: `${word === 'environment' ? 'Its programs have what it gives them.' : 'It knows by itself what it changes.'} ${word} is for modules that run a program of yours, such as command.`,
          fix: 'Take it away.',
          origin,
        },
  )

const noticesOf = new WeakMap<Play, Set<string>>()
/** What handlers of a play are notified by, found once. */
const handlerNames = (play: Play): Set<string> => {
  const known = noticesOf.get(play)
  if (known) return known
  const names = new Set([...play.tasks, ...play.handlers].flatMap(task => task.called?.names ?? []))
  noticesOf.set(play, names)
  return names
}

const checkNotify = (task: Task, play: Play, unread: ReadonlySet<string>): Failure[] => {
  if (task.notify.length === 0) return []
  const known = handlerNames(play)
  const strange = task.notify.filter(({ value }) => !known.has(value) && !unread.has(value))
  // A role that is included brings handlers of its own.
  if (strange.length === 0 || play.tasks.some(({ include }) => include?.kind === 'role')) return []
  return strange.map(({ value, origin }) => ({
    reason: 'playbook-reference',
    what: `The play has no handler "${value}".`,
    fix: didYouMean(value, known) || undefined,
    origin,
  }))
}

/** What `needs` and `after` name in so many words; an expression, and the hosts, are looked at when the graph is made. */
const checkNamed = (task: Task, play: Play, { plays, unread }: Playbook): Failure[] => {
  // Most tasks name none, and to look at all for each of them is quadratic.
  if (!task.needs?.length && !task.after?.length) return []
  const slugs = new Set(plays.flatMap(one => [...one.tasks, ...one.handlers]).map(one => one.slug))
  return (['needs', 'after'] as const).flatMap(kind =>
    (task[kind] ?? []).flatMap(({ value, origin }) => {
      const slug = value.slice(value.indexOf('/') + 1)
      if (hasBraces(value) || slugs.has(slug) || unread.has(slug)) return []
      return [namesNoTask(kind, value, play, origin)]
    }),
  )
}

/** The failure of what stands in `needs` or `after` and is no task. */
export const namesNoTask = (kind: 'needs' | 'after', text: string, { tasks }: Play, origin: Origin): Failure => ({
  reason: 'playbook-reference',
  what: `"${text}" names no task of this play.`,
  why: `${kind} takes the name of a task (${text}), HOST/task or GROUP/task.`,
  fix: didYouMean(
    text.slice(text.indexOf('/') + 1),
    tasks.map(other => other.slug),
  ),
  origin,
})

/** Gates of a rolling task are tasks of its play that come after it. */
const checkGates = (task: Task, play: Play, unread: ReadonlySet<string>): Failure[] => {
  if (!task.rolling?.length) return []
  const later = [...play.tasks, ...play.handlers]
  const known = later.slice(later.indexOf(task) + 1).map(({ slug }) => slug)
  return (task.rolling ?? [])
    .filter(({ value }) => !known.includes(value) && !unread.has(value))
    .map(({ value, origin }) => ({
      reason: 'playbook-reference',
      what: later.some(({ slug }) => slug === value)
        ? `"${value}" comes before "${task.name}": a gate is passed after each turn, so it is a later task.`
        : `The play has no task "${value}".`,
      fix: didYouMean(value, known) || undefined,
      origin,
    }))
}

/** What is wrong with a task as it stands among others, and with words beside its module that nobody would look at again. */
export const checkPlace = (
  task: Task,
  play: Play,
  { readable: { playbook }, signatures }: { readable: { playbook: Playbook }; signatures: Record<string, unknown> },
): Problems => [
  ...(Object.hasOwn(signatures, task.module) ? checkSayings(task) : []),
  ...checkNotify(task, play, playbook.unread),
  ...checkGates(task, play, playbook.unread),
  ...checkNamed(task, play, playbook),
]
