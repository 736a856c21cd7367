import { defineCollective, file, later, type Step, service, stat, T, uses } from '../../src/module/module.ts'
import { folderArgument } from '../builtin/lib/paths.ts'
import { systemctl } from '../builtin/lib/systemctl.ts'
import { multiaddress } from './lib/address.ts'
import { clusterArguments, clusterId } from './lib/cluster.ts'
import diagnose from './lib/diagnoses.ts'
import {
  fetchPeerId,
  joinBeside,
  markFile,
  memberAddresses,
  raftMembers,
  removeMember,
  startBeside,
  stopBeside,
} from './lib/raft.ts'
import { decideVoters, type RaftStanding } from './lib/voters.ts'

const args = T.Object(
  {
    ...clusterArguments,
    bin_dir: folderArgument('/usr/local/bin', "Where ipfs-cluster's programs are."),
    api: T.String({ default: '/ip4/127.0.0.1/tcp/9094', description: "The daemon's REST address." }),
    unit: T.String({ default: 'ipfs-cluster', description: 'The unit of the daemon, or the path of its file.' }),
    address: T.String({ description: 'Where the others reach this host: IPv4, IPv6 or a name.' }),
    port: T.Integer({ default: 9096, description: "The port of this host's cluster daemon; not kubo's 4001." }),
  },
  { additionalProperties: false },
)

/**
 * Membership of a raft cluster is made here and nowhere else. `--bootstrap` empties the state at every start, and a
 * plain start without any state founds a cluster of one, so neither may ever stand in a unit: a daemon runs beside it,
 * once, until the host is a member. First members whose unit is at rest, for their votes; then one host after another.
 */
export default defineCollective({
  name: 'cluster_raft',
  about:
    'Brings hosts into one raft cluster, one after another, and takes the former ids of reinstalled hosts out of it.',
  args,
  examples: [
    "- name: Join the raft cluster\n  when: consensus == 'raft'\n  cluster_raft:\n    address: '{{ ansible_host }}'\n    port: 9096",
  ],
  reads: args => ({
    state: stat(`${args.path}/raft`),
    mark: file(markFile(args.path)),
    unit: service(args.unit),
    backup: uses(stat(`${args.path}/raft.old.0`)),
    id: uses(clusterId(args.path)),
    members: uses(raftMembers(args)),
  }),
  // Only where a member is silent: which host it was is told by its address.
  more: (args, seen, host) => ({
    known: Object.values(seen[host]?.members.errors ?? {}).some(error => error !== '')
      ? uses(memberAddresses(args))
      : undefined,
  }),
  touches: args => [`live:${args.unit}#members`, 'live:sockets'],
  plan(args, seen, together) {
    const isOn = (host: string): boolean => !['inactive', 'failed'].includes(seen[host]!.unit.active)
    const hosts = together.up.map((host): RaftStanding => {
      const { state, mark, backup, members, known } = seen[host]!
      const id = later(() => seen[host]!.id.value)
      const isCut = mark.exists && mark.kind === 'file' && mark.content.bytes.toString().startsWith('begun')
      return {
        host,
        address: args[host]!.address,
        id: typeof id === 'string' ? id : undefined,
        hasState: state.exists && !isCut,
        hadState: backup.exists,
        isHere: !together.bystanders.includes(host),
        isOn: isOn(host),
        lists: members.errors,
        known: known?.all ?? [],
      }
    })
    const ruling = decideVoters(hosts, together.missing)
    if (ruling.is === 'fail')
      return together.each(host => (ruling.on.includes(host) ? together.fail(ruling.why, ruling.fix) : together.ok()))

    const { joining, raised, via, founder, leaving } = ruling
    const newcomers = joining.filter(host => host !== founder)
    const id = `id.${via}`
    return together.each((host, { mark }) => {
      const own = args[host]!
      const why: string[] = []
      const first: Step[] = []
      if (host === via && leaving.length > 0) {
        first.push(...leaving.map(member => removeMember(own, member.id)))
        why.push(
          `takes out ${leaving.map(member => `a former id of ${member.of} (${member.id.slice(-6)})`).join(', ')}`,
        )
      }
      if (host === founder) {
        first.push(startBeside(own, 'begun'))
        why.push('no host is in a raft cluster: founds it')
      }
      if (raised.includes(host)) {
        first.push(startBeside(own, 'member'))
        why.push(`votes for ${newcomers.join(', ')}`)
      }
      if (host === via && newcomers.length > 0) {
        first.push(fetchPeerId(own.path, id))
        if (why.length === 0) why.push(`tells its id to ${newcomers.join(', ')}`)
      }
      const joins = newcomers.includes(host)
      if (joins) why.push(`joins the raft cluster of ${via}`)
      const stops = joins && isOn(host)
      const turn: Step[] = [
        ...(stops ? [systemctl(seen[host]!.unit, own.unit, ['stop'])] : []),
        ...(joins ? [joinBeside(own, id, `${multiaddress(args[via!]!.address, args[via!]!.port)}/p2p/`)] : []),
      ]
      const isMarked = mark.exists && !together.bystanders.includes(host)
      const ran = joins || host === founder || raised.includes(host) || isMarked
      if (isMarked && why.length === 0) why.push('ends the daemon that an earlier run has left')
      if (why.length === 0) return together.ok()
      return together.change({
        will: {
          ...(joins || host === founder ? { state: { exists: true, kind: 'directory' } } : {}),
          ...(ran ? { mark: { exists: false } } : {}),
          ...(stops ? { unit: { active: 'inactive' } } : {}),
        },
        // Where a daemon is ended that ran before, its ports become free.
        touches: [`live:${own.unit}#members`, ...(isMarked || stops ? ['live:sockets'] : [])],
        phases: [first, ...newcomers.map(next => (next === host ? turn : [])), ran ? [stopBeside(own)] : []],
        reason: why.join(', '),
      })
    })
  },
  diagnose,
})
