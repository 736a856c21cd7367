import { type Failure, type Origin, Refusal } from '../../core/failure.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Inventory } from '../../load/inventory.ts'
import type { Target } from '../../settings/target.ts'

/** Where a connection goes: two names with the same place are one machine. */
const placeOf = ({ user, host, port }: Target): string => `${user}@${host.toLowerCase()} port ${port}`

const written = ({ file, line }: Origin): string => `${file}:${line}`

const refused = (place: string, names: string[], { vars }: Inventory): Failure => {
  const [first, second] = names as [string, string]
  const originOf = (name: string): Origin => vars[name]!.ansible_host!.origin
  return {
    reason: 'inventory-variable',
    what: `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are one machine: ${place}.`,
    why: [
      'Each of them would be planned as if nothing happened on the other.',
      ...names.map(name => `${name}: ${written(originOf(name))}`),
    ].join('\n'),
    fix: `Correct the address of one, take ${first} where ${second} stands (a host may be in any number of groups), or leave one out: --limit '!${second}'`,
    origin: originOf(second),
  }
}

/**
 * Refuses a run whose steps may run on one machine under two names (`inventory-variable`, with the places of both). That
 * two addresses lead to one machine shows only when it is leased.
 */
export const refuseOneMachine = (graph: Graph, inventory: Inventory, targets: Record<string, Target>): void => {
  const acting = graph.hosts.filter(host => graph.nodes.some(node => node.included.has(host)))
  const places = Map.groupBy(acting, host => placeOf(targets[host]!))
  const failures = [...places].flatMap(([place, names]) => (names.length > 1 ? [refused(place, names, inventory)] : []))
  if (failures.length > 0) throw new Refusal(...failures)
}
