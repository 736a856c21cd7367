import { refuse } from '../core/failure.ts'
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
  ({ inventory, extra, asks }: Pick<GraphSource, 'inventory' | 'extra' | 'asks'>, registers: string[]): StaticScope =>
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
      ...(inventory.implicit === undefined ? {} : { implicit: inventory.implicit }),
      registers: () => registers,
      register: () => refuseRead,
      facts: refuseRead,
      gathered: () => ({ names: refuseRead, value: refuseRead }),
      controllerFor: (on, item) => asks?.(on, item, task.folders),
    })
  }
