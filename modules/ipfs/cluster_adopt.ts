import {
  defineModule,
  exec,
  later,
  type Static,
  type Step,
  T,
  unitFile,
  unitName,
  uses,
} from '../../src/module/module.ts'
import { folderArgument } from '../builtin/lib/paths.ts'
import { systemctl } from '../builtin/lib/systemctl.ts'
import { lastAttemptLog } from '../builtin/lib/unit-log.ts'
import { peerAddress } from './lib/address.ts'
import { clusterPeer, wayBackFile } from './lib/adoptable.ts'
import {
  adoptionArguments,
  adoptionOutputs,
  adoptionReads,
  adoptionTouches,
  planAdoption,
  sourceReads,
  surveyedPeers,
} from './lib/adoption-plan.ts'
import { clusterArguments, clusterMember } from './lib/cluster.ts'
import { consensusObstacle } from './lib/consensus.ts'
import diagnose from './lib/diagnoses.ts'
import type { Asked } from './lib/existing.ts'
import { listedPeer } from './lib/listed-peer.ts'
import { kuboRepoArgument } from './lib/peers.ts'

const args = T.Object(
  {
    ...clusterArguments,
    bin_dir: folderArgument('/usr/local/bin', "Where ipfs-cluster's programs are."),
    ...adoptionArguments,
    ipfs_path: kuboRepoArgument,
    ipfs_unit: T.String({ pattern: '^/', description: "The path of the file of kubo's unit." }),
    api: T.String({ default: '/ip4/127.0.0.1/tcp/9094', description: "The daemon's REST address." }),
    meets: surveyedPeers('The cluster peers that it has to list before it counts as adopted, with itself.'),
    consensus: T.Enum(['crdt', 'raft'], {
      default: 'crdt',
      description: 'What the playbook has: a peer that was made with the other is refused.',
    }),
  },
  { additionalProperties: false },
)

const asked = ({ path, ipfs_path, bin_dir, unit, ipfs_unit }: Static<typeof args>): Asked => ({
  ...{ path: ipfs_path, cluster_path: path, bin_dir },
  units: [unitFile(ipfs_unit), unitFile(unit)],
})

/** Where the others are, for a peer that was in a network of its own until now. Lines are only added. */
const settings =
  ({ meets, user }: Static<typeof args>) =>
  (folder: string): Step[] => [
    exec(
      [
        'sh',
        '-c',
        `cd -- "$1" && shift || exit; own=$(sed -n 's/^ *"id": *"\\([^"]*\\)".*/\\1/p' identity.json | head -n 1)
[ -z "$(tail -c 1 peerstore 2>/dev/null)" ] || echo >>peerstore
for one; do [ "\${one##*/}" = "$own" ] || grep -qsxF -- "$one" peerstore || echo "$one" >>peerstore || exit; done`,
        'sh',
        folder,
        ...meets.map(({ id, address, port }) => peerAddress(address, port, id)),
      ],
      { user },
    ),
  ]

/**
 * The cluster peer of somebody else becomes the one of the main playbook: its identity, its secret and its list of pins go
 * with it. One host at a time (`rolling`), done when it lists the others again: with raft more than half of the members run
 * all the while.
 */
export default defineModule({
  name: 'cluster_adopt',
  about:
    'Takes a cluster peer that somebody else has set up into the layout of the playbook: identity, secret and pins stay, what ran it ends and is kept aside.',
  args,
  outputs: adoptionOutputs,
  examples: [
    "- name: Adopt ipfs-cluster\n  cluster_adopt:\n    from: '{{ found.cluster_from }}'\n    unit: /etc/systemd/system/ipfs-cluster\n    ipfs_unit: /etc/systemd/system/ipfs\n    src: ipfs-cluster.service.j2",
  ],
  reads: args => ({
    ...adoptionReads(clusterPeer, args, asked(args)),
    consensus: args.from === '' ? undefined : uses(clusterMember(args.from, 'consensus')),
    listed: args.meets.map(({ id }) => listedPeer(args, id, args.unit)),
  }),
  more: (args, seen) => sourceReads(clusterPeer, args, seen),
  touches: args => [...adoptionTouches(clusterPeer, args), `live:${args.unit}`],
  plan(args, seen, { ok, change, fail }) {
    const it = planAdoption(clusterPeer, args, seen, { settings: settings(args), started: [] })
    if (it.is === 'fail') return fail(it.why, it.fix)
    const outputs = { way_back: it.is === 'take' || it.wasAdopted ? wayBackFile(args.path) : '' }
    if (it.is === 'take') {
      const other = consensusObstacle(args.from, args.consensus, seen.consensus?.value)
      if (other) return fail(other.why, other.fix)
      return change({
        will: { ...it.will, listed: args.meets.map(() => ({ state: 'listed' })) },
        steps: it.steps,
        reason: it.reason,
        outputs,
        interrupts: true,
      })
    }
    // What was adopted before may have been cut between its start and the end of the wait.
    const isDown = seen.unit.active !== 'active'
    const lost = args.meets.filter((_, i) => later(() => seen.listed[i]!.state) !== 'listed')
    if (!it.wasAdopted || (!isDown && lost.length === 0)) return ok(outputs)
    return change({
      will: {
        ...(isDown ? { unit: { active: 'active' } } : {}),
        listed: args.meets.map(one => (lost.includes(one) ? { state: 'listed' } : undefined)),
      },
      steps: isDown ? [systemctl(seen.unit, args.unit, ['--no-block', 'start'])] : [],
      reason: isDown ? `it is ${seen.unit.active}` : `waits for ${lost.map(({ address }) => address).join(', ')}`,
      outputs,
      byItself: true,
    })
  },
  settle: args => ({
    // Two pings of upstream's 15 s, and what a start takes.
    seconds: 90,
    every: 0.2,
    hopeless: seen => (seen.unit.active === 'failed' ? `${unitName(args.unit)} has failed` : undefined),
    late: seen => {
      if (seen.unit.active !== 'active') return `${unitName(args.unit)} is ${seen.unit.active}`
      const lost = args.meets.filter((_, i) => seen.listed[i]!.state !== 'listed')
      return `not in its list of peers: ${lost.map(({ id, address }) => `${address} (${id})`).join(', ')}`
    },
    log: lastAttemptLog(args.unit),
  }),
  diagnose,
})
