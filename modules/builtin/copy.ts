import {
  type Content,
  content,
  defineModule,
  type FileAnswer,
  file,
  fileWithTies,
  isUnknown,
  type Later,
  later,
  type SourceAnswer,
  type Static,
  source,
  sourceLinks,
  T,
  uses,
} from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { attributeArguments, modeArgument, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import {
  contentOfDigest,
  decideFile,
  modeAfter,
  type PutArguments,
  type PutContent,
  placement,
  uploadSteps,
  writeStep,
} from './lib/file-content.ts'
import { decideFolder, type FolderCopy, folderReads } from './lib/folder-copy.ts'
import { landingOf, landingReads } from './lib/landing.ts'
import { checksumOf, checksumOutput, outputsOf, pathOutputs } from './lib/path-outputs.ts'
import { baseName, foldersAbove, type Obstacle, parentFolder, pathArgument, plainPath } from './lib/paths.ts'
import { pythonText } from './lib/python-json.ts'

const args = T.Object(
  {
    src: T.Optional(
      T.String({
        file: 'remote_src',
        description:
          'A file of the controller, or a folder, looked for in `files/` beside the playbook, then beside it. With `/` at the end of a folder: what is in it, not the folder itself.',
      }),
    ),
    remote_src: T.Boolean({ default: false, description: '`src` is a file of the host itself, by its absolute path.' }),
    content: T.Optional(
      T.Unsafe<unknown>({
        type: ['string', 'number', 'boolean', 'object', 'array'],
        description: 'The text itself, in place of `src`; a mapping or a list is written as JSON.',
      }),
    ),
    follow: T.Optional(
      T.Boolean({ description: 'A link at `dest` stays, and what it leads to is written. Else it is replaced.' }),
    ),
    dest: pathArgument(
      'Where the file goes. With `/` at its end: the folder it goes into, under the name it has in `src`; so it does where a folder is there. A folder always goes into it, and is made where it is not there.',
      { whole: true },
    ),
    ...attributeArguments,
    mode: T.Optional(
      modeArgument(
        'The mode of files in octal digits, e.g. "0644"; or preserve: that of the file of the controller. Not given: what is there keeps its mode.',
        { words: ['preserve'] },
      ),
    ),
    directory_mode: T.Optional(
      modeArgument('The mode of folders that are newly made, "0755" if not given. Those that are there keep theirs.'),
    ),
    ...rareAttributeArguments,
    ...contentArguments,
    // Without defaults: what earlier versions have fingerprinted has neither of them.
    force: T.Optional(T.Boolean({ description: 'false: what is there is left as it is, whatever is in it.' })),
    decrypt: T.Optional(
      T.Boolean({ description: 'Accepted as true: a file of the controller that is a vault is opened on its way.' }),
    ),
    local_follow: T.Optional(
      T.Boolean({
        description: 'false: a link in a folder of the controller is a link on the host too, and not what it leads to.',
      }),
    ),
  },
  { additionalProperties: false },
)

type CopyArguments = Static<typeof args>

/** A folder of the controller, once it is known to be one: where it goes, and what is in it. */
const folderOf = (args: CopyArguments, found: SourceAnswer | undefined): FolderCopy | undefined => {
  if (args.src === undefined || !found?.exists || found.kind !== 'directory') return undefined
  const name = args.src.endsWith('/') ? '' : `/${baseName(args.src)}`
  // As a plain value: it is looked into for each file.
  const { directory_mode, force } = args
  return {
    root: plainPath(`${args.dest}${name}`),
    entries: found.entries,
    args: { ...putArguments(args), ...(directory_mode && { directory_mode }), force: force !== false },
  }
}

const shared = [
  ...Object.keys(attributeArguments),
  ...Object.keys(rareAttributeArguments),
  ...Object.keys(contentArguments),
]
/** Those arguments that are said and that all modules have which put files in place. */
const putArguments = (args: CopyArguments): PutArguments =>
  Object.fromEntries(shared.flatMap(name => (name in args ? [[name, args[name as keyof CopyArguments]]] : [])))

const target = ({ src, dest }: { src?: string; dest: string }): string =>
  plainPath(dest.endsWith('/') && src !== undefined ? `${dest}/${baseName(src)}` : dest)

/** The place of a single file. */
const landing = (args: CopyArguments) => ({
  dest: target(args),
  name: args.src === undefined ? undefined : baseName(args.src),
  follow: args.follow,
})

/** Larger files are streamed from the controller's disk. */
const inOnePiece = 1_000_000

type Found = { file: string; size: number; sha256: string; bytes?: Buffer }
const isSmall = (found: Found): found is Found & { bytes: Buffer } =>
  found.size <= inOnePiece && found.bytes !== undefined
const contentOf = (found: Found): Content => ({
  ...(isSmall(found) ? content(found.bytes) : contentOfDigest(found.sha256, found.size)),
  at: { side: 'controller', path: found.file },
})

const upload =
  (found: Found): PutContent =>
  (path, _, args, before) => {
    const { file, size, sha256 } = found
    return uploadSteps({ file, size, digest: sha256 }, placement(path, args, before))
  }
/** A file of the host is copied there; a small one is written like any other. */
const copied =
  (src: string): PutContent =>
  (path, what, args, before) => {
    if (isUnknown(what) || (!isUnknown(what.bytes) && what.bytes.length === what.size))
      return [writeStep(path, what, args, before)]
    return [{ do: 'duplicate', from: src, digest: what.digest, ...placement(path, args, before) }]
  }
const whole: PutContent = (path, what: Content | Later, args, before) => [writeStep(path, what, args, before)]

/** Why a file of the host cannot be copied. */
const uncopied = (src: string | undefined, found: FileAnswer | undefined): Obstacle | undefined => {
  if (src === undefined || found === undefined) return { why: 'src is not given', fix: 'say which file of the host' }
  if (!src.startsWith('/')) return { why: `${src} is no absolute path`, fix: 'with remote_src, src begins with /' }
  if (!found.exists) return { why: `${src} does not exist on the host`, fix: 'make it in an earlier task' }
  const kind = later(() => found.kind)
  if (isUnknown(kind) || kind === 'file') return undefined
  return { why: `${src} is a ${kind}, copy puts single files in place`, fix: 'name the file itself' }
}
/**
 * A file with further names that not everybody may read may be somebody else's, linked there by whose folder it is: its bytes do
 * not go where more may read them.
 */
const linkedThere = (
  src: string,
  found: FileAnswer | undefined,
  { owner, group }: CopyArguments,
  mode: unknown,
): Obstacle | undefined => {
  const ties = found?.exists ? later(() => found.ties) : undefined
  const links = isUnknown(ties) ? 1 : (ties?.links ?? 1)
  const was = found?.exists ? later(() => found.mode) : ''
  if (links === 1 || typeof was !== 'string' || typeof mode !== 'string') return undefined
  const readers = (octal: string): number => Number.parseInt(octal, 8) & 0o044
  const isOpener = (readers(mode) & ~readers(was)) !== 0
  if ((readers(was) & 0o004) !== 0 || (!isOpener && owner === undefined && group === undefined)) return undefined
  return {
    why: `${src} is one of ${links} names of a file (hard links) that not everybody may read, and the copy would be for others`,
    fix: `find / -xdev -samefile ${src} lists them: name the one that lies where nobody else may write, and leave out mode and owner; or make a file of its own of it`,
  }
}

/** The content of a file of the host, without its bytes: it is copied on the host itself. */
const contentAt = (path: string, found: FileAnswer): Content => {
  if (!found.exists || found.kind !== 'file') return content('')
  const { digest, size, secret, at } = found.content
  return {
    digest,
    size,
    bytes: later(() => found.content.bytes) as Buffer,
    ...(secret ? { secret } : {}),
    at: at?.side === 'controller' ? at : { side: 'host', path },
  }
}

/** A file of the controller that is one. */
const fileOf = (found: SourceAnswer | undefined): Found | undefined =>
  found?.exists && found.kind === 'file' ? found : undefined

/** What it touches to make a folder. */
const madeFolder = (path: string): string[] => [`path:${path}`, `children:${parentFolder(path)}`]

/** Why what is to be copied is not said. */
const unsaid = (args: CopyArguments, found: SourceAnswer | undefined): { why: string; fix?: string } | undefined => {
  if (args.decrypt === false)
    return {
      why: 'decrypt: false is not there: a vault of the controller is opened on its way',
      fix: 'leave decrypt out; to bring the vault as it is, pack it and use unarchive',
    }
  if (found === undefined) {
    if (!('content' in args))
      return { why: 'neither src nor content is given', fix: 'say which file or which text goes there' }
    if (args.dest.endsWith('/'))
      return { why: `${args.dest} names a folder, a file is wanted`, fix: 'end dest with a name' }
    if (args.mode === 'preserve')
      return {
        why: 'a text has no mode that could be preserved',
        fix: 'say which mode the file is to have, e.g. "0644"',
      }
    return undefined
  }
  if ('content' in args) return { why: 'both src and content are given', fix: 'leave one of them out' }
  return found.exists ? undefined : { why: found.missing }
}

/** The arguments with the mode as digits where it is that of what is copied (`preserve`). */
const withMode = (args: CopyArguments, found: FileAnswer | Found | undefined): PutArguments => {
  const { mode, ...rest } = putArguments(args)
  const digits = mode === 'preserve' ? (found as { mode?: string } | undefined)?.mode : mode
  return { ...rest, ...(digits === undefined ? {} : { mode: digits }) }
}

export default defineModule({
  name: 'copy',
  about:
    'Puts a file of the controller, a folder with all that is in it, or a text, in place on the host. A link at `dest` is replaced, not followed. Nothing is removed: what a folder has besides stays.',
  args,
  outputs: T.Object({
    dest: T.String({ description: 'The path of the file.' }),
    src: T.Optional(T.String({ description: 'What was copied.' })),
    backup_file: backupOutput,
    ...pathOutputs,
    ...checksumOutput,
  }),
  examples: [
    '- name: Say who looks after this machine\n  copy:\n    content: "node0, looked after by ops\\n"\n    dest: /etc/motd\n    mode: "0644"',
    '- name: Put a script in place\n  copy:\n    src: backup.sh\n    dest: /usr/local/bin/\n    mode: "0755"\n    owner: root\n    group: root',
    '- name: The web site, all of it\n  copy:\n    src: site/\n    dest: /srv/www\n    mode: "0644"\n    owner: www-data',
  ],
  reads: args => ({
    source:
      args.src === undefined || args.remote_src
        ? undefined
        : (args.local_follow === false ? sourceLinks : source)(args.src),
    from: args.src !== undefined && args.remote_src ? uses(fileWithTies(plainPath(args.src))) : undefined,
    file: file(target(args)),
    ...targetReads(target(args), args),
  }),
  more: (args, seen) => {
    const folder = folderOf(args, seen.source)
    const none = { inside: undefined, into: undefined, followed: undefined, beside: undefined }
    return { ...folderReads(folder), ...(folder ? none : landingReads(landing(args), seen.file)) }
  },
  touches: (args, { source }) =>
    args.follow
      ? ['tree:/']
      : args.src === undefined
        ? backupLabels(args, target(args))
        : args.remote_src || (source?.exists && source.kind === 'file')
          ? [
              `path:${target(args)}/${baseName(args.src)}`,
              `children:${target(args)}`,
              ...backupLabels(args, target(args)),
            ]
          : [
              `tree:${plainPath(args.dest)}`,
              ...[...foldersAbove(plainPath(args.dest)), plainPath(args.dest)].flatMap(madeFolder),
            ],
  plan: (args, seen, { ok, change, fail }) => {
    const problem = args.remote_src ? uncopied(args.src, seen.from) : unsaid(args, seen.source)
    if (problem) return fail(problem.why, problem.fix)
    const folder = folderOf(args, seen.source)
    if (folder) {
      const it = decideFolder(folder, seen)
      if (it.is === 'fail') return fail(it.why, it.fix)
      if (it.is === 'ok') return ok({ dest: folder.root })
      const { will, steps, reason } = it
      const touches = args.backup ? [`tree:${folder.root}`] : []
      return change({ will, steps, reason, touches, outputs: { dest: folder.root } })
    }
    const at = landingOf(landing(args), seen)
    const dest = at.path
    const found = fileOf(seen.source)
    const said = { dest, ...(args.src === undefined ? {} : { src: found?.file ?? args.src }) }
    if (args.force === false && at.file.exists) return ok({ ...said, ...outputsOf(at.file) })
    const wanted = (): Content =>
      seen.from
        ? contentAt(plainPath(args.src!), seen.from)
        : found
          ? contentOf(found)
          : content(pythonText(args.content))
    const put = seen.from ? copied(plainPath(args.src!)) : found && !isSmall(found) ? upload(found) : whole
    const seenThere = { ...seen, file: at.file, parent: at.parent }
    const it = decideFile(dest, wanted, withMode(args, seen.from ?? found), seenThere, put)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ ...said, ...outputsOf(at.file), ...checksumOf(wanted) })
    const there = at.file.exists && at.file.kind === 'file' ? at.file : undefined
    const linked = linkedThere(
      args.src ?? '',
      seen.from,
      args,
      later(() => modeAfter(withMode(args, seen.from), there)),
    )
    if (linked) return fail(linked.why, linked.fix)
    const { steps, reason } = it
    return change({ will: { [at.as]: it.will }, steps, reason, touches: backupLabels(args, dest), outputs: said })
  },
})
