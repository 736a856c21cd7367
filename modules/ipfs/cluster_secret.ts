import {
  defineCollective,
  exec,
  later,
  type Step,
  secretContent,
  sha256,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import { stampArgument } from '../builtin/lib/paths.ts'
import { clusterArguments, clusterId, clusterTrouble, fetchSecret, secretState, serviceFile } from './lib/cluster.ts'
import { duplicateId } from './lib/duplicate-ids.ts'
import { decideKey, type HeldKey, keyReason } from './lib/shared-key.ts'

const args = T.Object(
  {
    ...clusterArguments,
    value: T.String({
      secret: true,
      default: '',
      description: 'The secret, 64 hex digits. Empty: the one a host holds, else a new one.',
    }),
    stamp: stampArgument,
  },
  { additionalProperties: false },
)

/** The secret is a member of service.json, written before the daemon's first start: without it a peer is open to all. */
export default defineCollective({
  name: 'cluster_secret',
  about:
    'One cluster secret for all hosts of the group: a variable, else the one a host holds, else one made on the first.',
  args,
  examples: [
    '- name: Share the cluster secret\n  cluster_secret:\n    path: /var/lib/ipfs-cluster',
    "- name: Use our own cluster secret\n  cluster_secret:\n    value: '{{ cluster_secret }}'",
  ],
  reads: args => ({
    secret: secretState(args.path),
    stamp: args.stamp === undefined ? undefined : stat(args.stamp),
    file: uses(stat(serviceFile(args.path))),
    trouble: uses(clusterTrouble(args.path)),
    identity: uses(clusterId(args.path)),
  }),
  plan(args, seen, together) {
    const twins = duplicateId(together.up, host => seen[host]!.identity.value)
    if (twins)
      return together.each(host =>
        together.fail(
          `${twins.hosts.join(' and ')} have one cluster peer id, ${twins.id}: one is a copy of the other`,
          `on the copy stop ipfs-cluster and move ${args[host]!.path} away: the next run makes it a peer of its own`,
        ),
      )
    const value = (Object.values(args)[0]?.value ?? '').trim().toLowerCase()
    const given = value === '' ? undefined : value
    if (given !== undefined && !/^[0-9a-f]{64}$/.test(given))
      return together.each(() => together.fail('the value given is no cluster secret', 'give 64 hex digits'))
    const without = together.up.filter(host => !seen[host]!.file.exists)
    if (without.length > 0)
      return together.each(() =>
        together.fail(`${without.join(', ')} has no service.json`, 'run cluster_init before this task'),
      )
    // A file that is no JSON cannot be edited by member; what its lines seem to hold counts for nothing.
    const broken = new Map<string, string>()
    for (const host of together.up) {
      const text = later(() => seen[host]!.trouble.text)
      if (typeof text === 'string' && text !== '') broken.set(host, `${serviceFile(args[host]!.path)}: ${text}`)
    }
    const heldBy = (host: string): HeldKey =>
      broken.has(host) ? { state: 'bad', wrong: broken.get(host)! } : seen[host]!.secret
    const held = Object.fromEntries(together.up.map(host => [host, heldBy(host)]))
    const ruling = decideKey('cluster secret', given && sha256(given), held, together.missing)
    if (ruling.is === 'fail') return together.each(() => together.fail(ruling.why, ruling.fix))

    const source = ruling.is === 'held' ? ruling.by : ruling.is === 'born' ? ruling.on : undefined
    const print = ruling.is === 'born' ? undefined : ruling.print
    const lacking = together.up.filter(host => print === undefined || held[host]!.print !== print)
    // Where no step may run nothing is handed to: a holder has nothing to do for it.
    const taking = lacking.filter(host => !together.bystanders.includes(host))
    return together.each(host => {
      const { path, stamp } = args[host]!
      if (broken.has(host) && !together.bystanders.includes(host))
        return together.fail(
          `on ${host}, ${broken.get(host)}`,
          `repair ${serviceFile(path)} or put the right file back`,
        )
      const make: Step[] =
        host !== source || taking.length === 0
          ? []
          : [ruling.is === 'born' ? { do: 'generate', name: 'secret', bytes: 32 } : fetchSecret(path, 'secret')]
      if (!lacking.includes(host))
        return make.length === 0
          ? together.ok()
          : together.change({ will: {}, phases: [make], reason: `gives its cluster secret to ${taking.join(', ')}` })
      return together.change({
        will: {
          secret: { state: 'good', print: print ?? together.from(source!) },
          ...(stamp === undefined ? {} : { stamp: { exists: true, kind: 'file' } }),
        },
        phases: [
          make,
          [
            ...(stamp === undefined ? [] : [exec(['touch', '--', stamp])]),
            {
              do: 'members',
              path: serviceFile(path),
              set: { 'cluster.secret': given === undefined ? { from: 'secret' } : secretContent(given) },
              indent: 2,
            },
          ],
        ],
        reason: keyReason('cluster secret', host, ruling, held[host]!),
      })
    })
  },
})
