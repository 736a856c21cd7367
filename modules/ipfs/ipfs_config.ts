import {
  defineModule,
  type FileAnswer,
  file,
  isUnknown,
  type Json,
  later,
  memberAt,
  type Step,
  same,
  stat,
  T,
  uses,
  withMember,
} from '../../src/module/module.ts'
import { resolution } from '../builtin/lib/network-identity.ts'
import { stampArgument } from '../builtin/lib/paths.ts'
import { listOf } from './lib/address.ts'
import { ipsOf, namesIn, withoutRangesOf } from './lib/address-filters.ts'
import diagnose from './lib/diagnoses.ts'
import {
  addressFilters,
  configFault,
  configMember,
  emptyAsNull,
  ipfsStep,
  repoArguments,
  typedIpfs,
} from './lib/kubo.ts'
import { checkedMembers, type PlannedConfig, unstartable } from './lib/kubo-config-check.ts'
import { kuboApiMembers, openKuboApis } from './lib/open-apis.ts'
import { absentArgument } from './lib/peers.ts'
import { plainJson } from './lib/plain-json.ts'
import { stampSteps } from './lib/stamp.ts'

const args = T.Object(
  {
    ...repoArguments,
    settings: T.Record(T.String({ pattern: '^[A-Z]\\w*(\\.[\\w-]+)*$' }), T.Unknown(), {
      description: 'Members of the config by their dotted names, e.g. `Routing.Type: dht`. Others are left alone.',
    }),
    reachable: T.Array(T.String(), {
      default: [],
      description:
        'Addresses, IP or names, that no filter may keep this node from: ranges of Swarm.AddrFilters and Addresses.NoAnnounce that cover one are taken out (the profile `server` has all private ones).',
      partial: 'absent',
    }),
    absent: absentArgument,
    stamp: stampArgument,
  },
  { additionalProperties: false },
)

/** kubo writes these as a plain string where the list has one address (config/types.go). */
const singular = new Set(['Addresses.API', 'Addresses.Gateway'])
const wanted = (name: string, value: unknown): Json => {
  const whole = plainJson(value)
  return emptyAsNull(singular.has(name) && Array.isArray(whole) && whole.length === 1 ? whole[0] : whole)
}
/** What an empty member is written as: null would take kubo's own default where there is one. */
const written = (name: string, value: unknown): Json =>
  wanted(name, value) === null ? plainJson(value) : wanted(name, value)

/** What `ipfs init` itself puts into a config (kubo 0.42), but for lists, addresses of the swarm, and what is absent. */
const initial: Record<string, Json> = {
  'Addresses.API': '/ip4/127.0.0.1/tcp/5001',
  'Addresses.Gateway': '/ip4/127.0.0.1/tcp/8080',
  'Datastore.BloomFilterSize': 0,
  'Datastore.GCPeriod': '1h',
  'Datastore.HashOnRead': false,
  'Datastore.StorageGCWatermark': 90,
  'Datastore.StorageMax': '10GB',
  'Discovery.MDNS.Enabled': true,
  'Experimental.FilestoreEnabled': false,
  'Experimental.Libp2pStreamMounting': false,
  'Experimental.OptimisticProvide': false,
  'Experimental.P2pHttpProxy': false,
  'Experimental.UrlstoreEnabled': false,
  'Gateway.NoDNSLink': false,
  'Gateway.NoFetch': false,
  'Gateway.RootRedirect': '',
  'Ipns.RecordLifetime': '',
  'Ipns.RepublishPeriod': '',
  'Ipns.ResolveCacheSize': 128,
  'Pubsub.DisableSigning': false,
  'Pubsub.Router': '',
  'Swarm.DisableBandwidthMetrics': false,
  'Swarm.DisableNatPortMap': false,
}

/** Whether a new repo holds something else for certain. An empty member is what most are from the beginning. */
const isNews = (name: string, value: Json): boolean => value !== null && !same(value, initial[name])

/**
 * The placeholder of a public node. With AutoConf off nothing can fill it and kubo does not start
 * (config/autoconf_client.go).
 */
const hasPlaceholder = (value: unknown): boolean => Array.isArray(value) && value.includes('auto')

/** What is looked at besides what is set. */
const toldMembers = [...checkedMembers, ...kuboApiMembers]

/** The config as it will be: what is set, over what is there. What is neither set nor known stays unknown. */
const afterwards = (settings: Record<string, unknown>, there: { value: Json | undefined }[]): PlannedConfig => {
  let tree: Record<string, unknown> = {}
  for (const [i, name] of toldMembers.entries()) {
    const value = later(() => there[i]!.value)
    if (!isUnknown(value)) tree = withMember(tree, name, value)
  }
  if (settings['AutoConf.Enabled'] === false) tree = withMember(tree, 'Bootstrap', null)
  for (const name of Object.keys(settings)) tree = withMember(tree, name, wanted(name, settings[name]))
  return name => memberAt(tree, name) as Json | undefined
}

/** Filters that `settings` says nothing of. */
const filtersLeft = ({ settings }: { settings: Record<string, unknown> }): string[] =>
  addressFilters.filter(name => !(name in settings))

const versionOf = (found: FileAnswer): number =>
  found.exists && found.kind === 'file' ? Number(found.content.bytes.toString()) : 0

/**
 * Changes go through kubo's own program: it finds a running daemon, whose copy of the config is the one that counts
 * (an edit of the file would be lost at the daemon's next write), and else edits a repo at rest.
 */
export default defineModule({
  name: 'ipfs_config',
  about: "Sets members of kubo's config, each by itself; what is not named stays as it is.",
  args,
  examples: [
    '- name: Keep the node off the public network\n  ipfs_config:\n    settings:\n      AutoConf.Enabled: false\n      Routing.Type: dht\n    stamp: /var/lib/ipfs/.restart',
  ],
  reads: args => ({
    members: Object.keys(args.settings).map(name => configMember(args, name)),
    stamp: args.stamp === undefined ? undefined : stat(args.stamp),
    config: uses(stat(`${args.path}/config`)),
    fault: uses(configFault(args)),
    api: uses(stat(`${args.path}/api`)),
    bootstrap: args.settings['AutoConf.Enabled'] === false ? configMember(args, 'Bootstrap') : undefined,
    swarmKey: uses(stat(`${args.path}/swarm.key`)),
    version: uses(file(`${args.path}/version`)),
    filters: args.reachable.length === 0 ? [] : filtersLeft(args).map(name => configMember(args, name)),
    // In the same round trip: who connects the node asks for it next.
    ahead: uses(configMember(args, addressFilters[0]!)),
    names: args.reachable.length === 0 ? undefined : uses(resolution(namesIn(args.reachable))),
    telling: toldMembers.map(name => uses(configMember(args, name))),
  }),
  plan(args, seen, { ok, change, fail }) {
    if (!seen.config.exists) return fail(`there is no repo at ${args.path}`, 'run ipfs_init before this task')
    const text = later(() => seen.fault.text)
    if (typeof text === 'string' && text !== '') return fail(`${args.path}/config cannot be read: ${text}`)

    const names = Object.keys(args.settings)
    // A member of a repo that is still to be made is not known: it is set in any case, if only one is so for certain.
    const found = names.map((_, i) => later(() => seen.members[i]!.value))
    const isCertain = names.some((name, i) => {
      const value = wanted(name, args.settings[name])
      return isUnknown(found[i]) ? isNews(name, value) : !same(found[i], value)
    })
    const differ = names.filter(
      (name, i) => !same(isCertain ? found[i] : seen.members[i]!.value, wanted(name, args.settings[name])),
    )
    const auto = args.settings['AutoConf.Enabled'] === false && hasPlaceholder(later(() => seen.bootstrap?.value))
    const version = later(() => versionOf(seen.version))
    const wrong = unstartable(afterwards(args.settings, seen.telling), {
      isPrivate: later(() => seen.swarmKey.exists) === true,
      version: typeof version === 'number' ? version : 0,
    })
    if (wrong) return fail(wrong.why, wrong.fix.replaceAll('{ipfs}', typedIpfs(args)))
    const reached = args.reachable.flatMap(address => ipsOf(address, () => seen.names!))
    const freed = seen.filters.map(found => {
      const now = later(() => listOf(found.value))
      const left = isUnknown(now) ? [] : withoutRangesOf(reached, now)
      return isUnknown(now) || left.length < now.length ? left : undefined
    })
    const freeing = filtersLeft(args).filter((_, i) => freed[i] !== undefined)
    if (differ.length === 0 && !auto && freeing.length === 0) return ok()
    const set: Record<string, Json> = Object.fromEntries(differ.map(name => [name, written(name, args.settings[name])]))
    if (auto) set.Bootstrap = []
    for (const [i, name] of filtersLeft(args).entries()) if (freed[i] !== undefined) set[name] = freed[i]
    const byKubo = Object.keys(set).map(
      (name): Step => ipfsStep(args, ['config', '--json', name, JSON.stringify(set[name])]),
    )
    return change({
      will: {
        members: names.map(name => (differ.includes(name) ? { value: wanted(name, args.settings[name]) } : undefined)),
        filters: freed.map(left => (left === undefined ? undefined : { value: emptyAsNull(left) })),
        ...(auto ? { bootstrap: { value: null } } : {}),
        ...(args.stamp === undefined ? {} : { stamp: { exists: true, kind: 'file' } }),
      },
      steps: [
        // Before the change: killed in between, the next run still sees the difference and touches it again.
        ...stampSteps(args.stamp),
        // One process per member costs 40 ms each; at rest one edit of the file does.
        ...(seen.api.exists ? byKubo : [{ do: 'members', path: `${args.path}/config`, set, indent: 2 } as Step]),
      ],
      reason: `of the config: ${Object.keys(set).join(', ')}`,
    })
  },
  warns: (args, seen) => openKuboApis(afterwards(args.settings, seen.telling), `${args.path}/config`),
  diagnose,
})
