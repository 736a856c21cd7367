import {
  type ArchiveAnswer,
  type ArchiveMember,
  content,
  defineModule,
  digest,
  exec,
  type FileAnswer,
  localArchive,
  type Step,
  stat,
  T,
  uses,
} from '../src/module/module.ts'
import {
  accountsOf,
  attributesPatch,
  baseOf,
  folderOf,
  groupDiffers,
  missingAccount,
  missingFolder,
  ownerDiffers,
  ownerOf,
  type Placed,
  path,
  placed,
  plain,
} from './lib/placement.ts'
import { known, modeFor } from './lib/writing.ts'

const args = T.Object(
  {
    src: T.String({
      description: 'A tar archive of the controller, looked for in `files/` beside the playbook, then beside it.',
    }),
    dest: path('The folder it is unpacked into; it has to be there.'),
    creates: T.Optional(path('Nothing is done, or compared, where this is there.')),
    owner: placed.owner,
    group: placed.group,
  },
  { additionalProperties: false },
)
type Archive = Extract<ArchiveAnswer, { exists: true }>

const at = (dest: string, { path }: ArchiveMember): string => plain(`${dest}/${path}`)

/** Whether what is there is what the archive holds. The archive's own owners do not count. */
const isThere = (member: ArchiveMember, found: FileAnswer, args: Placed): boolean => {
  if (!found.exists || found.kind !== member.kind) return false
  if (ownerDiffers(args, found) || groupDiffers(args, found)) return false
  if (found.kind === 'link') return found.target === member.target
  return found.mode === member.mode && (found.kind !== 'file' || found.content.digest === member.sha256)
}

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
  return [...new Set(members.flatMap(m => above(m.path)))].filter(p => !listed.has(p)).map(p => plain(`${dest}/${p}`))
}

/**
 * Unpacks into a fresh folder on the same file system, closed to others, and moves what is whole into place by rename:
 * a full disk or a kill leaves no cut-off file under its final name. A folder that is not there comes with all that is
 * in it; one that is there keeps its mode, and what it is a link to. Arguments: the archive, `dest`, links that are to
 * become folders; on standard input what is right already and stays. Nothing is left behind, whatever happens. A folder
 * that its owner may not write to cannot be moved by him, so it is opened for that moment.
 */
const unpacking = `p=$1 d=$\{2%/} n=$\{2%/}/.runbook-new; shift 2
clean() { rm -rf -- "$n" "$p" 2>/dev/null || { chmod -R u+rwX -- "$n"; rm -rf -- "$n" "$p"; }; }
trap clean EXIT; trap 'exit 1' HUP INT TERM; set -e
open() { m=; [ -w "$1" ] || { m=$(stat -c %a -- "$1"); chmod u+w -- "$1"; }; }
put() { open "$n/$1"; find "$n/$1" -mindepth 1 -maxdepth 1 ! -type d -exec mv -f -t "$d/$1" -- {} +
for f in "$n/$1"* "$n/$1".[!.]* "$n/$1"..?*; do if [ -d "$f" ] && [ ! -L "$f" ]; then r=$\{f#"$n/"}
if [ -d "$d/$r" ]; then put "$r/"; else open "$f"; mv -fT -- "$f" "$d/$r"; [ -z "$m" ] || chmod "$m" -- "$d/$r"; fi; fi; done; }
rm -rf -- "$n"; mkdir -m 700 -- "$n"
tar -x --no-same-owner --same-permissions -C "$n" -f "$p"
(cd "$n" && xargs -0r rm -f --)
sync -f -- "$n"
for l; do if [ -L "$d/$l" ]; then rm -f -- "$d/$l"; fi; done
put ''`

const unpack = (
  archive: Archive,
  dest: string,
  wrong: { member: ArchiveMember; found: FileAnswer }[],
  args: Placed,
): Step[] => {
  const packed = `${folderOf(dest)}/.${baseOf(dest)}.runbook-archive`
  const { owner, group } = ownerOf(args)
  const spec = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  const paths = archive.members.map(member => `./${member.path}\0`).join('')
  const folders = wrong.flatMap(({ member, found }) =>
    member.kind === 'directory' && found.exists && found.kind === 'directory' ? [member] : [],
  )
  const links = wrong.flatMap(({ member, found }) =>
    member.kind === 'directory' && found.exists && found.kind === 'link' ? [member.path] : [],
  )
  const strays = new Set(wrong.map(({ member }) => member))
  const right = archive.members.filter(member => member.kind !== 'directory' && !strays.has(member))
  // chown takes set-ID bits away, so that they are set again behind it.
  const special = spec === '' ? [] : archive.members.filter(m => m.kind === 'file' && /^[1-7]/.test(m.mode))
  return [
    { do: 'upload', file: archive.file, size: archive.size, digest: archive.sha256, path: packed, mode: '0600' },
    exec(['sh', '-c', unpacking, 'unpack', packed, dest, ...links], {
      stdin: content(right.map(member => `./${member.path}\0`).join('')),
    }),
    ...(spec === '' ? [] : [exec(['xargs', '-0r', 'chown', '-h', '--', spec], { cwd: dest, stdin: content(paths) })]),
    ...[...folders, ...special].map(m => exec(['chmod', modeFor(m.kind, m.mode), '--', at(dest, m)])),
  ]
}

export default defineModule({
  name: 'unarchive',
  about:
    'Unpacks a tar archive of the controller into a folder. Each member is compared by content, mode and kind: what is right is not unpacked again, what is there besides stays.',
  args,
  outputs: T.Object({ dest: T.String({ description: 'The folder.' }) }),
  examples: [
    '- name: The web site\n  unarchive:\n    src: site.tar.gz\n    dest: /var/www\n    owner: www-data\n    group: www-data',
  ],
  reads: args => ({
    archive: localArchive(args.src),
    dest: uses(stat(plain(args.dest))),
    creates: args.creates === undefined ? undefined : uses(stat(plain(args.creates))),
    ...accountsOf(args),
  }),
  more: (args, seen) => {
    const dest = plain(args.dest)
    const members = seen.archive.exists && !seen.creates?.exists ? seen.archive.members : []
    return {
      entries: members.map(member => digest(at(dest, member))),
      folders: impliedFolders(dest, members).map(stat),
    }
  },
  touches: args => [`tree:${plain(args.dest)}`],
  plan: (args, seen, { ok, change, fail }) => {
    const dest = plain(args.dest)
    const { archive, entries } = seen
    if (seen.creates?.exists) return ok({ dest })
    if (!archive.exists) return fail(archive.missing, archive.fix)
    const obstacle = missingFolder(dest, seen.dest) ?? missingAccount(args, seen)
    if (obstacle) return fail(obstacle.why, obstacle.fix)
    const hindrance = impliedFolders(dest, archive.members)
      .map((folder, i) => (seen.folders[i]!.exists ? missingFolder(folder, seen.folders[i]!) : undefined))
      .find(one => one !== undefined)
    if (hindrance) return fail(hindrance.why, hindrance.fix)
    const pairs = archive.members.map((member, i) => ({ member, found: entries[i]! }))
    const blocked = pairs.find(({ member, found }) => blocks(member, found))
    if (blocked) {
      const what =
        blocked.member.kind === 'directory'
          ? 'no directory, one is wanted'
          : `a directory, a ${blocked.member.kind} is wanted`
      return fail(`${at(dest, blocked.member)} is ${what}`, 'remove it or choose another folder')
    }
    const wrong = pairs.filter(({ member, found }) => !isThere(member, found, args))
    if (wrong.length === 0) return ok({ dest })
    const owned = attributesPatch(args, seen)
    return change({
      will: {
        folders: seen.folders.map(found => (found.exists ? undefined : { exists: true, kind: 'directory' })),
        entries: pairs.map(({ member, found }) =>
          isThere(member, found, args)
            ? undefined
            : {
                exists: true,
                kind: member.kind,
                ...(member.kind === 'link' ? { target: member.target } : { mode: member.mode }),
                ...(member.kind === 'file' ? { content: known(member.sha256, member.size), size: member.size } : {}),
                ...owned,
              },
        ),
      },
      touches: [],
      steps: unpack(archive, dest, wrong, args),
      reason:
        wrong.length === pairs.length
          ? 'nothing of it is there'
          : `${wrong.length} of ${pairs.length} are not as in the archive, first ${wrong[0]!.member.path}`,
      outputs: { dest },
    })
  },
})
