import {
  defineModule,
  type FileAnswer,
  isRecord,
  isUnknown,
  later,
  program,
  type ServiceAnswer,
  service,
  stat,
  T,
  unitName,
  uses,
} from '../../src/module/module.ts'
import { folderArgument, type Obstacle } from '../builtin/lib/paths.ts'
import { lastLogLines } from '../builtin/lib/unit-log.ts'
import { refusedByApi } from './lib/api-refusal.ts'
import { clusterArguments, clusterId, clusterMember, serviceFile } from './lib/cluster.ts'
import { type ApiRefusal, controlCommand, type ListedPeer, listedPeers, readListed } from './lib/cluster-api.ts'
import diagnose from './lib/diagnoses.ts'
import { dialCheck } from './lib/dial-check.ts'
import { listedPeer } from './lib/listed-peer.ts'
import { absentArgument, kuboPeers, kuboRepoArgument, mistakenForKubo, peersArgument, unknownId } from './lib/peers.ts'
import { idsOf, strangersIn, strangerWarnings } from './lib/strangers.ts'

const args = T.Object(
  {
    ...clusterArguments,
    bin_dir: folderArgument('/usr/local/bin', 'Where the program `ipfs-cluster-ctl` is.'),
    api: T.String({ default: '/ip4/127.0.0.1/tcp/9094', description: "The daemon's REST address." }),
    unit: T.String({ default: 'ipfs-cluster', description: 'The unit of the daemon, or the path of its file.' }),
    monitor_ping_interval: T.String({
      default: '15s',
      // Go's words for it; ipfs-cluster does not start with any other, nor with none at all (cluster_config.go).
      pattern: '^(?=.*[1-9])(\\d+(\\.\\d+)?(ms|s|m|h))+$',
      description:
        'As in service.json, e.g. `5s`: a peer is listed with its first ping, so the wait is as long as two of them and 60 s: one that cannot be dialled dials the others every 30 s.',
    }),
    peers: peersArgument('All cluster peers that must be listed, by their cluster peer ids.'),
    absent: absentArgument,
    ipfs_path: kuboRepoArgument,
  },
  { additionalProperties: false },
)
type Args = { user: string; path: string; bin_dir: string; api: string }

/** All that are listed, whoever they are. */
const everybody = (args: Args, unit: string) =>
  program<{ peers: ListedPeer[]; refusal?: ApiRefusal }>({
    key: `live:${unit}#peers`,
    sh: listedPeers(args),
    looks: [`live:${unit}#peers`, `unit:${unitName(unit)}`],
    parse: ({ stdout }) => readListed(stdout),
    subject: 'all cluster peers',
  })

type Asked = { any: { refusal?: ApiRefusal }; unit: ServiceAnswer; file: FileAnswer }

/** Why the API of the daemon tells nothing, and never will by itself. */
const refusal = ({ unit: name, path }: Args & { unit: string }, { any, unit, file }: Asked): Obstacle | undefined =>
  refusedByApi(any.refusal, { unit: { name, answer: unit }, file, path: serviceFile(path) })

/** Go's durations, as far as anyone writes them here. */
const seconds = (duration: string): number =>
  [...duration.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * ({ h: 3600, m: 60, s: 1, ms: 0.001 }[unit!] ?? 0),
    0,
  )

/**
 * The gate: with crdt a peer that could not join starts well, says READY and lists itself alone
 * (cmd/ipfs-cluster-service/daemon.go), so only the list of peers tells. A wait: a change without steps.
 */
export default defineModule({
  name: 'cluster_peers',
  about: 'Waits until the cluster daemon lists every peer without an error.',
  args,
  examples: [
    '# in the play\'s vars: cluster_peer: { id: "{{ cluster.peer_id }}", address: "{{ ansible_host }}" }\n- name: Wait for all cluster peers\n  cluster_peers:\n    peers: "{{ groups.ipfs | map(\'extract\', hostvars, \'cluster_peer\') }}"',
  ],
  reads: args => ({
    unit: uses(service(args.unit)),
    any: uses(everybody(args, args.unit)),
    own: uses(clusterId(args.path)),
    consensus: uses(clusterMember(args.path, 'consensus')),
    most: uses(clusterMember(args.path, 'cluster.replication_factor_max')),
    kubo: uses(kuboPeers(args.ipfs_path)),
    file: uses(stat(serviceFile(args.path))),
  }),
  more: args => ({
    peers: unknownId(args.peers, one => one.id) ? [] : args.peers.map(({ id }) => listedPeer(args, id, args.unit)),
  }),
  touches: args => [`live:${args.unit}`],
  plan(args, seen, { ok, change, fail }) {
    if (seen.unit.active !== 'active' && seen.unit.active !== 'activating')
      return fail(
        `${unitName(args.unit)} is ${seen.unit.active}: it lists no peers`,
        `\`systemctl start ${unitName(args.unit).replace(/\.service$/, '')}\`, or start it in a task before this one`,
      )
    const refused = later(() => refusal(args, seen))
    if (refused !== undefined && !isUnknown(refused)) return fail(refused.why, refused.fix)
    const slip = mistakenForKubo(args.peers, () => seen.kubo)
    if (slip) return fail(slip.why, slip.fix)
    const details = unknownId(args.peers, one => one.id)
    if (details) {
      const places = args.peers.map(({ address }) => address).join(', ')
      return change({ will: {}, steps: [], details, byItself: true, reason: `waits for ${places}` })
    }
    const open = args.peers.filter((_, i) => seen.peers[i]!.state !== 'listed')
    if (open.length === 0) return ok()
    return change({
      will: { peers: args.peers.map((_, i) => (seen.peers[i]!.state === 'listed' ? undefined : { state: 'listed' })) },
      steps: [],
      reason: `waits for ${open.map(({ id, address }) => `${address} (${id.slice(-6)})`).join(', ')}`,
    })
  },
  warns: (args, seen) => {
    const consensus = later(() => seen.consensus.value)
    const strangers = strangersIn(seen.any.peers, {
      ids: () => idsOf(args.peers, () => seen.own.value),
      absent: args.absent,
    })
    return strangerWarnings(strangers, {
      unit: args.unit,
      service: seen.unit,
      consensus: isRecord(consensus) ? Object.keys(consensus)[0] : undefined,
      control: controlCommand(args),
      hasFewer: later(() => seen.most.value) !== -1,
    })
  },
  settle: args => ({
    seconds: 60 + 2 * seconds(args.monitor_ping_interval),
    every: 0.2,
    hopeless: seen => (seen.unit.active === 'failed' ? `${unitName(args.unit)} has failed` : undefined),
    late: seen => {
      const open = args.peers.flatMap((peer, i) => {
        const found = seen.peers[i]!
        return found.state === 'listed' ? [] : [`${peer.address} (${peer.id}): ${found.error ?? 'not listed'}`]
      })
      const file = serviceFile(args.path)
      const isStale = seen.file.exists && seen.file.changed > seen.unit.since
      const stale = isStale ? `${unitName(args.unit)} was started before ${file} last changed\n` : ''
      return `${stale}not in the list of cluster peers: ${open.join('; ')}`
    },
    examine: seen =>
      dialCheck(
        args.peers
          .filter((_, i) => seen.peers[i]!.state !== 'listed')
          .map(({ address, port = 9096 }) => ({ address, port })),
        args.unit,
      ),
    log: lastLogLines(args.unit, 'restapilog'),
  }),
  diagnose,
})
