import { refuse } from '../core/failure.ts'
import { compileTemplate } from '../load/expression.ts'
import type { Loaded } from '../load/load.ts'
import { createScope } from '../load/scope.ts'
import { layersFor } from '../load/variables.ts'
import type { Node } from './graph.ts'

/** What a word sees that is fixed before any host is contacted: variables and groups, nothing that only a run makes. */
type ScopeOf = (node: Node, host: string, word: string) => Record<string, unknown>

export const beforehand =
  ({ inventory, extra }: Loaded, registers: string[]): ScopeOf =>
  ({ play, task }, host, word) => {
    const layersOf = (on: string) => layersFor({ play, inventory, host: on, task, extra })
    const none = (): never =>
      refuse('playbook-reference', `${word} is fixed before the run: it cannot use registered values or facts.`, {
        fix: 'Use variables and groups.',
        origin: task.origin,
      })
    return createScope({
      host,
      layers: layersOf(host),
      layersOf,
      groups: inventory.groups,
      registers: () => registers,
      register: none,
      facts: none,
    })
  }

/**
 * Whether a task runs as root on a host. It has to be known before the host is contacted: the login is made with it.
 * Throws Refusals (`playbook-value`, `playbook-reference`).
 */
export const becomes = (node: Node, host: string, scopeOf: ScopeOf): boolean => {
  const { become } = node.task
  if (typeof become.value === 'boolean') return become.value
  const value = compileTemplate(become.value, become).evaluate(scopeOf(node, host, 'become'))
  if (typeof value === 'boolean') return value
  return refuse('playbook-value', '`become` wants true or false.', {
    why: `It is ${JSON.stringify(value)}.`,
    fix: 'A variable of the command line is text: bool(name) makes it true or false.',
    origin: become.origin,
  })
}
