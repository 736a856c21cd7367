import { isUnknown, later } from '../../../src/module/module.ts'
import { isOneMachine, type MachineIdentity } from '../../builtin/lib/network-identity.ts'
import type { Obstacle } from '../../builtin/lib/paths.ts'

/**
 * Two hosts with one id: a machine that was copied whole. No program says a word about it, and each of the twins sees
 * all the others, so only who looks at all hosts can tell. Ids that are not known yet count for nothing.
 */
export const duplicateId = (
  hosts: string[],
  idOf: (host: string) => unknown,
): { hosts: string[]; id: string } | undefined => {
  const known = hosts.flatMap(host => {
    const id = later(() => idOf(host))
    return isUnknown(id) || typeof id !== 'string' ? [] : [{ host, id }]
  })
  const twins = [...Map.groupBy(known, one => one.id)].find(([, all]) => all.length > 1)
  return twins && { id: twins[0], hosts: twins[1].map(({ host }) => host) }
}

/**
 * Why two hosts have one id. Whether it is one machine is asked of its kernel, so nobody is told to set up anew the only
 * one there is; and what is told about a copy keeps all that the copy has.
 */
export const twinsObstacle = (
  { hosts, id }: { hosts: string[]; id: string },
  machineOf: (host: string) => MachineIdentity,
  what: string,
  renew: string,
): Obstacle => {
  const names = hosts.join(' and ')
  return hosts.slice(1).every(host => isOneMachine(machineOf(hosts[0]!), machineOf(host)))
    ? {
        why: `${names} are one machine: it is listed twice`,
        fix: 'take one of the two names out of the inventory; nothing on the machine has to be changed',
      }
    : { why: `${names} have one ${what}, ${id}: one is a copy of the other`, fix: renew }
}
