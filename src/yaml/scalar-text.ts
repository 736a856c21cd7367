import { type Cursor, isBlank, isBreak, isBreakOrEnd, isGap, YamlFault, type YamlSpot } from './cursor.ts'

/**
 * The text of a scalar as it is meant, and where it begins: inside of quotes, in the first line of a block. `length` is that
 * of its first line as it is written.
 */
export type ScalarText = { text: string; spot: YamlSpot; length: number }

/** White space between two words: what is left of it in the value. Lines are folded, empty ones stay. */
class Folding {
  #blanks = ''
  #first = ''
  #others = ''
  isBroken = false

  /** Passes white space. `check` is asked before each blank behind a break. */
  pass(cursor: Cursor, check?: () => void): void {
    while (true) {
      const char = cursor.look()
      if (isBlank(char)) {
        if (this.isBroken) check?.()
        else this.#blanks += char
        cursor.skip()
      } else if (char !== undefined && isBreak(char)) this.#break(cursor.skipBreak())
      else return
    }
  }

  #break(char: string): void {
    if (this.isBroken) this.#others += char
    else this.#first = char
    this.isBroken = true
  }

  take(): string {
    const folded = this.#first === '\n' ? this.#others || ' ' : this.#first + this.#others
    const text = this.isBroken ? folded : this.#blanks
    this.#blanks = this.#first = this.#others = ''
    this.isBroken = false
    return text
  }

  /** Behind a break that was escaped, what follows is only indentation. */
  breakSilently(): void {
    this.isBroken = true
  }
}

/** How much of what was passed since an offset stands in its first line. */
const firstLineOf = (written: string): number => /^[^\n\r\x85\u2028\u2029]*/.exec(written)![0].length

const BEHIND_COLON = new Set(',?[]{}')
const ENDS_IN_FLOW = new Set(',[]{}')

/** Whether a word without quotes ends here. */
const isPlainEnd = (cursor: Cursor, isFlow: boolean, start: YamlSpot): boolean => {
  const char = cursor.look()!
  if (char === ':') {
    if (isGap(cursor.look(1))) return true
    if (isFlow && BEHIND_COLON.has(cursor.look(1)!))
      throw new YamlFault(
        `a ":" stands right before "${cursor.look(1)}"`,
        start,
        'Put a space behind the colon, or quotes around the text.',
      )
  }
  return isFlow && ENDS_IN_FLOW.has(char)
}

/**
 * A text without quotes. `indent`: the column that lines after the first have to reach in a block; `endsLine`: whether it was
 * followed by the end of its line.
 */
export const plainText = (cursor: Cursor, indent: number, isFlow: boolean): ScalarText & { endsLine: boolean } => {
  const { spot, at } = cursor
  const folding = new Folding()
  let text = ''
  let length = 0
  const noTab = (): void => {
    if (cursor.column < indent && cursor.look() === '\t')
      throw new YamlFault(
        'a tab stands where a line is indented',
        cursor.spot,
        'Indent with spaces, YAML does not allow tabs.',
      )
  }
  while (!cursor.isAtMark() && cursor.look() !== '#') {
    const start = cursor.at
    while (!isGap(cursor.look()) && !isPlainEnd(cursor, isFlow, spot)) cursor.skip()
    if (cursor.at > start) {
      text += folding.take() + cursor.since(start)
      if (cursor.line === spot.line) length = cursor.at - at
    }
    if (!isBlank(cursor.look()) && !isBreak(cursor.look())) break
    folding.pass(cursor, noTab)
    if (!isFlow && cursor.column < indent) break
  }
  return { text, spot, length, endsLine: folding.isBroken }
}

const ESCAPES: Record<string, string> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}
const CODES: Record<string, number> = { x: 2, u: 4, U: 8 }

/** What a backslash and the sign behind it stand for; both are passed. */
const escaped = (cursor: Cursor): string => {
  const { spot } = cursor
  const sign = cursor.look(1)!
  const length = CODES[sign]
  if (length === undefined) {
    if (!Object.hasOwn(ESCAPES, sign))
      throw new YamlFault(
        `"\\${sign}" means nothing in double quotes`,
        spot,
        `Write "\\\\${sign}", or use single quotes.`,
      )
    cursor.skip(2)
    return ESCAPES[sign]!
  }
  cursor.skip(2)
  const { at } = cursor
  for (let count = 0; count < length; count++) {
    if (!/[\da-fA-F]/.test(cursor.look() ?? ''))
      throw new YamlFault(`"\\${sign}" wants ${length} hexadecimal digits`, spot)
    cursor.skip()
  }
  const code = Number.parseInt(cursor.since(at), 16)
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    throw new YamlFault(`"\\${sign}${cursor.since(at)}" is no character`, spot)
  return String.fromCodePoint(code)
}

/** Everything up to white space or the quote at the end. True where the last of it was an escaped break. */
const quotedWord = (cursor: Cursor, quote: string, add: (text: string) => void): boolean => {
  while (!isGap(cursor.look())) {
    const char = cursor.look()!
    const next = cursor.look(1)
    if (char === "'" && quote === "'" && next === "'") {
      add("'")
      cursor.skip(2)
    } else if (char === quote) return false
    else if (char !== '\\' || quote === "'") {
      add(char)
      cursor.skip()
    } else if (next !== undefined && isBreak(next)) {
      cursor.skip()
      cursor.skipBreak()
      return true
    } else if (next === undefined) throw new YamlFault('a quoted text does not end', cursor.spot)
    else add(escaped(cursor))
  }
  return false
}

/** A text in quotes; the cursor stands on the first of them. */
export const quotedText = (cursor: Cursor): ScalarText => {
  const quote = cursor.look()!
  const opened = cursor.spot
  cursor.skip()
  const { spot, at } = cursor
  const folding = new Folding()
  let text = ''
  while (true) {
    if (cursor.isAtMark()) throw new YamlFault('a document ends inside of a quoted text', cursor.spot)
    if (cursor.look() === undefined)
      throw new YamlFault('a quoted text does not end', opened, `Close it with ${quote}.`)
    const isEscaped = quotedWord(cursor, quote, more => {
      text += more
    })
    if (cursor.look() === quote) break
    if (isEscaped) folding.breakSilently()
    folding.pass(cursor)
    text += folding.take()
  }
  const length = firstLineOf(cursor.since(at))
  cursor.skip()
  return { text, spot, length }
}

type BlockHeader = { chomping: '+' | '-' | undefined; increment: number }

const blockHeader = (cursor: Cursor): BlockHeader => {
  const { spot } = cursor
  const header: BlockHeader = { chomping: undefined, increment: 0 }
  cursor.skip()
  for (let count = 0; count < 2; count++) {
    const char = cursor.look()
    if ((char === '+' || char === '-') && header.chomping === undefined) header.chomping = char
    else if (char !== undefined && /\d/.test(char) && header.increment === 0) {
      if (char === '0') throw new YamlFault('the lines of a block cannot be indented by 0', spot)
      header.increment = Number(char)
    } else break
    cursor.skip()
  }
  cursor.skipRest()
  if (!isBreakOrEnd(cursor.look()))
    throw new YamlFault(
      'text stands in the line that a block begins in',
      cursor.spot,
      'Begin the text in the next line.',
    )
  if (cursor.look() !== undefined) cursor.skipBreak()
  return header
}

/** Passes empty lines and indentation, down to `indent` where that is known; says which breaks there were, and how far it went. */
const blockBreaks = (cursor: Cursor, indent: number): { breaks: string; widest: number } => {
  let breaks = ''
  let widest = 0
  const isBefore = (): boolean => indent === 0 || cursor.column < indent
  while (true) {
    while (isBefore() && cursor.look() === ' ') cursor.skip()
    widest = Math.max(widest, cursor.column)
    if (isBefore() && cursor.look() === '\t')
      throw new YamlFault(
        'a tab stands where a line is indented',
        cursor.spot,
        'Indent with spaces, YAML does not allow tabs.',
      )
    if (cursor.look() === undefined || !isBreak(cursor.look())) return { breaks, widest }
    breaks += cursor.skipBreak()
  }
}

/** A literal or folded block. `outer`: the column of what it belongs to, -1 for a document. */
export const blockText = (cursor: Cursor, outer: number): ScalarText => {
  const isFolded = cursor.look() === '>'
  const { chomping, increment } = blockHeader(cursor)
  const { line } = cursor
  const given = increment === 0 ? 0 : Math.max(outer, 0) + increment
  const begin = blockBreaks(cursor, given)
  const indent = given || Math.max(begin.widest, outer + 1, 1)
  let [text, break_, others] = ['', '', begin.breaks]
  let length = 0
  let wasBlank = false
  const first = cursor.line
  while (cursor.column === indent && cursor.look() !== undefined) {
    const startsBlank = isBlank(cursor.look())
    const isJoined = isFolded && break_ === '\n' && !wasBlank && !startsBlank
    text += (isJoined ? (others === '' ? ' ' : '') : break_) + others
    wasBlank = startsBlank
    const { at } = cursor
    while (!isBreakOrEnd(cursor.look())) cursor.skip()
    text += cursor.since(at)
    if (cursor.line === line && first === line) length = cursor.at - at
    break_ = cursor.look() === undefined ? '' : cursor.skipBreak()
    others = blockBreaks(cursor, indent).breaks
  }
  if (chomping !== '-') text += break_
  if (chomping === '+') text += others
  return { text, spot: { line, column: indent }, length }
}
