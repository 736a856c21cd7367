import { refuse } from '../core/failure.ts'

/** One setting in ssh's own words: its keyword in lower case, its value as written, and that split into words. */
export type SshSetting = { keyword: string; value: string; words: string[] }

/** What the arguments of an ssh command line say: settings in their order, and the file that is read for more (`-F`). */
export type SshArguments = { settings: SshSetting[]; file?: string }

const SPACE = /\s/

/**
 * Splits a text into words as a shell does, without expansion: blanks separate words, single and double quotes group,
 * a backslash outside single quotes takes the next character as it is. Serves both for the words of a command line and
 * for the words within one ssh setting, which ssh splits by the same rules.
 *
 * @throws Refusal `usage-option` where a quote is not closed.
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
  if (quoted) refuse('usage-option', `a quote (${quoted}) is not closed`)
  return word === undefined ? words : [...words, word]
}

/** A command is taken as it stands, to the end of its line; of any other setting quotes and backslashes are undone. */
const COMMANDS = ['proxycommand', 'localcommand', 'remotecommand', 'knownhostscommand']

/** Name and value are separated by `=` or blanks (ssh_config(5)). */
export const sshSetting = (text: string): SshSetting => {
  const [, name = '', written = ''] = /^\s*([^\s=]+)\s*=?\s*(.*)$/s.exec(text) ?? []
  const keyword = name.toLowerCase()
  const value = written.trim()
  return { keyword, value, words: COMMANDS.includes(keyword) ? [value] : splitWords(value) }
}

const plain = (keyword: string, value: string): SshSetting => ({ keyword, value, words: [value] })

/** Flags with a value, and the setting that each of them is another word for. */
const VALUED: Record<string, string> = {
  b: 'bindaddress',
  B: 'bindinterface',
  c: 'ciphers',
  D: 'dynamicforward',
  i: 'identityfile',
  I: 'pkcs11provider',
  J: 'proxyjump',
  l: 'user',
  L: 'localforward',
  m: 'macs',
  p: 'port',
  P: 'tag',
  R: 'remoteforward',
  S: 'controlpath',
  w: 'tunneldevice',
}
/** Flags without a value that say something of the connection. */
const SWITCHES: Record<string, [string, string]> = {
  4: ['addressfamily', 'inet'],
  6: ['addressfamily', 'inet6'],
  a: ['forwardagent', 'no'],
  A: ['forwardagent', 'yes'],
  C: ['compression', 'yes'],
  k: ['gssapidelegatecredentials', 'no'],
  K: ['gssapiauthentication', 'yes'],
}
/** Flags that say how ssh talks to a person or to the terminal: nothing of that is asked of it here. */
const QUIET = 'fgMnNqsTtvxXyY'
const VALUED_QUIET = 'eE'

/**
 * Reads the arguments of an ssh command line by its own grammar: flags may be joined (`-Ca`), a value may be attached
 * (`-p22`) or be the next word.
 *
 * @throws Refusal `usage-option`: a flag that ssh does not have, or none at all: the host and the command are ours.
 */
export const parseSshArgs = (text: string): SshArguments => {
  const rest = splitWords(text)
  const found: SshArguments = { settings: [] }
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!/^-[^-]/.test(word)) refuse('usage-option', `"${word}" is no option of ssh`)
    for (let at = 1; at < word.length; at += 1) {
      const flag = word[at]!
      if (QUIET.includes(flag)) continue
      const [keyword, value] = SWITCHES[flag] ?? []
      if (keyword) {
        assign(found, keyword, value!)
        continue
      }
      takeValue(found, flag, word.slice(at + 1) || (rest.shift() ?? ''))
      break
    }
  }
  return found
}

/** Some flags put their value in place of whatever was said before. */
const assign = (found: SshArguments, keyword: string, value: string): void => {
  found.settings = [...found.settings.filter(one => one.keyword !== keyword), plain(keyword, value)]
}

const takeValue = (found: SshArguments, flag: string, value: string): void => {
  const keyword = VALUED[flag]
  if (!keyword && !VALUED_QUIET.includes(flag) && flag !== 'o' && flag !== 'F')
    refuse('usage-option', `-${flag} is no option that ssh has for a connection`)
  if (value === '') refuse('usage-option', `-${flag} has no value`)
  // Of several files the last one is read; of settings the first one counts.
  if (flag === 'F') found.file = value
  else if (flag === 'o') {
    const setting = sshSetting(value)
    if (setting.value === '') refuse('usage-option', `-o ${value} has no value`)
    found.settings.push(setting)
  } else if (flag === 'b') assign(found, 'bindaddress', value)
  else if (keyword) found.settings.push(plain(keyword, value))
}
