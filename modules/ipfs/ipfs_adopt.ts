import {
  defineModule,
  exec,
  type Json,
  later,
  type Static,
  type Step,
  T,
  unitFile,
  unitName,
} from '../../src/module/module.ts'
import { systemctl } from '../builtin/lib/systemctl.ts'
import { lastAttemptLog } from '../builtin/lib/unit-log.ts'
import { peerAddress } from './lib/address.ts'
import { kubo, wayBackFile } from './lib/adoptable.ts'
import {
  adoptionArguments,
  adoptionOutputs,
  adoptionReads,
  adoptionTouches,
  planAdoption,
  sourceReads,
  surveyedPeers,
} from './lib/adoption-plan.ts'
import { clusterArguments } from './lib/cluster.ts'
import diagnose from './lib/diagnoses.ts'
import type { Asked } from './lib/existing.ts'
import { configMember, daemonArguments, daemonCommand, repoArguments } from './lib/kubo.ts'
import { connectionTo, wantedPeering } from './lib/swarm.ts'

const args = T.Object(
  {
    ...repoArguments,
    api: daemonArguments.api,
    ...adoptionArguments,
    cluster_path: clusterArguments.path,
    cluster_unit: T.String({ pattern: '^/', description: "The path of the file of ipfs-cluster's unit." }),
    via: T.Union([T.Literal('peering'), T.Literal('bootstrap')], {
      default: 'peering',
      description: 'As for `bootstrap`. With `bootstrap` the node keeps finding the others as it did.',
    }),
    peers: surveyedPeers('All other nodes that have a repo: with `via: peering` it keeps a connection to each.'),
    meets: surveyedPeers('Those that it has to be connected to before it counts as adopted.'),
  },
  { additionalProperties: false },
)
type Args = Static<typeof args>

const asked = ({ path, cluster_path, bin_dir, unit, cluster_unit }: Args): Asked => ({
  ...{ path, cluster_path, bin_dir },
  units: [unitFile(unit), unitFile(cluster_unit)],
})

const peeringOf = ({ peers }: Args): Json => wantedPeering(peers, 0, [], () => undefined)
/** The same as a promise. */
const configured = (args: Args) =>
  args.via === 'peering' ? { peering: { value: peeringOf(args) }, bootstrap: { value: null } } : {}
/** Whom it keeps connected, in the config, while no daemon has it open. */
const settings =
  (args: Args) =>
  (folder: string): Step[] => {
    const set = (name: string, value: Json): Step =>
      exec([`${args.bin_dir}/ipfs`, 'config', '--json', name, JSON.stringify(value ?? [])], {
        user: args.user,
        env: { HOME: folder, IPFS_PATH: folder },
      })
    return args.via === 'peering' ? [set('Peering.Peers', peeringOf(args)), set('Bootstrap', [])] : []
  }

/**
 * Dials the others as soon as the daemon answers. Their own dial may be half a minute away, or came while this one was
 * starting: such a connection may exchange no block for good (measured, decision 7), so it is made anew. Whether it came to be
 * is judged by who is connected.
 */
const dial = (args: Args, wanted: Args['meets']): Step =>
  exec([
    'sh',
    '-c',
    `for n in $(seq 150); do ${daemonCommand(args, ['id'])} >/dev/null 2>&1 && break; sleep 0.2; systemctl -q is-failed -- "$1" && exit 0; done
${wanted.map(({ id, address, port }) => `{ ${daemonCommand(args, ['swarm', 'disconnect', `/p2p/${id}`])}; for n in 1 2 3; do ${daemonCommand(args, ['swarm', 'connect', peerAddress(address, port, id)])} && break; sleep 1; done; } &`).join('\n')}
wait`,
    'sh',
    unitName(args.unit),
  ])

/**
 * The repo of somebody else becomes the one of the main playbook: whatever runs it ends, the folder moves with all that is
 * in it, and the playbook's own unit runs it. One host at a time (`rolling`): it is done when it sees the others again.
 */
export default defineModule({
  name: 'ipfs_adopt',
  about:
    'Takes a kubo that somebody else has set up into the layout of the playbook: identity, key, pins and data stay, what ran it ends and is kept aside.',
  args,
  outputs: adoptionOutputs,
  examples: [
    "- name: Adopt kubo\n  ipfs_adopt:\n    from: '{{ found.ipfs_from }}'\n    unit: /etc/systemd/system/ipfs\n    cluster_unit: /etc/systemd/system/ipfs-cluster\n    src: ipfs.service.j2",
  ],
  reads: args => ({
    ...adoptionReads(kubo, args, asked(args)),
    peering: configMember(args, 'Peering.Peers'),
    bootstrap: configMember(args, 'Bootstrap'),
    connected: args.meets.map(({ id }) => connectionTo(args, id)),
  }),
  more: (args, seen) => sourceReads(kubo, args, seen),
  touches: args => [...adoptionTouches(kubo, args), `live:${args.unit}`],
  plan(args, seen, { ok, change, fail }) {
    const it = planAdoption(kubo, args, seen, {
      settings: settings(args),
      started: args.meets.length === 0 ? [] : [dial(args, args.meets)],
    })
    if (it.is === 'fail') return fail(it.why, it.fix)
    const outputs = { way_back: it.is === 'take' || it.wasAdopted ? wayBackFile(args.path) : '' }
    if (it.is === 'take')
      return change({
        will: { ...it.will, ...configured(args), connected: args.meets.map(() => ({ connected: true })) },
        steps: it.steps,
        reason: it.reason,
        outputs,
        interrupts: true,
      })
    // What was adopted before may have been cut between its start and the end of the wait.
    const isDown = seen.unit.active !== 'active'
    const lost = args.meets.filter((_, i) => later(() => seen.connected[i]!.connected) !== true)
    if (!it.wasAdopted || (!isDown && lost.length === 0)) return ok(outputs)
    return change({
      will: {
        ...(isDown ? { unit: { active: 'active' } } : {}),
        connected: args.meets.map(one => (lost.includes(one) ? { connected: true } : undefined)),
      },
      steps: [...(isDown ? [systemctl(seen.unit, args.unit, ['--no-block', 'start'])] : []), dial(args, lost)],
      reason: isDown
        ? `it is ${seen.unit.active}`
        : `not connected to ${lost.map(({ address }) => address).join(', ')}`,
      outputs,
      byItself: true,
    })
  },
  settle: args => ({
    seconds: 60,
    hopeless: seen => (seen.unit.active === 'failed' ? `${unitName(args.unit)} has failed` : undefined),
    late: seen => {
      if (seen.unit.active !== 'active') return `${unitName(args.unit)} is ${seen.unit.active}`
      const lost = args.meets.filter((_, i) => !seen.connected[i]!.connected)
      return `not connected: ${lost.map(({ id, address }) => `${address} (${id})`).join(', ')}`
    },
    log: lastAttemptLog(args.unit),
  }),
  diagnose,
})
