import {
  content,
  defineGroup,
  exec,
  type FileAnswer,
  file,
  processStart,
  quote,
  type Step,
  T,
  uses,
} from '../src/module/module.ts'
import { diagnose } from './lib/diagnoses.ts'
import { asked, daemon, peerId, repo } from './lib/kubo.ts'

const args = T.Object(
  {
    ...repo,
    ...daemon,
    via: T.Union([T.Literal('peering'), T.Literal('bootstrap')], {
      default: 'peering',
      description: 'As given to `bootstrap`: names the cure when a pair exchanges nothing.',
    }),
  },
  { additionalProperties: false },
)
type Args = { path: string; user: string; bin_dir: string; api: string; unit: string; via: 'peering' | 'bootstrap' }

/** Kept where the reading node's repo is, and only believed together with both processes' starts. */
const stamps = (path: string): string => `${path}/.runbook-exchange`
const linesOf = (answer: FileAnswer): string[] =>
  answer.exists && answer.kind === 'file' ? answer.content.bytes.toString().split('\n').filter(Boolean) : []

/** A fresh random block in the source's kubo alone; its name goes to the readers through the controller's memory. */
const give = (args: Args, name: string): Step =>
  exec(
    [
      'sh',
      '-c',
      `for n in 1 2 3; do head -c 64 /dev/urandom | ${asked(args, ['add', '-Q', '--pin=false'])} && exit; sleep 1; done; exit 1`,
    ],
    { name },
  )

/** Up to 15 s. A stamp is noted only for what was really read; a failure is noted too, and told when all were tried. */
const take = (args: Args, name: string, stamp: string, pair: string): Step =>
  exec(
    [
      'sh',
      '-c',
      `f=${quote(stamps(args.path))}; read -r cid; for n in 1 2 3; do [ "$(${asked(args, ['cat'])} "$cid" 2>"$f.why" | wc -c)" -eq 64 ] && { printf '%s\\n' "$1" >>"$f.new"; exit; }; sleep 1; done; echo "$2: $(tail -n 1 "$f.why")" >>"$f.failed"`,
      'sh',
      stamp,
      pair,
    ],
    { stdin: { from: name, after: '\n' } },
  )

const cure = ({ via }: Args): string =>
  via === 'bootstrap'
    ? 'A known fault with a Bootstrap list: the connection is older than the exchange of blocks and never used for it. The cure is `via: peering` in the task with bootstrap.'
    : 'Connected, but no block comes: `ipfs swarm disconnect` and `ipfs swarm connect` on the reading host, then run again.'

const conclude = (args: Args): Step =>
  exec([
    'sh',
    '-c',
    'rm -f -- "$1.why"; mv -f -- "$1.new" "$1" && [ ! -s "$1.failed" ] || { cat -- "$1.failed"; echo "$2"; rm -f -- "$1.failed"; exit 1; } >&2',
    'sh',
    stamps(args.path),
    cure(args),
  ])

/**
 * The gate of the data plane. Being connected proves nothing: a pair may be connected for days and exchange no block,
 * and "pinned everywhere" after `ipfs-cluster-ctl add` proves nothing either, for the cluster carries those blocks
 * itself. So each node reads a fresh random block of each other. What was read is noted per ordered pair with both
 * ends' ids and starts: a restart of either end makes the pair new, and everything else is only read.
 */
export default defineGroup({
  name: 'ipfs_exchange',
  about:
    'Proves that every node can read a fresh block of every other, pair by pair; what is proven is not tried again.',
  args,
  examples: ['- name: Every node reads from every other\n  ipfs_exchange:\n    path: /var/lib/ipfs'],
  reads: args => ({
    stamps: file(stamps(args.path)),
    id: uses(peerId(args)),
    started: uses(processStart(args.unit)),
  }),
  plan(args, seen, together) {
    // Where no step may run no block can be given: those pairs wait for a run over all hosts.
    const taking = together.up.filter(host => !together.bystanders.includes(host))
    const idle = taking.filter(host => seen[host]!.started.at === '' || typeof seen[host]!.id.value !== 'string')
    if (idle.length > 0)
      return together.each(host =>
        together.fail(
          `kubo does not run on ${idle.join(', ')}: no block can be read there`,
          `systemctl status ${args[host]!.unit}`,
        ),
      )
    const end = (host: string): string => `${seen[host]!.id.value} ${seen[host]!.started.at}`
    const stampOf = (from: string, reader: string): string => `${end(from)} ${end(reader)}`
    const stale = (reader: string): string[] => {
      const have = linesOf(seen[reader]!.stamps)
      return taking.filter(from => from !== reader && !have.includes(stampOf(from, reader)))
    }
    const givers = new Set(taking.flatMap(stale))

    return together.each((host, { stamps: stood }) => {
      const own = args[host]!
      const sources = stale(host)
      const giving = givers.has(host) ? [give(own, `cid.${host}`)] : []
      if (sources.length === 0)
        return giving.length === 0
          ? together.ok()
          : together.change({
              will: {},
              phases: [giving],
              reason: `gives a fresh block to ${taking.filter(reader => stale(reader).includes(host)).join(', ')}`,
            })
      const present = together.up.map(from => seen[from]!.id.value)
      // Of the hosts that answered only what still holds; of those that did not, everything.
      const kept = linesOf(stood).filter(line => {
        const [from] = line.split(' ')
        const at = together.up[present.indexOf(from!)]
        return at === undefined || line === stampOf(at, host)
      })
      const wanted = sources.map(from => ({
        pair: `${host} could not read a fresh block of ${from}`,
        stamp: stampOf(from, host),
        from,
      }))
      const text = (lines: string[]): string => lines.map(line => `${line}\n`).join('')
      return together.change({
        will: {
          stamps: {
            exists: true,
            kind: 'file',
            mode: '0644',
            content: content(text([...kept, ...wanted.map(({ stamp }) => stamp)])),
          },
        },
        phases: [
          giving,
          [
            { do: 'write', path: `${stamps(own.path)}.new`, content: content(text(kept)), mode: '0644' },
            { do: 'remove', path: `${stamps(own.path)}.failed` },
            ...wanted.map(({ from, stamp, pair }) => take(own, `cid.${from}`, stamp, pair)),
            conclude(own),
          ],
        ],
        reason: `must read a fresh block of ${sources.join(', ')}`,
      })
    })
  },
  explain: diagnose,
})
