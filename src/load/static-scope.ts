import { refuse } from '../core/failure.ts'
import { Later } from '../core/unknown.ts'
import type { Inventory } from './inventory.ts'
import type { Located } from './located.ts'
import type { Play, Task } from './playbook.ts'
import { type Asks, createScope, type ScopeInput } from './scope.ts'
import { namesOfLoop } from './task-loop.ts'
import { layersFor } from './variables.ts'

// What is known before any host is contacted.

type TaskInPlay = { task: Task; play: Play }
type Variables = { inventory: Inventory; extra: Record<string, Located> }

/** What there is on a host beforehand: `notYet` is called where facts are read, or what tasks give under the names `given`. */
type Beforehand = Variables & { host: string; given: string[]; notYet(): never }

/** What a task sees on a host beforehand: variables and groups; and whatever else is known, in `more`. */
export const beforehandScope = (
  { inventory, extra, host, given, notYet }: Beforehand,
  { play, task }: TaskInPlay,
  more: Pick<ScopeInput, 'implicit' | 'item' | 'gathered' | 'controllerFor'>,
): Record<string, unknown> => {
  const layersOf = (on: string) => layersFor({ play, inventory, host: on, task, extra })
  return createScope({
    host,
    layers: layersOf(host),
    layersOf,
    groups: inventory.groups,
    registers: () => given,
    register: () => notYet,
    facts: notYet,
    gathered: () => ({ names: notYet, value: notYet }),
    ...more,
  })
}

/** The item of the loop of a task, while none is known. */
export const unknownItem = ({ loop, slug }: Task): NonNullable<ScopeInput['item']> => {
  const names = loop ? namesOfLoop(loop) : []
  return { value: undefined, names: Object.fromEntries(names.map(name => [name, new Later(slug)])) }
}

/** The scope of a keyword of a task on a host. */
export type StaticScope = (at: TaskInPlay, host: string, keyword: string) => Record<string, unknown>

/**
 * The scope of keywords whose values are fixed before any host is contacted: variables and groups, and neither facts
 * nor registered values (`registers` are their names), which are refused by the keyword's name.
 */
export const staticScope =
  ({ inventory, extra, asks }: Variables & { asks?: Asks }, registers: string[]): StaticScope =>
  ({ play, task }, host, keyword) => {
    const notYet = (): never =>
      refuse('playbook-reference', `${keyword} is fixed before the run: it cannot use registered values or facts.`, {
        fix: 'Use variables and groups.',
        origin: task.origin,
      })
    const { implicit } = inventory
    return beforehandScope(
      { inventory, extra, host, given: registers, notYet },
      { play, task },
      {
        ...(implicit === undefined ? {} : { implicit }),
        controllerFor: (on, item) => asks?.(on, item, task.folders),
      },
    )
  }
