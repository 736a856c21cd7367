import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Wire } from '../connection/link.ts'
import { openControllerFile } from '../core/controller-file.ts'
import { quote } from '../core/quote.ts'
import type { Upload } from '../core/transport.ts'
import type { PastGreeting } from './greeting.ts'

// What has come of a large file stays where the connection was cut, and the next upload of the same bytes goes on behind it.

/** Smaller files begin anew: to ask costs a round trip, and 4 MB take hardly more. */
const worthKeeping = 4_000_000

/** Whether what has come of an upload is kept where it is cut. */
export const leavesPart = ({ size, unpack }: Upload): boolean => unpack === undefined && size >= worthKeeping

/** How many digits of its digest a part is named by. */
export const PART_DIGITS = 16

/** openssl, where it is, hashes by the processor's own instructions: 500 MB in 0.4 s, sha256sum in 1.8 s. */
const hashFunction =
  'hash() { if command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r; else sha256sum; fi; }'

/**
 * Looks, in sh, at what there is of the file, `$t`, says how many bytes and their digest behind `word`, and reads from how many
 * on the rest comes; `$n` is that number. It counts only as a plain file of our own that nobody else may read or has a name
 * of, for the folder may be anybody's. Anything else goes; where it cannot, the file gets a name by chance, `other`.
 */
export const partScript = ({ size }: Upload, word: string): string[] => [
  hashFunction,
  'n=0; s=-',
  `if [ -f "$t" ] && [ ! -h "$t" ]; then set -- $(ls -ldn -- "$t"); case $1:$2:$3 in -rw-------:1:"$(id -u)"|-rw-------.:1:"$(id -u)") n=$(wc -c <"$t") && n=$((n)) && [ "$n" -le ${size} ] && s=$(hash <"$t") || n=0;; esac; fi`,
  `echo "${word} $n \${s%% *}"`,
  'IFS= read -r g || exit 1',
  `[ "$g" = "$n" ] && [ "$n" -gt 0 ] || { n=0; rm -f -- "$t"; set -C; ( : >"$t" ) 2>/dev/null || { t=$c; ( : >"$t" ) || exit 1; }; set +C; }`,
]

/**
 * Receives the rest into `$t`, in sh, and its digest into `$s`: what was there and what comes are hashed as it comes, which
 * takes no time of its own where there is a second core. A disk that is full ends it at once: the descriptors are such that
 * what ends, ends all before it. A digest that is not the one meant is not believed before sha256sum has said the same.
 */
export const receiveRest = ({ digest, size }: Upload): string[] => [
  'k=1',
  's=$({ { { cat -- "$t"; tee /dev/fd/3; } | hash >&4 3>&-; } 3>&1 | cat >>"$t"; } 4>&1) || { k=; exit 1; }',
  `[ "\${s%% *}" = ${quote(digest)} ] || [ "$(wc -c <"$t")" -ne ${size} ] || s=$(sha256sum <"$t") || exit 1`,
]

/** The bytes of an upload from one place on, up to another. */
export async function* bytesFrom({ source }: Upload, from: number, to: number, chunk: number): AsyncGenerator<Buffer> {
  if ('file' in source) {
    if (from >= to) return
    const { descriptor } = openControllerFile(source.file)
    yield* createReadStream('', { fd: descriptor, highWaterMark: chunk, start: from, end: to - 1 })
  } else
    for (let at = from; at < Math.min(to, source.bytes.length); at += chunk)
      yield source.bytes.subarray(at, Math.min(at + chunk, to))
}

const digestOf = async (upload: Upload, bytes: number): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of bytesFrom(upload, 0, bytes, 1 << 20)) hash.update(chunk)
  return hash.digest('hex')
}

/**
 * Hears what the host has of a file, and tells it from where on the rest comes: behind what it has, if these are the first
 * bytes of the file, else from the beginning. Returns that place; undefined where the host has said nothing and has ended.
 */
export const agreeOnStart = async (
  wire: Wire,
  heard: PastGreeting,
  word: string,
  upload: Upload,
): Promise<number | undefined> => {
  const line = heard.line(said => said.startsWith(`${word} `))
  const offer = await Promise.race([line, wire.closed.then(() => undefined)])
  if (offer === undefined) return undefined
  const [, said, digest] = offer.split(' ')
  const size = Number(said)
  const isOurs =
    Number.isSafeInteger(size) && size > 0 && size <= upload.size && digest === (await digestOf(upload, size))
  const start = isOurs ? size : 0
  wire.stdin.write(`${start}\n`)
  return start
}
