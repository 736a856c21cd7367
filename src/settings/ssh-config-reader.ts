import { readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { textIfReadable } from '../core/controller-file.ts'
import { matchesGlob } from '../core/ending-pattern.ts'
import { attempt, type Origin } from '../core/failure.ts'
import { type SshSetting, sshSetting } from './ssh-args.ts'

/** A line that says something, and where it stands. */
export type SshConfigLine = SshSetting & { origin: Origin }
type Criterion = { name: string; isNot: boolean; patterns: string[] }
type Item =
  | { is: 'setting'; line: SshConfigLine }
  | { is: 'host'; patterns: string[] }
  | { is: 'match'; criteria: Criterion[] }
  | { is: 'include'; items: Item[] }

/** What Match asks about: the address, and what was said before any file. */
export type SshConfigQuestion = { address: string; said: SshSetting[] }

/** Something in a file that only ssh itself can follow. */
class BeyondReading extends Error {}

const DEEPEST = 16
const BESIDES = ['all', 'host', 'originalhost', 'user', 'localuser']

/** Any of several patterns, unless one with `!` matches. */
const matchesList = (patterns: string[], text: string): boolean =>
  patterns.some(pattern => !pattern.startsWith('!') && matchesGlob(pattern, text)) &&
  !patterns.some(pattern => pattern.startsWith('!') && matchesGlob(pattern.slice(1), text))

const criteriaOf = (words: string[]): Criterion[] => {
  const criteria: Criterion[] = []
  const rest = words.flatMap(word => {
    const [name, ...value] = word.split('=')
    return value.length > 0 ? [name!, value.join('=')] : [word]
  })
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const name = word.replace(/^!/, '').toLowerCase()
    if (!BESIDES.includes(name)) throw new BeyondReading()
    const patterns = name === 'all' ? [] : (rest.shift() ?? '').split(',')
    criteria.push({ name, isNot: word.startsWith('!'), patterns })
  }
  return criteria
}

/** The files that an Include names: in the folder of the user's or the machine's files unless it says where. */
const filesNamed = (word: string, folder: string): string[] => {
  if (/[%$[\]{}\\]/.test(word)) throw new BeyondReading()
  const named = word.replace(/^~(?=\/)/, userInfo().homedir)
  const path = isAbsolute(named) ? named : join(folder, named)
  if (!/[*?]/.test(path)) return [path]
  if (/[*?]/.test(dirname(path))) throw new BeyondReading()
  try {
    const names = readdirSync(dirname(path)).sort()
    // As a shell has it, a star is no leading dot.
    const fits = names.filter(
      name => matchesGlob(basename(path), name) && (basename(path).startsWith('.') || !name.startsWith('.')),
    )
    return fits.map(name => join(dirname(path), name))
  } catch {
    return []
  }
}

const itemsOf = (file: string, folder: string, depth = 0): Item[] => {
  if (depth > DEEPEST) throw new BeyondReading()
  const text = textIfReadable(file)
  if (text === undefined) return []
  return text.split('\n').flatMap((written, index): Item[] => {
    if (/^\s*(#|$)/.test(written)) return []
    // Of a line that ssh refuses it is ssh that says why.
    const { value: setting } = attempt(() => sshSetting(written.trimEnd()))
    if (setting === undefined) throw new BeyondReading()
    // A quoted `#` is none that begins a comment; a bare one is.
    const comment = setting.words.findIndex(word => word.startsWith('#'))
    const words = comment > 0 ? setting.words.slice(0, comment) : setting.words
    const { keyword } = setting
    if (keyword === 'host') return [{ is: 'host', patterns: words }]
    if (keyword === 'match') return [{ is: 'match', criteria: criteriaOf(words) }]
    if (keyword === 'include')
      return words
        .flatMap(word => filesNamed(word, folder))
        .map(each => ({ is: 'include', items: itemsOf(each, folder, depth + 1) }))
    if (keyword.startsWith('canonical') && keyword !== 'canonicalizefallbacklocal') throw new BeyondReading()
    const value = comment > 0 ? words.join(' ') : setting.value
    return [{ is: 'setting', line: { keyword, value, words, origin: { file, line: index + 1, column: 1 } } }]
  })
}

/** In Match, and not in Host, names of hosts are written in any case. */
const folded = (name: string, patterns: string[]): string[] =>
  name.endsWith('host') ? patterns.map(pattern => pattern.toLowerCase()) : patterns

/** The lines of parsed files that hold for one address, in the order in which they count. */
const linesFor = (items: Item[][], { address, said }: SshConfigQuestion): SshConfigLine[] => {
  const lines: SshConfigLine[] = []
  const first = (keyword: string): string | undefined =>
    [...said, ...lines].find(one => one.keyword === keyword)?.words.join(' ')
  const subjectOf = (name: string): string => {
    if (name === 'originalhost') return address
    if (name === 'localuser') return userInfo().username
    if (name === 'user') return first('user') ?? userInfo().username
    return (first('hostname') ?? address).replaceAll('%h', address).replaceAll('%%', '%')
  }
  const holds = ({ name, isNot, patterns }: Criterion): boolean =>
    (name === 'all' || matchesList(folded(name, patterns), subjectOf(name))) !== isNot
  const walk = (all: Item[], from: boolean): void => {
    let isActive = from
    for (const item of all) {
      if (item.is === 'include') walk(item.items, isActive)
      else if (item.is === 'setting') {
        if (isActive) lines.push(item.line)
      } else isActive = from && (item.is === 'host' ? matchesList(item.patterns, address) : item.criteria.every(holds))
    }
  }
  for (const file of items) walk(file, true)
  return lines
}

/** What files say of an address, line by line. */
export type SshConfigReader = (question: SshConfigQuestion) => SshConfigLine[]

/**
 * Reads files of ssh_config once, for any number of addresses; undefined where there is something in them that only ssh
 * can follow (`Match exec`, `CanonicalizeHostname`, …). `files` are those of ssh, or the one that is named in their place.
 */
export const createSshConfigReader = (file?: string): SshConfigReader | undefined => {
  const own = join(userInfo().homedir, '.ssh')
  const files =
    file === undefined
      ? [
          [join(own, 'config'), own],
          ['/etc/ssh/ssh_config', '/etc/ssh'],
        ]
      : [[file, own]]
  try {
    const items = files.map(([path, folder]) => itemsOf(path!, folder!))
    return question => linesFor(items, question)
  } catch (error) {
    if (error instanceof BeyondReading) return undefined
    throw error
  }
}
