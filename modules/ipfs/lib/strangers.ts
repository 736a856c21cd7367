import { isUnknown, later, type ServiceAnswer, unitName } from '../../../src/module/module.ts'
import type { ListedPeer } from './cluster-api.ts'

/** Who a list of peers is to have, and hosts that did not answer, whose ids nobody knows today. */
type Expected = { ids: () => unknown[]; absent: { host: string; address: string }[] }

/**
 * Peers that no host of the inventory is. Of hosts that are still to be made, or that did not answer, the ids are not
 * known: then only who tells by its name that it is none of them counts.
 */
export const strangersIn = (listed: ListedPeer[], { ids, absent }: Expected): ListedPeer[] => {
  const known = ids()
  if (known.some(isUnknown)) return []
  return listed.filter(
    ({ id, name, address }) =>
      !known.includes(id) &&
      (absent.length === 0 ||
        (name !== '' && !absent.some(host => host.host === name || `${address}/`.includes(`/${host.address}/`)))),
  )
}

/** The commands that end a service for good, by whichever manager runs it there. */
const ending = (unit: string, { manager }: ServiceAnswer): string =>
  manager === 'systemd'
    ? `\`systemctl disable --now ${unitName(unit).replace(/\.service$/, '')}\``
    : 'stop and disable its service'

type Leaving = {
  unit: string
  service: ServiceAnswer
  consensus: unknown
  /** `ipfs-cluster-ctl` as it asks this daemon. */
  control: string
  hasFewer: boolean
}

/**
 * A sentence for each stranger: what it does, and how it leaves. Measured: with crdt nobody can take a peer out
 * (`peers rm` is refused); it is off the list when two of its pings have not come. With raft one that is only stopped
 * counts as a member for ever.
 */
export const strangerWarnings = (strangers: ListedPeer[], leaving: Leaving): string[] =>
  strangers.map(({ id, name, address }) => {
    const { unit, service, consensus, control, hasFewer } = leaving
    const place = [name, address].filter(text => text !== '').join(', ')
    const out =
      consensus === 'raft'
        ? `${ending(unit, service)} there, then here \`${control} peers rm ${id}\``
        : `${ending(unit, service)} there, and it is off the list when two of its pings have not come`
    const pins = hasFewer
      ? ` What it holds copies of is placed anew by pinning it again: \`${control} pin add CID\`, for each CID of \`${control} pin ls\`.`
      : ''
    return `the cluster peer ${id}${place === '' ? '' : ` (${place})`} is not in the inventory: it may hold pins, gets new ones, and changes the list of pins as any other. To let it leave: ${out}.${pins} While it has the cluster secret and the swarm key it can come back: new ones lock it out (cluster_secret, swarm_key).`
  })

/** Ids as far as they are known; an unknown stands for one that is still to be made. */
export const idsOf = (peers: { id: string }[], own: () => unknown): unknown[] => [
  later(own),
  ...peers.map(peer => later(() => peer.id)),
]
