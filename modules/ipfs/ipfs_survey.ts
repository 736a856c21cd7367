import {
  defineCollective,
  digest,
  exec,
  type FileAnswer,
  type Later,
  type ServiceAnswer,
  type Static,
  type Step,
  service,
  stat,
  T,
  unitFile,
  uses,
} from '../../src/module/module.ts'
import { makingFunctions } from '../builtin/lib/making-in-closet.ts'
import { baseName, folderArgument, type Obstacle, parentFolder, pathArgument } from '../builtin/lib/paths.ts'
import {
  type Adoptable,
  clusterPeer,
  type Destination,
  destination,
  type Holders,
  holders,
  kubo,
} from './lib/adoptable.ts'
import { type Choice, chooseSource } from './lib/adoption.ts'
import { type Agreement, agreement } from './lib/agreement.ts'
import { clusterId, clusterMember, secretState, serviceFile } from './lib/cluster.ts'
import diagnose from './lib/diagnoses.ts'
import { duplicateId } from './lib/duplicate-ids.ts'
import type { Asked } from './lib/existing.ts'
import { type ConfigMember, peerId } from './lib/kubo.ts'
import { kuboListeners, type Listeners, tcpPort } from './lib/listeners.ts'
import { fetchSecretInForce, secretInForce } from './lib/secret-in-force.ts'
import type { HostKey } from './lib/shared-key.ts'
import { type Holding, keysByHost, lacksKey, meetingOf, othersOf, type Surveyed } from './lib/survey.ts'
import { fetchSwarmKey, swarmKeyFile, swarmKeyState, writeSwarmKey } from './lib/swarm-key.ts'
import { formerName } from './lib/way-back.ts'

const args = T.Object(
  {
    ipfs_path: folderArgument('/var/lib/ipfs', "Where kubo's repo is to be."),
    cluster_path: folderArgument('/var/lib/ipfs-cluster', "Where ipfs-cluster's folder is to be."),
    user: T.String({ default: 'ipfs', description: 'The user that they are to belong to.' }),
    bin_dir: folderArgument('/usr/local/bin', 'Where the programs are to be.'),
    ipfs_unit: pathArgument('The file of the unit that is to run kubo.'),
    cluster_unit: pathArgument('The file of the unit that is to run ipfs-cluster.'),
    address: T.String({ description: 'Where the others reach this host.' }),
    ipfs_from: T.String({ default: '', description: "A folder of kubo's, where the host has several." }),
    cluster_from: T.String({ default: '', description: 'The same of ipfs-cluster.' }),
    keep: T.Array(T.String(), {
      default: [],
      description: 'Folders that are none of this network, and stay as they are.',
    }),
    swarm_key_from: T.String({
      default: '',
      description: 'The host whose swarm key is to be the one of all, where they hold different ones.',
    }),
    cluster_secret_from: T.String({ default: '', description: 'The same of the cluster secret.' }),
  },
  { additionalProperties: false },
)
type Args = Static<typeof args>

const withoutKept = ({ keep }: Args, found: Adoptable): Adoptable => ({
  ...found,
  daemons: found.daemons.filter(({ repo }) => !keep.includes(repo)),
  units: found.units.filter(({ repo }) => !keep.includes(repo)),
  folders: found.folders.filter(({ path }) => !keep.includes(path)),
})

const kuboChoice = (args: Args, found: Adoptable): Choice =>
  chooseSource(kubo, args.ipfs_path, args.ipfs_from, 'ipfs_from', withoutKept(args, found))
const clusterChoice = (args: Args, found: Adoptable): Choice =>
  chooseSource(clusterPeer, args.cluster_path, args.cluster_from, 'cluster_from', withoutKept(args, found))

const asked = ({ ipfs_path, cluster_path, bin_dir, ipfs_unit, cluster_unit }: Args): Asked => ({
  ...{ path: ipfs_path, cluster_path, bin_dir },
  units: [unitFile(ipfs_unit), unitFile(cluster_unit)],
})

/** All that is known of a program on a host. */
const kuboFound = ({ kubo, kuboPlace }: First): Adoptable => ({ ...kubo, ...kuboPlace })
const clusterFound = ({ cluster, clusterPlace }: First): Adoptable => ({ ...cluster, ...clusterPlace })

/** Where a folder is now; undefined: the host has none. */
const placeOf = (choice: Choice, path: string, { target }: Adoptable): string | undefined =>
  target === 'here' ? path : choice.is === 'take' ? choice.from : undefined
const fromOf = (choice: Choice): string => (choice.is === 'take' ? choice.from : '')

type First = {
  kubo: Holders
  cluster: Holders
  kuboPlace: Destination
  clusterPlace: Destination
  kuboUnit: ServiceAnswer
  clusterUnit: ServiceAnswer
}
type Seen = First & {
  id: ConfigMember | undefined
  key: HostKey | undefined
  listeners: Listeners | undefined
  clusterId: ConfigMember | undefined
  secret: HostKey | undefined
  inForce: HostKey | undefined
  clusterApi: ConfigMember | undefined
  clusterListen: ConfigMember | undefined
  formerKey: FileAnswer | undefined
  formerSecret: FileAnswer | undefined
}

const places = (args: Args, seen: First): { repo: string | undefined; peer: string | undefined } => ({
  repo: placeOf(kuboChoice(args, kuboFound(seen)), args.ipfs_path, kuboFound(seen)),
  peer: placeOf(clusterChoice(args, clusterFound(seen)), args.cluster_path, clusterFound(seen)),
})

const textIn = (member: ConfigMember | undefined): string => (typeof member?.value === 'string' ? member.value : '')
const isRun = (path: string, found: Adoptable, unit: ServiceAnswer): boolean =>
  found.daemons.some(({ repo }) => repo === path) || unit.active === 'active'

/** What a host holds; of a folder that it does not have nothing else is asked. */
const holdingIn = (path: string | undefined, tell: (path: string) => Omit<Holding, 'path'>): Holding | undefined =>
  path === undefined ? undefined : { path, ...tell(path) }

const kuboOf = (host: string, args: Args, seen: Seen, isHere: boolean): Surveyed => {
  const holding = holdingIn(places(args, seen).repo, path => ({
    from: fromOf(kuboChoice(args, kuboFound(seen))),
    id: textIn(seen.id),
    isRunning: isRun(path, kuboFound(seen), seen.kuboUnit),
    key: seen.key!,
    hasFormer: seen.formerKey!.exists,
    written: undefined,
  }))
  return { host, address: args.address, isHere, holding }
}
const clusterOf = (host: string, args: Args, seen: Seen, isHere: boolean): Surveyed => {
  const holding = holdingIn(places(args, seen).peer, path => ({
    from: fromOf(clusterChoice(args, clusterFound(seen))),
    id: textIn(seen.clusterId),
    isRunning: isRun(path, clusterFound(seen), seen.clusterUnit),
    key: seen.inForce!,
    hasFormer: seen.formerSecret!.exists,
    written: seen.secret!.print ?? '',
  }))
  return { host, address: args.address, isHere, holding }
}

type Standing = { kubos: Surveyed[]; peers: Surveyed[]; key: Agreement; secret: Agreement }

const standingOf = (
  args: Record<string, Args>,
  seen: Record<string, Seen>,
  up: string[],
  here: (host: string) => boolean,
): Standing => {
  // In the order of the inventory: it is the order of the turns.
  const hosts = Object.keys(args).filter(host => up.includes(host))
  const { swarm_key_from = '', cluster_secret_from = '' } = args[hosts[0]!] ?? {}
  const kubos = hosts.map(host => kuboOf(host, args[host]!, seen[host]!, here(host)))
  const peers = hosts.map(host => clusterOf(host, args[host]!, seen[host]!, here(host)))
  return {
    kubos,
    peers,
    key: agreement('swarm key', keysByHost(kubos), {
      chosen: swarm_key_from,
      option: 'swarm_key_from',
      aside: formerName('swarm.key'),
    }),
    secret: agreement('cluster secret', keysByHost(peers), {
      chosen: cluster_secret_from,
      option: 'cluster_secret_from',
      aside: formerName('service.json'),
    }),
  }
}

/** What keeps all of them from being adopted. */
const obstacleOf = ({ kubos, peers, key, secret }: Standing): Obstacle | undefined => {
  if (key.is === 'fail') return key
  if (secret.is === 'fail') return secret
  for (const [what, all] of [
    ['peer id of kubo', kubos],
    ['cluster peer id', peers],
  ] as const) {
    const twins = duplicateId(
      all.filter(({ holding }) => holding?.id).map(({ host }) => host),
      host => all.find(one => one.host === host)!.holding!.id,
    )
    if (twins)
      return {
        why: `${twins.hosts.join(' and ')} have one ${what}, ${twins.id}: one is a copy of the other`,
        fix: 'leave the copy out: take its host out of the inventory, or name its folder in keep_apart in the host_vars of that host',
      }
  }
  return undefined
}

type Ports = Record<'kubo' | 'cluster', (host: string) => number>

const outputsOf = (host: string, args: Args, seen: Seen, { kubos, peers, key, secret }: Standing, portOf: Ports) => {
  const nodes = (all: Surveyed[]) =>
    all.map(({ host, address, holding }) => ({ id: holding!.id, address, port: portOf.kubo(host) }))
  const api = seen.clusterApi?.value
  const own = peers.filter(one => one.host === host && one.holding)
  return {
    ipfs_from: fromOf(kuboChoice(args, kuboFound(seen))),
    cluster_from: fromOf(clusterChoice(args, clusterFound(seen))),
    api: seen.listeners?.api ?? '/ip4/127.0.0.1/tcp/5001',
    cluster_api: String((Array.isArray(api) ? api[0] : api) ?? '/ip4/127.0.0.1/tcp/9094'),
    peers: nodes(othersOf(kubos, host)),
    meets: nodes(meetingOf(kubos, host, key)),
    cluster_peers: [...own, ...meetingOf(peers, host, secret)].map(({ host, address, holding }) => ({
      id: holding!.id,
      address,
      port: portOf.cluster(host),
    })),
  }
}

/** By a link that nobody else can change: the folder is its owner's, who could have root copy something else, or over it. */
const keeping = `${makingFunctions}
begin "$1" || exit
[ -e "../$3" ] || [ -h "../$3" ] || { if [ -e "../$2" ]; then ln -- "../$2" ./was && { [ -f ./was ] && [ ! -h ./was ] && cp -p -- ./was ./made; s=$?; rm -f ./was; [ $s = 0 ]; }; else umask 077; : >./made; fi && mv -nT -- ./made "../$3"; }`

/** Keeps a file under its former name; where there was none, an empty one says so. */
const keep = (file: string): Step =>
  exec(['sh', '-c', keeping, 'sh', parentFolder(file), baseName(file), baseName(formerName(file))])

/** What is written on a host, and what is handed out by it. */
const keySteps = (one: Surveyed, { key, kubos }: Standing, user: string, place: string): Step[][] => {
  if (key.is !== 'one' || !one.holding) return [[], []]
  const takers = kubos.filter(other => lacksKey(other, key))
  const owner = one.holding.path === place ? user : 'root'
  return [
    key.by === one.host && takers.length > 0 ? [fetchSwarmKey(one.holding.path, 'key')] : [],
    takers.includes(one) ? [keep(swarmKeyFile(one.holding.path)), writeSwarmKey(one.holding.path, owner, 'key')] : [],
  ]
}
const secretSteps = (one: Surveyed, { secret, peers }: Standing, found: Adoptable): Step[][] => {
  if (secret.is !== 'one' || !one.holding) return [[], []]
  const takers = peers.filter(other => lacksKey(other, secret))
  const file = serviceFile(one.holding.path)
  return [
    secret.by === one.host && takers.length > 0 ? [fetchSecretInForce(one.holding.path, found, 'secret')] : [],
    takers.includes(one)
      ? [keep(file), { do: 'members', path: file, set: { 'cluster.secret': { from: 'secret' } }, indent: 2 }]
      : [],
  ]
}

const keyWill = (one: Surveyed, { key }: Standing, { user, ipfs_path }: Args, from: (host: string) => Later) =>
  key.is === 'one' && lacksKey(one, key)
    ? {
        key: { state: 'good' as const, print: key.print },
        keyFile: {
          ...{ exists: true as const, kind: 'file' as const, mode: '0400' },
          owner: one.holding!.path === ipfs_path ? user : 'root',
          content: from(key.by),
        },
        formerKey: { exists: true as const, kind: 'file' as const },
      }
    : {}
const secretWill = (one: Surveyed, { secret }: Standing) =>
  secret.is === 'one' && lacksKey(one, secret)
    ? {
        secret: { state: 'good' as const, print: secret.print },
        formerSecret: { exists: true as const, kind: 'file' as const },
      }
    : {}

const short = (print: string | undefined): string => print?.slice(0, 8) ?? 'none'

const reasonOf = (node: Surveyed, peer: Surveyed, { key, secret }: Standing): string => {
  const parts = (
    [
      ['swarm key', node, key],
      ['cluster secret', peer, secret],
    ] as const
  ).flatMap(([what, one, agreed]) => {
    if (agreed.is !== 'one') return []
    const { print } = one.holding?.key ?? {}
    if (!lacksKey(one, agreed)) return []
    return print === agreed.print
      ? [`the ${what} that is in force (${short(print)}) is not the one in its file`]
      : [`${what} ${short(agreed.print)} of ${agreed.by} in place of ${short(print)}`]
  })
  return parts.length > 0 ? parts.join(', ') : 'gives its key to the others'
}

export default defineCollective({
  name: 'ipfs_survey',
  about:
    'What the hosts have of kubo and ipfs-cluster that somebody else has set up, and whether it goes together: one swarm key, one cluster secret, each identity once.',
  args,
  outputs: T.Object({
    ipfs_from: T.String({ description: "The folder of kubo's that is to be adopted; empty: none." }),
    cluster_from: T.String({ description: 'The same of ipfs-cluster.' }),
    api: T.String({ description: 'The address of its API, as its config has it.' }),
    cluster_api: T.String({ description: 'The same of ipfs-cluster.' }),
    peers: T.Array(T.Object({ id: T.String(), address: T.String(), port: T.Integer() }), {
      description: 'All other nodes.',
    }),
    meets: T.Array(T.Object({ id: T.String(), address: T.String(), port: T.Integer() }), {
      description: 'Those that run by the time that this host is adopted, with the same key.',
    }),
    cluster_peers: T.Array(T.Object({ id: T.String(), address: T.String(), port: T.Integer() }), {
      description: 'The same of cluster peers, with the own one.',
    }),
  }),
  examples: [
    "- name: See what the hosts have\n  ipfs_survey:\n    address: '{{ ansible_host }}'\n    ipfs_unit: /etc/systemd/system/ipfs\n    cluster_unit: /etc/systemd/system/ipfs-cluster\n  register: found",
  ],
  reads: args => ({
    kubo: uses(holders(kubo, asked(args))),
    cluster: uses(holders(clusterPeer, asked(args))),
    kuboPlace: uses(destination(kubo, { path: args.ipfs_path, bin_dir: args.bin_dir })),
    clusterPlace: uses(destination(clusterPeer, { path: args.cluster_path, bin_dir: args.bin_dir })),
    kuboUnit: uses(service(args.ipfs_unit)),
    clusterUnit: uses(service(args.cluster_unit)),
  }),
  more: (args, seen, host) => {
    const own = seen[host]
    const { repo, peer } = own ? places(args, own) : { repo: undefined, peer: undefined }
    return {
      id: repo === undefined ? undefined : uses(peerId({ path: repo, user: args.user, bin_dir: args.bin_dir })),
      key: repo === undefined ? undefined : swarmKeyState(repo),
      keyFile: repo === undefined ? undefined : digest(swarmKeyFile(repo)),
      formerKey: repo === undefined ? undefined : stat(formerName(swarmKeyFile(repo))),
      listeners: repo === undefined ? undefined : kuboListeners(repo),
      clusterId: peer === undefined ? undefined : uses(clusterId(peer)),
      secret: peer === undefined ? undefined : secretState(peer),
      formerSecret: peer === undefined ? undefined : stat(formerName(serviceFile(peer))),
      clusterListen: peer === undefined ? undefined : uses(clusterMember(peer, 'cluster.listen_multiaddress')),
      inForce: peer === undefined || !own ? undefined : secretInForce(peer, clusterFound(own)),
      clusterApi: peer === undefined ? undefined : uses(clusterMember(peer, 'api.restapi.http_listen_multiaddress')),
    }
  },
  plan(args, seen, context) {
    const all = seen as Record<string, Seen>
    const choices = (host: string): Choice[] => [
      kuboChoice(args[host]!, kuboFound(all[host]!)),
      clusterChoice(args[host]!, clusterFound(all[host]!)),
    ]
    const standing = standingOf(args, all, context.up, host => !context.bystanders.includes(host))
    const obstacle = obstacleOf(standing)
    const portOf: Ports = {
      kubo: host => all[host]!.listeners?.port ?? 4001,
      cluster: host => tcpPort(all[host]!.clusterListen?.value) ?? 9096,
    }
    return context.each(host => {
      const failed = choices(host).find(choice => choice.is === 'fail')
      if (failed?.is === 'fail') return context.fail(failed.why, failed.fix)
      if (obstacle) return context.fail(obstacle.why, obstacle.fix)
      const own = args[host]!
      const outputs = outputsOf(host, own, all[host]!, standing, portOf)
      const [node, peer] = [standing.kubos, standing.peers].map(list => list.find(one => one.host === host)!) as [
        Surveyed,
        Surveyed,
      ]
      const [keys, secrets] = [
        keySteps(node, standing, own.user, own.ipfs_path),
        secretSteps(peer, standing, clusterFound(all[host]!)),
      ]
      const phases = [0, 1].map(i => [...keys[i]!, ...secrets[i]!])
      if (phases.flat().length === 0) return context.ok(outputs)
      return context.change({
        will: { ...keyWill(node, standing, own, context.from), ...secretWill(peer, standing) },
        phases,
        reason: reasonOf(node, peer, standing),
        outputs,
      })
    })
  },
  diagnose,
})
