import { hash } from 'node:crypto'

type Crypt = { scheme: 'sha256' | 'sha512'; salt: string; rounds: number }

const LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** In which order the bytes of the last digest are written, three for four letters. */
const ORDER = {
  sha256: [
    [0, 10, 20],
    [21, 1, 11],
    [12, 22, 2],
    [3, 13, 23],
    [24, 4, 14],
    [15, 25, 5],
    [6, 16, 26],
    [27, 7, 17],
    [18, 28, 8],
    [9, 19, 29],
    [-1, 31, 30],
  ],
  sha512: [
    [0, 21, 42],
    [22, 43, 1],
    [44, 2, 23],
    [3, 24, 45],
    [25, 46, 4],
    [47, 5, 26],
    [6, 27, 48],
    [28, 49, 7],
    [50, 8, 29],
    [9, 30, 51],
    [31, 52, 10],
    [53, 11, 32],
    [12, 33, 54],
    [34, 55, 13],
    [56, 14, 35],
    [15, 36, 57],
    [37, 58, 16],
    [59, 17, 38],
    [18, 39, 60],
    [40, 61, 19],
    [62, 20, 41],
    [-1, -1, 63],
  ],
}

const written = (digest: Buffer, rows: number[][]): string =>
  rows
    .map(row => {
      const known = row.filter(at => at >= 0)
      let rest = row.reduce((bits, at) => (bits << 8) | (at < 0 ? 0 : digest[at]!), 0)
      const letters = known.length + 1
      return Array.from({ length: letters }, () => {
        const letter = LETTERS[rest & 63]!
        rest >>>= 6
        return letter
      }).join('')
    })
    .join('')

/** So many bytes of a digest, again and again. */
const stretched = (digest: Buffer, length: number): Buffer =>
  Buffer.concat(Array(Math.ceil(length / digest.length)).fill(digest)).subarray(0, length)

/** A plan is made many times, and a hash of a password takes a second. They are kept by fingerprints of what they are made of. */
const made = new Map<string, string>()
const once = (from: unknown[], make: () => string): string => {
  const key = hash('sha256', JSON.stringify(from))
  const found = made.get(key) ?? make()
  made.set(key, found)
  return found
}

/**
 * A password as /etc/shadow has it (`$5$`, `$6$`). After U. Drepper, "Unix crypt using SHA-256 and SHA-512" (2008); the
 * letters for its steps are those of that text.
 */
export const shaCrypt = (password: string, crypt: Crypt): string =>
  once([crypt.scheme, crypt.salt, crypt.rounds, password], () => newShaCrypt(password, crypt))

const newShaCrypt = (password: string, { scheme, salt, rounds }: Crypt): string => {
  const [key, grain] = [Buffer.from(password), Buffer.from(salt)]
  const digest = (...parts: Buffer[]): Buffer => hash(scheme, Buffer.concat(parts), 'buffer')
  const b = digest(key, grain, key)
  const bits: Buffer[] = []
  for (let rest = key.length; rest > 0; rest >>= 1) bits.push(rest & 1 ? b : key)
  let a = digest(key, grain, stretched(b, key.length), ...bits)
  const p = stretched(digest(...Array<Buffer>(key.length).fill(key)), key.length)
  const s = stretched(digest(...Array<Buffer>(16 + a[0]!).fill(grain)), grain.length)
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1
    a = digest(isOdd ? p : a, ...(round % 3 ? [s] : []), ...(round % 7 ? [p] : []), isOdd ? a : p)
  }
  const shown = rounds === 5000 ? '' : `rounds=${rounds}$`
  return `$${scheme === 'sha256' ? 5 : 6}$${shown}${salt}$${written(a, ORDER[scheme])}`
}

const MD5_ORDER = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
  [-1, -1, 11],
]

/**
 * A password as old files of accounts (`$1$`) and those of Apache (`$apr1$`) have it. After P.-H. Kamp's crypt of FreeBSD (libcrypt/crypt-md5.c)
 * and apr_md5.c of APR.
 */
export const md5Crypt = (password: string, ident: '$1$' | '$apr1$', salt: string): string => {
  const [key, grain] = [Buffer.from(password), Buffer.from(salt)]
  const digest = (...parts: Buffer[]): Buffer => hash('md5', Buffer.concat(parts), 'buffer')
  const bits: Buffer[] = []
  for (let rest = key.length; rest > 0; rest >>= 1) bits.push(rest & 1 ? Buffer.alloc(1) : key.subarray(0, 1))
  let a = digest(key, Buffer.from(ident), grain, stretched(digest(key, grain, key), key.length), ...bits)
  for (let round = 0; round < 1000; round++) {
    const isOdd = round % 2 === 1
    a = digest(isOdd ? key : a, ...(round % 3 ? [grain] : []), ...(round % 7 ? [key] : []), isOdd ? a : key)
  }
  return `${ident}${salt}$${written(a, MD5_ORDER)}`
}

/** A salt in the letters that all of these take, one for each byte. */
export const saltLetters = (bytes: Buffer): string => Array.from(bytes, byte => LETTERS[byte & 63]!).join('')
