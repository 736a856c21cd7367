import {
  type ArchiveMember,
  content,
  cpKind,
  exec,
  type FileAnswer,
  packedFunction,
  type Step,
  tarKind,
  temporaryBeside,
} from '../../../src/module/module.ts'
import { type FileAttributes, ownerNames } from './file-attributes.ts'
import { chmodMode } from './file-content.ts'
import { plainPath } from './paths.ts'

/** What is unpacked: an archive of the controller, or one that lies at `at` on the host. */
type PackedArchive = { members: ArchiveMember[] } & ({ file: string; size: number; sha256: string } | { at: string })

/** Where a member will be. */
export const memberPath = (dest: string, { path }: ArchiveMember): string => plainPath(`${dest}/${path}`)

/**
 * Unpacks into a fresh folder on the same file system, closed to others, and moves what is whole into place by rename:
 * a full disk or a kill leaves no cut-off file under its final name. A folder that is not there comes with all that is
 * in it; one that is there keeps its mode, and what it is a link to. Arguments: the archive, `dest`, what goes
 * in the end with all that is left (an archive that was uploaded for this), links that are to become folders; on standard
 * input what is right already and stays. A folder that its owner may not write to cannot be moved by him, so it is opened
 * for that moment. What is replaced hands on its extended attributes, where there are GNU
 * tools.
 */
const unpacking = `p=$1 d=$\{2%/} n=$\{2%/}/.runbook-new t=$3; shift 3
clean() { rm -rf -- "$n" $\{t:+"$t"} 2>/dev/null || { chmod -R u+rwX -- "$n"; rm -rf -- "$n" $\{t:+"$t"}; }; }
trap clean EXIT; trap 'exit 1' HUP INT TERM; set -e
open() { m=; [ -w "$1" ] || { m=$(stat -c %a -- "$1"); chmod u+w -- "$1"; }; }
put() { open "$n/$1"; find "$n/$1" -mindepth 1 -maxdepth 1 ! -type d -exec mv -f -t "$d/$1" -- {} +
for f in "$n/$1"* "$n/$1".[!.]* "$n/$1"..?*; do if [ -d "$f" ] && [ ! -L "$f" ]; then r=$\{f#"$n/"}
if [ -d "$d/$r" ]; then put "$r/"; else open "$f"; mv -fT -- "$f" "$d/$r"; [ -z "$m" ] || chmod "$m" -- "$d/$r"; fi; fi; done; }
rm -rf -- "$n"; mkdir -m 700 -- "$n"
${tarKind}
${packedFunction}
z=; [ "$gnu" ] || packed "$p"
tar -x$z --no-same-owner --same-permissions -C "$n" -f "$p"
(cd "$n" && xargs -0r rm -f --)
${cpKind}
(cd "$n" && find . -type f -print0) | (cd "$d/" && xargs -0r sh -c 'for f; do if [ -f "$f" ] && [ ! -h "$f" ]; then printf "%s\\0" "$f"; fi; done' keep |
if [ "$gnu" ]; then xargs -0r cp --parents --attributes-only --preserve=xattr -t "$n" --; else cat >/dev/null; fi)
sync -f -- "$n"
for l; do if [ -L "$d/$l" ]; then rm -f -- "$d/$l"; fi; done
put ''`

const uploaded = ({ file, size, sha256 }: Exclude<PackedArchive, { at: string }>, path: string): Step => ({
  do: 'upload',
  file,
  size,
  digest: sha256,
  path,
  mode: '0600',
})

/** Unpacks what is `wrong`, and sets what tar does not. */
export const unpackSteps = (
  archive: PackedArchive,
  dest: string,
  wrong: { member: ArchiveMember; found: FileAnswer }[],
  args: FileAttributes,
): Step[] => {
  const sent = temporaryBeside(dest, '.runbook-archive', '.')
  const [packed, leftover] = 'at' in archive ? [archive.at, ''] : [sent, sent]
  const { owner, group } = ownerNames(args)
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
    ...('at' in archive ? [] : [uploaded(archive, sent)]),
    exec(['sh', '-c', unpacking, 'unpack', packed, dest, leftover, ...links], {
      stdin: content(right.map(member => `./${member.path}\0`).join('')),
      replaces: wrong.map(({ member }) => memberPath(dest, member)),
      beside: leftover === '' ? [] : [leftover],
    }),
    ...(spec === '' ? [] : [exec(['xargs', '-0r', 'chown', '-h', '--', spec], { cwd: dest, stdin: content(paths) })]),
    ...[...folders, ...special].map(m => exec(['chmod', chmodMode(m.kind, m.mode), '--', memberPath(dest, m)])),
  ]
}

/** Sets the modes of files again: where the folder has a default access control list, tar leaves what that makes of them. */
export const modeSteps = (dest: string, wrong: { member: ArchiveMember }[]): Step[] => {
  const files = wrong.map(({ member }) => member).filter(({ kind }) => kind === 'file')
  return [...Map.groupBy(files, ({ mode }) => mode)].map(([mode, members]) =>
    exec(['xargs', '-0r', 'chmod', mode, '--'], {
      cwd: dest,
      stdin: content(members.map(({ path }) => `./${path}\0`).join('')),
    }),
  )
}
