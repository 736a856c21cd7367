import { createHash } from 'node:crypto'

const SIZE = 624
const SHIFT = 397

/** The seed as 32-bit words, the lowest first, as Python makes them of a text or of a whole number. */
const wordsOf = (seed: string | bigint): number[] => {
  const bytes = Buffer.from(String(seed))
  const whole =
    typeof seed === 'bigint'
      ? seed < 0n
        ? -seed
        : seed
      : BigInt(`0x${Buffer.concat([bytes, createHash('sha512').update(bytes).digest()]).toString('hex')}`)
  const words: number[] = []
  for (let rest = whole; rest > 0n || words.length === 0; rest >>= 32n) words.push(Number(rest & 0xffffffffn))
  return words
}

/**
 * The Mersenne Twister, as Python's `random.Random(seed)` uses it: the same seed gives the same numbers as there. After
 * M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998).
 */
export class Twister {
  readonly #state = new Uint32Array(SIZE)
  #at = SIZE

  constructor(seed: string | bigint) {
    this.#begin(19650218)
    const words = wordsOf(seed)
    const state = this.#state
    let [i, j] = [1, 0]
    const step = (by: number, add: number, sign: 1 | -1): void => {
      const last = state[i - 1]! ^ (state[i - 1]! >>> 30)
      state[i] = (state[i]! ^ Math.imul(last, by)) + sign * add
      if (++i < SIZE) return
      state[0] = state[SIZE - 1]!
      i = 1
    }
    for (let count = Math.max(SIZE, words.length); count > 0; count--) {
      step(1664525, words[j]! + j, 1)
      j = (j + 1) % words.length
    }
    for (let count = SIZE - 1; count > 0; count--) step(1566083941, i, -1)
    state[0] = 0x80000000
  }

  #begin(seed: number): void {
    this.#state[0] = seed
    for (let i = 1; i < SIZE; i++) {
      const last = this.#state[i - 1]! ^ (this.#state[i - 1]! >>> 30)
      this.#state[i] = Math.imul(last, 1812433253) + i
    }
  }

  #refill(): void {
    const state = this.#state
    for (let i = 0; i < SIZE; i++) {
      const mixed = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff)
      state[i] = state[(i + SHIFT) % SIZE]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0)
    }
    this.#at = 0
  }

  #word(): number {
    if (this.#at >= SIZE) this.#refill()
    let word = this.#state[this.#at++]!
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    return (word ^ (word >>> 18)) >>> 0
  }

  #bits(count: number): bigint {
    let found = 0n
    for (let at = 0; at < count; at += 32) {
      const bits = Math.min(32, count - at)
      found |= BigInt(this.#word() >>> (32 - bits)) << BigInt(at)
    }
    return found
  }

  /** A whole number from zero to below `limit`. */
  below(limit: bigint): bigint {
    const count = limit.toString(2).length
    for (;;) {
      const found = this.#bits(count)
      if (found < limit) return found
    }
  }
}
