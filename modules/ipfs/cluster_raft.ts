import {
  defineCollective,
  type FileAnswer,
  file,
  isUnknown,
  later,
  type ServiceAnswer,
  type Static,
  type Step,
  service,
  stat,
  T,
  unitName,
  uses,
} from '../../src/module/module.ts'
import { folderArgument, type Obstacle } from '../builtin/lib/paths.ts'
import { systemctl } from '../builtin/lib/systemctl.ts'
import { multiaddress } from './lib/address.ts'
import { refusedByApi } from './lib/api-refusal.ts'
import { clusterArguments, clusterId, serviceFile } from './lib/cluster.ts'
import type { ApiRefusal } from './lib/cluster-api.ts'
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
import { decideVoters, type RaftStanding, type VoterDecision } from './lib/voters.ts'

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

type Args = Static<typeof args>
type GoodVoters = Exclude<VoterDecision, { is: 'fail' }>
type Seen = {
  state: FileAnswer
  mark: FileAnswer
  unit: ServiceAnswer
  backup: FileAnswer
  id: { value: unknown }
  members: { errors: Record<string, string>; refusal?: ApiRefusal }
  known: { all: string[] } | undefined
}

const isOn = (unit: ServiceAnswer): boolean => !['inactive', 'failed'].includes(unit.active)

const standingOf = (host: string, address: string, seen: Seen, isHere: boolean): RaftStanding => {
  const { state, mark, backup, members, known, unit } = seen
  const id = later(() => seen.id.value)
  const isCut = mark.exists && mark.kind === 'file' && mark.content.bytes.toString().startsWith('begun')
  return {
    host,
    address,
    id: typeof id === 'string' ? id : undefined,
    hasState: state.exists && !isCut,
    hadState: backup.exists,
    isHere,
    isOn: isOn(unit),
    lists: members.errors,
    known: known?.all ?? [],
  }
}

/** The commands of a fix, as a person types them on the host. */
const filledIn = (fix: string, { user, path, bin_dir, unit }: Args): string =>
  fix
    .replaceAll('{unit}', unitName(unit).replace(/\.service$/, ''))
    .replaceAll('{folder}', path)
    .replaceAll('{service}', `runuser -u ${user} -- ${bin_dir}/ipfs-cluster-service --config ${path}`)

/** Why the API of a host's daemon tells nothing of the members, and never will by itself. */
const refusalOn = ({ unit, path }: Args, { members, unit: answer }: Seen): Obstacle | undefined => {
  const found = later(() =>
    refusedByApi(members.refusal, { unit: { name: unit, answer }, file: undefined, path: serviceFile(path) }),
  )
  return isUnknown(found) ? undefined : found
}

/** The name under which the id of the host that is joined is known to the others. */
const idName = ({ via }: GoodVoters): string => `id.${via}`

/** What a host does before the others join, one after the other, and why. */
const beforeJoins = (host: string, own: Args, decision: GoodVoters, newcomers: string[]) => {
  const { raised, via, founder, leaving } = decision
  const why: string[] = []
  const steps: Step[] = []
  if (host === via && leaving.length > 0) {
    steps.push(...leaving.map(member => removeMember(own, member.id)))
    why.push(`takes out ${leaving.map(member => `a former id of ${member.of} (${member.id.slice(-6)})`).join(', ')}`)
  }
  if (host === founder) {
    steps.push(startBeside(own, 'begun'))
    why.push('no host is in a raft cluster: founds it')
  }
  if (raised.includes(host)) {
    steps.push(startBeside(own, 'member'))
    why.push(`votes for ${newcomers.join(', ')}`)
  }
  if (host === via && newcomers.length > 0) {
    steps.push(fetchPeerId(own.path, idName(decision)))
    if (why.length === 0) why.push(`tells its id to ${newcomers.join(', ')}`)
  }
  return { steps, why }
}

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
  plan(args, seen, context) {
    const deaf = context.up.find(host => refusalOn(args[host]!, seen[host]!) !== undefined)
    const refused = deaf === undefined ? undefined : refusalOn(args[deaf]!, seen[deaf]!)
    if (refused)
      return context.each(host =>
        context.fail(`${deaf}: ${refused.why}`, `on ${deaf}${host === deaf ? ', here' : ''}: ${refused.fix}`),
      )
    const standings = context.up.map(host =>
      standingOf(host, args[host]!.address, seen[host]!, !context.bystanders.includes(host)),
    )
    const decision = decideVoters(standings, context.missing)
    if (decision.is === 'fail')
      return context.each(host =>
        decision.on.includes(host) ? context.fail(decision.why, filledIn(decision.fix, args[host]!)) : context.ok(),
      )
    const newcomers = decision.joining.filter(host => host !== decision.founder)
    return context.each((host, { mark, unit }) => {
      const own = args[host]!
      const { steps, why } = beforeJoins(host, own, decision, newcomers)
      const founds = host === decision.founder
      const joins = newcomers.includes(host)
      if (joins) why.push(`joins the raft cluster of ${decision.via}`)
      const stops = joins && isOn(unit)
      const isMarked = mark.exists && !context.bystanders.includes(host)
      if (isMarked && why.length === 0) why.push('ends the daemon that an earlier run has left')
      if (why.length === 0) return context.ok()
      const ran = joins || founds || decision.raised.includes(host) || isMarked
      const via = joins ? args[decision.via!]! : undefined
      const turn: Step[] = [
        ...(stops ? [systemctl(unit, own.unit, ['stop'])] : []),
        ...(via ? [joinBeside(own, idName(decision), `${multiaddress(via.address, via.port)}/p2p/`)] : []),
      ]
      return context.change({
        will: {
          ...(joins || founds ? { state: { exists: true, kind: 'directory' } } : {}),
          ...(ran ? { mark: { exists: false } } : {}),
          ...(stops ? { unit: { active: 'inactive' } } : {}),
        },
        // Where a daemon is ended that ran before, its ports become free.
        touches: [`live:${own.unit}#members`, ...(isMarked || stops ? ['live:sockets'] : [])],
        phases: [steps, ...newcomers.map(next => (next === host ? turn : [])), ran ? [stopBeside(own)] : []],
        reason: why.join(', '),
      })
    })
  },
  diagnose,
})
