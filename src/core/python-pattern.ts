// A pattern of Python's `re`, as Ansible's users write them, in JavaScript's words (with the flag `v`). What looks alike
// and means something else is translated; what is not known is refused by name: it would silently match nothing.

import { EndingPattern } from './ending-pattern.ts'

type Flags = { m: boolean; s: boolean }
const word = '\\p{L}\\p{N}_'
/** What a class stands for, to be put into brackets. */
const classes: Record<string, string> = { w: word, d: '\\p{Nd}', s: '\\t-\\r\\x1c-\\x20\\x85\\p{Z}' }
const edges = { start: '(?<![\\s\\S])', end: '(?![\\s\\S])' }
const atWord = `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`
const assertions: Record<string, string> = {
  A: edges.start,
  Z: edges.end,
  z: edges.end,
  b: atWord,
  B: `(?!${atWord})`,
}
/** What an escape stands for in patterns and in replacements. */
export const escapedCharacters: Record<string, string> = {
  a: '\x07',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

const refuseWord = (words: string): never => {
  throw new SyntaxError(`${words} is not understood`)
}

/** A character as itself, wherever it stands. */
const literal = (char: string): string => `\\u{${char.codePointAt(0)!.toString(16)}}`

/** An escape that stands for one character, as that; undefined for any other. `text` is what follows the backslash. */
const characterOf = (text: string): string | undefined => {
  if (/^(x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8})$/i.test(text))
    return String.fromCodePoint(Number.parseInt(text.slice(1), 16))
  if (/^(0[0-7]{0,2}|[0-3][0-7]{2})$/.test(text)) return String.fromCodePoint(Number.parseInt(text, 8))
  return escapedCharacters[text] ?? (/^[^\da-zA-Z]$/su.test(text) ? text : undefined)
}

const classOf = (text: string): string | undefined => {
  const found = classes[text.toLowerCase()]
  return found && (text === text.toLowerCase() ? `[${found}]` : `[^${found}]`)
}

const escaped = (text: string): string => {
  const char = characterOf(text)
  if (char !== undefined) return literal(char)
  const found = classOf(text) ?? assertions[text] ?? (/^\d+$/.test(text) ? `(?:\\${text})` : undefined)
  return found ?? refuseWord(`\\${text}`)
}

const escapes = 'x[\\da-fA-F]{2}|u[\\da-fA-F]{4}|U[\\da-fA-F]{8}|0[0-7]{0,2}|[0-3][0-7]{2}|[1-9]\\d?|[\\s\\S]'

const inBrackets = new RegExp(`\\\\(?:${escapes})|[\\s\\S]`, 'gu')

/** What stands between brackets: characters, ranges of them, classes. */
const bracketed = (token: string): string => {
  const [, not, inside] = /^\[(\^?)([\s\S]*)\]$/.exec(token)!
  const items = inside!.match(inBrackets) ?? []
  const made = items.map((item, i) => {
    if (item === '-' && i > 0 && i < items.length - 1) return '-'
    const char = item === '\\b' ? '\b' : item.startsWith('\\') ? characterOf(item.slice(1)) : item
    return char === undefined ? (classOf(item.slice(1)) ?? refuseWord(item)) : literal(char)
  })
  return `[${not}${made.join('')}]`
}

const repeated = (token: string): string => {
  const [, low, comma, high] = /^\{(\d*)(,?)(\d*)\}$/.exec(token)!
  return low === '' && comma === '' ? '\\{\\}' : `{${low || '0'}${comma}${high}}`
}

const opening = (token: string): string => {
  if (token.startsWith('(?P<')) return `(?<${token.slice(4)}`
  if (token.startsWith('(?P=')) return `(?:\\k<${token.slice(4, -1)}>)`
  if (token.startsWith('(?#')) return '(?:)'
  return /^\((\?(:|=|!|<=|<!|-?i:))?$/.test(token) ? token : refuseWord(token)
}

const plain = (token: string, { m, s }: Flags): string => {
  if (token === '^') return m ? '(?<![^\\n])' : edges.start
  if (token === '$') return m ? '(?![^\\n])' : `(?=\\n?${edges.end})`
  if (token === '.') return s ? '[\\s\\S]' : '[^\\n]'
  return /^[|)*+?]$/.test(token) ? token : literal(token)
}

const tokens = new RegExp(
  [
    `\\\\(?:${escapes})`,
    '\\(\\?P<\\w+>|\\(\\?P=\\w+\\)|\\(\\?#[^)]*\\)|\\(\\?<[=!]|\\(\\?-?i:|\\(\\?<|\\(\\?[\\s\\S]?|\\(',
    '\\{\\d*,?\\d*\\}',
    '\\[\\^?\\]?(?:\\\\[\\s\\S]|[^\\]\\\\])*\\]',
    '[\\s\\S]',
  ].join('|'),
  'gu',
)

/** The source of a pattern in JavaScript, with the flag `v`. Throws a SyntaxError that names what is not understood. */
const fromPython = (text: string, flags: Flags): string =>
  [...text.matchAll(tokens)]
    .map(([token]) => {
      if (token === '\\') return refuseWord('a \\ at the end')
      if (token.startsWith('\\')) return escaped(token.slice(1))
      if (token.startsWith('(')) return opening(token)
      if (token === '[') return refuseWord('a [ that is not closed')
      if (token.startsWith('[')) return bracketed(token)
      return token.length > 2 || token === '{}' ? repeated(token) : plain(token, flags)
    })
    .join('')

/**
 * A regular expression that a user wrote, as Python reads it, or in words why it is none. `(?ims)` may stand at its front;
 * `more` are flags besides. It
 * ends on any text, and where it would not the task fails. Here and not in a module, because modules have no `try`: it would swallow unknowns.
 */
export const pattern = (text: string, more = ''): RegExp | string => {
  const [, own = '', source = text] = /^\(\?([ims]+)\)(.*)$/s.exec(text) ?? []
  const flags = new Set(own + more)
  const passed = [...flags].filter(flag => flag !== 'm' && flag !== 's').join('')
  // The engine of expressions tells what is wrong by throwing; there is no other way to ask it.
  try {
    return new EndingPattern(fromPython(source, { m: flags.has('m'), s: flags.has('s') }), `v${passed}`, text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const { message } = error
    return message.startsWith('Invalid regular expression: ') ? message.replace(/^.*: /s, '') : message
  }
}
