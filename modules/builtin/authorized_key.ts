import {
  accountGroup,
  defineModule,
  type FileAnswer,
  file,
  folder,
  folderAt,
  type GroupAnswer,
  isUnknown,
  later,
  type Static,
  type Step,
  stat,
  T,
  type UserAnswer,
  user,
  uses,
} from '../../src/module/module.ts'
import { editKeys, type KeysEdit } from './lib/authorized-keys.ts'
import { decideEdit, editableText } from './lib/edited-file.ts'
import { attributeDifferences, attributesPatch } from './lib/file-attributes.ts'
import { missingFolder, type Obstacle, parentFolder, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    user: T.String({ minLength: 1, description: 'Whose login it is. The account has to exist.' }),
    key: T.String({
      description:
        'The public key as it stands in a file `*.pub`; several, one a line. `file:///PATH` is a file of the host that holds them.',
    }),
    path: T.Optional(pathArgument('The file. Not given: .ssh/authorized_keys in the home of the user.')),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether the keys are to be there.' }),
    key_options: T.Optional(
      T.String({
        description: 'What stands before each key, e.g. no-pty,from="192.0.2.0/24"; in place of what it has.',
      }),
    ),
    comment: T.Optional(
      T.String({ pattern: '^[^\\n]*$', description: 'What stands behind each key, in place of what it has.' }),
    ),
    exclusive: T.Boolean({ default: false, description: 'No other keys are in the file, nor anything else.' }),
    manage_dir: T.Boolean({
      default: true,
      description:
        "Where the file is written, the folder that it lies in is made if it is not there, and is the user's alone (0700). false for a folder of several users.",
    }),
    follow: T.Boolean({
      default: false,
      description: 'Without a meaning: a link is refused either way, and its fix names the file behind it.',
    }),
    validate_certs: T.Boolean({
      default: true,
      description: 'Without a meaning: keys are read from no address.',
    }),
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>
type Account = Extract<UserAnswer, { exists: true }>

const fileOfKeys = (key: string): string | undefined => /^file:(?:\/\/[^/]*)?(\/.*)$/.exec(key)?.[1]
const keysPath = ({ path }: Wanted, account: UserAnswer): string | undefined => {
  if (path !== undefined) return plainPath(path)
  return account.exists ? plainPath(`${account.home}/.ssh/authorized_keys`) : undefined
}

/** Where the keys come from, as text. */
const keysOf = (key: string, found: FileAnswer | undefined): string | Obstacle => {
  if (key.startsWith('http'))
    return {
      why: `${key} is an address, and runbook reads no keys from one: whoever answers there could log in`,
      fix: `keep a copy beside the playbook, and say key: "{{ lookup('file', 'NAME.pub') }}"`,
    }
  if (!key.startsWith('file')) return key
  if (!found?.exists || found.kind !== 'file')
    return { why: `${key} names no file of the host`, fix: 'put it there in an earlier task, or give the key itself' }
  return editableText(found)
}

/** Whose the file and its folder are, as arguments of a file. */
const theirs = (args: Wanted, account: Account, mode: string) => ({ mode, owner: args.user, group: account.group })

type Folder = { will?: object; steps: Step[] } | Obstacle
/** The folder of the file, as it is made or made the user's where the file is written. */
const folderOf = (
  args: Wanted,
  path: string,
  account: Account,
  seen: { sshFolder: FileAnswer; above: FileAnswer; ownerIs: UserAnswer; groupIs: GroupAnswer | undefined },
): Folder => {
  const { sshFolder } = seen
  const at = parentFolder(path)
  if (sshFolder.exists && sshFolder.kind === 'link')
    return { why: `${at} is a link to ${sshFolder.target}`, fix: 'say with path where the file really is' }
  const blocked = sshFolder.exists ? missingFolder(at, sshFolder) : missingFolder(parentFolder(at), seen.above)
  if (blocked) return blocked
  const wanted = theirs(args, account, '0700')
  const accounts = { ownerIs: seen.ownerIs, groupIs: seen.groupIs }
  if (!args.manage_dir)
    return sshFolder.exists
      ? { steps: [] }
      : { will: { exists: true, kind: 'directory', mode: '0755' }, steps: [folder(at, '0755')] }
  if (sshFolder.exists && attributeDifferences(wanted, sshFolder, accounts).length === 0) return { steps: [] }
  const { owner, group } = wanted
  return {
    will: { exists: true, kind: 'directory', ...attributesPatch(wanted, accounts) },
    steps: [folder(at, '0700', { owner, group })],
  }
}

export default defineModule({
  name: 'authorized_key',
  about: 'Keys that a user may log in with by ssh are in the authorized_keys of that user, or are not.',
  args,
  outputs: T.Object({ keyfile: T.String({ description: 'The path of the file.' }) }),
  examples: [
    "- name: Ada may log in\n  authorized_key:\n    user: ada\n    key: \"{{ lookup('file', 'ada.pub') }}\"",
    '- name: A key for backups alone\n  authorized_key:\n    user: backup\n    key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9 backup"\n    key_options: command="/usr/local/bin/backup",restrict\n    exclusive: true',
  ],
  reads: args => {
    const from = fileOfKeys(args.key)
    return {
      ownerIs: uses(user(args.user)),
      from: from === undefined ? undefined : uses(file(plainPath(from))),
    }
  },
  more: (args, seen) => {
    const path = keysPath(args, seen.ownerIs)
    if (path === undefined || !seen.ownerIs.exists) return {}
    const { group } = seen.ownerIs
    return {
      file: file(path),
      sshFolder: stat(parentFolder(path)),
      above: uses(folderAt(parentFolder(parentFolder(path)))),
      groupIs: /^\d+$/.test(group) ? undefined : uses(accountGroup(group)),
    }
  },
  touches: (args, { ownerIs }) => {
    const path = later(() => (ownerIs ? keysPath(args, ownerIs) : args.path && plainPath(args.path)))
    if (isUnknown(path) || path === undefined) return ['any']
    return [path, parentFolder(path)].flatMap(one => [`path:${one}`, `children:${parentFolder(one)}`])
  },
  plan: (args, seen, { ok, change, fail }) => {
    const { ownerIs } = seen
    if (!ownerIs.exists)
      return fail(`user ${args.user} does not exist`, 'create it in an earlier task, with the module user')
    const path = keysPath(args, ownerIs)!
    const keys = keysOf(args.key, seen.from)
    if (typeof keys !== 'string') return fail(keys.why, keys.fix)
    const { state, key_options: options, comment, exclusive } = args
    const wanted: KeysEdit = {
      keys,
      state,
      exclusive,
      ...(options === undefined ? {} : { options }),
      ...(comment === undefined ? {} : { comment }),
    }
    const edit = (text: string): string | Obstacle => {
      const made = editKeys(text, wanted)
      return typeof made === 'string'
        ? made
        : { why: `"${made.wrong}" is no public key`, fix: 'give it as it stands in a file *.pub: type, key, comment' }
    }
    // Mode and owner are looked at where something is written, and there alone.
    const { file: there = { exists: false }, sshFolder = there, above = there, groupIs } = seen
    const now = edit(editableText(there))
    if (typeof now !== 'string') return fail(now.why, now.fix)
    if (now === editableText(there)) return ok({ keyfile: path })
    const home = folderOf(args, path, ownerIs, { sshFolder, above, ownerIs, groupIs })
    if ('why' in home) return fail(home.why, home.fix)
    const restless = { why: `it would change ${path} in every run`, fix: 'give each key once' }
    const put = { ...theirs(args, ownerIs, '0600'), create: true, restless }
    const parent = sshFolder.exists ? sshFolder : above
    const it = decideEdit(path, edit, put, { file: there, parent, ownerIs, groupIs })
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ keyfile: path })
    return change({
      will: { file: it.will, ...(home.will ? { sshFolder: home.will } : {}) },
      steps: [...home.steps, ...it.steps],
      // Where the home is known, so is all that it touches.
      touches: [],
      reason: it.reason,
      outputs: { keyfile: path },
    })
  },
})
