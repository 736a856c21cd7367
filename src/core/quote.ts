/** A word for POSIX sh, quoted so that it stands for itself. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
export const quoted = (words: string[]): string => words.map(quote).join(' ')
