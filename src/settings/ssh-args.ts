/** What was understood of an ssh command line, or the first option of it that was not. */
export type SshOptions = { knownHosts?: string; unknown?: string }

const SPACE = /\s/

/**
 * Splits a text into words as a shell does, without expansion: blanks separate words, single and double quotes group,
 * a backslash outside single quotes takes the next character as it is. Serves both for the words of a command line and
 * for the file names within one ssh option, which ssh splits by the same rules.
 */
export const splitWords = (text: string): string[] => {
  const words: string[] = []
  let word: string | undefined
  let quoted = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!
    if (quoted) {
      if (char === quoted) quoted = ''
      else if (char === '\\' && quoted === '"' && /["\\$`]/.test(text[at + 1] ?? '')) word += text[++at]!
      else word += char
    } else if (SPACE.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word ??= ''
      if (char === '"' || char === "'") quoted = char
      else word += char === '\\' ? (text[++at] ?? '') : char
    }
  }
  return word === undefined ? words : [...words, word]
}

/**
 * `-o` takes its value from the same word or the next, and separates name and value by `=` or blanks (ssh_config(5)).
 */
const optionOf = (setting: string): { name: string; value: string } => {
  const [, name = setting, value = ''] = /^\s*([^\s=]+)\s*=?\s*(.*)$/s.exec(setting) ?? []
  return { name, value: value.trim() }
}

/** Reads ssh's arguments. Only UserKnownHostsFile is understood; as in ssh, the first one given counts. */
export const parseSshOptions = (text: string): SshOptions => {
  const words = splitWords(text)
  let knownHosts: string | undefined
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!
    if (!word.startsWith('-o')) return { unknown: word }
    const { name, value } = optionOf(word === '-o' ? (words[++at] ?? '') : word.slice(2))
    if (name.toLowerCase() !== 'userknownhostsfile' || value === '') return { unknown: name || word }
    knownHosts ??= value
  }
  return knownHosts === undefined ? {} : { knownHosts }
}
