/** Edit distance with adjacent swaps counted once (optimal string alignment): `modul`, `mdoule` and `modules` are one away. */
const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + change)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}

/** How many edits still count as a slip: one in a short word, three at most, never half of the word. */
const bound = (word: string): number => Math.min(3, Math.max(1, Math.floor(word.length / 3)))

/** The candidate that `word` was most likely meant to be; undefined when none is close. The first of equals wins. */
export const closest = (word: string, candidates: Iterable<string>): string | undefined => {
  const limit = bound(word)
  let best: { name: string; far: number } | undefined
  for (const name of candidates) {
    if (name === word || Math.abs(name.length - word.length) > limit) continue
    const far = distance(word.toLowerCase(), name.toLowerCase())
    if (far <= limit && far < Math.min(word.length, name.length) && (best === undefined || far < best.far))
      best = { name, far }
  }
  return best?.name
}

/** `Did you mean "x"?`, or an empty string. */
export const didYouMean = (word: string, candidates: Iterable<string>): string => {
  const found = closest(word, candidates)
  return found === undefined ? '' : `Did you mean "${found}"?`
}
