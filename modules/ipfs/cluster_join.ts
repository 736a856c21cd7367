import {
  content,
  defineModule,
  type FileAnswer,
  file,
  later,
  service,
  T,
  unitName,
  uses,
} from '../../src/module/module.ts'
import { folderArgument } from '../builtin/lib/paths.ts'
import { systemctl } from '../builtin/lib/systemctl.ts'
import { multiaddress, peerAddress } from './lib/address.ts'
import { clusterArguments } from './lib/cluster.ts'
import { listedPeer } from './lib/listed-peer.ts'
import { absentArgument, kuboPeers, kuboRepoArgument, mistakenForKubo, peersArgument, unknownId } from './lib/peers.ts'

const args = T.Object(
  {
    ...clusterArguments,
    bin_dir: folderArgument('/usr/local/bin', 'Where the program `ipfs-cluster-ctl` is.'),
    api: T.String({ default: '/ip4/127.0.0.1/tcp/9094', description: "The daemon's REST address." }),
    unit: T.String({ default: 'ipfs-cluster', description: 'The unit of the daemon, or the path of its file.' }),
    port: T.Integer({ default: 9096, description: "The port of the others' cluster daemons; not kubo's 4001." }),
    peers: peersArgument('The other cluster peers: their cluster peer ids, not those of kubo, and their addresses.'),
    absent: absentArgument,
    ipfs_path: kuboRepoArgument,
  },
  { additionalProperties: false },
)

type Peer = { id: string; address: string; port?: number }

const linesOf = (store: FileAnswer): string[] =>
  store.exists && store.kind === 'file' ? store.content.bytes.toString().split('\n').filter(Boolean) : []

/**
 * Whether a daemon that runs will never find the others by itself: it lists none of them, and where its peerstore has
 * one of them is not where that one is. With new addresses for all, and no multicast, each stays alone for good. One that
 * is alone for another reason is left to its own redials, every 30 s.
 */
const isCutOff = (lines: string[], wanted: string[], peers: Peer[], listed: { state: string }[]): boolean =>
  listed.length > 0 &&
  listed.every(({ state }) => state !== 'listed') &&
  peers.some(({ id }, i) => !lines.includes(wanted[i]!) && lines.some(line => line.endsWith(`/p2p/${id}`)))

/**
 * The peerstore is only a seed: the daemon reads it when it starts and writes it anew when it stops, with all it has
 * met meanwhile. So it is written while the unit is at rest, lines are only added, and a running daemon is left alone,
 * unless it is cut off from all others: then it is stopped for that, and the task that starts it comes next.
 * One kind of line goes: where a peer listens now, the id of the one that was there before it was set up anew. A
 * running daemon forgets that one by itself, an hour after its own start.
 */
export default defineModule({
  name: 'cluster_join',
  about: 'Tells a cluster peer of the others before its first start, each by its cluster peer id.',
  args,
  examples: [
    '# in the play\'s vars: cluster_peer: { id: "{{ cluster.peer_id }}", address: "{{ ansible_host }}" }\n- name: Join the others\n  cluster_join:\n    peers: "{{ groups.ipfs | map(\'extract\', hostvars, \'cluster_peer\') }}"',
  ],
  reads: args => ({
    peerstore: file(`${args.path}/peerstore`),
    unit: service(args.unit),
    kubo: uses(kuboPeers(args.ipfs_path)),
  }),
  more: (args, seen) => ({
    listed:
      seen.unit.active === 'active' && !unknownId(args.peers, one => one.id)
        ? args.peers.map(({ id }) => uses(listedPeer(args, id, args.unit)))
        : [],
  }),
  touches: args => ['live:sockets', 'units', `live:${args.unit}`],
  plan(args, seen, { ok, change, fail }) {
    const slip = mistakenForKubo(args.peers, () => seen.kubo, args.port)
    if (slip) return fail(slip.why, slip.fix)
    const wanted = (): string[] =>
      args.peers.map(({ id, address, port }) => peerAddress(address, port ?? args.port, id))
    const store = seen.peerstore
    const isRunning = ['active', 'activating', 'reloading'].includes(seen.unit.active)
    // What is not known yet is no reason to stop anything.
    if (isRunning && later(() => isCutOff(linesOf(store), wanted(), args.peers, seen.listed)) !== true) return ok()
    if (store.exists && store.kind !== 'file')
      return fail(
        `${args.path}/peerstore is a ${store.kind}, not a file`,
        `see what is in it: \`ls -la ${args.path}/peerstore\`. ipfs-cluster has a file of that name there; a folder is not its own`,
      )
    const lines = (): string => {
      const have = linesOf(store)
      const places = args.peers.map(({ address, port }) => `${multiaddress(address, port ?? args.port)}/p2p/`)
      const all = wanted()
      const kept = have.filter(line => all.includes(line) || !places.some(place => line.startsWith(place)))
      const lacking = all.filter(line => !have.includes(line)).sort()
      return lacking.length === 0 && kept.length === have.length ? '' : [...kept, ...lacking, ''].join('\n')
    }
    const text = unknownId(args.peers, one => one.id) ?? lines()
    if (text === '') return ok()
    const bytes = typeof text === 'string' ? content(text) : text
    return change({
      will: {
        peerstore: { exists: true, kind: 'file', mode: '0644', owner: args.user, content: bytes },
        ...(isRunning ? { unit: { active: 'inactive', sub: 'dead' } } : {}),
      },
      touches: isRunning ? ['live:sockets', `live:${args.unit}`] : [],
      steps: [
        ...(isRunning ? [systemctl(seen.unit, args.unit, ['stop'])] : []),
        { do: 'write', path: `${args.path}/peerstore`, content: bytes, mode: '0644', owner: args.user, group: '' },
      ],
      reason: isRunning
        ? `${unitName(args.unit)} runs and sees none of the others, whom it looks for where they were before`
        : 'the peerstore does not name the others as they are now',
    })
  },
})
