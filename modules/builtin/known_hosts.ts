import { defineModule, file, folderAt, isUnknown, later, type Static, T, uses } from '../../src/module/module.ts'
import { decideEdit } from './lib/edited-file.ts'
import { hostMark, saltOf } from './lib/host-salt.ts'
import { hashedHost, isKeyOf, keyLine, withKey, withoutHost, withoutKey } from './lib/known-hosts.ts'
import { type Obstacle, parentFolder } from './lib/paths.ts'
import { atHome, homeFor } from './lib/task-home.ts'

const args = T.Object(
  {
    name: T.String({
      minLength: 1,
      aliases: ['host'],
      description: 'The host, by a name or an address that it is reached at; [NAME]:PORT for another port than 22.',
    }),
    key: T.Optional(
      T.String({
        description:
          'The line of it, as ssh-keyscan prints it: name, type, key. With state absent: this one alone goes.',
      }),
    ),
    path: T.String({
      default: '~/.ssh/known_hosts',
      pattern: '^(~/|/)',
      description: 'The file; `~` is the home of the user that the task runs as.',
    }),
    hash_host: T.Boolean({ default: false, description: 'The name is written so that it can be tried, and not read.' }),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether the key is to be there.' }),
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

/** The text with what is wanted, and the line that is put in. */
const editOf = ({ state, hash_host, ...args }: Wanted, salt: () => Buffer): ((text: string) => string) | Obstacle => {
  const host = args.name.toLowerCase()
  if (args.key === undefined || args.key === '')
    return state === 'absent'
      ? text => withoutHost(text, host)
      : { why: 'key is not given', fix: `give the line that ssh-keyscan ${args.name} prints` }
  if (/\S+\s*,\s*/.test(host))
    return { why: `${args.name} is a list of names`, fix: 'make it a task for each, with loop' }
  const key = keyLine(args.key, hash_host ? hashedHost(host, salt()) : undefined)
  if (key === undefined)
    return { why: `key is no line of known_hosts: "${args.key}"`, fix: 'give name, type and key, parted by spaces' }
  if (!isKeyOf(key, host))
    return { why: `key is of another host than ${args.name}`, fix: 'begin it with the name that name has' }
  return text => (state === 'present' ? withKey : withoutKey)(text, host, key)
}

export default defineModule({
  name: 'known_hosts',
  about: 'The key that a host proves itself with by ssh is in a file of known hosts, or is not.',
  args,
  outputs: T.Object({ path: T.String({ description: 'The path of the file.' }) }),
  examples: [
    '- name: Our repository is known\n  known_hosts:\n    name: git.example.org\n    key: git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9\n    path: /etc/ssh/ssh_known_hosts',
    '- name: No key of the old server\n  known_hosts:\n    name: old.example.org\n    state: absent',
  ],
  reads: args => ({ home: homeFor(args.path), machine: args.hash_host ? hostMark : undefined }),
  more: (args, { home }) => {
    const path = atHome(args.path, home)
    return { file: file(path), parent: uses(folderAt(parentFolder(path))) }
  },
  touches: (args, { home }) => {
    const path = later(() => (args.path.startsWith('/') || home ? atHome(args.path, home) : undefined))
    return isUnknown(path) || path === undefined ? ['any'] : [`path:${path}`, `children:${parentFolder(path)}`]
  },
  plan: (args, seen, { ok, change, fail }) => {
    if (seen.home?.path === '') return fail('the user that the task runs as has no home', 'say where the file is: path')
    const path = atHome(args.path, seen.home)
    const edit = editOf(args, () => saltOf(seen.machine!, [path, args.name.toLowerCase()], 20))
    if (typeof edit !== 'function') return fail(edit.why, edit.fix)
    if (!seen.file.exists && args.state === 'absent') return ok({ path })
    const restless = {
      why: `it would change ${path} in every run: there are several lines of ${args.name} with a key of that type, of which one goes each time`,
      fix: 'take all of them out first, in a task with state: absent and without key',
    }
    const accounts = { ownerIs: undefined, groupIs: undefined }
    const it = decideEdit(path, edit, { create: true, restless }, { ...accounts, file: seen.file, parent: seen.parent })
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path })
    // Where the home is known, so is all that it touches.
    const touches: string[] = []
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, touches, outputs: { path } })
  },
})
