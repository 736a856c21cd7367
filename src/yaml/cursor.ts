/** A place in a text, counted from 0. */
export type YamlSpot = { readonly line: number; readonly column: number }

/** What is wrong with a text of YAML, as half a sentence, where, and what to do about it. */
export class YamlFault extends Error {
  readonly spot: YamlSpot
  readonly fix: string | undefined
  constructor(what: string, spot: YamlSpot, fix?: string) {
    super(what)
    this.spot = spot
    this.fix = fix
  }
}

type Char = string | undefined

/** YAML 1.1 ends a line at these, too, that later versions take for letters. */
export const isBreak = (char: Char): boolean =>
  char === '\n' || char === '\r' || char === '\x85' || char === '\u2028' || char === '\u2029'
export const isBlank = (char: Char): boolean => char === ' ' || char === '\t'
export const isBreakOrEnd = (char: Char): boolean => char === undefined || isBreak(char)
/** White space, or nothing more. */
export const isGap = (char: Char): boolean => isBlank(char) || isBreakOrEnd(char)

/** Goes through a text from its beginning to its end, and knows where it is. */
export class Cursor {
  readonly #text: string
  #at = 0
  line = 0
  column = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The character here, or some further on; undefined behind the end. */
  look(ahead = 0): Char {
    return this.#text[this.#at + ahead]
  }

  get at(): number {
    return this.#at
  }

  get spot(): YamlSpot {
    return { line: this.line, column: this.column }
  }

  /** What was passed since an offset. */
  since(at: number): string {
    return this.#text.slice(at, this.#at)
  }

  /** Passes characters that are no breaks. */
  skip(count = 1): void {
    this.#at += count
    this.column += count
  }

  /** Passes the end of a line, and says what it is in the value that it stands in. */
  skipBreak(): string {
    const char = this.look()!
    this.#at += char === '\r' && this.look(1) === '\n' ? 2 : 1
    this.line++
    this.column = 0
    return char === '\u2028' || char === '\u2029' ? char : '\n'
  }

  skipBlanks(): void {
    while (isBlank(this.look())) this.skip()
  }

  /** Passes blanks and a comment. */
  skipRest(): void {
    this.skipBlanks()
    if (this.look() === '#') while (!isBreakOrEnd(this.look())) this.skip()
  }

  /** Whether a line begins here with `---` or `...` alone. */
  isAtMark(): boolean {
    if (this.column !== 0) return false
    const char = this.look()
    return (char === '-' || char === '.') && this.look(1) === char && this.look(2) === char && isGap(this.look(3))
  }
}
