/** A word for POSIX sh, quoted so that it stands for itself. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
export const quoted = (words: string[]): string => words.map(quote).join(' ')

/**
 * A script to be run by another user, whose home and name it is given: fed on stdin, never an argument, for it may hold
 * a secret. The mark that ends it must not stand in it, or what follows there would be run by the first user.
 */
export const fedTo = (user: string, sh: string): string => {
  let end = 'RUNBOOK_AS'
  while (sh.includes(end)) end += '_'
  const name = quote(user)
  // A tilde stands for a home only where nothing of the name is quoted.
  const home = name === user ? `HOME=~${user}; ` : ''
  const given = `${home}USER=${name}; LOGNAME=${name}; export HOME USER LOGNAME; unset XDG_RUNTIME_DIR`
  return `runuser -u ${name} -- sh <<'${end}'\n${given}\n( ${sh}\n) </dev/null\n${end}`
}
