import { refuse } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { compileTemplate } from '../load/expression.ts'
import type { Play, Task } from '../load/playbook.ts'
import type { StaticScope } from '../load/static-scope.ts'
import { namesOfLoop } from '../load/task-loop.ts'
import type { GraphSource, Machines } from './graph.ts'

/**
 * The host on whose machine a task is done for another; undefined: on its own. It has to be known before any host is
 * contacted, since the order of that machine's tasks hangs on it. Throws a Refusal: `playbook-reference` for a name that is
 * no host, `playbook-shape` for what cannot be delegated.
 */
export const delegateFor =
  ({ inventory, isCollective }: GraphSource, scopeOf: StaticScope) =>
  (task: Task, play: Play, host: string): string | undefined => {
    const { delegateTo, loop, module } = task
    if (delegateTo === undefined) return undefined
    const { origin } = delegateTo
    if (isCollective(module))
      refuse('playbook-shape', `"${module}" is for all hosts of a play at once: it is delegated to none.`, { origin })
    const expression = compileTemplate(delegateTo.value, delegateTo)
    if (loop && expression.references.some(({ path }) => namesOfLoop(loop).includes(String(path[0]))))
      refuse('playbook-shape', '"delegate_to" cannot follow the items of a loop yet.', {
        fix: 'Make it a play of its own for these hosts, or a task for each.',
        origin,
      })
    const name = String(expression.evaluate(expression.literal ? {} : scopeOf({ task, play }, host, 'delegate_to')))
    if (name === host) return undefined
    if (inventory.hosts.includes(name) || inventory.implicit === name) return name
    return refuse('playbook-reference', `"${name}" is no host of the inventory.`, {
      why: `delegate_to names the host on whose machine this is done for ${host}.`,
      fix: didYouMean(name, inventory.hosts) || 'Add it to the inventory.',
      origin,
    })
  }

/** The machines of hosts as a task sees them: of one that is delegated that of the other host. */
export const delegatedMachines = (machines: Machines, delegates: ReadonlyMap<string, string>): Machines =>
  delegates.size === 0
    ? machines
    : new Map([...machines, ...[...delegates].map(([host, to]) => [host, machines.get(to) ?? to] as const)])
