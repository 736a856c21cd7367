import {
  type ArchiveAnswer,
  type ArchiveMember,
  defineModule,
  digest,
  type FileAnswer,
  folderAt,
  type Listing,
  listing,
  localArchive,
  type Query,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import {
  accountReads,
  attributeArguments,
  attributesPatch,
  type FileAttributes,
  groupDiffers,
  missingAccount,
  type NamedAccounts,
  ownerDiffers,
  replacedOwner,
} from './lib/file-attributes.ts'
import { contentOfDigest } from './lib/file-content.ts'
import { missingFolder, type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { memberPath, unpackSteps } from './lib/unpacking.ts'

const args = T.Object(
  {
    src: T.String({
      file: 'remote_src',
      description: 'A tar archive of the controller, looked for in `files/` beside the playbook, then beside it.',
    }),
    remote_src: T.Boolean({
      default: false,
      description:
        '`src` is a plain file of the host itself, by its absolute path, packed as its tar can read it. It stays there.',
    }),
    dest: pathArgument('The folder it is unpacked into; it has to be there.'),
    creates: T.Optional(pathArgument('Nothing is done, or compared, where this is there.')),
    owner: attributeArguments.owner,
    group: attributeArguments.group,
  },
  { additionalProperties: false },
)
const archiveOf = (args: { src: string; remote_src: boolean }): Query<Listing | ArchiveAnswer, false> =>
  args.remote_src ? uses(listing(plainPath(args.src))) : localArchive(args.src)

/** Whether what is there is what the archive holds. The archive's own owners do not count. */
const isThere = (member: ArchiveMember, found: FileAnswer, args: FileAttributes, accounts: NamedAccounts): boolean => {
  if (!found.exists || found.kind !== member.kind) return false
  if (ownerDiffers(args, found, accounts) || groupDiffers(args, found, accounts)) return false
  if (found.kind === 'link') return found.target === member.target
  return found.mode === member.mode && (found.kind !== 'file' || found.content.digest === member.sha256)
}

/** A program that runs as its owner, or its group, whoever starts it. */
const hasSetId = ({ kind, mode }: ArchiveMember): boolean => kind === 'file' && /^[2-7]/.test(mode)

/** tar takes the place of a file or a link, not that of a folder; and makes no folder where a file is. */
const blocks = (member: ArchiveMember, found: FileAnswer): boolean =>
  found.exists &&
  found.kind !== member.kind &&
  (found.kind === 'directory' || (member.kind === 'directory' && found.kind !== 'link'))

/** Folders that tar makes without having been told of them. */
const impliedFolders = (dest: string, members: ArchiveMember[]): string[] => {
  const listed = new Set(members.map(m => m.path))
  const above = (path: string): string[] => {
    const end = path.lastIndexOf('/')
    return end < 0 ? [] : [path.slice(0, end), ...above(path.slice(0, end))]
  }
  return [...new Set(members.flatMap(m => above(m.path)))]
    .filter(p => !listed.has(p))
    .map(p => plainPath(`${dest}/${p}`))
}

type Pair = { member: ArchiveMember; found: FileAnswer }

/** A folder that tar would make, where something else is. */
const noFolder = (folders: string[], found: FileAnswer[]): Obstacle | undefined =>
  folders
    .map((folder, i) => (found[i]!.exists ? missingFolder(folder, found[i]!) : undefined))
    .find(one => one !== undefined)

/** A member whose place is taken by something that tar does not replace. */
const memberObstacle = (dest: string, pairs: Pair[]): Obstacle | undefined => {
  const blocked = pairs.find(({ member, found }) => blocks(member, found))?.member
  if (blocked === undefined) return undefined
  const what = blocked.kind === 'directory' ? 'no directory, one is wanted' : `a directory, a ${blocked.kind} is wanted`
  return { why: `${memberPath(dest, blocked)} is ${what}`, fix: 'choose another folder: what is there is kept' }
}

/** What is there once a member is unpacked. */
const memberPatch = (member: ArchiveMember) => ({
  exists: true as const,
  kind: member.kind,
  ...(member.kind === 'link' ? { target: member.target } : { mode: member.mode }),
  ...(member.kind === 'file' ? { content: contentOfDigest(member.sha256, member.size), size: member.size } : {}),
  ...(member.kind === 'directory' ? {} : replacedOwner),
})

export default defineModule({
  name: 'unarchive',
  about:
    'Unpacks a tar archive of the controller, or of the host, into a folder. Each member is compared by content, mode and kind: what is right is not unpacked again, what is there besides stays.',
  args,
  outputs: T.Object({ dest: T.String({ description: 'The folder.' }) }),
  examples: [
    '- name: The web site\n  unarchive:\n    src: site.tar.gz\n    dest: /var/www\n    owner: www-data\n    group: www-data',
    '- name: What was downloaded, once\n  unarchive:\n    src: /var/cache/tool.tar.gz\n    remote_src: true\n    dest: /opt/tool\n    creates: /opt/tool/bin/tool',
  ],
  reads: args => ({
    archive: archiveOf(args),
    dest: uses(folderAt(plainPath(args.dest))),
    creates: args.creates === undefined ? undefined : uses(stat(plainPath(args.creates))),
    ...accountReads(args),
  }),
  more: (args, seen) => {
    const dest = plainPath(args.dest)
    const members = seen.archive.exists && !seen.creates?.exists ? seen.archive.members : []
    return {
      entries: members.map(member => digest(memberPath(dest, member))),
      folders: impliedFolders(dest, members).map(stat),
    }
  },
  touches: args => [`tree:${plainPath(args.dest)}`],
  warns: (_, { archive }) => {
    const found = archive.exists ? archive.members.filter(hasSetId) : []
    const [first] = found
    if (first === undefined) return []
    const more = found.length > 1 ? ` and ${found.length - 1} more` : ''
    return [
      `the archive has set-ID bits, which are kept: ${first.path} (${first.mode})${more}. Whoever runs such a file acts as its owner or group.`,
    ]
  },
  plan: (args, seen, { ok, change, fail }) => {
    const dest = plainPath(args.dest)
    const { archive, entries } = seen
    if (args.remote_src && !args.src.startsWith('/'))
      return fail(`${args.src} is no absolute path`, 'with remote_src, src begins with /')
    if (seen.creates?.exists) return ok({ dest })
    if (!archive.exists) return fail(archive.missing, archive.fix)
    const pairs = archive.members.map((member, i) => ({ member, found: entries[i]! }))
    const obstacle =
      missingFolder(dest, seen.dest) ??
      missingAccount(args, seen) ??
      noFolder(impliedFolders(dest, archive.members), seen.folders) ??
      memberObstacle(dest, pairs)
    if (obstacle) return fail(obstacle.why, obstacle.fix)
    const wrong = pairs.filter(({ member, found }) => !isThere(member, found, args, seen))
    if (wrong.length === 0) return ok({ dest })
    const owned = attributesPatch(args, seen)
    return change({
      will: {
        folders: seen.folders.map(found => (found.exists ? undefined : { exists: true, kind: 'directory' })),
        entries: pairs.map(pair => (wrong.includes(pair) ? { ...memberPatch(pair.member), ...owned } : undefined)),
      },
      touches: [],
      steps: unpackSteps('file' in archive ? archive : { ...archive, at: plainPath(args.src) }, dest, wrong, args),
      reason:
        wrong.length === pairs.length
          ? 'nothing of it is there'
          : `${wrong.length} of ${pairs.length} are not as in the archive, first ${wrong[0]!.member.path}`,
      outputs: { dest },
    })
  },
})
