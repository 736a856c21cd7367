import { posix } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readControllerFile } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'
import { keepFunction, ownerWord } from '../core/keep-attributes.ts'
import { digestTest } from '../core/path-test.ts'
import { pinFunctions } from '../core/pinned-folder.ts'
import { quote, quoted } from '../core/quote.ts'
import { type Content, sha256 } from '../core/value.ts'
import { guardScript } from '../module/guard.ts'
import type { SmallFile, Step } from '../module/step.ts'
import { tarOf } from './tar-of.ts'

export type Writes = Extract<Step, { do: 'writes' }>

/**
 * So many bytes ride in a frame: 1,000 files of 1 KB in 0.2 s. A shell reads some 15 MB of text in a second, and a stream
 * ten times as many, but it starts with a login, which takes 0.1 s.
 */
const inFrame = 1_500_000

/** Whether they are sent as a stream, before the frame that puts them in place. */
export const isStreamed = ({ files }: Writes): boolean =>
  files.reduce((sum, { content }) => sum + content.size, 0) > inFrame

/** Where they lie as a whole until they are unpacked, if they are streamed. */
export const archivePath = ({ below }: Writes): string => `${below === '/' ? '' : below}/${archiveName}`
const archiveName = '.runbook-files.tar'

/** All of them as one archive, in a frame compressed where that is worth its while: what is text becomes a third of it. */
export const archiveOf = (step: Writes): Buffer => {
  const tar = tarOf(step.files.map(({ path, content }) => ({ path, bytes: bytesOf(content) })))
  const small = gzipSync(tar, { level: 1 })
  return isStreamed(step) || small.length < tar.length * 0.8 ? small : tar
}

const isCompressed = (bytes: Buffer): boolean => bytes.readUInt16BE(0) === 0x1f8b

/** Digests of archives that were streamed, by their files: to pack them once more would take as long as to send them. */
const digests = new WeakMap<SmallFile[], string>()
const digestOf = (step: Writes): string => {
  const known = digests.get(step.files) ?? sha256(archiveOf(step))
  digests.set(step.files, known)
  return known
}

/** Takes what was streamed out of the folder, where others may have changed it, and looks whether it still is that. */
const takenIn = (step: Writes): string =>
  `mv -T -- ../${archiveName} ./tar && [ -f ./tar ] && [ ! -h ./tar ] && ${digestTest(digestOf(step), './tar')} || { echo ${quote(`${archivePath(step)} is not what was sent`)} >&2; exit 1; }`

/** Unpacks them: out of the frame itself, or out of the file that they were streamed into. */
const unpacked = (step: Writes): string => {
  if (isStreamed(step)) return `${takenIn(step)}\ntar -xzof ./tar -C ./new || exit 1`
  const bytes = archiveOf(step)
  const text = bytes.toString('base64').replace(/.{1,76}/g, '$&\n')
  return `base64 -d <<'RUNBOOK_END' | tar -xo${isCompressed(bytes) ? 'z' : ''}f - -C ./new || exit 1\n${text}RUNBOOK_END`
}

/** So many bytes of names go with one program: a system allows 2 MiB of arguments, some of them half a MiB. */
const namesAtOnce = 100_000

/** The bytes themselves; those that were not kept are read once more, and have to be the ones that were planned with. */
const bytesOf = ({ bytes, size, digest, at }: Content): Buffer => {
  if (bytes.length === size) return bytes
  if (at?.side !== 'controller') throw new Error(`nobody has kept the bytes of ${digest}`)
  const now = readControllerFile(at.path)
  if (sha256(now) === digest) return now
  return refuse('usage-file', `${at.path} has changed since it was planned with`, { fix: 'run again' })
}

/** Lists of names, each short enough for one program. */
const portions = (names: string[]): string[][] => {
  const all: string[][] = []
  let left = 0
  for (const name of names) {
    const length = Buffer.byteLength(name) + 1
    if (left < length) {
      all.push([])
      left = namesAtOnce
    }
    all.at(-1)!.push(name)
    left -= length
  }
  return all
}

/** Names that a program takes as they are: none begins with `-`. */
const words = (names: string[]): string => quoted(names.map(name => `./${name}`))

/** One program for all files that are to have the same, in the folder of the new ones. */
const grouped = (files: SmallFile[], wordOf: (file: SmallFile) => string | undefined, program: string): string[] =>
  [...Map.groupBy(files, wordOf)].flatMap(([word, same]) =>
    word === undefined
      ? []
      : portions(same.map(({ path }) => path)).map(
          names => `(cd ./new && ${program} ${quote(word)} ${words(names)}) || exit 1`,
        ),
  )

const folderOf = ({ path }: SmallFile): string => posix.dirname(path)

/** A call of a function for the files of each folder: first the folder, then the names in it. */
const byFolder = (files: SmallFile[], call: string): string[] =>
  [...Map.groupBy(files, folderOf)].flatMap(([folder, those]) =>
    portions(those.map(({ path }) => posix.basename(path))).map(
      names => `( ${call} ${quote(folder)} ${words(names)} ) || exit 1`,
    ),
  )

/**
 * One is in a closet below the folder, descriptor 8 (see `pinned-folder.ts`), in which `new` holds the files and `was` what they
 * replace. `to R` enters the folder R that files go to, descriptor 7: by these two numbers both stay what they are, whatever
 * others do to their names. `take NAME...`, in a folder where others can change names, gets links to what is there.
 *
 * `dress R NAME...` hands on what the files that are replaced have, as `keep` does, but for all of a folder at once; where that
 * cannot be done, or does not come true, for each by itself. `put` moves files to their places by rename: where a folder is on
 * another disk, out of a closet there.
 */
const functions = [
  'p=mode,ownership,xattr; [ ! -e /sys/fs/selinux/enforce ] || p=$p,context',
  'to() { R=$1; case $R in .) pin "${D:-/}";; *) pin "$D/$R";; esac && exec 7<. && N=/proc/self/fd/8/new/$R F=/proc/self/fd/7; }',
  'from() { to "$1" && shift && { alone || take "$@"; } && cd "$F/"; }',
  'take() { F=/proc/self/fd/8/was/$R; mkdir -p -- "$F" && ln -f -- "$@" "$F/" && for i; do [ -f "$F/$i" ] && [ ! -h "$F/$i" ] || no "$D/$R/${i#./} has just been replaced" || return; done; }',
  'told() { (cd "$1/" && shift && ls -ldnb -- "$@") | while read -r a _ b c _; do echo "$a $b $c"; done; }',
  'alikes() { a=$(told "$F" "$@"; echo .) && b=$(told "$N" "$@"; echo .) && [ "$a" = "$b" ]; }',
  'dress() { from "$@" && shift && { cp --attributes-only --preserve=$p -t "$N" -- "$@" 2>/dev/null && alikes "$@" || each "$@"; }; }',
  'each() { for i; do of=$D/$R/${i#./}; keep "$i" "$N/$i" || return; done; }',
  'extras() { from "$@" && shift && { cp --attributes-only --preserve=xattr -t "$N" -- "$@" || :; }; }',
  'put() { to "$1" && shift && if [ "$one" = 1 ] || [ "$(stat -c %d -- "$N/")" = "$(stat -c %d .)" ]; then cd "$N/" && mv -f -- "$@" "$F/"; else apart "$@"; fi; }',
  `apart() { fresh .runbook-files- && mkdir ./new || return; trap 'rm -rf ./new; rmdir -- "../\${w#./}" 2>/dev/null' EXIT; trap 'exit 1' HUP INT TERM`,
  '( for i; do set -- "$@" "$N/$i"; shift; done; mv -f -- "$@" ./new/ ) && { sync -f -- ./new 2>/dev/null || sync; } && ( cd ./new && mv -f -- "$@" ../../ ); }',
].join('\n')

/** How many disks the folders are on that files go to: `1` where one rename is enough for all. */
const disks = (files: SmallFile[]): string => {
  const folders = [...new Set(files.map(folderOf))].filter(folder => folder !== '.')
  return folders.length === 0
    ? 'one=1'
    : `one=$({ ${portions(folders)
        .map(names => `(cd .. && stat -c %d -- . ${quoted(names.map(name => `./${name}/`))})`)
        .join('; ')}; } 2>/dev/null | sort -u | wc -l); one=$((one))`
}

/** Makes the closet and enters it; whatever ends the shell takes it away. What a machine has left that lost its power goes. */
const begin = (below: string): string[] => [
  'umask 077',
  pinFunctions,
  `D=${quote(below === '/' ? '' : below)}; w=; u=.; skip=`,
  `trap '[ "$u" = . ] || { rm -rf ./new ./was ./tar; rmdir -- "../\${w#./}" 2>/dev/null; [ ! -e ../${archiveName} ] || rm -f -- ../${archiveName}; }' EXIT; trap 'exit 1' HUP INT TERM`,
  'pin "${D:-/}" || exit 1',
  'set -- ./.runbook-files-??????; [ ! -d "$1" ] || if alone; then rm -rf -- "$@"; else sweep "$@"; fi',
  'fresh .runbook-files- && mkdir ./new ./was && exec 8<. || exit 1',
  `[ -d /proc/self/fd/8/new ] || { echo 'several files at once are put in place by their folders in /proc, which is not there: mount it' >&2; exit 1; }`,
]

/**
 * Puts several small files in place, in POSIX sh. They are unpacked into a closet beside them, get there what those that they
 * replace have, mode and owner, are put on the disk, and take their places one by one by rename, if all that they replace is
 * still what was seen. Whatever goes wrong, each file is whole, the old or the new one, and what was unpacked goes away.
 *
 * It starts a dozen programs, and four more for each folder, however many files there are: 1,000 take 0.2 s on a host,
 * where one by one they take 9 s.
 */
export const smallFilesScript = (step: Writes): string => {
  const { below, files, over } = step
  const replaced = files.filter(({ replaces }) => replaces)
  const chowned = replaced.filter(file => ownerWord(file) !== undefined)
  return [
    ...begin(below),
    unpacked(step),
    keepFunction,
    functions,
    disks(files),
    ...byFolder(replaced, 'dress'),
    ...grouped(files, ownerWord, 'chown -h --'),
    ...byFolder(chowned, 'extras'),
    ...grouped(files, ({ mode }) => mode, 'chmod --'),
    'sync -f -- ./new 2>/dev/null || sync',
    // How many names a file has is a part of what was seen.
    'rm -rf -- ./was',
    ...(over === undefined ? [] : [`{ ${guardScript(over)}\n}`]),
    ...byFolder(files, 'put'),
  ].join('\n')
}
