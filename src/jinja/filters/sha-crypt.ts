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

/**
 * A password as /etc/shadow has it (`$5$`, `$6$`). After U. Drepper, "Unix crypt using SHA-256 and SHA-512" (2008); the
 * letters for its steps are those of that text.
 */
export const shaCrypt = (password: string, { scheme, salt, rounds }: Crypt): string => {
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
