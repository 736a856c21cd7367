import {
  defineModule,
  digest,
  type FileAnswer,
  isUnknown,
  later,
  type Static,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import { checksumAlgorithms, isKind, modeMembers, type PathDetails, pathDetails } from './lib/path-details.ts'
import { linkTarget, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    path: pathArgument('What to look at, also called `dest` or `name`.', { aliases: ['dest', 'name'] }),
    follow: T.Boolean({ default: false, description: 'Look at what a link leads to, and not at the link.' }),
    get_checksum: T.Boolean({ default: true, description: 'Read the digest of the content of a plain file too.' }),
    checksum_algorithm: T.Enum([...checksumAlgorithms], {
      default: 'sha1',
      aliases: ['checksum', 'checksum_algo'],
      description: 'Which digest that is. Of sha256 the plan knows what earlier tasks will make of it.',
    }),
    get_mime: T.Boolean({
      default: true,
      aliases: ['mime', 'mime_type', 'mime-type'],
      description: 'Have the program `file` say what kind of content it is, where it is installed.',
    }),
    get_attributes: T.Boolean({
      default: true,
      aliases: ['attr', 'attributes'],
      description: 'Read the flags of the file system with lsattr, where it is installed.',
    }),
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

const name = (description: string) => T.Optional(T.String({ description }))
const flag = (description: string) => T.Optional(T.Boolean({ description }))
const number = (description: string) => T.Optional(T.Number({ description }))

const told = {
  path: name('The path, as it was given.'),
  isreg: flag('It is a plain file.'),
  isdir: flag('It is a folder.'),
  islnk: flag('It is a symbolic link.'),
  isblk: flag('It is a block device.'),
  ischr: flag('It is a character device.'),
  isfifo: flag('It is a named pipe.'),
  issock: flag('It is a socket.'),
  mode: name('Its mode in four octal digits.'),
  isuid: flag('Its mode has the set-user-ID bit.'),
  isgid: flag('Its mode has the set-group-ID bit.'),
  ...Object.fromEntries(
    ['usr', 'grp', 'oth'].flatMap(who =>
      ['r', 'w', 'x'].map(right => [`${right}${who}`, flag(`The bit ${right} of ${who}.`)]),
    ),
  ),
  size: number('Its size in bytes.'),
  uid: number('The number of its owner.'),
  gid: number('The number of its group.'),
  pw_name: name('The name of its owner.'),
  gr_name: name('The name of its group.'),
  inode: number('Its number in its file system.'),
  dev: number('The number of the device that it is on.'),
  device_type: number('The number of the device that it stands for.'),
  nlink: number('How many names it has.'),
  blocks: number('How many blocks of 512 bytes it takes.'),
  block_size: number('In what sizes it is best read.'),
  atime: number('When it was read last, in seconds.'),
  mtime: number('When its content was changed last.'),
  ctime: number('When anything of it was changed last.'),
  readable: flag("The task's user may read it."),
  writeable: flag("The task's user may write it."),
  executable: flag("The task's user may run it, or enter it."),
  lnk_source: name('What a link leads to in the end.'),
  lnk_target: name('What a link points to, as it is written in it.'),
  checksum: name('With get_checksum: the digest of a plain file.'),
  mimetype: name('With get_mime: the kind of its content, or unknown.'),
  charset: name('With get_mime: its character set.'),
  attributes: T.Optional(T.Array(T.String(), { description: 'With get_attributes: its flags, by name.' })),
  attr_flags: name('With get_attributes: the same as letters.'),
  version: T.Optional(T.Unknown({ description: 'With get_attributes: its generation, or null.' })),
}

/** What the plan foresees; what an earlier task will change of it is in there. */
const foreseen = (found: Extract<FileAnswer, { exists: true }>): PathDetails => {
  const kind = later(() => found.kind)
  const mode = later(() => found.mode)
  const bits = isUnknown(mode) ? mode : modeMembers(Number.parseInt(mode, 8))
  // Which of the special kinds it is, only the host tells.
  const names = Object.keys(modeMembers(0)).filter(member => kind !== 'other' || !isKind(member))
  return {
    ...Object.fromEntries(names.map(member => [member, isUnknown(bits) ? bits : bits[member]])),
    ...(kind === 'other'
      ? {}
      : {
          isreg: isUnknown(kind) ? kind : kind === 'file',
          isdir: isUnknown(kind) ? kind : kind === 'directory',
          islnk: isUnknown(kind) ? kind : kind === 'link',
        }),
    mode,
    size: later(() => found.size),
    uid: later(() => found.uid),
    gid: later(() => found.gid),
    pw_name: later(() => found.owner),
    gr_name: later(() => found.group),
    ...(kind === 'link' ? { lnk_target: later(() => (found as { target: string }).target) } : {}),
  }
}

/** A digest that the plan knows of what is there. */
const knownDigest = (args: Wanted, found: FileAnswer): PathDetails =>
  args.get_checksum && args.checksum_algorithm === 'sha256' && found.exists && found.kind === 'file'
    ? { checksum: later(() => found.content.digest) }
    : {}

const look = (args: Wanted) => (args.get_checksum && args.checksum_algorithm === 'sha256' ? digest : stat)

/** Never changes anything. What it says is of the world its task is planned in: of what earlier tasks will have made. */
export default defineModule({
  name: 'stat',
  about: 'Looks at a path, for conditions and arguments of later tasks. Changes nothing.',
  args,
  outputs: T.Object({
    stat: T.Object(
      { exists: T.Boolean({ description: 'Whether there is anything. If not, nothing else is said.' }), ...told },
      { description: 'What is there, in the words of Ansible.' },
    ),
  }),
  examples: [
    '- name: See whether it is there\n  stat:\n    path: /etc/app.conf\n  register: app\n\n- name: Close it\n  when: app.stat.exists\n  file:\n    path: /etc/app.conf\n    mode: "0640"',
  ],
  reads: args => ({
    file: uses(look(args)(plainPath(args.path))),
    details: pathDetails(plainPath(args.path), {
      follow: args.follow,
      mime: args.get_mime,
      flags: args.get_attributes,
      ...(args.get_checksum ? { checksum: args.checksum_algorithm } : {}),
    }),
  }),
  // What a link leads to, where the plan can tell.
  more: (args, { file }) => ({
    target:
      args.follow && file.exists && file.kind === 'link'
        ? uses(look(args)(linkTarget(plainPath(args.path), file.target)))
        : undefined,
  }),
  touches: () => [],
  plan: (args, seen, { ok }) => {
    const found = seen.target ?? seen.file
    if (!found.exists) return ok({ stat: { exists: false } })
    const isChain = seen.target !== undefined && later(() => found.kind) === 'link'
    // Behind a second link the host itself tells; there may be nothing.
    if (isChain && Object.keys(seen.details).length === 0) return ok({ stat: { exists: false } })
    const detail = (member: string): unknown => later(() => seen.details[member])
    const members = Object.keys(told).map((member): [string, unknown] => [member, detail(member)])
    const said = { ...(isChain ? {} : foreseen(found)), ...knownDigest(args, found), path: args.path, exists: true }
    const all = Object.entries({ ...Object.fromEntries(members), ...said })
    return ok({ stat: Object.fromEntries(all.filter(([, value]) => value !== undefined)) as { exists: boolean } })
  },
})
