/** Numbers of chance that are the same for the same seed: an input is made again from its seed and its number alone. */
export type Random = {
  /** A whole number from 0 up to, and without, `below`. */
  below(below: number): number
  pick<T>(all: readonly T[]): T
}

/** Mulberry32, by Tommy Ettinger: 32 bits of state, which is enough to tell inputs apart. */
export const randomFrom = (seed: number, index: number): Random => {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (most: number): number => Math.floor(next() * most)
  return { below, pick: all => all[below(all.length)]! }
}
