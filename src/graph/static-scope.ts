import { refuse } from '../core/failure.ts'
import { compileTemplate } from '../load/expression.ts'
import type { Loaded } from '../load/load.ts'
import { createScope } from '../load/scope.ts'
import { layersFor } from '../load/variables.ts'
import type { Node } from './graph.ts'

/** What a word sees that is fixed before any host is contacted: variables and groups, nothing that only a run makes. */
type ScopeOf = (node: Node, host: string, word: string) => Record<string, unknown>

export const staticScope =
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

/** Throws a Refusal (`playbook-value`, `playbook-reference`). */
const evaluated = (node: Node, host: string, scopeOf: ScopeOf): boolean => {
  const { become } = node.task
  const value = compileTemplate(become.value, become).evaluate(scopeOf(node, host, 'become'))
  if (typeof value === 'boolean') return value
  return refuse('playbook-value', '`become` wants true or false.', {
    why: `It is ${JSON.stringify(value)}.`,
    fix: 'A variable of the command line is text: bool(name) makes it true or false.',
    origin: become.origin,
  })
}

/**
 * Whether a task runs as root on a host. It has to be known before the host is contacted: the login is made with it.
 * What a play says for all its tasks is evaluated once per host.
 */
export const staticBecome = (scopeOf: ScopeOf): ((node: Node, host: string) => boolean) => {
  const known = new Map<unknown, Map<string, boolean>>()
  return (node, host) => {
    const { become, vars } = node.task
    if (typeof become.value === 'boolean') return become.value
    if (Object.keys(vars).length > 0) return evaluated(node, host, scopeOf)
    const byHost = known.get(become) ?? new Map<string, boolean>()
    known.set(become, byHost)
    const value = byHost.get(host) ?? evaluated(node, host, scopeOf)
    byHost.set(host, value)
    return value
  }
}
