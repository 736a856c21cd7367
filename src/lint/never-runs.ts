import { hasBraces } from '../load/braces.ts'
import type { Located } from '../load/located.ts'
import type { Task } from '../load/playbook.ts'
import { variableLayers } from '../load/secrets.ts'
import { type Constants, neverTrue } from './conditions.ts'
import type { Rule, Subject } from './finding.ts'

const isConstant = ({ value }: Located): boolean =>
  value === null ||
  typeof value === 'boolean' ||
  typeof value === 'number' ||
  (typeof value === 'string' && !hasBraces(value))

/**
 * Variables of a task and of its role that nothing else sets: they are what they are. Those of defaults, of a play and of an
 * inventory are there to be set otherwise, by hand or for a host.
 */
const constantsOf = ({ loaded }: Subject): ((task: Task) => Constants) => {
  const places = new Map<string, Set<unknown>>()
  for (const layer of variableLayers(loaded))
    for (const [name, { origin }] of Object.entries(layer)) {
      const known = places.get(name) ?? new Set()
      places.set(name, known.add(`${origin.file}:${origin.line}:${origin.column}`))
    }
  const registered = new Set(
    loaded.playbook.plays.flatMap(play =>
      [...play.tasks, ...play.handlers].flatMap(one => [one.register, ...(one.gives ?? [])]),
    ),
  )
  return task => {
    const own = { ...task.role?.own.vars, ...task.vars }
    const found = Object.entries(own).filter(
      ([name, at]) => isConstant(at) && places.get(name)?.size === 1 && !registered.has(name),
    )
    return new Map(found.map(([name, { value }]) => [name, value]))
  }
}

/** Tasks that can never run: a condition that is false by itself, or against another one; a loop over nothing. */
export const neverRuns: Rule = subject => {
  const constantsFor = constantsOf(subject)
  return subject.loaded.playbook.plays
    .flatMap(play => [...play.tasks, ...play.handlers])
    .flatMap(task => {
      const condition = neverTrue(task.when, constantsFor(task))
      if (condition)
        return {
          what: `"${task.name}" can never run: this condition is false on every host.`,
          fix: 'Take the task away, or the condition; to leave it out until it is asked for, tag it never.',
          origin: condition.origin,
        }
      const over = task.loop?.over
      if (over && Array.isArray(over.value) && over.value.length === 0)
        return {
          what: `"${task.name}" can never run: it loops over nothing.`,
          fix: 'Take it away.',
          origin: over.origin,
        }
      return []
    })
}
