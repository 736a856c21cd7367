import {
  defineCollective,
  exec,
  type FileAnswer,
  isUnknown,
  type Json,
  type Later,
  later,
  type Query,
  quote,
  type ServiceAnswer,
  type Static,
  type Step,
  same,
  service,
  stat,
  T,
  unitName,
  uses,
} from '../../src/module/module.ts'
import { type Resolution, resolution } from '../builtin/lib/network-identity.ts'
import type { Obstacle } from '../builtin/lib/paths.ts'
import { isAddressOf, peerAddress } from './lib/address.ts'
import { barringRange, namesIn } from './lib/address-filters.ts'
import diagnose from './lib/diagnoses.ts'
import {
  authorizations,
  configMember,
  daemonArguments,
  daemonCommand,
  ipfsStep,
  peerId,
  repoArguments,
  typedIpfs,
} from './lib/kubo.ts'
import { absentArgument, peersArgument, unknownId } from './lib/peers.ts'
import {
  allPeered,
  connectionTo,
  foreignPeers,
  peeringWith,
  peerTransport,
  type SwarmPeer,
  tidyAddresses,
  tidyPeers,
  wantedBootstrap,
  wantedPeering,
} from './lib/swarm.ts'

const args = T.Object(
  {
    ...repoArguments,
    ...daemonArguments,
    via: T.Union([T.Literal('peering'), T.Literal('bootstrap')], {
      default: 'peering',
      description:
        'How a node finds the others. `peering` keeps a connection to each; with `bootstrap` some pairs exchange no blocks after a restart.',
    }),
    port: T.Integer({ default: 4001, description: "The port of the others' swarm listeners." }),
    peers: peersArgument('The other nodes: their peer ids and addresses. The own id is left out.'),
    absent: absentArgument,
  },
  { additionalProperties: false },
)
type Args = Static<typeof args>
type First = { id: { value: Json | undefined }; all: { ids: string[] }; peering: { value: Json | undefined } }

/** The peers but this node itself. An id that is still to be made is taken for another node's. */
const others = (args: Args, seen: First): SwarmPeer[] => {
  const own = later(() => seen.id.value)
  return args.peers.filter(peer => later(() => peer.id) !== own)
}
/** The other peers, once all their ids are known: without an id the daemon cannot be asked about a peer. */
const asking = (args: Args, seen: First): SwarmPeer[] => (waits(args, seen) ? [] : others(args, seen))
const waits = (args: Args, seen: First): Later | undefined => unknownId(others(args, seen), peer => peer.id)

/** Peers that the daemon keeps but should not; those of hosts that did not answer stay. */
const surplus = (args: Args, seen: First, port: number): string[] => {
  const listed = later(() => seen.all.ids)
  if (!Array.isArray(listed) || waits(args, seen)) return []
  const kept = wantedPeering(
    args.via === 'peering' ? others(args, seen) : [],
    port,
    args.absent,
    () => seen.peering.value,
  )
  const ids = Array.isArray(kept) ? kept.map(entry => (entry as { ID: string }).ID) : []
  return listed.filter(id => !ids.includes(id))
}

/** How long both ends of a pair dial each other, from the moment that all have been told of all. */
const patience = 30

const portOf = (args: Args, peer: SwarmPeer): number => peer.port ?? args.port

/**
 * Dials the peers side by side, so that one that is dead holds up nobody, until each is connected, whoever got through:
 * that is told by who is connected, not by this command, which says `success` for a wrong address too when the peer is
 * already there. By hand it is a matter of 0.1 s where Peering's own dial takes 5 to 10, and it starts over at once
 * where kubo itself would wait ever longer.
 */
const meet = (args: Args, peers: SwarmPeer[]): Step => {
  const loops = peers.map(peer => {
    const { id, address } = peer
    const dial = daemonCommand(args, ['swarm', 'connect', peerAddress(address, portOf(args, peer), id)])
    const told = `no connection with ${address} at port ${portOf(args, peer)} (${id})`
    return `( while :; do why=$(${dial} 2>&1); ${daemonCommand(args, ['swarm', 'peers'])} 2>/dev/null | grep -q '/p2p/${id}$' && exit
[ "$(date +%s)" -lt $end ] || break; sleep 0.5; done; echo ${quote(told)}: "$(printf '%s\n' "$why" | tail -n 1)" >&2; exit 1 ) & p="$p $!"`
  })
  return exec([
    'sh',
    '-c',
    `end=$(($(date +%s) + ${patience})); p=; r=0\n${loops.join('\n')}\nfor i in $p; do wait $i || r=1; done; exit $r`,
  ])
}

type Seen = First & {
  config: FileAnswer
  token: { value: Json | undefined }
  filters: { value: Json | undefined }
  names: Resolution
  bootstrap: { value: Json | undefined }
  unit: ServiceAnswer
  peered: { addresses: string[] }[]
  connected: { connected: boolean }[]
  surplus: { addresses: string[] }[]
}

/** What keeps this node from ever reaching the others. */
const hindranceOf = (args: Args, seen: Seen): Obstacle | undefined => {
  if (!seen.config.exists) return { why: `there is no repo at ${args.path}`, fix: 'run ipfs_init before this task' }
  if (later(() => seen.token.value !== null) === true)
    return {
      why: "kubo's API asks for a token: API.Authorizations is set, and neither this task nor ipfs-cluster has one to give",
      fix: `take it out, and keep the API on 127.0.0.1: \`systemctl stop ${unitName(args.unit)}\`, \`${typedIpfs(args)} config --json API.Authorizations {}\`, \`systemctl start ${unitName(args.unit)}\``,
    }
  const barred = later(() => barredBy(args, seen))
  return typeof barred === 'string'
    ? {
        why: barred,
        fix: 'let ipfs_config take it out: `runbook apply PLAYBOOK -e clear_filters=true` with the playbook for private networks, its argument reachable in one of your own (the profile `server` has filled it with all private ranges)',
      }
    : undefined
}

/** What the config is to hold, and whether it does. */
const configNeeds = ({ port, via, absent }: Args, seen: Seen, peers: SwarmPeer[]) => {
  const [peering, bootstrap] =
    via === 'peering'
      ? [wantedPeering(peers, port, absent, () => seen.peering.value), wantedBootstrap([], port, [], () => undefined)]
      : [wantedPeering([], port, [], () => undefined), wantedBootstrap(peers, port, absent, () => seen.bootstrap.value)]
  // Of a repo that is still to be made one thing is certain: it names none of these peers. Where there are none, nothing is.
  const found = <V>(read: () => V): V | Later => (peers.length > 0 ? later(read) : read())
  const kept = found(() => tidyPeers(seen.peering.value))
  const listed = found(() => tidyAddresses(seen.bootstrap.value))
  return { peering, bootstrap, isPeered: same(kept, peering), isListed: same(listed, bootstrap), listed }
}
type ConfigNeeds = ReturnType<typeof configNeeds>

const addressesOf = (args: Args, peer: SwarmPeer): { addresses: string[] } => ({
  addresses: [peerTransport(peer, args.port)],
})

/** What the running daemon lacks: whom it is to keep, to dial and to drop. Of one that does not run nothing is asked. */
const liveNeeds = (args: Args, seen: Seen, peers: SwarmPeer[], { isPeered, listed }: ConfigNeeds) => {
  if (seen.unit.active !== 'active') return { adding: [], distrusted: [], dialling: [], dropping: [] }
  const isPeering = args.via === 'peering'
  const isKept = (peer: SwarmPeer, i: number): boolean =>
    keeps(
      later(() => seen.peered[i]!.addresses),
      addressesOf(args, peer).addresses,
      isPeered,
    )
  // A connection that a Bootstrap list has made may exchange nothing for good, and one to a machine that has moved may
  // be none any more, which TCP tells late: both are made anew. With another port alone it is as good as before.
  const distrusted = peers.filter(
    (peer, i) =>
      isPeering &&
      (named(listed, peer.id) ||
        hasMoved(
          later(() => seen.peered[i]!.addresses),
          peer,
        )),
  )
  return {
    adding: peers.filter((peer, i) => isPeering && !isKept(peer, i)),
    distrusted,
    dialling: peers.filter(
      (peer, i) => distrusted.includes(peer) || later(() => seen.connected[i]!.connected) !== true,
    ),
    dropping: surplus(args, seen, args.port).filter((_, i) => seen.surplus[i]!.addresses.length > 0),
  }
}
type LiveNeeds = ReturnType<typeof liveNeeds>

/** What a host is told before anybody dials: by its config, and by its running daemon. */
const tellingSteps = (args: Args, config: ConfigNeeds, { adding, distrusted, dropping }: LiveNeeds): Step[] => {
  const set = (name: string, value: Json): Step =>
    ipfsStep(args, ['config', '--json', name, JSON.stringify(value ?? [])])
  const ask = (words: string[]): Step => exec(['sh', '-c', daemonCommand(args, words)])
  const at = (peer: SwarmPeer): string => peerAddress(peer.address, portOf(args, peer), peer.id)
  const leave = distrusted.map(({ id }) => daemonCommand(args, ['swarm', 'disconnect', `/p2p/${id}`]))
  return [
    ...(config.isPeered ? [] : [set('Peering.Peers', config.peering)]),
    ...dropping.map(id => ask(['swarm', 'peering', 'rm', id])),
    ...(adding.length === 0 ? [] : [ask(['swarm', 'peering', 'add', ...adding.map(at)])]),
    ...(leave.length === 0 ? [] : [exec(['sh', '-c', `${leave.join('; ')}; :`])]),
  ]
}

/** What is asked of one host, and what it comes to. */
type Needs = { peers: SwarmPeer[]; config: ConfigNeeds; live: LiveNeeds }
const needsOf = (args: Args, seen: Seen): Needs => {
  const peers = others(args, seen)
  const config = configNeeds(args, seen, peers)
  return { peers, config, live: liveNeeds(args, seen, peers, config) }
}

/** Ids of those who miss a host, each by its own word: it dials them too, for they may not get through to it. */
const missedBy = (own: Json | undefined, host: string, needs: Record<string, Needs>, ids: Record<string, unknown>) =>
  Object.keys(needs).flatMap(other =>
    other !== host && needs[other]!.live.dialling.some(({ id }) => id === own) ? [ids[other]] : [],
  )

/**
 * Config and running daemon together, without a restart. Measured on kubo 0.42: with a Bootstrap list, the usual
 * recipe, up to 5 of 6 ordered pairs exchange no blocks after a restart, for good, while `swarm peers` looks healthy
 * (boxo's bitswap is not told of connections older than itself); with Peering and an empty list all do.
 *
 * All hosts together: each is told of the addresses that hold now, then both ends of each pair that is apart dial each
 * other. So a port that is closed on one side, or an address that only one of them has learnt, keeps nobody waiting for a
 * redial that takes minutes.
 */
export default defineCollective({
  name: 'bootstrap',
  about:
    'Tells each node of all others, in its config and in the running daemon, and has both ends of each pair dial until they are connected.',
  args,
  examples: [
    '# in the play\'s vars: kubo_peer: { id: "{{ ipfs.peer_id }}", address: "{{ ansible_host }}" }\n- name: Connect the nodes\n  bootstrap:\n    peers: "{{ groups.ipfs | difference([inventory_hostname]) | map(\'extract\', hostvars, \'kubo_peer\') }}"',
  ],
  reads: args => ({
    peering: configMember(args, 'Peering.Peers'),
    bootstrap: configMember(args, 'Bootstrap'),
    config: uses(stat(`${args.path}/config`)),
    filters: uses(configMember(args, 'Swarm.AddrFilters')),
    names: uses(resolution(namesIn(args.peers.map(({ address }) => address)))),
    token: uses(authorizations(args)),
    id: uses(peerId(args)),
    unit: uses(service(args.unit)),
    all: uses(allPeered(args)),
    any: uses(connectionTo(args, '')),
  }),
  more: (args, all, host) => {
    const seen = all[host]!
    return {
      peered: asking(args, seen).map(({ id }) => peeringWith(args, id)),
      connected: asking(args, seen).map(({ id }) => connectionTo(args, id)),
      surplus: surplus(args, seen, args.port).map((id): Query<{ addresses: string[] }> => peeringWith(args, id)),
    }
  },
  touches: args => [`live:${args.unit}#peering`, `live:${args.unit}#peers`],
  plan(args, seen, context) {
    const hinders = (host: string): Obstacle | undefined => hindranceOf(args[host]!, seen[host]! as Seen)
    const able = context.up.filter(host => !waits(args[host]!, seen[host]!) && !hinders(host))
    const needs = Object.fromEntries(able.map(host => [host, needsOf(args[host]!, seen[host]! as Seen)]))
    const ids = Object.fromEntries(able.map(host => [host, later(() => seen[host]!.id.value)]))
    const anew = Object.values(needs).some(({ live }) => live.distrusted.length > 0)
    return context.each((host, own) => {
      const hindrance = hinders(host)
      if (hindrance) return context.fail(hindrance.why, hindrance.fix)
      const at = args[host]!
      const details = waits(at, own)
      if (details) return context.change(unknownChange(at, details))
      const { peers, config, live } = needs[host]!
      const missing = own.unit.active === 'active' ? missedBy(ids[host] as Json, host, needs, ids) : []
      const meeting = peers.filter(peer => live.dialling.includes(peer) || missing.includes(peer.id))
      const isConfigured = config.isPeered && config.isListed
      const isKept = live.adding.length + live.dropping.length === 0
      if (isConfigured && isKept && meeting.length === 0) return context.ok()
      return context.change({
        will: {
          ...(config.isPeered ? {} : { peering: { value: config.peering } }),
          ...(config.isListed ? {} : { bootstrap: { value: config.bootstrap } }),
          peered: peers.map(peer => (live.adding.includes(peer) ? addressesOf(at, peer) : undefined)),
          connected: peers.map(peer => (live.dialling.includes(peer) ? { connected: true } : undefined)),
          surplus: surplus(at, own, at.port).map(id => (live.dropping.includes(id) ? { addresses: [] } : undefined)),
        },
        touches: isKept ? [] : [`live:${at.unit}#peering`],
        // One phase, which begins on all hosts at the same moment: two would cost a round trip more. But where somebody
        // is to hang up, nobody dials before that.
        phases: [
          ...(anew ? [tellingSteps(at, config, live)] : []),
          [
            ...(anew ? [] : tellingSteps(at, config, live)),
            ...(meeting.length === 0 ? [] : [meet(at, meeting)]),
            // Last, since this list tells which connections are made anew: a run that is cut off before it does so again.
            ...(config.isListed
              ? []
              : [ipfsStep(at, ['config', '--json', 'Bootstrap', JSON.stringify(config.bootstrap ?? [])])]),
          ],
        ],
        reason: reason(isConfigured, foreignTo(at, own as Seen), live.adding.length + live.dropping.length, meeting),
        // A daemon dials what it keeps by itself, too: a connection that is gone may only follow from what ended the other one.
        ...(isConfigured && isKept ? { byItself: true as const } : {}),
      })
    })
  },
  diagnose,
})

/** Somebody's id is still to be made: that there is something to do is certain. */
const unknownChange = ({ via, unit, path }: Args, details: Later) => {
  const [named, emptied] = via === 'peering' ? ['peering', 'Bootstrap'] : ['bootstrap', 'Peering.Peers']
  return {
    will: { [named!]: { value: details } },
    touches: [`live:${unit}#peering`, `member:${path}/config#${emptied}`],
    phases: [],
    details,
    reason: reason(false, [], 0, []),
  }
}

/** Why a peer can never be reached: this node's own filters forbid its address. */
const barredBy = (args: Args, seen: Seen): string | undefined => {
  for (const { address } of others(args, seen)) {
    const range = barringRange(address, () => seen.names, seen.filters.value)
    if (range !== undefined) return `Swarm.AddrFilters has ${range}, so this node never talks to ${address}`
  }
  return undefined
}

/** Whether the daemon keeps a peer. One that is still to be started will keep those of its config. */
const keeps = (live: string[] | Later, wanted: string[], isPeered: boolean): boolean =>
  isUnknown(live) ? isPeered : same(live, wanted)

/** Whether the daemon keeps a peer at another machine's address than its own. */
const hasMoved = (live: string[] | Later, { address }: SwarmPeer): boolean =>
  !isUnknown(live) && live.length > 0 && !live.some(one => isAddressOf(one, address))

/** Whether a Bootstrap list has a peer. */
const named = (listed: unknown, id: string): boolean =>
  Array.isArray(listed) && listed.some(address => String(address).endsWith(`/p2p/${id}`))

/** Whom the config names who is in no inventory; while hosts do not answer, it may be one of them. */
const foreignTo = (args: Args, seen: Seen): string[] => {
  const found = later(() =>
    foreignPeers({ peering: seen.peering.value, bootstrap: seen.bootstrap.value }, [
      String(seen.id.value),
      ...args.peers.map(({ id }) => id),
    ]),
  )
  return args.absent.length > 0 || isUnknown(found) ? [] : found
}

const reason = (configured: boolean, foreign: string[], live: number, dialling: SwarmPeer[]): string => {
  if (!configured)
    return `the config does not name exactly the others${foreign.length === 0 ? '' : `: ${foreign.join(', ')} is not in the inventory`}`
  if (live > 0) return 'the running daemon does not keep exactly the others'
  return `not connected to ${dialling.map(({ address }) => address).join(', ')}`
}
