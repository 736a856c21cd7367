import { CLOSED_MODES } from '../../core/pinned-folder.ts'
import { type Content, sha256 } from '../../core/value.ts'

/** Files up to this size are read whole, for diffs and for edits; larger ones are known by their digest. */
export const readWhole = 65_536
/** How often a file is read that is written to each time, until that is said. */
export const maxReads = 3

/**
 * Digests as `sha256sum -z` prints them. A file with a receipt beside it (`.NAME.receipt`: size, ctime, inode,
 * digest, written by the step that put it there) is hashed again only when the first three differ: one `stat` tells
 * them of all such files. A ctime in whole seconds (BusyBox, old file systems) does not tell: what has the same one may have
 * changed since. A receipt counts where nobody else can have written it: a plain file with one name, of root or of who
 * looks, in a folder of root or of who looks, and neither may be written by others. Two lists, for a shell has one that may
 * hold any name. `digests`: see `other-tools.ts`.
 */
export const digestsScript = (paths: string): string =>
  `receipt() { r="\${f%/*}/.\${f##*/}.receipt"; [ -f "$f" ] && [ ! -h "$f" ] && [ -f "$r" ] && [ ! -h "$r" ]; }
ours() { { [ "$1" = 0 ] || [ -O "$3" ]; } && case $2 in ${CLOSED_MODES}) ;; *) false;; esac; }
fits() { [ \${#d} = 64 ] && [ "$now" = "$s $c $i" ] && [ "$links" = 1 ] && ours "$owner" "$mode" "$r" && ours "$above" "$bits" "\${f%/*}/." && case $c in *.*[1-9]*) ;; *) false;; esac; }
set --; for f in ${paths}; do receipt && set -- "$@" "$f" "$r" "\${f%/*}/."; done
[ $# -eq 0 ] || stat -c '%s %.9Z %i %u %a %h' -- "$@" | while [ $# -gt 0 ]; do f=$1; shift 3; read -r a b e _; now="$a $b $e"; read -r _ _ _ owner mode links; read -r _ _ _ above bits _; if receipt && read -r s c i d <"$r" && fits; then printf '%s  %s\\0' "$d" "$f"; else digests "$f" 2>/dev/null; fi; done
set --; for f in ${paths}; do receipt || { [ -f "$f" ] && [ ! -h "$f" ] && set -- "$@" "$f"; }; done
[ $# -eq 0 ] || digests "$@" 2>/dev/null; printf '\\0'`

/** The bytes of small files, one behind the other: nothing stands between them that a file could hold too. */
export const bytesScript = (paths: string): string =>
  `find ${paths} -maxdepth 0 -type f -size -${readWhole + 1}c -exec head -q -c ${readWhole} -- {} + 2>/dev/null`

/** A file whose bytes are to be found: size and digest are known, the bytes are filled in. */
export type Whole = { item: string; content: Content }

/**
 * Fills in the bytes and returns the items whose bytes could not be told. Sizes and digests were read a moment earlier:
 * a file that was written to since then shifts all that follows. So bytes count only with their digest, from the front
 * up to the file that changed, and then from the back.
 */
export const bytesIn = (section: Buffer, files: Whole[]): Set<string> => {
  const fits = ({ content }: Whole, from: number): boolean => {
    const bytes = section.subarray(from, from + content.size)
    if (from < 0 || sha256(bytes) !== content.digest) return false
    content.bytes = Buffer.from(bytes)
    return true
  }
  let from = 0
  let next = 0
  for (; next < files.length && fits(files[next]!, from); next++) from += files[next]!.content.size
  let to = section.length
  let last = files.length
  for (; last > next && fits(files[last - 1]!, to - files[last - 1]!.content.size); last--)
    to -= files[last - 1]!.content.size
  return new Set(files.slice(next, last).map(file => file.item))
}
