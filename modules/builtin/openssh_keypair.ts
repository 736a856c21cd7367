import {
  content,
  defineModule,
  exec,
  type FileAnswer,
  file,
  open,
  type Static,
  type Step,
  stat,
  T,
} from '../../src/module/module.ts'
import { editableText } from './lib/edited-file.ts'
import {
  attributeArguments,
  attributeDifferences,
  attributesPatch,
  flagSteps,
  type NamedAccounts,
  ownerNames,
  rareAttributeArguments,
  targetObstacle,
  targetReads,
  withModeFrom,
} from './lib/file-attributes.ts'
import { attributeSteps, writeStep } from './lib/file-content.ts'
import { makingFunctions } from './lib/making-in-closet.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { type PrivateKeyLook, privateKeyAt, publicKeyIn, sshFingerprint, sshKeyKind } from './lib/ssh-key.ts'

const args = T.Object(
  {
    path: pathArgument('The file of the private key; that of the public one has .pub behind it.'),
    type: T.Enum(['rsa', 'dsa', 'ecdsa', 'ed25519'], { default: 'rsa', description: 'The kind of key.' }),
    size: T.Optional(
      T.Integer({
        description: 'Its bits: of rsa at least 1024, 4096 if not given; of ecdsa 256, 384 or 521. ed25519 has 256.',
      }),
    ),
    comment: T.Optional(
      T.String({
        pattern: '^[^\\n]*$',
        description: 'What stands behind the public key. Not given: it does not count.',
      }),
    ),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether there are such files.' }),
    regenerate: T.Enum(['never', 'fail', 'partial_idempotence', 'full_idempotence', 'always'], {
      default: 'partial_idempotence',
      description:
        'When another key takes the place of one that is there. never; fail: it fails where the kind differs; partial_idempotence: where the kind differs; full_idempotence: also where it cannot be read; always: in every run.',
    }),
    force: T.Boolean({ default: false, description: 'As `regenerate: always`.' }),
    private_key_format: T.Enum(['auto'], { default: 'auto', description: 'That of the ssh-keygen of the host.' }),
    backend: T.Enum(['auto', 'opensshbin'], { default: 'auto', description: 'ssh-keygen of the host, either way.' }),
    ...attributeArguments,
    ...rareAttributeArguments,
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>
type Seen = NamedAccounts & { key: FileAnswer; public: FileAnswer; look: PrivateKeyLook; parent: FileAnswer }

const sizeOf = ({ type, size }: Wanted): number =>
  type === 'ed25519' ? 256 : (size ?? { rsa: 4096, dsa: 1024, ecdsa: 256 }[type])

/** What no key can be. */
const impossible = (args: Wanted): Obstacle | undefined => {
  const size = sizeOf(args)
  const can = {
    rsa: size >= 1024,
    dsa: size === 1024,
    ecdsa: [256, 384, 521].includes(size),
    ed25519: true,
  }[args.type]
  return can
    ? undefined
    : {
        why: `no key of ${args.type} has ${size} bits`,
        fix: 'rsa has at least 1024, dsa 1024, ecdsa 256, 384 or 521',
      }
}

/** Why a key is made, or why none can be; undefined: there is one that will do. */
const makingReason = (args: Wanted, { key, look }: Seen): string | Obstacle | undefined => {
  const regenerate = args.force ? 'always' : args.regenerate
  if (!key.exists) return 'it does not exist'
  if (key.kind !== 'file') return { why: `${args.path} is no file`, fix: 'name another path: what is there is kept' }
  if (regenerate === 'always') return 'another one is asked for in every run'
  if (look.key === undefined)
    return regenerate === 'full_idempotence'
      ? 'it cannot be read'
      : {
          why: `the key ${args.path} cannot be read: it has a passphrase, is damaged, or others may read it`,
          fix: 'set regenerate: full_idempotence to have another one made in its place',
        }
  const { type, size } = sshKeyKind(look.key)
  if (regenerate === 'never' || (type === args.type && size === sizeOf(args))) return undefined
  const why = `it is ${type} with ${size} bits`
  return regenerate === 'fail'
    ? {
        why: `the key ${args.path} is not as wanted: ${why}`,
        fix: 'set regenerate: partial_idempotence for another one',
      }
    : why
}

/** Both files are made where nobody else can put something in their place, and come into theirs by rename. The functions have short names of their own. */
const making = `${makingFunctions}
set -e
place=$1 kind=$2 bits=$3 comment=$4 owner=$5 mode=$6
folder=\${place%/*}; begin "\${folder:-/}"
mkdir ./made
set -- -q -N '' -t "$kind" \${bits:+-b "$bits"}
[ -z "$comment" ] || set -- "$@" -C "\${comment#=}"
ssh-keygen "$@" -f ./made/key </dev/null
[ -z "$owner" ] || chown -- "$owner" ./made/key ./made/key.pub
[ -z "$mode" ] || chmod -- "$mode" ./made/key ./made/key.pub
mv -T -- ./made/key "../\${place##*/}"; mv -T -- ./made/key.pub "../\${place##*/}.pub"`

const makingStep = (args: Wanted, path: string): Step => {
  const { owner = '', group } = ownerNames(args)
  const whose = group === undefined ? owner : `${owner}:${group}`
  const bits = args.type === 'ed25519' ? '' : String(sizeOf(args))
  const comment = args.comment === undefined ? '' : `=${args.comment}`
  return exec(['sh', '-c', making, 'sh', path, args.type, bits, comment, whose, args.mode ?? ''], {
    replaces: [path, `${path}.pub`],
  })
}

/** The public key that belongs to the private one, where what is there is another; or has another comment. */
const publicText = (args: Wanted, { look, public: there }: Seen): string | undefined => {
  const key = look.key!
  const now = publicKeyIn(editableText(there))
  const comment = args.comment ?? now?.comment ?? key.comment
  if (now?.blob === key.blob && now.type === key.type && now.comment === comment) return undefined
  return `${[key.type, key.blob, ...(comment === '' ? [] : [comment])].join(' ')}\n`
}

const outputsOf = (args: Wanted, seen: Seen) => {
  const key = seen.look.key
  const there = publicKeyIn(editableText(seen.public))
  return {
    filename: args.path,
    type: args.type,
    size: sizeOf(args),
    fingerprint: key ? sshFingerprint(key) : '',
    public_key: there ? [there.type, there.blob, there.comment].join(' ').trim() : '',
    comment: there?.comment ?? '',
  }
}

/** What is to be changed of a key that will do: its public file, mode and owner of both. */
const adjustment = (said: Wanted, seen: Seen, path: string) => {
  const of = (there: FileAnswer, made: string) =>
    withModeFrom(said, there.exists ? there : undefined, { mode: made, isFolder: false })
  const [forKey, forPublic] = [of(seen.key, '0600'), of(seen.public, '0644')]
  const key = seen.key.exists ? seen.key : undefined
  const there = seen.public.exists && seen.public.kind === 'file' ? seen.public : undefined
  const text = publicText(said, seen)
  const strays = key ? attributeDifferences(forKey, key, seen) : []
  const publicStrays = there ? attributeDifferences(forPublic, there, seen) : []
  const made = text === undefined ? undefined : content(text)
  return {
    will: {
      ...(strays.length > 0 ? { key: attributesPatch(forKey, seen) } : {}),
      ...(made || publicStrays.length > 0
        ? {
            public: {
              ...(there ? {} : { exists: true as const, kind: 'file' as const, mode: '0644' }),
              ...(made ? { content: made, size: made.size } : {}),
              ...attributesPatch(forPublic, seen),
            },
          }
        : {}),
    },
    steps: [
      ...(key && strays.length > 0 ? attributeSteps(path, forKey, key, seen) : []),
      ...(made
        ? [writeStep(`${path}.pub`, made, forPublic, there)]
        : there && publicStrays.length > 0
          ? attributeSteps(`${path}.pub`, forPublic, there, seen)
          : []),
    ],
    reason: [
      ...(made ? ['its public key is missing or another one'] : []),
      ...strays.map(stray => `its ${stray}`),
      ...publicStrays.map(stray => `the ${stray} of its public key`),
    ].join(', '),
  }
}

/** What both files will be, as far as it is known before there is a key. */
const newPair = (said: Wanted, seen: Seen) => {
  const one = (mode: string) => ({
    exists: true as const,
    kind: 'file' as const,
    mode,
    ...attributesPatch(withModeFrom(said, undefined, { mode, isFolder: false }), seen),
  })
  return { key: one('0600'), public: { ...one('0644'), content: open, size: open } }
}

export default defineModule({
  name: 'openssh_keypair',
  about: 'A private key for ssh is there, made by the ssh-keygen of the host, and its public key beside it.',
  args,
  outputs: T.Object({
    filename: T.String({ description: 'The path of the private key.' }),
    type: T.String({ description: 'The kind of key.' }),
    size: T.Integer({ description: 'Its bits.' }),
    fingerprint: T.String({ description: 'Its digest, as ssh shows it: SHA256:…' }),
    public_key: T.String({ description: 'The public key, as it stands in its file.' }),
    comment: T.String({ description: 'What stands behind it.' }),
  }),
  examples: [
    '- name: A key that the server proves itself with\n  openssh_keypair:\n    path: /etc/ssh/ssh_host_ed25519_key\n    type: ed25519\n    mode: "0600"',
    '- name: A key for backups\n  openssh_keypair:\n    path: /root/.ssh/backup\n    type: rsa\n    size: 3072\n    comment: backup',
  ],
  reads: args => ({
    key: stat(plainPath(args.path)),
    public: file(`${plainPath(args.path)}.pub`),
    look: privateKeyAt(plainPath(args.path)),
    ...targetReads(plainPath(args.path), args),
  }),
  touches: args =>
    args.state === 'absent' ? [`tree:${plainPath(args.path)}`, `tree:${plainPath(args.path)}.pub`] : [],
  plan: (args, seen, { ok, change, fail }) => {
    const path = plainPath(args.path)
    if (args.state === 'absent') {
      const gone = [...(seen.key.exists ? [path] : []), ...(seen.public.exists ? [`${path}.pub`] : [])]
      if (gone.length === 0) return ok(outputsOf(args, { ...seen, look: { hasTool: true } }))
      return change({
        will: { key: { exists: false }, public: { exists: false } },
        steps: gone.map(path => ({ do: 'remove', path })),
        reason: 'it exists',
      })
    }
    const blocked = impossible(args) ?? targetObstacle(path, args, seen)
    if (blocked) return fail(blocked.why, blocked.fix)
    const reason = makingReason(args, seen)
    if (typeof reason === 'object') return fail(reason.why, reason.fix)
    if (!seen.look.hasTool)
      return fail(
        'there is no ssh-keygen on that host',
        'install the package that has it in an earlier task: openssh-client',
      )
    if (reason === undefined) {
      const it = adjustment(args, seen, path)
      if (it.steps.length === 0) return ok(outputsOf(args, seen))
      const { filename, type, size, fingerprint } = outputsOf(args, seen)
      return change({ ...it, outputs: { filename, type, size, fingerprint } })
    }
    const isEveryTime = args.force || args.regenerate === 'always'
    return change({
      will: newPair(args, seen),
      steps: [makingStep(args, path), ...flagSteps(path, args), ...flagSteps(`${path}.pub`, args)],
      reason,
      outputs: { filename: args.path, type: args.type, size: sizeOf(args) },
      ...(isEveryTime && seen.key.exists ? { always: true as const } : {}),
    })
  },
})
