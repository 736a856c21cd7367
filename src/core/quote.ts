/** A word for POSIX sh, quoted so that it stands for itself. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
export const quoted = (words: string[]): string => words.map(quote).join(' ')

/**
 * The beginning of a command that another user runs: with that user's home and name, the PATH and the language that there
 * are, and nothing else. What PAM adds to a session (`/etc/environment`, on some systems for `runuser` too) stays out. A
 * tilde stands for a home only where nothing of the name is quoted.
 */
export const asOther = (user: string): string => {
  const name = quote(user)
  const home = name === user ? `~${user}` : '/'
  return `h=${home}; runuser -u ${name} -- env -i HOME="$h" USER=${name} LOGNAME=${name} SHELL=/bin/sh PATH="$PATH" LANG="\${LANG-C}" \${LC_ALL:+LC_ALL="$LC_ALL"}`
}

/**
 * A script to be run by another user: fed on stdin, never an argument, for it may hold a secret. The mark that ends it
 * must not stand in it, or what follows there would be run by the first user.
 */
export const fedTo = (user: string, sh: string): string => {
  let end = 'RUNBOOK_AS'
  while (sh.includes(end)) end += '_'
  return `${asOther(user)} sh <<'${end}'\n( ${sh}\n) </dev/null\n${end}`
}
