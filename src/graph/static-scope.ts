import { refuse } from '../core/failure.ts'
import { compileTemplate } from '../load/expression.ts'
import type { Play, Task } from '../load/playbook.ts'
import { createScope } from '../load/scope.ts'
import { layersFor } from '../load/variables.ts'
import type { GraphSource } from './graph.ts'

type TaskInPlay = { task: Task; play: Play }

/** The scope of a keyword of a task on a host. */
export type StaticScope = (at: TaskInPlay, host: string, keyword: string) => Record<string, unknown>

/**
 * The scope of keywords whose values are fixed before any host is contacted: variables and groups, and neither facts
 * nor registered values (`registers` are their names), which are refused by the keyword's name.
 */
export const staticScope =
  ({ inventory, extra }: Pick<GraphSource, 'inventory' | 'extra'>, registers: string[]): StaticScope =>
  ({ play, task }, host, keyword) => {
    const layersOf = (on: string) => layersFor({ play, inventory, host: on, task, extra })
    const refuseRead = (): never =>
      refuse('playbook-reference', `${keyword} is fixed before the run: it cannot use registered values or facts.`, {
        fix: 'Use variables and groups.',
        origin: task.origin,
      })
    return createScope({
      host,
      layers: layersOf(host),
      layersOf,
      groups: inventory.groups,
      registers: () => registers,
      register: refuseRead,
      facts: refuseRead,
    })
  }

/** Throws a Refusal (`playbook-value`, `playbook-reference`). */
const evaluateBecome = (at: TaskInPlay, host: string, scopeOf: StaticScope): boolean => {
  const { become } = at.task
  const value = compileTemplate(become.value, become).evaluate(scopeOf(at, host, 'become'))
  if (typeof value === 'boolean') return value
  return refuse('playbook-value', '`become` wants true or false.', {
    why: `It is ${JSON.stringify(value)}.`,
    fix: 'A variable of the command line is text: bool(name) makes it true or false.',
    origin: become.origin,
  })
}

/**
 * Whether a task runs as root on a host. It has to be known before the host is contacted, because the login depends
 * on it. What a play says for all its tasks is evaluated once per host.
 */
export const staticBecome = (scopeOf: StaticScope): ((at: TaskInPlay, host: string) => boolean) => {
  const known = new Map<unknown, Map<string, boolean>>()
  return (at, host) => {
    const { become, vars } = at.task
    if (typeof become.value === 'boolean') return become.value
    if (Object.keys(vars).length > 0) return evaluateBecome(at, host, scopeOf)
    const byHost = known.get(become) ?? new Map<string, boolean>()
    known.set(become, byHost)
    const value = byHost.get(host) ?? evaluateBecome(at, host, scopeOf)
    byHost.set(host, value)
    return value
  }
}
