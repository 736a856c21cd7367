import { defineModule, isUnknown, type Json, later, type Static, same, stat, T, uses } from '../../src/module/module.ts'
import { stampArgument } from '../builtin/lib/paths.ts'
import { credentialState, credentialsMember } from './lib/api-credentials.ts'
import { clusterArguments, clusterMember, serviceFile, serviceFileFault } from './lib/cluster.ts'
import { factors, moreThanPeers, unusable } from './lib/cluster-config-check.ts'
import { type ConfigMember, emptyAsNull } from './lib/kubo.ts'
import { clusterApiMembers, openClusterApis } from './lib/open-apis.ts'
import { plainJson } from './lib/plain-json.ts'
import { stampSteps } from './lib/stamp.ts'

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
    credentials: T.Record(T.String({ pattern: '^[^:]+$' }), T.String({ minLength: 1 }), {
      secret: true,
      default: {},
      description:
        'Who may use the REST API: passwords by user names. They replace those that are there; empty leaves these as they are.',
    }),
    certificate: T.String({
      default: '',
      description:
        'The file of the certificate that the REST API shows, on the host, with those of its authorities. Empty leaves what is set.',
    }),
    key: T.String({ default: '', description: 'The file of its private key, on the host.' }),
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

type Args = Static<typeof args>

/** The members that are set, but for what is secret. A certificate is of no use without its key, and the other way round. */
const settingsOf = ({ settings, certificate, key }: Args): Record<string, unknown> => ({
  ...settings,
  ...(certificate === '' ? {} : { 'api.restapi.ssl_cert_file': certificate, 'api.restapi.ssl_key_file': key }),
})

/** Members that have a place of their own, for they are secret: of what this module sets the old and the new are shown. */
const misplaced = ({ settings, certificate, key }: Args): [why: string, fix: string] | undefined => {
  const names = Object.keys(settings)
  const secret = names.find(name => /^cluster(\.secret)?$/.test(name))
  if (secret) return [`${secret} is not for this module`, 'the secret is shared by cluster_secret, never written here']
  const passwords = names.find(name => name.includes('basic_auth_credentials'))
  if (passwords)
    return [
      `${passwords} holds passwords, which settings would show`,
      passwords === credentialsMember ? 'give them as credentials' : 'put them into service.json by hand: they stay',
    ]
  return (certificate === '') === (key === '')
    ? undefined
    : ['a certificate needs its key, and a key its certificate', 'give both certificate and key, or neither']
}

/** ipfs-cluster never writes service.json after `init`, so its members are edited in place, each by itself. */
export default defineModule({
  name: 'cluster_config',
  about: "Sets members of ipfs-cluster's service.json, each by itself; what is not named stays as it is.",
  args,
  examples: [
    '- name: Ping more often\n  cluster_config:\n    settings:\n      cluster.monitor_ping_interval: 5s\n    stamp: /var/lib/ipfs-cluster/.restart',
    '- name: Let only those in who know a password\n  cluster_config:\n    settings: {}\n    credentials: "{{ cluster_api_credentials }}"\n    stamp: /var/lib/ipfs-cluster/.restart',
  ],
  reads: args => ({
    members: Object.keys(settingsOf(args)).map(name => clusterMember(args.path, name)),
    credentials:
      Object.keys(args.credentials).length === 0
        ? undefined
        : credentialState(serviceFile(args.path), args.credentials),
    stamp: args.stamp === undefined ? undefined : stat(args.stamp),
    file: uses(stat(serviceFile(args.path))),
    fault: uses(serviceFileFault(args.path)),
    apis: clusterApiMembers.map(name => uses(clusterMember(args.path, name))),
    factors: factors.map(name => uses(clusterMember(args.path, name))),
  }),
  plan(args, seen, { ok, change, fail }) {
    const { path, stamp } = args
    if (!seen.file.exists) return fail(`there is no ${serviceFile(path)}`, 'run cluster_init before this task')
    const text = later(() => seen.fault.text)
    if (typeof text === 'string' && text !== '') return fail(`${serviceFile(path)} cannot be read: ${text}`)
    const wrong = misplaced(args)
    if (wrong) return fail(...wrong)
    const settings = settingsOf(args)
    const names = Object.keys(settings)
    const unfit = unusable(afterwards(settings, seen.factors), args.peers)
    if (unfit) return fail(unfit.why, unfit.fix)
    // A member of a file that is still to be made is not known: it is set in any case.
    const differ = names.filter(
      (name, i) =>
        !same(
          later(() => seen.members[i]!.value),
          emptyAsNull(plainJson(settings[name])),
        ),
    )
    const isOther = seen.credentials !== undefined && later(() => seen.credentials?.are) !== 'as given'
    if (differ.length === 0 && !isOther) return ok()
    const set: Record<string, Json> = Object.fromEntries(differ.map(name => [name, plainJson(settings[name])]))
    if (isOther) set[credentialsMember] = plainJson(args.credentials)
    return change({
      will: {
        members: names.map(name =>
          differ.includes(name) ? { value: emptyAsNull(plainJson(settings[name])) } : undefined,
        ),
        ...(isOther ? { credentials: { are: 'as given' } } : {}),
        ...(stamp === undefined ? {} : { stamp: { exists: true, kind: 'file' } }),
      },
      steps: [
        // Before the change: killed in between, the next run still sees the difference and touches it again.
        ...stampSteps(stamp),
        { do: 'members', path: serviceFile(path), set, indent: 2 },
      ],
      reason: `of service.json: ${Object.keys(set).join(', ')}`,
    })
  },
  warns: (args, seen) => {
    const set = settingsOf(args)
    if (seen.credentials !== undefined) set[credentialsMember] = { given: '*' }
    const open = openClusterApis(name => {
      const found = name in set ? plainJson(set[name]) : later(() => seen.apis[clusterApiMembers.indexOf(name)]!.value)
      return isUnknown(found) ? undefined : found
    }, serviceFile(args.path))
    return [...open, ...moreThanPeers(afterwards(set, seen.factors), args.peers)]
  },
})
