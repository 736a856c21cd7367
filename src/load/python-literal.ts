import { Dict, type Value } from '../jinja/value.ts'

/** Python itself takes no more brackets in one another. */
const DEEPEST = 200

/** What is no literal is a text. Most are, and an error would take note each time of where it comes from. */
const NO_LITERAL = Symbol('no literal')
const noLiteral = (): never => {
  throw NO_LITERAL
}

const DIGITS = '[0-9](?:_?[0-9])*'
const NUMBER = new RegExp(
  [
    `(?<float>(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?|${DIGITS}[eE][+-]?${DIGITS})`,
    '(?<based>0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)',
    '(?<whole>0(?:_?0)*|[1-9](?:_?[0-9])*)',
  ].join('|'),
  'y',
)
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy
const QUOTE = /([rRuUbB]|[rR][bB]|[bB][rR])?('''|"""|'|")/y
const ESCAPED: Record<string, string> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
const NAMED: Record<string, Value> = { True: true, False: false, None: null }

const character = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : noLiteral())

/** The escapes of a text; those that Python does not know stay as they are written. */
const unescaped = (inside: string, isBytes: boolean): string =>
  inside.replace(
    /\\(x[\da-fA-F]{0,2}|u[\da-fA-F]{0,4}|U[\da-fA-F]{0,8}|N|[0-7]{1,3}|[\s\S])/g,
    (whole, what: string) => {
      if (/^[0-7]/.test(what)) return character(Number.parseInt(what, 8) & (isBytes ? 0xff : 0xfff))
      if (what.startsWith('x')) return what.length === 3 ? character(Number.parseInt(what.slice(1), 16)) : noLiteral()
      if (!isBytes && what === 'N') return noLiteral()
      if (!isBytes && /^[uU]/.test(what))
        return what.length === (what[0] === 'u' ? 5 : 9) ? character(Number.parseInt(what.slice(1), 16)) : noLiteral()
      return ESCAPED[what] ?? whole
    },
  )

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0
  constructor(text: string) {
    this.#text = text
  }

  #skip(): void {
    while (/[ \t\f]/.test(this.#text[this.#at] ?? '')) this.#at += 1
    // Behind a literal, and between brackets that are never closed in one line, `#` begins a comment.
    if (this.#text[this.#at] === '#') this.#at = this.#text.length
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found) this.#at += found[0].length
    return found
  }

  #next(sign: string): boolean {
    this.#skip()
    if (!this.#text.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    return true
  }

  /** Values with commas between, up to the bracket that closes them. */
  #items(close: string, read: () => void): boolean {
    let hasComma = false
    for (;;) {
      if (this.#next(close)) return hasComma
      read()
      if (this.#next(',')) hasComma = true
      else if (this.#next(close)) return hasComma
      else noLiteral()
    }
  }

  #inside(read: () => Value): Value {
    this.#depth += 1
    if (this.#depth > DEEPEST) noLiteral()
    const value = read()
    this.#depth -= 1
    return value
  }

  #list(close: string, makesList: (hasComma: boolean, items: Value[]) => boolean): Value {
    const items: Value[] = []
    const hasComma = this.#items(close, () => items.push(this.#value()))
    return makesList(hasComma, items) ? items : items[0]!
  }

  /** A mapping; or a set, whose values are a list here. */
  #braces(): Value {
    const pairs: [Value, Value][] = []
    const items: Value[] = []
    this.#items('}', () => {
      const key = this.#value()
      if (this.#next(':')) pairs.push([key, this.#value()])
      else items.push(key)
    })
    if (items.length > 0 && pairs.length > 0) noLiteral()
    if ([...items, ...pairs.map(([key]) => key)].some(key => Array.isArray(key) || key instanceof Dict)) noLiteral()
    return items.length > 0 ? [...new Set(items)] : new Dict(pairs)
  }

  #quoted(): string | undefined {
    let whole: string | undefined
    let wasBytes: boolean | undefined
    for (;;) {
      this.#skip()
      const found = this.#match(QUOTE)
      if (!found) return whole
      const [, prefix = '', quote = ''] = found
      const isBytes = /b/i.test(prefix)
      if (wasBytes !== undefined && wasBytes !== isBytes) noLiteral()
      wasBytes = isBytes
      const begin = this.#at
      while (!this.#text.startsWith(quote, this.#at)) {
        this.#at += this.#text[this.#at] === '\\' ? 2 : 1
        if (this.#at >= this.#text.length) noLiteral()
      }
      const inside = this.#text.slice(begin, this.#at)
      this.#at += quote.length
      if (isBytes && /[^\x00-\x7f]/.test(inside)) noLiteral()
      whole = (whole ?? '') + (/r/i.test(prefix) ? inside : unescaped(inside, isBytes))
    }
  }

  #number(): Value | undefined {
    const groups = this.#match(NUMBER)?.groups
    if (!groups) return undefined
    // What goes on behind it would be another number, or no word of Python's.
    if (/[\p{L}\p{N}_.]/u.test(this.#text[this.#at] ?? '')) noLiteral()
    const written = (groups.float ?? groups.based ?? groups.whole!).replaceAll('_', '')
    return groups.float === undefined ? BigInt(written) : Number(written)
  }

  #signed(): Value {
    const isNegative = this.#next('-')
    if (!isNegative && !this.#next('+')) return this.#atom()
    this.#skip()
    // A number in brackets is one too.
    const isOpen = this.#next('(')
    const number = this.#number() ?? noLiteral()
    if (isOpen && !this.#next(')')) noLiteral()
    return isNegative ? -(number as number) : number
  }

  #atom(): Value {
    this.#skip()
    const number = this.#number()
    if (number !== undefined) return number
    const text = this.#quoted()
    if (text !== undefined) return text
    if (this.#next('...')) return '...'
    if (this.#next('(')) return this.#inside(() => this.#list(')', (hasComma, items) => hasComma || items.length === 0))
    if (this.#next('[')) return this.#inside(() => this.#list(']', () => true))
    if (this.#next('{')) return this.#inside(() => this.#braces())
    const word = this.#match(WORD)?.[0] ?? ''
    // The one call that is read: there is no other way to write a set without anything in it.
    if (word === 'set' && this.#next('(')) return this.#next(')') ? [] : noLiteral()
    return Object.hasOwn(NAMED, word) ? NAMED[word]! : noLiteral()
  }

  #value(): Value {
    this.#skip()
    return this.#signed()
  }

  /** The whole text: one value, or several with commas, which are a list. */
  read(): Value {
    const items = [this.#value()]
    let hasComma = false
    while (this.#next(',')) {
      hasComma = true
      this.#skip()
      if (this.#at >= this.#text.length) break
      items.push(this.#value())
    }
    this.#skip()
    if (this.#at < this.#text.length) noLiteral()
    return hasComma ? items : items[0]!
  }
}

/**
 * A text as Python's `ast.literal_eval` reads it, which is what Ansible makes of values in INI inventories: numbers, True,
 * False, None, quoted texts, lists, tuples (as lists), sets (as lists) and mappings of these; `#` begins a comment behind
 * them. Any other text is itself. Source of the grammar: Python's reference, "Lexical analysis" and "Literals".
 */
export const pythonLiteral = (text: string): Value => {
  // A word of any length, unless it is one of Python's, or the letters in front of a quote.
  if (/^[a-zA-Z_](?!(?:rue|alse|one|et)\b|[rRbB]?['"])/.test(text)) return text
  try {
    return new Reader(text.replace(/^[ \t]+/, '')).read()
  } catch (error) {
    if (error === NO_LITERAL) return text
    throw error
  }
}
