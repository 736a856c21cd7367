import {
  defineCollective,
  later,
  type Static,
  type Step,
  secretContent,
  sha256,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import { machineIdentity } from '../builtin/lib/network-identity.ts'
import { stampArgument } from '../builtin/lib/paths.ts'
import { clusterArguments, clusterId, fetchSecret, secretState, serviceFile, serviceFileFault } from './lib/cluster.ts'
import { duplicateId, twinsObstacle } from './lib/duplicate-ids.ts'
import { decideKey, type GoodKeyDecision, type HostKey, handOut, keyReason } from './lib/shared-key.ts'
import { stampSteps } from './lib/stamp.ts'

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

type Args = Static<typeof args>
type Seen = { fault: { text: string } }

const givenSecret = (args: Record<string, Args>): string | undefined =>
  (Object.values(args)[0]?.value ?? '').trim().toLowerCase() || undefined

/**
 * Hosts with a file that is no JSON. It cannot be edited by member, and what its lines seem to hold counts for nothing.
 */
const brokenOn = (args: Record<string, Args>, seen: Record<string, Seen>, hosts: string[]): Map<string, string> =>
  new Map(
    hosts.flatMap((host): [string, string][] => {
      const text = later(() => seen[host]!.fault.text)
      return typeof text === 'string' && text !== '' ? [[host, `${serviceFile(args[host]!.path)}: ${text}`]] : []
    }),
  )

const makeStep = ({ is }: GoodKeyDecision, path: string): Step =>
  is === 'born' ? { do: 'generate', name: 'secret', bytes: 32 } : fetchSecret(path, 'secret')

const takeSteps = (path: string, stamp: string | undefined, given: string | undefined): Step[] => [
  ...stampSteps(stamp),
  {
    do: 'members',
    path: serviceFile(path),
    set: { 'cluster.secret': given === undefined ? { from: 'secret' } : secretContent(given) },
    indent: 2,
  },
]

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
    fault: uses(serviceFileFault(args.path)),
    identity: uses(clusterId(args.path)),
    machine: uses(machineIdentity),
  }),
  plan(args, seen, context) {
    const twins = duplicateId(context.up, host => seen[host]!.identity.value)
    if (twins)
      return context.each(host => {
        const { path, user } = args[host]!
        const { why, fix } = twinsObstacle(
          twins,
          one => seen[one]!.machine,
          'cluster peer id',
          `on the copy, whose pins and old identity stay: systemctl stop ipfs-cluster && ipfs-cluster-service --config /tmp/new-peer init && install -b -m 600 -o ${user} /tmp/new-peer/identity.json ${path}/identity.json`,
        )
        return context.fail(why, fix)
      })
    const given = givenSecret(args)
    if (given !== undefined && !/^[0-9a-f]{64}$/.test(given))
      return context.each(() => context.fail('the value given is no cluster secret', 'give 64 hex digits'))
    const without = context.up.filter(host => !seen[host]!.file.exists)
    if (without.length > 0)
      return context.each(() =>
        context.fail(`${without.join(', ')} has no service.json`, 'run cluster_init before this task'),
      )
    const broken = brokenOn(args, seen as Record<string, Seen>, context.up)
    const heldBy = (host: string): HostKey =>
      broken.has(host) ? { state: 'bad', wrong: broken.get(host)! } : seen[host]!.secret
    const held = Object.fromEntries(context.up.map(host => [host, heldBy(host)]))
    const decision = decideKey('cluster secret', given && sha256(given), held, context)
    if (decision.is === 'needs') return context.each(() => context.needs(decision.host))
    if (decision.is === 'fail') return context.each(() => context.fail(decision.why, decision.fix))
    const { source, print, lacking, taking } = handOut(decision, held, context)
    return context.each(host => {
      const { path, stamp } = args[host]!
      if (broken.has(host) && !context.bystanders.includes(host))
        return context.fail(`on ${host}, ${broken.get(host)}`, `repair ${serviceFile(path)} or put the right file back`)
      // A host where no step may run takes no key, so nobody has to hand one out for it.
      const make = host === source && taking.length > 0 ? [makeStep(decision, path)] : []
      if (lacking.includes(host))
        return context.change({
          will: {
            secret: { state: 'good', print: print ?? context.from(source!) },
            ...(stamp === undefined ? {} : { stamp: { exists: true, kind: 'file' } }),
          },
          phases: [make, takeSteps(path, stamp, given)],
          reason: keyReason('cluster secret', host, decision, held[host]!),
        })
      if (make.length === 0) return context.ok()
      return context.change({ will: {}, phases: [make], reason: `gives its cluster secret to ${taking.join(', ')}` })
    })
  },
})
