/**
 * The words of a command line, as a shell splits it: quotes and backslashes hold blanks together, nothing is expanded.
 * Undefined when a quote is not closed.
 */
export const splitShellWords = (line: string): string[] | undefined => {
  const found: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    if (/\s/.test(char)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else if (char === "'" || char === '"') {
      const end = closing(line, at)
      if (end < 0) return undefined
      word = (word ?? '') + inside(line.slice(at + 1, end), char)
      at = end
    } else if (char === '\\') {
      if (at + 1 === line.length) return undefined
      word = (word ?? '') + line[++at]
    } else {
      word = (word ?? '') + char
    }
  }
  return word === undefined ? found : [...found, word]
}

/** Where the quote that opens at `from` is closed; a backslash escapes only between double quotes. */
const closing = (line: string, from: number): number => {
  for (let at = from + 1; at < line.length; at++) {
    if (line[at] === line[from]) return at
    if (line[from] === '"' && line[at] === '\\') at++
  }
  return -1
}

const inside = (text: string, quote: string): string => (quote === "'" ? text : text.replace(/\\(["\\$`])/g, '$1'))
