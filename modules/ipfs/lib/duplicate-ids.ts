import { isUnknown, later } from '../../../src/module/module.ts'

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
