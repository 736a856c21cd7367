import { splitShellWords } from './shell-split.ts'

/** Stands for a letter that is in quotes, or behind a backslash: it is meant as it stands. */
const meant = '\u0000'

/** The same line with what is quoted made unreadable; blanks in quotes do not part words then. */
const withoutQuoted = (line: string): string =>
  line.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g, quoted => meant.repeat(quoted.length))

/** Words with which `find` and its like end a command of theirs. */
const isOwnEnd = (words: string[], at: number): boolean =>
  words[at] === ';' && words.slice(0, at).some(word => /^-(exec|ok)(dir)?$/.test(word))

const joins = /^(?:\d?(?:>>?|<)(?:&\d)?|&>>?|&&?|\|\|?|;)$/
const redirects = /^(?:\d?>>?|<|&>)(?:&\d)?(?=[^\u0000])/
const expands = /\$\w+|\$[{(]|`|\*|^~(?=\/|$)|(?<=[^\s>|])(?:>>?|\|\|?)(?=[^\s>|])/

/**
 * What only a shell understands in a command line, as written there; what is in quotes is not meant. `commands`: signs that
 * no program takes for a word of its own, such as `>`, `&&` and `;`. `words`: such as `$HOME`, `*` and `~`.
 */
export const shellSigns = (line: string): { commands: string[]; words: string[] } => {
  const words = splitShellWords(withoutQuoted(line).replaceAll('\\', meant)) ?? []
  const commands = words.flatMap((word, at) => {
    if (isOwnEnd(words, at)) return []
    return joins.exec(word)?.[0] ?? redirects.exec(word)?.[0] ?? (/[^;]+(;)$/.exec(word)?.[1] || [])
  })
  const expanded = words.flatMap(word =>
    joins.test(word) || redirects.test(word) ? [] : (expands.exec(word)?.[0] ?? []),
  )
  return { commands: [...new Set(commands)], words: [...new Set(expanded)] }
}
