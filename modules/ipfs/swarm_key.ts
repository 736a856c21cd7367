import { attributes, defineCollective, digest, type Step, secretContent, sha256, T } from '../../src/module/module.ts'
import { repoArguments } from './lib/kubo.ts'
import { decideKey, type GoodKeyDecision, handOut, keyReason } from './lib/shared-key.ts'
import { fetchSwarmKey, swarmKeyFile, swarmKeyHeader, swarmKeyState, writeSwarmKey } from './lib/swarm-key.ts'

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

/** The key of a variable: bare digits or a whole file. */
const digits = (value: string): string =>
  (value.startsWith('/key/') ? (value.split(/\s+/)[2] ?? '') : value.trim()).toLowerCase()

const makeStep = ({ is }: GoodKeyDecision, path: string): Step =>
  is === 'born' ? { do: 'generate', name: 'key', bytes: 32 } : fetchSwarmKey(path, 'key')

export default defineCollective({
  name: 'swarm_key',
  about:
    'One swarm.key for all hosts of the group: a variable, else the one a host holds, else one made on the first host.',
  args,
  examples: [
    '- name: Share the swarm key\n  swarm_key:\n    path: /var/lib/ipfs',
    "- name: Use our own swarm key\n  swarm_key:\n    value: '{{ swarm_key }}'",
  ],
  reads: args => ({ file: digest(swarmKeyFile(args.path)), key: swarmKeyState(args.path) }),
  plan(args, seen, context) {
    const value = Object.values(args)[0]?.value ?? ''
    const given = value === '' ? undefined : digits(value)
    if (given !== undefined && !/^[0-9a-f]{64}$/.test(given))
      return context.each(() =>
        context.fail('the value given is no swarm key', 'give 64 hex digits, or the text of a swarm.key in base16'),
      )
    const held = Object.fromEntries(context.up.map(host => [host, seen[host]!.key]))
    const decision = decideKey('swarm key', given && sha256(given), held, context)
    if (decision.is === 'needs') return context.each(() => context.needs(decision.host))
    if (decision.is === 'fail') return context.each(() => context.fail(decision.why, decision.fix))
    const { source, print, lacking, taking } = handOut(decision, held, context)
    const text = given === undefined ? undefined : secretContent(`${swarmKeyHeader}${given}\n`)
    return context.each((host, { file, key }) => {
      const { path, user } = args[host]!
      // A host where no step may run takes no key, so nobody has to hand one out for it.
      const make = host === source && taking.length > 0 ? [makeStep(decision, path)] : []
      if (lacking.includes(host)) {
        if (file.exists && file.kind === 'directory')
          return context.fail(
            `${swarmKeyFile(path)} is a directory`,
            `see what is in it: \`ls -la ${swarmKeyFile(path)}\`. kubo has a file of that name there; a folder is not its own`,
          )
        const content = text ?? context.from(source!)
        return context.change({
          will: {
            file: { exists: true, kind: 'file', mode: '0400', owner: user, content },
            key: { state: 'good', print: print ?? context.from(source!) },
          },
          phases: [make, [writeSwarmKey(path, user, text ?? 'key')]],
          reason: keyReason('swarm key', host, decision, key),
        })
      }
      // A host that is only read hands out its key as it is: with a promise besides, its line would not run at all.
      const open = !context.bystanders.includes(host) && file.exists && (file.mode !== '0400' || file.owner !== user)
      if (!open && make.length === 0) return context.ok()
      return context.change({
        will: open ? { file: { mode: '0400', owner: user } } : {},
        phases: [[...make, ...(open ? attributes(swarmKeyFile(path), '0400', { owner: user, group: '' }) : [])]],
        reason: open ? 'the key is not for its owner alone' : `gives its swarm key to ${taking.join(', ')}`,
      })
    })
  },
})
