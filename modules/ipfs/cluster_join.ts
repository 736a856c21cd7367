import { content, defineModule, file, service, T, uses } from '../../src/module/module.ts'
import { multiaddress, peerAddress } from './lib/address.ts'
import { clusterArguments } from './lib/cluster.ts'
import { absentArgument, kuboPeers, kuboRepoArgument, mistakenForKubo, peersArgument, unknownId } from './lib/peers.ts'

const args = T.Object(
  {
    ...clusterArguments,
    unit: T.String({ default: 'ipfs-cluster', description: 'The unit of the daemon, or the path of its file.' }),
    port: T.Integer({ default: 9096, description: "The port of the others' cluster daemons; not kubo's 4001." }),
    peers: peersArgument('The other cluster peers: their cluster peer ids, not those of kubo, and their addresses.'),
    absent: absentArgument,
    ipfs_path: kuboRepoArgument,
  },
  { additionalProperties: false },
)

/**
 * The peerstore is only a seed: the daemon reads it when it starts and writes it anew when it stops, with all it has
 * met meanwhile. So it is written while the unit is at rest, lines are only added, and a running daemon is left alone.
 * One kind of line goes: where a peer listens now, the id of the one that was there before it was set up anew. A
 * running daemon forgets that one by itself, an hour after its own start.
 */
export default defineModule({
  name: 'cluster_join',
  about: 'Tells a cluster peer of the others before its first start, each by its cluster peer id.',
  args,
  examples: [
    "- name: Join the others\n  cluster_join:\n    peers: \"{{ groups.ipfs.map(h, {'id': hostvars[h].cluster.peer_id, 'address': hostvars[h].address}) }}\"",
  ],
  reads: args => ({
    peerstore: file(`${args.path}/peerstore`),
    unit: uses(service(args.unit)),
    kubo: uses(kuboPeers(args.ipfs_path)),
  }),
  plan(args, seen, { ok, change, fail }) {
    const slip = mistakenForKubo(args.peers, () => seen.kubo, args.port)
    if (slip) return fail(slip.why, slip.fix)
    if (['active', 'activating', 'reloading'].includes(seen.unit.active)) return ok()
    const store = seen.peerstore
    if (store.exists && store.kind !== 'file')
      return fail(
        `${args.path}/peerstore is a ${store.kind}, not a file`,
        `see what is in it: \`ls -la ${args.path}/peerstore\`. ipfs-cluster has a file of that name there; a folder is not its own`,
      )
    const lines = (): string => {
      const have =
        store.exists && store.kind === 'file' ? store.content.bytes.toString().split('\n').filter(Boolean) : []
      const wanted = args.peers.map(({ id, address, port }) => peerAddress(address, port ?? args.port, id)).sort()
      const places = args.peers.map(({ address, port }) => `${multiaddress(address, port ?? args.port)}/p2p/`)
      const kept = have.filter(line => wanted.includes(line) || !places.some(place => line.startsWith(place)))
      const lacking = wanted.filter(line => !have.includes(line))
      return lacking.length === 0 && kept.length === have.length ? '' : [...kept, ...lacking, ''].join('\n')
    }
    const text = unknownId(args.peers, one => one.id) ?? lines()
    if (text === '') return ok()
    const bytes = typeof text === 'string' ? content(text) : text
    return change({
      will: { peerstore: { exists: true, kind: 'file', mode: '0644', owner: args.user, content: bytes } },
      steps: [
        { do: 'write', path: `${args.path}/peerstore`, content: bytes, mode: '0644', owner: args.user, group: '' },
      ],
      reason: 'the peerstore does not name the others as they are now',
    })
  },
})
