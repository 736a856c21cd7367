import { defineModule, exec, isUnknown, type Json, later, same, stat, T, uses } from '../../src/module/module.ts'
import { stampArgument } from '../builtin/lib/paths.ts'
import { clusterArguments, clusterMember, serviceFile, serviceFileFault } from './lib/cluster.ts'
import { factors, moreThanPeers, unusable } from './lib/cluster-config-check.ts'
import { type ConfigMember, emptyAsNull } from './lib/kubo.ts'
import { clusterApiMembers, openClusterApis } from './lib/open-apis.ts'
import { plainJson } from './lib/plain-json.ts'

const args = T.Object(
  {
    ...clusterArguments,
    settings: T.Record(T.String({ pattern: '^\\w+(\\.[\\w-]+)*$' }), T.Unknown(), {
      description: 'Members of service.json by their dotted names, e.g. `cluster.monitor_ping_interval: 15s`.',
    }),
    peers: T.Optional(
      T.Integer({
        minimum: 1,
        description:
          'How many peers the cluster has. More copies than that are refused: every new pin would fail. Not said: not checked.',
      }),
    ),
    stamp: stampArgument,
  },
  { additionalProperties: false },
)

/** service.json as it will be, as far as it is looked at here: what is set, over what is there. */
const afterwards =
  (settings: Record<string, unknown>, there: ConfigMember[]) =>
  (name: string): Json | undefined => {
    if (name in settings) return emptyAsNull(plainJson(settings[name]))
    const found = later(() => there[(factors as readonly string[]).indexOf(name)]?.value)
    return isUnknown(found) ? undefined : found
  }

/** ipfs-cluster never writes service.json after `init`, so its members are edited in place, each by itself. */
export default defineModule({
  name: 'cluster_config',
  about: "Sets members of ipfs-cluster's service.json, each by itself; what is not named stays as it is.",
  args,
  examples: [
    '- name: Ping more often\n  cluster_config:\n    settings:\n      cluster.monitor_ping_interval: 5s\n    stamp: /var/lib/ipfs-cluster/.restart',
  ],
  reads: args => ({
    members: Object.keys(args.settings).map(name => clusterMember(args.path, name)),
    stamp: args.stamp === undefined ? undefined : stat(args.stamp),
    file: uses(stat(serviceFile(args.path))),
    fault: uses(serviceFileFault(args.path)),
    apis: clusterApiMembers.map(name => uses(clusterMember(args.path, name))),
    factors: factors.map(name => uses(clusterMember(args.path, name))),
  }),
  plan(args, seen, { ok, change, fail }) {
    const { path, settings, stamp } = args
    if (!seen.file.exists) return fail(`there is no ${serviceFile(path)}`, 'run cluster_init before this task')
    const text = later(() => seen.fault.text)
    if (typeof text === 'string' && text !== '') return fail(`${serviceFile(path)} cannot be read: ${text}`)
    const names = Object.keys(settings)
    const owned = names.find(name => /^cluster(\.secret)?$/.test(name))
    if (owned)
      return fail(`${owned} is not for this module`, 'the secret is shared by cluster_secret, never written here')
    const wrong = unusable(afterwards(settings, seen.factors), args.peers)
    if (wrong) return fail(wrong.why, wrong.fix)
    // A member of a file that is still to be made is not known: it is set in any case.
    const differ = names.filter(
      (name, i) =>
        !same(
          later(() => seen.members[i]!.value),
          emptyAsNull(plainJson(settings[name])),
        ),
    )
    if (differ.length === 0) return ok()
    return change({
      will: {
        members: names.map(name =>
          differ.includes(name) ? { value: emptyAsNull(plainJson(settings[name])) } : undefined,
        ),
        ...(stamp === undefined ? {} : { stamp: { exists: true, kind: 'file' } }),
      },
      steps: [
        // Before the change: killed in between, the next run still sees the difference and touches it again.
        ...(stamp === undefined ? [] : [exec(['touch', '--', stamp])]),
        {
          do: 'members',
          path: serviceFile(path),
          set: Object.fromEntries(differ.map(name => [name, plainJson(settings[name])])),
          indent: 2,
        },
      ],
      reason: `of service.json: ${differ.join(', ')}`,
    })
  },
  warns: ({ path, settings, peers }, seen) => [
    ...openClusterApis(name => {
      const found =
        name in settings ? plainJson(settings[name]) : later(() => seen.apis[clusterApiMembers.indexOf(name)]!.value)
      return isUnknown(found) ? undefined : found
    }, serviceFile(path)),
    ...moreThanPeers(afterwards(settings, seen.factors), peers),
  ],
})
