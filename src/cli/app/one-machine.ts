import type { Machines } from '../../graph/graph.ts'
import type { Hop, Target } from '../../settings/target.ts'

const hopText = ({ user, host, port }: Hop): string => `${user}@${host.toLowerCase()}:${port}`

/**
 * Where a connection goes, and as whom. The same address behind another bastion is another machine. That two addresses lead
 * to one machine shows only when it is leased.
 */
const placeOf = (target: Target): string =>
  target.connection === 'local'
    ? 'local'
    : JSON.stringify([hopText(target), target.proxyCommand ?? (target.via ?? []).map(hopText)])

/** The hosts that are names of a machine which an earlier host of the list has named already. */
export const machinesAmong = (hosts: string[], targets: Record<string, Target>): Machines => {
  const places = Map.groupBy(hosts, host => placeOf(targets[host]!))
  return new Map([...places.values()].flatMap(([first, ...others]) => others.map(host => [host, first!] as const)))
}

/**
 * How each machine is reached: as its first host says, with the identity that any of its hosts needs; where these differ as
 * root, which sees all.
 */
export const targetsOfMachines = (targets: Record<string, Target>, machines: Machines): Record<string, Target> => {
  const found: Record<string, Target> = {}
  for (const [host, machine] of machines) {
    const target = found[machine] ?? targets[machine]!
    const { become } = targets[host]!
    found[machine] = become && target.become?.user !== 'root' ? { ...target, become } : target
  }
  return found
}
