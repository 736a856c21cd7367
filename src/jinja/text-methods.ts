import { iterate } from './iterate.ts'
import type { Method } from './methods.ts'
import { SPACE, SPACES_AT_END, SPACES_AT_START } from './space.ts'
import { tupleOf, type Value, ValueFault } from './value.ts'

const integer = (value: Value | undefined, usual: number): number => {
  if (value === undefined || value === null) return usual
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  throw new ValueFault('A whole number was expected.')
}
const string = (value: Value): string => {
  if (typeof value === 'string') return value
  throw new ValueFault('A text was expected.')
}

const pad = (text: string, width: Value, fill: Value = ' ') => {
  const missing = Math.max(0, integer(width, 0) - [...text].length)
  return { missing, fill: string(fill) }
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
/** A text without these characters, or without white space, at its ends. */
const stripOf =
  (ends: 'both' | 'left' | 'right'): Method =>
  (text: string, characters: Value = null) => {
    const set = characters === null ? SPACE : `[${literal(string(characters))}]`
    if (set === '[]') return text
    const left =
      ends === 'right' ? text : text.replace(characters === null ? SPACES_AT_START : new RegExp(`^${set}+`, 'u'), '')
    return ends === 'left'
      ? left
      : left.replace(characters === null ? SPACES_AT_END : new RegExp(`(?<!${set})${set}+$`, 'u'), '')
  }

const spaces = new RegExp(`${SPACE}+`)
const splitBySpace = (text: string, most: number): string[] => {
  const parts: string[] = []
  let rest = text.replace(SPACES_AT_START, '')
  while (rest !== '') {
    const found = parts.length === most ? null : spaces.exec(rest)
    parts.push(found ? rest.slice(0, found.index) : parts.length === most ? rest : rest)
    rest = found ? rest.slice(found.index + found[0].length) : ''
  }
  return parts
}

const split: Method = (text: string, separator: Value = null, most: Value = -1n) => {
  const limit = integer(most, -1)
  if (separator === null) {
    const parts = splitBySpace(text, limit)
    return limit < 0 ? parts : parts.map((part, at) => (at < limit ? part : part.replace(SPACES_AT_END, '') && part))
  }
  const between = string(separator)
  if (between === '') throw new ValueFault('empty separator')
  const parts = text.split(between)
  return limit < 0 || parts.length <= limit ? parts : [...parts.slice(0, limit), parts.slice(limit).join(between)]
}

const rsplit: Method = (text: string, separator: Value = null, most: Value = -1n) => {
  const limit = integer(most, -1)
  if (separator === null) {
    const reversed = (one: string) => [...one].reverse().join('')
    return splitBySpace(reversed(text), limit).map(reversed).reverse()
  }
  const between = string(separator)
  if (between === '') throw new ValueFault('empty separator')
  const parts = text.split(between)
  if (limit < 0 || parts.length <= limit) return parts
  const kept = parts.length - limit
  return [parts.slice(0, kept).join(between), ...parts.slice(kept)]
}

/** The lines of a text as Python tells them: at more than the newline. */
/** Each tab as spaces up to the next column that is a multiple of its width. */
const expandtabs: Method = (text: string, size: Value = 8n) => {
  const width = integer(size, 8)
  let column = 0
  return text.replace(/[^\t\n\r]+|\t|[\n\r]/g, found => {
    if (found === '\t') {
      const spaces = width > 0 ? width - (column % width) : 0
      column += spaces
      return ' '.repeat(spaces)
    }
    column = /[\n\r]/.test(found) ? 0 : column + [...found].length
    return found
  })
}

const splitlines: Method = (text: string, keeps: Value = false) => {
  const lines = text.match(/[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|$)/g) ?? []
  const found = lines.at(-1) === '' ? lines.slice(0, -1) : lines
  return keeps === true ? found : found.map(line => line.replace(/(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/, ''))
}

const within = (text: string, start: Value | undefined, stop: Value | undefined) => {
  const characters = [...text]
  const bound = (value: Value | undefined, usual: number) => {
    const at = integer(value, usual)
    return Math.max(0, Math.min(characters.length, at < 0 ? at + characters.length : at))
  }
  const from = bound(start, 0)
  return { from, text: characters.slice(from, bound(stop, characters.length)).join('') }
}

const found = (how: 'indexOf' | 'lastIndexOf') => (text: string, part: Value, start?: Value, stop?: Value) => {
  const window = within(text, start, stop)
  const at = window.text[how](string(part))
  return at < 0 ? -1 : window.from + [...window.text.slice(0, at)].length
}
const find = found('indexOf')
const rfind = found('lastIndexOf')
const mustBeFound = (at: number): bigint => {
  if (at < 0) throw new ValueFault('substring not found')
  return BigInt(at)
}

const begins =
  (how: 'startsWith' | 'endsWith'): Method =>
  (text: string, part: Value, start?: Value, stop?: Value) => {
    const window = within(text, start, stop).text
    return Array.isArray(part) ? part.some(one => window[how](string(one))) : window[how](string(part))
  }

const partition =
  (how: 'indexOf' | 'lastIndexOf'): Method =>
  (text: string, separator: Value) => {
    const at = text[how](string(separator))
    const parts = [text.slice(0, at), string(separator), text.slice(at + string(separator).length)]
    return tupleOf(at >= 0 ? parts : how === 'indexOf' ? [text, '', ''] : ['', '', text])
  }

const CASED = /\p{L}+(?:'\p{L}+)*/gu
const capitalized = (text: string): string => {
  const [first = '', ...rest] = text
  return first.toUpperCase() + rest.join('').toLowerCase()
}
const titled = (text: string): string => text.replace(/\p{L}+/gu, word => capitalized(word))

const matches =
  (pattern: RegExp): Method =>
  (text: string) =>
    pattern.test(text)

const replace: Method = (text: string, from: Value, to: Value, most: Value = -1n) => {
  const limit = integer(most, -1)
  if (limit < 0) return text.replaceAll(string(from), () => string(to))
  const parts = text.split(string(from))
  const count = Math.min(limit, parts.length - 1)
  return [...parts.slice(0, count).map(part => part + string(to)), parts.slice(count).join(string(from))].join('')
}

const zfill: Method = (text: string, width: Value) => {
  const { missing } = pad(text, width)
  const sign = /^[-+]/.exec(text)?.[0] ?? ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}

const center: Method = (text: string, width: Value, fill?: Value) => {
  const { missing, fill: filler } = pad(text, width, fill)
  // Python puts the odd one on the left where the width is odd.
  const left = Math.floor(missing / 2) + (missing & integer(width, 0) & 1)
  return filler.repeat(left) + text + filler.repeat(missing - left)
}

/** Methods of texts, each with its parameters; `format` is where members are looked up. */
export const textMethods: Record<string, [parameters: string[], run: Method]> = {
  capitalize: [[], (text: string) => capitalized(text)],
  center: [['width', 'fillchar?'], center],
  count: [['sub'], (text: string, part: Value) => BigInt(text.split(string(part)).length - 1)],
  endswith: [['suffix', 'start?', 'end?'], begins('endsWith')],
  find: [
    ['sub', 'start?', 'end?'],
    (text: string, part: Value, start?: Value, stop?: Value) => BigInt(find(text, part, start, stop)),
  ],
  index: [
    ['sub', 'start?', 'end?'],
    (text: string, part: Value, start?: Value, stop?: Value) => mustBeFound(find(text, part, start, stop)),
  ],
  isalnum: [[], matches(/^[\p{L}\p{N}]+$/u)],
  isalpha: [[], matches(/^\p{L}+$/u)],
  isdigit: [[], matches(/^\p{Nd}+$/u)],
  isdecimal: [[], matches(/^\p{Nd}+$/u)],
  isnumeric: [[], matches(/^\p{N}+$/u)],
  islower: [[], (text: string) => text === text.toLowerCase() && text !== text.toUpperCase()],
  isupper: [[], (text: string) => text === text.toUpperCase() && text !== text.toLowerCase()],
  isspace: [[], matches(new RegExp(`^${SPACE}+$`))],
  istitle: [[], (text: string) => CASED.test(text) && titled(text) === text],
  join: [
    ['iterable'],
    (text: string, list: Value) =>
      iterate(list)
        .map(one => string(one))
        .join(text),
  ],
  ljust: [
    ['width', 'fillchar?'],
    (text: string, width: Value, fill?: Value) => {
      const { missing, fill: filler } = pad(text, width, fill)
      return text + filler.repeat(missing)
    },
  ],
  lower: [[], (text: string) => text.toLowerCase()],
  lstrip: [['chars?'], stripOf('left')],
  partition: [['sep'], partition('indexOf')],
  removeprefix: [
    ['prefix'],
    (text: string, prefix: Value) => (text.startsWith(string(prefix)) ? text.slice(string(prefix).length) : text),
  ],
  removesuffix: [
    ['suffix'],
    (text: string, suffix: Value) =>
      suffix !== '' && text.endsWith(string(suffix)) ? text.slice(0, -string(suffix).length) : text,
  ],
  replace: [['old', 'new', 'count?'], replace],
  rfind: [
    ['sub', 'start?', 'end?'],
    (text: string, part: Value, start?: Value, stop?: Value) => BigInt(rfind(text, part, start, stop)),
  ],
  rindex: [
    ['sub', 'start?', 'end?'],
    (text: string, part: Value, start?: Value, stop?: Value) => mustBeFound(rfind(text, part, start, stop)),
  ],
  rjust: [
    ['width', 'fillchar?'],
    (text: string, width: Value, fill?: Value) => {
      const { missing, fill: filler } = pad(text, width, fill)
      return filler.repeat(missing) + text
    },
  ],
  rpartition: [['sep'], partition('lastIndexOf')],
  rsplit: [['sep?', 'maxsplit?'], rsplit],
  rstrip: [['chars?'], stripOf('right')],
  split: [['sep?', 'maxsplit?'], split],
  expandtabs: [['tabsize?'], expandtabs],
  splitlines: [['keepends?'], splitlines],
  startswith: [['prefix', 'start?', 'end?'], begins('startsWith')],
  strip: [['chars?'], stripOf('both')],
  swapcase: [
    [],
    (text: string) =>
      [...text].map(one => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase())).join(''),
  ],
  title: [[], (text: string) => titled(text)],
  upper: [[], (text: string) => text.toUpperCase()],
  zfill: [['width'], zfill],
}
