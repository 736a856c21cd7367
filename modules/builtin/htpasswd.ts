import { defineModule, file, type Static, secretContent, T } from '../../src/module/module.ts'
import { contentArguments } from './lib/content-arguments.ts'
import { decideEdit } from './lib/edited-file.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { type HostMark, hostMark, saltOf } from './lib/host-salt.ts'
import { editHtpasswd, type HtpasswdEdit, passwordHash, schemes } from './lib/htpasswd-edit.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    path: pathArgument('The file, also called `dest` or `destfile`.', { aliases: ['dest', 'destfile'] }),
    name: T.String({
      pattern: '^[^:\\s#][^:\\n\\r\\t]{0,254}$',
      aliases: ['username'],
      description: 'The user.',
    }),
    password: T.Optional(T.String({ secret: true, pattern: '^[^\\n]*$', description: 'The password of the user.' })),
    hash_scheme: T.Enum([...schemes], {
      default: 'apr_md5_crypt',
      aliases: ['crypt_scheme'],
      description:
        'How a password is written that is new. One that is there and right stays as it is written. The hash is made on the controller.',
    }),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether the user is to be there.' }),
    create: T.Boolean({ default: true, description: 'Make the file if it does not exist.' }),
    ...attributeArguments,
    ...rareAttributeArguments,
    unsafe_writes: contentArguments.unsafe_writes,
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

/** The salt is the host's: a plan makes the same hash as its apply, and nothing of the password is in it. */
const editOf = (args: Wanted, machine: HostMark): HtpasswdEdit | Obstacle => {
  const { name, state, password, hash_scheme } = args
  if (state === 'absent') return { name, state }
  if (password === undefined) return { why: 'password is not given', fix: 'say which password the user has' }
  const makeHash = (): string => passwordHash(password, hash_scheme, saltOf(machine, [plainPath(args.path), name], 16))
  return { name, state, password, makeHash }
}

export default defineModule({
  name: 'htpasswd',
  about: 'A user with a password is in a file of the users of a web server, or is not.',
  args,
  outputs: T.Object({ path: T.String({ description: 'The path of the file.' }) }),
  examples: [
    '- name: Who may see the site\n  htpasswd:\n    path: /etc/nginx/users\n    name: ada\n    password: "{{ ada_password }}"\n    owner: root\n    group: www-data\n    mode: "0640"',
    '- name: Not any more\n  htpasswd:\n    path: /etc/nginx/users\n    name: bob\n    state: absent',
  ],
  reads: args => ({
    machine: args.state === 'present' ? hostMark : undefined,
    file: file(plainPath(args.path)),
    ...targetReads(plainPath(args.path), args),
  }),
  plan: (args, seen, { ok, change, fail }) => {
    const at = plainPath(args.path)
    const edit = editOf(args, seen.machine ?? { text: '' })
    if ('why' in edit) return fail(edit.why, edit.fix)
    if (!seen.file.exists && args.state === 'absent') return ok({ path: args.path })
    const restless = {
      why: `it would change ${at} in every run`,
      fix: 'choose another password, or another hash_scheme',
    }
    const made = (text: string): string | Obstacle => editHtpasswd(text, edit)
    const it = decideEdit(at, made, { ...args, restless, asContent: secretContent }, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.path })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { path: args.path } })
  },
})
