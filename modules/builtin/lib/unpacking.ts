import {
  type ArchiveMember,
  content,
  cpKind,
  exec,
  type FileAnswer,
  packedFunction,
  quote,
  quoted,
  type Step,
  sha256,
  tarKind,
  temporaryBeside,
} from '../../../src/module/module.ts'
import { type FileAttributes, ownerNames } from './file-attributes.ts'
import { chmodMode } from './file-content.ts'
import { makingFunctions } from './making-in-closet.ts'
import { plainPath } from './paths.ts'

/** What is unpacked: an archive of the controller, or one that lies at `at` on the host. */
type PackedArchive = { members: ArchiveMember[] } & ({ file: string; size: number; sha256: string } | { at: string })

/** A member, and what is in its place. */
type Pair = { member: ArchiveMember; found: FileAnswer }

/** Where a member will be. */
export const memberPath = (dest: string, { path }: ArchiveMember): string => plainPath(`${dest}/${path}`)

/**
 * Unpacks into a fresh folder in the one that it is for, closed to others, and moves what is whole into place by rename: a
 * full disk or a kill leaves no cut-off file under its final name. All gets owner and mode in there, where nobody can put
 * something else in its place. From there it is reached by a descriptor, and where it goes by entering folder after folder
 * (see `pinFunctions`), so that nothing is done by a name that another can change. A folder that is not there comes with
 * all that is in it; one that is there stays what it is, a link too, where nobody else could have made it.
 *
 * Arguments: the archive; where it goes; `sent` if it was uploaded for this, and goes in the end. On standard input what
 * else is to be known, as words of sh (see `knowing`). An archive in a folder that others may change, which may be another
 * by now, counts only if what is unpacked is what was planned. A folder that its owner may not write to cannot be moved by
 * him, so it is opened for that moment. What is replaced hands on its extended attributes, where there are GNU tools and
 * nobody else may put something else there.
 */
const unpacking = `p=$1 into=$2 sent=$3
${makingFunctions}
set -e
f=\${p%/*}; pin "\${f:-/}"; f=./\${p##*/}; [ -f "$f" ] && [ ! -h "$f" ] || { no "$p is no plain file any more"; exit 1; }
sure=; ! alone || sure=1
exec 8<"$f"; [ ! "$sent" ] || rm -f -- "$f"
a=/proc/$$/fd/8 tree=/proc/$$/fd/9/
[ -e "$a" ] || { no "there is no /proc here, without which nothing is unpacked"; exit 1; }
begin "$into"
cat >./unfinished; . ./unfinished
mkdir ./made; exec 9<./made
${tarKind}
${packedFunction}
z=; [ "$gnu" ] || packed "$a"
tar -x$z --no-same-owner --same-permissions -C ./made -f "$a"
cd ./made
right | xargs -0r rm -f --
[ "$sure" ] || planned || { no "$p is not what was read any more"; exit 1; }
[ ! "$owner" ] || all | xargs -0r chown -h -- "$owner"
modes
${cpKind}
sync -f . 2>/dev/null || sync
cd ..
enter() { [ ! -h "./$1" ] || alone || strange || return; b=\${PWD%/}; l=; [ ! -h "./$1" ] || l=1; cd -P -- "./$1" && { [ "$l" ] || [ "$PWD" = "$b/$1" ] || strange; }; }
open() { old=; [ -w "$1" ] || { old=$(stat -c %a "$1/."); chmod u+w "$1/."; }; }
extras() { [ "$gnu" ] || return 0; alone || return 0; set -- "$1" "$PWD"; (cd "$tree$1" && find . -mindepth 1 -maxdepth 1 -type f -print0) | xargs -0r sh -c 'for f; do if [ -f "$f" ] && [ ! -h "$f" ]; then printf "%s\\0" "$f"; fi; done' keep | (xargs -0r cp --attributes-only --preserve=xattr -t "$tree$1" --); }
put() { open "$tree$1" && extras "$1" && find "$tree$1." -mindepth 1 -maxdepth 1 ! -type d -exec mv -f -t . -- {} + || return
for f in "$tree$1"* "$tree$1".[!.]* "$tree$1"..?*; do { [ -d "$f" ] && [ ! -h "$f" ]; } || continue; c=\${f##*/} mode= isnew=; folder "$1$c"
[ ! "$isnew" ] || [ ! -h "./$c" ] || rm -f -- "./$c" || return
if [ -d "./$c" ]; then ( enter "$c" && { [ ! "$mode" ] || { { [ ! "$owner" ] || chown -- "$owner" .; } && chmod "$mode" .; }; } && put "$1$c/" ) || return
else { open "$f" && mv -fT -- "$f" "./$c" && { [ ! "$old" ] || chmod "$old" /proc/self/fd/7/.; }; } 7<"$f" || return; fi; done; }
( cd .. && put '' )`

const uploaded = ({ file, size, sha256 }: Exclude<PackedArchive, { at: string }>, path: string): Step => ({
  do: 'upload',
  file,
  size,
  digest: sha256,
  path,
  mode: '0600',
})

const file = (member: ArchiveMember): boolean => member.kind === 'file'

/** A function of sh that prints names, each with a zero byte behind it: the shell does it by itself, however many they are. */
const naming = (name: string, members: ArchiveMember[]): string =>
  `${name}() { ${members.length === 0 ? ':' : `printf '%s\\0' ${quoted(members.map(({ path }) => `./${path}`))}`}; }`

/**
 * What unpacking has to know, as words of sh: `all` that comes and what is `right` already, `modes`, `owner`; of a folder that
 * is there and is to have mode and owner, `mode`, and of one that takes the place of a link, `isnew`. `planned` tells whether
 * what was unpacked has the bytes that were planned, and nothing else came with it.
 */
const knowing = (archive: PackedArchive, wrong: Pair[], owner: string): string => {
  const members = wrong.map(({ member }) => member)
  const strays = new Set(members)
  const files = members.filter(file)
  const others = members.filter(({ kind }) => kind !== 'directory').length
  const kindOf = ({ found }: Pair): string | undefined => (found.exists ? found.kind : undefined)
  const folders = wrong.flatMap(pair => {
    const { path, mode, kind } = pair.member
    if (kind !== 'directory') return []
    if (kindOf(pair) === 'link') return [`${quote(path)}) isnew=1;;`]
    return kindOf(pair) === 'directory' ? [`${quote(path)}) mode=${chmodMode('directory', mode)};;`] : []
  })
  const modes = [...Map.groupBy(files, ({ mode }) => mode)].map(([mode, same], i) => [
    naming(`of${i}`, same),
    `of${i} | xargs -0r chmod ${mode} --`,
  ])
  const digests = sha256(files.map(member => `${member.sha256}\n`).join(''))
  const counted = (what: string): string =>
    `$(find . ${what} -exec sh -c 'for f; do printf .; done' count {} + | wc -c)`
  return [
    naming(
      'right',
      archive.members.filter(member => member.kind !== 'directory' && !strays.has(member)),
    ),
    naming('all', members),
    naming('files', files),
    `owner=${quote(owner)}`,
    ...modes.map(([list]) => list!),
    `modes() { ${[...modes.map(([, set]) => set!), ':'].join(' && ')}; }`,
    `folder() { case $1 in ${folders.join(' ')} *) ;; esac; }`,
    `planned() { [ "${counted('-type f')}" -eq ${files.length} ] && [ "${counted('! -type d')}" -eq ${others} ] && s=$(files | xargs -0r sha256sum -- | sed 's/^\\\\//; s/ .*//' | sha256sum) && [ "\${s%% *}" = ${digests} ]; }`,
    '',
  ].join('\n')
}

/** Unpacks what is `wrong`, with owner and modes. */
export const unpackSteps = (archive: PackedArchive, dest: string, wrong: Pair[], args: FileAttributes): Step[] => {
  const sent = temporaryBeside(dest, '.runbook-archive', '.')
  const [packed, ...isSent] = 'at' in archive ? [archive.at] : [sent, 'sent']
  const { owner, group } = ownerNames(args)
  const spec = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  return [
    ...('at' in archive ? [] : [uploaded(archive, sent)]),
    exec(['sh', '-c', unpacking, 'unpack', packed, dest, ...isSent], {
      stdin: content(knowing(archive, wrong, spec)),
      replaces: wrong.map(({ member }) => memberPath(dest, member)),
      beside: isSent.length === 0 ? [] : [sent],
    }),
  ]
}
