import {
  attributes,
  type Content,
  defineCollective,
  digest,
  program,
  quote,
  type Step,
  secretContent,
  sha256,
  T,
} from '../../src/module/module.ts'
import { swarmKeyReader } from './lib/key-readers.ts'
import { repoArguments } from './lib/kubo.ts'
import { decideKey, type GoodKeyDecision, type HostKey, handOut, keyReason } from './lib/shared-key.ts'

const args = T.Object(
  {
    path: repoArguments.path,
    user: repoArguments.user,
    value: T.String({
      secret: true,
      default: '',
      description:
        'The key: 64 hex digits, or the whole text of a swarm.key. Empty: the one a host holds, else a new one.',
    }),
  },
  { additionalProperties: false },
)

const header = '/key/swarm/psk/1.0.0/\n/base16/\n'
const where = (path: string): string => `${path}/swarm.key`

const reader = (path: string): string => `f=${quote(where(path))}\n${swarmKeyReader}`
const wrongs: Record<string, string> = {
  empty: 'is empty',
  header: 'does not begin with /key/swarm/psk/1.0.0/ (a byte order mark, or another file)',
  encoding: 'names no encoding in its second line (/base16/, /base64/ or /bin/)',
  digits: 'holds something else than hex digits in its third line',
  length: 'is too short: the key is 32 bytes',
  directory: 'is a directory',
}

const state = (path: string) =>
  program<HostKey>({
    key: `key:${where(path)}`,
    sh: `${reader(path)}if [ -d "$f" ]; then echo directory; elif [ ! -e "$f" ]; then echo absent; else
k=$(key); [ \${#k} -eq 64 ] && printf %s "$k" | sha256sum || echo "$k"; fi`,
    looks: [`path:${where(path)}`],
    parse: ({ stdout }) => {
      const word = stdout.toString().trim().replace(/ +-$/, '')
      if (word === 'absent') return { state: 'absent' }
      return word.length === 64
        ? { state: 'good', print: word }
        : { state: 'bad', wrong: `${where(path)} ${wrongs[word] ?? 'cannot be read'}` }
    },
    subject: where(path),
  })

/** The key of a variable: bare digits or a whole file. */
const digits = (value: string): string =>
  (value.startsWith('/key/') ? (value.split(/\s+/)[2] ?? '') : value.trim()).toLowerCase()

const makeStep = ({ is }: GoodKeyDecision, path: string): Step =>
  is === 'born'
    ? { do: 'generate', name: 'key', bytes: 32 }
    : { do: 'fetch', secret: true, name: 'key', argv: ['sh', '-c', `${reader(path)}key`] }

const writeKey = (path: string, owner: string, text: Content | undefined): Step => ({
  do: 'write',
  path: where(path),
  content: text ?? { from: 'key', before: header, after: '\n' },
  mode: '0400',
  owner,
  group: '',
})

export default defineCollective({
  name: 'swarm_key',
  about:
    'One swarm.key for all hosts of the group: a variable, else the one a host holds, else one made on the first host.',
  args,
  examples: [
    '- name: Share the swarm key\n  swarm_key:\n    path: /var/lib/ipfs',
    "- name: Use our own swarm key\n  swarm_key:\n    value: '{{ swarm_key }}'",
  ],
  reads: args => ({ file: digest(where(args.path)), key: state(args.path) }),
  plan(args, seen, context) {
    const value = Object.values(args)[0]?.value ?? ''
    const given = value === '' ? undefined : digits(value)
    if (given !== undefined && !/^[0-9a-f]{64}$/.test(given))
      return context.each(() =>
        context.fail('the value given is no swarm key', 'give 64 hex digits, or the text of a swarm.key in base16'),
      )
    const held = Object.fromEntries(context.up.map(host => [host, seen[host]!.key]))
    const decision = decideKey('swarm key', given && sha256(given), held, context.missing)
    if (decision.is === 'fail') return context.each(() => context.fail(decision.why, decision.fix))
    const { source, print, lacking, taking } = handOut(decision, held, context)
    const text = given === undefined ? undefined : secretContent(`${header}${given}\n`)
    return context.each((host, { file, key }) => {
      const { path, user } = args[host]!
      // A host where no step may run takes no key, so nobody has to hand one out for it.
      const make = host === source && taking.length > 0 ? [makeStep(decision, path)] : []
      if (lacking.includes(host)) {
        if (file.exists && file.kind === 'directory')
          return context.fail(`${where(path)} is a directory`, `move ${where(path)} away`)
        const content = text ?? context.from(source!)
        return context.change({
          will: {
            file: { exists: true, kind: 'file', mode: '0400', owner: user, content },
            key: { state: 'good', print: print ?? context.from(source!) },
          },
          phases: [make, [writeKey(path, user, text)]],
          reason: keyReason('swarm key', host, decision, key),
        })
      }
      // A host that is only read hands out its key as it is: with a promise besides, its line would not run at all.
      const open = !context.bystanders.includes(host) && file.exists && (file.mode !== '0400' || file.owner !== user)
      if (!open && make.length === 0) return context.ok()
      return context.change({
        will: open ? { file: { mode: '0400', owner: user } } : {},
        phases: [[...make, ...(open ? attributes(where(path), '0400', { owner: user, group: '' }) : [])]],
        reason: open ? 'the key is not for its owner alone' : `gives its swarm key to ${taking.join(', ')}`,
      })
    })
  },
})
