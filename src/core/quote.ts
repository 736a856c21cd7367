import { bytesOfText, hasRawBytes } from './byte-text.ts'

const inQuotes = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Bytes that are no UTF-8 have no text that could be sent: printf makes them, in the shell itself. */
const printed = (bytes: string): string =>
  `"$(printf '${Array.from(bytesOfText(bytes), byte => `\\${byte.toString(8)}`).join('')}')"`

/** A word for POSIX sh, quoted so that it stands for itself, whatever its bytes (see `byteText`). */
export const quote = (word: string): string => {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  if (!hasRawBytes(word)) return inQuotes(word)
  const parts = word.split(/([\u{dc80}-\u{dcff}]+)/u)
  return parts.map((part, i) => (i % 2 === 1 ? printed(part) : part === '' ? '' : inQuotes(part))).join('')
}
export const quoted = (words: string[]): string => words.map(quote).join(' ')

/** `runbook_as USER PROGRAM ARGUMENT…`: by runuser, or where there is none (BusyBox) by su, which starts a shell for it. */
const asFunction = `runbook_as() { if command -v runuser >/dev/null; then u=$1; shift; runuser -u "$u" -- "$@"; else u=$1; shift; su -s /bin/sh -c 'exec "$0" "$@"' -- "$u" "$@"; fi; }`

/**
 * The beginning of a command that another user runs: with that user's home and name, the PATH and the language that there
 * are, and nothing else. What PAM adds to a session (`/etc/environment`, on some systems for `runuser` too) stays out. A
 * tilde stands for a home only where nothing of the name is quoted.
 */
export const asOther = (user: string): string => {
  const name = quote(user)
  const home = name === user ? `~${user}` : '/'
  return `${asFunction}; h=${home}; runbook_as ${name} env -i HOME="$h" USER=${name} LOGNAME=${name} SHELL=/bin/sh PATH="$PATH" LANG="\${LANG-C}" \${LC_ALL:+LC_ALL="$LC_ALL"}`
}

/**
 * Leaves a folder that the user may not read, as the login's home is for most others, for one that he may: where it begins
 * find and other programs that go about need to come back to.
 */
export const somewhereOpen = (home: string): string =>
  `{ cd . && test -r .; } 2>/dev/null || cd "${home}" 2>/dev/null || cd /`

/**
 * A script to be run by another user: fed on stdin, never an argument, for it may hold a secret. The mark that ends it
 * must not stand in it, or what follows there would be run by the first user.
 */
export const fedTo = (user: string, sh: string): string => {
  let end = 'RUNBOOK_AS'
  while (sh.includes(end)) end += '_'
  return `${asOther(user)} sh <<'${end}'\n( ${somewhereOpen('$HOME')}; ${sh}\n) </dev/null\n${end}`
}
