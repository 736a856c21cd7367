import { isUnknown, type Later, later, program, type Query, quote, T } from '../../../src/module/module.ts'
import { folderArgument, type Obstacle } from '../../builtin/lib/paths.ts'
import { multiaddress } from './address.ts'

const port = T.Integer({ minimum: 1, maximum: 65535 })

/** Peers as an argument. `partial`: hosts that did not answer are left out of it and stand in `absent` instead. */
export const peersArgument = (description: string) =>
  T.Array(
    T.Object(
      { id: T.String(), address: T.String({ pattern: '^[^\\s/]+$' }), port: T.Optional(port) },
      { additionalProperties: false },
    ),
    { description, partial: 'absent' },
  )

/** Filled by runbook: hosts of the list that did not answer, by what the inventory says of them. */
export const absentArgument = T.Array(T.Object({ host: T.String(), address: T.String() }), {
  default: [],
  description: 'Filled in by runbook: hosts that did not answer. What a node knows of them stays as it is.',
})

export const kuboRepoArgument = folderArgument(
  '/var/lib/ipfs',
  "kubo's repo on this host, if there is one: its ids and ports are told from the cluster's by it.",
)

/** Ids and addresses that stand in kubo's config: its own, and those of the kubos it keeps connected to. */
export const kuboPeers = (repo: string): Query<{ words: string[] }> =>
  program({
    key: `words:${repo}/config`,
    sh: `grep -oE '"(/(ip[46]|dns[46]?)/[^"]+|12D3Koo[A-Za-z0-9]+|Qm[A-Za-z0-9]{44})"' ${quote(`${repo}/config`)} 2>/dev/null`,
    looks: [`path:${repo}/config`],
    parse: ({ stdout }) => ({ words: stdout.toString().replaceAll('"', '').split('\n').filter(Boolean) }),
    subject: `peers in ${repo}/config`,
  })

/**
 * The first id that a host is still to make. A new id is in no list yet: who has to name it, or to wait until it is
 * named, has something to do, whatever it will be.
 */
export const unknownId = <P>(peers: P[], idOf: (peer: P) => unknown): Later | undefined =>
  peers.map(peer => later(() => idOf(peer))).find(id => isUnknown(id)) as Later | undefined

/**
 * The usual slip: kubo's peer id, or kubo's port, in the place of the cluster's. Undefined where nothing is known of
 * it.
 */
export const mistakenForKubo = (
  peers: { id: string; address: string; port?: number }[],
  kubo: () => { words: string[] },
  otherwise?: number,
): Obstacle | undefined => {
  const known = later(() => kubo().words)
  if (!Array.isArray(known)) return undefined
  for (const peer of peers) {
    const { address, port = otherwise } = peer
    const id = later(() => peer.id)
    if (!isUnknown(id) && known.includes(id))
      return {
        why: `${id} (${address}) is the peer id of a kubo: the cluster peer there has another`,
        fix: 'give what cluster_init registers as peer_id, `hostvars[h].cluster.peer_id`, not what ipfs_init does',
      }
    const place = port === undefined ? undefined : multiaddress(address, port)
    if (known.some(word => word === place || word.startsWith(`${place}/`)))
      return {
        why: `at ${place} a kubo listens, not a cluster peer`,
        fix: 'give the port of ipfs-cluster, 9096 unless it was changed',
      }
  }
  return undefined
}
