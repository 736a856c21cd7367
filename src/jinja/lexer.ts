import type { Delimiters } from './delimiters.ts'
import { unescapeText } from './escapes.ts'
import { SPACE, SPACES_AT_END } from './space.ts'
import { SyntaxFault } from './syntax-fault.ts'

type Kind = 'data' | 'variable_begin' | 'variable_end' | 'block_begin' | 'block_end' | 'end'
/** A piece of a template. `at` is its offset, `length` how long it is written. An operator's kind is itself. */
export type Token = { at: number; length: number } & (
  | { kind: 'name' | 'text' | 'data'; value: string }
  | { kind: 'integer'; value: bigint }
  | { kind: 'float'; value: number }
  | { kind: Exclude<Kind, 'data'> }
  | { kind: 'operator'; value: string }
)

const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y
const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy
const TEXT = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y
const OPERATOR = /\*\*|\/\/|==|!=|>=|<=|[-+*/%~[\](){}><=.:|,;]/y
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' }

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')

/** The patterns of the parts of a template, which follow from how it is written: made once for all that are written so. */
const patternsOf = (how: Delimiters): Patterns => {
  const known = patterns.get(how) ?? makePatterns(how)
  patterns.set(how, known)
  return known
}
const patterns = new WeakMap<Delimiters, Patterns>()
type Patterns = ReturnType<typeof makePatterns>

const makePatterns = (how: Delimiters) => {
  const starts = [
    [how.blockStart, 'block'],
    [how.variableStart, 'variable'],
    [how.commentStart, 'comment'],
  ] as const
  const longestFirst = [...starts].sort(([a], [b]) => b.length - a.length)
  const [block, end] = [literally(how.blockStart), literally(how.blockEnd)]
  const comment = literally(how.commentEnd)
  const newline = how.trimBlocks ? '\\n?' : ''
  return {
    kinds: longestFirst.map(([, kind]) => kind),
    start: new RegExp(`(?:${longestFirst.map(([text]) => `(${literally(text)})`).join('|')})([-+]?)`, 'g'),
    raw: new RegExp(`${block}[-+]?${SPACE}*raw${SPACE}*(?:-${end}${SPACE}*|${end})`, 'y'),
    rawEnd: new RegExp(`${block}([-+]?)${SPACE}*endraw${SPACE}*(?:\\+${end}|-${end}${SPACE}*|${end}${newline})`, 'g'),
    commentEnd: new RegExp(`\\+${comment}|-${comment}${SPACE}*|${comment}${newline}`, 'g'),
    blockEnd: new RegExp(`\\+${end}|-${end}${SPACE}*|${end}${newline}`, 'y'),
    variableEnd: new RegExp(`-${literally(how.variableEnd)}${SPACE}*|${literally(how.variableEnd)}`, 'y'),
    spaces: new RegExp(`${SPACE}+`, 'y'),
    onlySpaces: new RegExp(`^${SPACE}*$`),
  }
}

/** Lines end with one character, and the last newline of a template goes, but where it is said that it stays. */
export const normalized = (text: string, { keepTrailingNewline }: Delimiters): string => {
  const lines = text.replace(/\r\n|\r/g, '\n')
  return !keepTrailingNewline && lines.endsWith('\n') ? lines.slice(0, -1) : lines
}

/** Reads a normalized text piece by piece. */
class Reader {
  readonly tokens: Token[] = []
  #at = 0
  /** Whether what follows begins a line, as far as what was read says. */
  #lineStarts = true
  readonly #text: string
  readonly #how: Delimiters
  readonly #patterns: Patterns

  constructor(text: string, how: Delimiters) {
    this.#text = text
    this.#how = how
    this.#patterns = patternsOf(how)
  }

  read(): Token[] {
    while (this.#at < this.#text.length) this.#readPart()
    this.tokens.push({ kind: 'end', at: this.#text.length, length: 0 })
    return this.tokens
  }

  #match(pattern: RegExp, at = this.#at): RegExpExecArray | null {
    pattern.lastIndex = at
    return pattern.exec(this.#text)
  }

  #data(text: string, at: number): void {
    if (text === '') return
    const { newline } = this.#how
    this.tokens.push({
      kind: 'data',
      value: newline === '\n' ? text : text.replaceAll('\n', newline),
      at,
      length: text.length,
    })
  }

  /** What stands before a part, without the white space that goes. */
  #before(text: string, sign: string | undefined, isStripped: boolean): string {
    if (sign === '-') return text.replace(SPACES_AT_END, '')
    if (sign === '+' || !isStripped) return text
    const line = text.lastIndexOf('\n') + 1
    return (line > 0 || this.#lineStarts) && this.#patterns.onlySpaces.test(text.slice(line))
      ? text.slice(0, line)
      : text
  }

  #readPart(): void {
    const { start, kinds, raw } = this.#patterns
    const [from, found] = [this.#at, this.#match(start)]
    if (!found) {
      this.#data(this.#text.slice(from), from)
      this.#at = this.#text.length
      return
    }
    const kind = kinds[found.slice(1, 4).findIndex(one => one !== undefined)]!
    const isStripped = this.#how.lstripBlocks && kind !== 'variable'
    this.#data(this.#before(this.#text.slice(from, found.index), found[4], isStripped), from)
    const rawBegin = kind === 'block' ? this.#match(raw, found.index) : null
    this.#pass(rawBegin ?? found)
    if (kind === 'comment') this.#pass(this.#need(this.#patterns.commentEnd, found.index, 'A comment is not closed.'))
    else if (rawBegin) this.#readRaw(found.index)
    else this.#readCode(kind, found)
  }

  #pass(match: RegExpExecArray): void {
    this.#at = match.index + match[0].length
    this.#lineStarts = match[0].endsWith('\n')
  }

  #need(pattern: RegExp, from: number, what: string): RegExpExecArray {
    const found = this.#match(pattern)
    if (!found) throw new SyntaxFault(what, from, 2)
    return found
  }

  #readRaw(from: number): void {
    const at = this.#at
    const end = this.#need(this.#patterns.rawEnd, from, 'A raw block is not closed: endraw is missing.')
    this.#data(this.#before(this.#text.slice(at, end.index), end[1], this.#how.lstripBlocks), at)
    this.#pass(end)
  }

  #readCode(kind: 'block' | 'variable', begin: RegExpExecArray): void {
    const end = kind === 'block' ? this.#patterns.blockEnd : this.#patterns.variableEnd
    this.tokens.push({ kind: `${kind}_begin`, at: begin.index, length: begin[0].length })
    const open: { closing: string; at: number }[] = []
    for (;;) {
      const closed = open.length === 0 ? this.#match(end) : null
      if (closed) {
        this.tokens.push({ kind: `${kind}_end`, at: this.#at, length: closed[0].trimEnd().length })
        this.#pass(closed)
        return
      }
      const spaces = this.#match(this.#patterns.spaces)
      if (spaces) {
        this.#at += spaces[0].length
        continue
      }
      if (this.#at >= this.#text.length) {
        const written = kind === 'block' ? this.#how.blockStart : this.#how.variableStart
        throw new SyntaxFault(`"${written}" is not closed.`, begin.index, written.length)
      }
      this.#readToken(kind, open)
    }
  }

  #readToken(kind: 'block' | 'variable', open: { closing: string; at: number }[]): void {
    const at = this.#at
    const found =
      this.#match(FLOAT) ?? this.#match(INTEGER) ?? this.#match(NAME) ?? this.#match(TEXT) ?? this.#match(OPERATOR)
    if (!found) throw new SyntaxFault(`"${String.fromCodePoint(this.#text.codePointAt(at)!)}" cannot stand here.`, at)
    const [written] = found
    const place = { at, length: written.length }
    this.#at += written.length
    const first = written[0]!
    if (first === "'" || first === '"')
      this.tokens.push({ kind: 'text', value: this.#textOf(written, kind, at), ...place })
    else if (/\d/.test(first)) this.tokens.push({ ...numberToken(written), ...place })
    else if (/^[\p{ID_Start}_]/u.test(written)) this.tokens.push({ kind: 'name', value: written, ...place })
    else {
      this.#balance(written, at, open)
      this.tokens.push({ kind: 'operator', value: written, ...place })
    }
  }

  #textOf(written: string, kind: 'block' | 'variable', at: number): string {
    const inside = written.slice(1, -1).replaceAll('\n', this.#how.newline)
    return kind === 'variable' && this.#how.backslashes === 'literal' ? inside : unescapeText(inside, at + 1)
  }

  #balance(operator: string, at: number, open: { closing: string; at: number }[]): void {
    const closing = CLOSING[operator]
    if (closing !== undefined) open.push({ closing, at })
    if (operator !== ')' && operator !== ']' && operator !== '}') return
    const expected = open.pop()
    if (expected?.closing === operator) return
    const wanted = expected ? `, "${expected.closing}" was expected` : ''
    throw new SyntaxFault(`"${operator}" closes nothing here${wanted}.`, at)
  }
}

const numberToken = (written: string): { kind: 'float'; value: number } | { kind: 'integer'; value: bigint } => {
  const plain = written.replaceAll('_', '')
  const isFloat = /^\d+(\.|[eE])/.test(plain)
  return isFloat ? { kind: 'float', value: Number(plain) } : { kind: 'integer', value: BigInt(plain) }
}

/** The pieces of a normalized text, in order, an `end` last. Throws a SyntaxFault where it cannot be read. */
export const templateTokens = (text: string, how: Delimiters): Token[] => new Reader(text, how).read()
