import { posix } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readControllerFile } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'
import { keepFunction, ownerWord } from '../core/keep-attributes.ts'
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
export const archivePath = ({ below }: Writes): string => `${below === '/' ? '' : below}/.runbook-files.tar`

/** All of them as one archive, in a frame compressed where that is worth its while: what is text becomes a third of it. */
export const archiveOf = (step: Writes): Buffer => {
  const tar = tarOf(step.files.map(({ path, content }) => ({ path, bytes: bytesOf(content) })))
  const small = gzipSync(tar, { level: 1 })
  return isStreamed(step) || small.length < tar.length * 0.8 ? small : tar
}

const isCompressed = (bytes: Buffer): boolean => bytes.readUInt16BE(0) === 0x1f8b

/** Unpacks them: out of the frame itself, or out of the file that they were streamed into. */
const unpacked = (step: Writes): string => {
  if (isStreamed(step)) return `tar -xzof ${quote(archivePath(step))} -C "$n" || exit 1`
  const bytes = archiveOf(step)
  const text = bytes.toString('base64').replace(/.{1,76}/g, '$&\n')
  return `base64 -d <<'RUNBOOK_END' | tar -xo${isCompressed(bytes) ? 'z' : ''}f - -C "$n" || exit 1\n${text}RUNBOOK_END`
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
          names => `(cd -- "$n" && ${program} ${quote(word)} ${words(names)}) || exit 1`,
        ),
  )

const folderOf = ({ path }: SmallFile): string => posix.dirname(path)

/** A call of a function for the files of each folder: first the folder, then the names in it. */
const byFolder = (files: SmallFile[], call: string): string[] =>
  [...Map.groupBy(files, folderOf)].flatMap(([folder, those]) =>
    portions(those.map(({ path }) => posix.basename(path))).map(
      names => `${call} ${quote(folder)} ${words(names)} || exit 1`,
    ),
  )

/**
 * `dress FOLDER NAME...` hands on what the files that are replaced have, as `keep` does, but for all of a folder at once;
 * where that cannot be done, or does not come true, for each by itself. `put` moves files to their places by rename: where
 * a folder is on another disk, out of a folder there.
 */
const functions = [
  'p=mode,ownership,xattr; [ ! -e /sys/fs/selinux/enforce ] || p=$p,context',
  'look() { (cd -- "$1" && shift && ls -ldnb -- "$@") | while read -r a _ b c _; do echo "$a $b $c"; done; }',
  'alikes() { r=$1; shift; a=$(look "$d/$r" "$@"; echo .) && b=$(look "$n/$r" "$@"; echo .) && [ "$a" = "$b" ]; }',
  'dress() { (cd -- "$d/$1" && r=$1 && shift && cp --attributes-only --preserve=$p -t "$n/$r" -- "$@") 2>/dev/null && alikes "$@" || each "$@"; }',
  'each() { r=$1; shift; for f; do keep "$d/$r/$f" "$n/$r/$f" || return; done; }',
  `extras() { (cd -- "$d/$1" && r=$1 && shift && cp --attributes-only --preserve=xattr -t "$n/$r" -- "$@") || :; }`,
  'disk() { stat -c %d -- "$1"; }',
  'put() { r=$1; shift; m=$n/$r; if [ "$one" = 1 ] || [ "$(disk "$n")" = "$(disk "$d/$r/")" ]; then (cd -- "$m" && mv -f -- "$@" "$d/$r/"); else over "$@"; fi; }',
  'over() { m=$(mktemp -d "$d/$r/.runbook-files-XXXXXX") || return; o=$m; (cd -- "$n/$r" && mv -f -- "$@" "$m/") && { sync -f -- "$m" 2>/dev/null || sync; } && (cd -- "$m" && mv -f -- "$@" "$d/$r/") && rmdir -- "$m"; }',
].join('\n')

/** How many disks the folders are on that files go to: `1` where one rename is enough for all. */
const disks = (files: SmallFile[]): string => {
  const folders = [...new Set(files.map(folderOf))].filter(folder => folder !== '.')
  return folders.length === 0
    ? 'one=1'
    : `one=$({ ${portions(folders)
        .map(names => `(cd -- "$d" && stat -c %d -- . ${quoted(names.map(name => `./${name}/`))})`)
        .join('; ')}; } 2>/dev/null | sort -u | wc -l); one=$((one))`
}

/**
 * Puts several small files in place, in POSIX sh. They are unpacked into a folder beside them that is closed to others,
 * get there what those that they replace have, mode and owner, are put on the disk, and take their places one by one by
 * rename, if all that they replace is still what was seen. Whatever goes wrong, each file is whole, the old or the new one,
 * and what was unpacked goes away; what a machine has left that lost its power goes with the next such step.
 *
 * It starts a dozen programs, and three more for each folder, however many files there are: 1,000 take 0.2 s on a host,
 * where one by one they take 9 s.
 */
export const smallFilesScript = (step: Writes): string => {
  const { below, files, over } = step
  const d = below === '/' ? '' : below
  const replaced = files.filter(({ replaces }) => replaces)
  const chowned = replaced.filter(file => ownerWord(file) !== undefined)
  const start = quote(`${d}/.runbook-files-`)
  return [
    `umask 077; d=${quote(d)}; o=`,
    `set -- ${start}??????; [ ! -d "$1" ] || rm -rf -- "$@"`,
    `n=$(mktemp -d ${start}XXXXXX) || exit 1`,
    `trap 'rm -rf -- "$n" "$d/.runbook-files.tar" \${o:+"$o"}' EXIT; trap 'exit 1' HUP INT TERM`,
    unpacked(step),
    keepFunction,
    functions,
    disks(files),
    ...byFolder(replaced, 'dress'),
    ...grouped(files, ownerWord, 'chown -h --'),
    ...byFolder(chowned, 'extras'),
    ...grouped(files, ({ mode }) => mode, 'chmod --'),
    'sync -f -- "$n" 2>/dev/null || sync',
    ...(over === undefined ? [] : [`{ ${guardScript(over)}\n}`]),
    ...byFolder(files, 'put'),
  ].join('\n')
}
