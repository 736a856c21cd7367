import { defineModule, digest, later, stat, T, uses } from '../../src/module/module.ts'
import { pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    path: pathArgument(
      'What to look at, also called `dest` or `name`. A link is looked at itself, not what it points to.',
      {
        aliases: ['dest', 'name'],
      },
    ),
    get_checksum: T.Boolean({ default: false, description: 'Read the SHA-256 digest of its content too.' }),
  },
  { additionalProperties: false },
)

const name = (description: string) => T.Optional(T.String({ description }))
const flag = (description: string) => T.Optional(T.Boolean({ description }))
const number = (description: string) => T.Optional(T.Integer({ description }))

/** Never changes anything. What it says is of the world its task is planned in: of what earlier tasks will have made. */
export default defineModule({
  name: 'stat',
  about: 'Looks at a path, for conditions and arguments of later tasks. Changes nothing.',
  args,
  outputs: T.Object({
    stat: T.Object(
      {
        exists: T.Boolean({ description: 'Whether there is anything. If not, nothing else is said.' }),
        path: name('The path.'),
        isreg: flag('It is a plain file.'),
        isdir: flag('It is a folder.'),
        islnk: flag('It is a symbolic link.'),
        mode: name('Its mode in four octal digits.'),
        size: number('Its size in bytes.'),
        uid: number('The number of its owner.'),
        gid: number('The number of its group.'),
        pw_name: name('The name of its owner.'),
        gr_name: name('The name of its group.'),
        lnk_source: name('What a link points to, as it is written in it.'),
        checksum: name('With get_checksum: the SHA-256 digest of a plain file.'),
      },
      { description: 'What is there, in the words of Ansible.' },
    ),
  }),
  examples: [
    '- name: See whether it is there\n  stat:\n    path: /etc/app.conf\n  register: app\n\n- name: Close it\n  when: app.stat.exists\n  file:\n    path: /etc/app.conf\n    mode: "0640"',
  ],
  reads: args => ({ file: uses((args.get_checksum ? digest : stat)(plainPath(args.path))) }),
  plan: (args, { file }, { ok }) => {
    if (!file.exists) return ok({ stat: { exists: false } })
    const { kind } = file
    return ok({
      stat: {
        exists: true,
        path: args.path,
        isreg: kind === 'file',
        isdir: kind === 'directory',
        islnk: kind === 'link',
        mode: later(() => file.mode),
        size: later(() => file.size),
        uid: later(() => file.uid),
        gid: later(() => file.gid),
        pw_name: later(() => file.owner),
        gr_name: later(() => file.group),
        ...(kind === 'link' ? { lnk_source: later(() => file.target) } : {}),
        ...(args.get_checksum && kind === 'file' ? { checksum: later(() => file.content.digest) } : {}),
      } as { exists: boolean },
    })
  },
})
