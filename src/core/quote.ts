/** A word for POSIX sh, quoted so that it stands for itself. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
export const quoted = (words: string[]): string => words.map(quote).join(' ')

/**
 * A script to be run by another user: fed on stdin, never an argument, for it may hold a secret. The mark that ends it
 * must not stand in it, or what follows there would be run by the first user.
 */
export const fedTo = (user: string, sh: string): string => {
  let end = 'RUNBOOK_AS'
  while (sh.includes(end)) end += '_'
  return `runuser -u ${quote(user)} -- sh <<'${end}'\n( ${sh}\n) </dev/null\n${end}`
}
