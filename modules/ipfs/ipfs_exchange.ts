import {
  content,
  defineCollective,
  exec,
  type FileAnswer,
  file,
  later,
  processStart,
  type Static,
  type Step,
  T,
  unitName,
  uses,
} from '../../src/module/module.ts'
import { machineIdentity } from '../builtin/lib/network-identity.ts'
import diagnose from './lib/diagnoses.ts'
import { duplicateId, twinsObstacle } from './lib/duplicate-ids.ts'
import { daemonArguments, daemonCommand, peerId, repoArguments } from './lib/kubo.ts'
import { unknownId } from './lib/peers.ts'

const args = T.Object(
  {
    ...repoArguments,
    ...daemonArguments,
    via: T.Union([T.Literal('peering'), T.Literal('bootstrap')], {
      default: 'peering',
      description: 'As given to `bootstrap`: names the cure when a pair exchanges nothing.',
    }),
  },
  { additionalProperties: false },
)
type Args = Static<typeof args>

/**
 * The file, in the reading node's repo, of what was read. A line counts only while both processes have the starts it
 * names.
 */
const stamps = (path: string): string => `${path}/.runbook-exchange`
const linesOf = (answer: FileAnswer): string[] =>
  answer.exists && answer.kind === 'file' ? answer.content.bytes.toString().split('\n').filter(Boolean) : []

/** A fresh random block in the source's kubo alone; its name goes to the readers through the controller's memory. */
const give = (args: Args, name: string): Step =>
  exec(
    [
      'sh',
      '-c',
      `for n in 1 2 3; do [ $n = 1 ] || sleep 1; head -c 64 /dev/urandom | ${daemonCommand(args, ['add', '-Q', '--pin=false'])} && exit; done; exit 1`,
    ],
    { name },
  )

/**
 * The folder that a reading host works in, all of it as kubo's user, whose folder it is in. It is removed at the end, or when
 * the next run begins.
 */
const work = (path: string): string => `${stamps(path)}.new`

/** Keeps what another host has made known, a line for each source in their order; an empty one if it is gone. */
const note = (args: Args, file: string, from: string): Step =>
  exec(['sh', '-c', 'cat >>"$1"', 'sh', `${work(args.path)}/${file}`], {
    user: args.user,
    stdin: { from, after: '\n', orElse: '' },
  })

/**
 * Eight sources at once, up to 17 s each. A stamp is noted only for what was really read; a failure is noted too, and
 * told when all were tried.
 */
const take = (args: Args, wanted: { stamp: string; pair: string }[], name: string): Step =>
  exec(
    [
      'sh',
      '-c',
      `w=$1; shift; n=0
try() { for i in 1 2 3; do [ $i = 1 ] || sleep 1; [ "$(${daemonCommand(args, ['cat'])} "$2" 2>"$w/why.$1" | wc -c)" -eq 64 ] && { printf '%s\n' "$3" >>"$w/stamps"; return; }; done
echo "$4: $(tail -n 1 "$w/why.$1")" >"$w/failed.$1"; }
while read -r cid; do n=$((n+1)); [ -z "$cid" ] || try $n "$cid" "$1" "$2" & shift 2; [ $((n % 8)) -ne 0 ] || wait; done <"$w/cids"; wait; echo here`,
      'sh',
      work(args.path),
      ...wanted.flatMap(({ stamp, pair }) => [stamp, pair]),
    ],
    { user: args.user, name },
  )

const cure = ({ via, unit }: Args): string =>
  via === 'bootstrap'
    ? 'A known fault with a Bootstrap list: the connection is older than the exchange of blocks and never used for it. The cure is peering: `runbook apply PLAYBOOK -e via=peering`.'
    : `Connected, but no block comes. The connections are made anew by a restart of the reading kubo, \`systemctl restart ${unitName(unit)}\`; then run again.`

/** Tells what was not read. A source that was lost meanwhile has its own failure, so it is not told here. */
const conclude = (args: Args): Step =>
  exec(
    [
      'sh',
      '-c',
      `w=$1; sort -o "$w/stamps" -- "$w/stamps" && mv -f -- "$w/stamps" "$2" || exit
n=0; while read -r here; do n=$((n+1)); [ -z "$here" ] || [ ! -f "$w/failed.$n" ] || cat -- "$w/failed.$n"; done <"$w/here" >"$w/all"
[ -s "$w/all" ] || { rm -rf -- "$w"; exit; }
{ cat -- "$w/all"; echo "$3"; rm -rf -- "$w"; exit 1; } >&2`,
      'sh',
      work(args.path),
      stamps(args.path),
      cure(args),
    ],
    { user: args.user },
  )

const stampFile = { exists: true, kind: 'file', mode: '0644' } as const

type Seen = { stamps: FileAnswer; id: { value: unknown }; started: { at: string } }
type Pairs = {
  stampOf(from: string, reader: string): string
  /** The hosts of which a reader has read no block since both were started. */
  stale(reader: string): string[]
  /** The lines of a reader that stay: of the hosts that answered only what still holds; of the others everything. */
  kept(reader: string): string[]
}

/** What has been read, by ordered pair: told by both ends' ids and starts. */
const pairsOf = (up: string[], taking: string[], seen: Record<string, Seen>): Pairs => {
  const ends = new Map(up.map(host => [host, `${seen[host]!.id.value} ${seen[host]!.started.at}`]))
  const present = up.map(from => seen[from]!.id.value)
  const stampOf = (from: string, reader: string): string => `${ends.get(from)} ${ends.get(reader)}`
  const stale = new Map(
    up.map(reader => {
      const have = linesOf(seen[reader]!.stamps)
      return [reader, taking.filter(from => from !== reader && !have.includes(stampOf(from, reader)))]
    }),
  )
  return {
    stampOf,
    stale: reader => stale.get(reader)!,
    kept: reader =>
      linesOf(seen[reader]!.stamps).filter(line => {
        const at = up[present.indexOf(line.split(' ')[0])]
        return at === undefined || line === stampOf(at, reader)
      }),
  }
}

/** The two phases of a host that reads: it reads all blocks, then tells what did not come. */
const readingPhases = (own: Args, host: string, pairs: Pairs): Step[][] => {
  const sources = pairs.stale(host)
  const wanted = sources.map(from => ({
    pair: `${host} could not read a fresh block of ${from}`,
    stamp: pairs.stampOf(from, host),
  }))
  return [
    [
      { do: 'remove', path: work(own.path) },
      exec(['mkdir', '-m', '0700', '--', work(own.path)], { user: own.user }),
      {
        do: 'write',
        path: `${work(own.path)}/stamps`,
        content: content(
          pairs
            .kept(host)
            .map(line => `${line}\n`)
            .join(''),
        ),
        mode: '0644',
        owner: own.user,
        group: '',
      },
      ...sources.map(from => note(own, 'cids', `cid.${from}`)),
      take(own, wanted, `here.${host}`),
    ],
    [...sources.map(from => note(own, 'here', `here.${from}`)), conclude(own)],
  ]
}

/**
 * The gate of the data plane. Being connected proves nothing: a pair may be connected for days and exchange no block,
 * and "pinned everywhere" after `ipfs-cluster-ctl add` proves nothing either, for the cluster carries those blocks
 * itself. So each node reads a fresh random block of each other. What was read is noted per ordered pair with both
 * ends' ids and starts: a restart of either end makes the pair new, and everything else is only read.
 */
export default defineCollective({
  name: 'ipfs_exchange',
  about:
    'Proves that every node can read a fresh block of every other, pair by pair; what is proven is not tried again.',
  args,
  examples: ['- name: Every node reads from every other\n  ipfs_exchange:\n    path: /var/lib/ipfs'],
  reads: args => ({
    stamps: file(stamps(args.path)),
    id: uses(peerId(args)),
    started: uses(processStart(args.unit)),
    machine: uses(machineIdentity),
  }),
  plan(args, seen, context) {
    const twins = duplicateId(context.up, host => seen[host]!.id.value)
    if (twins)
      return context.each(host => {
        const { unit, path, user, bin_dir } = args[host]!
        const { why, fix } = twinsObstacle(
          twins,
          one => seen[one]!.machine,
          'peer id of kubo',
          `on the copy, which keeps its blocks and its old key: systemctl stop ${unitName(unit)} && runuser -u ${user} -- env IPFS_PATH=${path} HOME=${path} ${bin_dir}/ipfs key rotate --oldkey=copied`,
        )
        return context.fail(why, fix)
      })
    // Where no step may run no block can be given: those pairs wait for a run over all hosts.
    const taking = context.up.filter(host => !context.bystanders.includes(host))
    const isIdle = (host: string): boolean => seen[host]!.started.at === '' || typeof seen[host]!.id.value !== 'string'
    const idle = taking.filter(host => later(() => isIdle(host)) === true)
    if (idle.length > 0)
      return context.each(host =>
        context.fail(
          `kubo does not run on ${idle.join(', ')}: no block can be read there`,
          `on ${idle.join(', ')} \`systemctl start ${unitName(args[host]!.unit)}\`, or start it in a task before this one`,
        ),
      )
    // With an id that is still to be made every pair is new: no stamp can name it.
    const details = unknownId(taking, host => seen[host]!.id.value)
    if (details && taking.length > 1)
      return context.each(host =>
        context.change({
          will: { stamps: { ...stampFile, content: details } },
          phases: [],
          details,
          reason: `must read a fresh block of ${taking.filter(from => from !== host).join(', ')}`,
        }),
      )
    const pairs = pairsOf(context.up, taking, seen as Record<string, Seen>)
    return context.each(host => {
      const own = args[host]!
      const sources = pairs.stale(host)
      const readers = taking.filter(reader => pairs.stale(reader).includes(host))
      const giving = readers.length > 0 ? [give(own, `cid.${host}`)] : []
      if (sources.length > 0)
        return context.change({
          // Its content is not known yet: a source may be lost before it is read from.
          will: { stamps: { ...stampFile, content: context.from(sources[0]!) } },
          phases: [giving, ...readingPhases(own, host, pairs)],
          reason: `must read a fresh block of ${sources.join(', ')}`,
        })
      if (readers.length === 0) return context.ok()
      return context.change({
        will: {},
        phases: [giving, [exec(['echo', 'here'], { name: `here.${host}` })]],
        reason: `gives a fresh block to ${readers.join(', ')}`,
      })
    })
  },
  diagnose,
})
