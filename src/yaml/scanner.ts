import { Cursor, isBreak, isGap, YamlFault, type YamlSpot } from './cursor.ts'
import { blockText, plainText, quotedText, type ScalarText } from './scalar-text.ts'
import { anchorName, type Directive, directiveHere, type Tag, tagHere } from './tag.ts'

export type ScalarStyle = 'plain' | 'quoted' | 'block'

/** A sign of YAML, or a place where a block begins or ends, which no sign shows. */
export type YamlToken = { spot: YamlSpot } & (
  | {
      kind:
        | 'end'
        | 'document'
        | 'document end'
        | 'block sequence'
        | 'block mapping'
        | 'block end'
        | '['
        | ']'
        | '{'
        | '}'
        | ','
        | '-'
        | '?'
        | ':'
    }
  | { kind: 'directive'; directive: Directive }
  | { kind: 'alias' | 'anchor'; name: string }
  | { kind: 'tag'; tag: Tag }
  | { kind: 'scalar'; style: ScalarStyle; scalar: ScalarText }
)

/** What may turn out to be a key, when a colon follows in its line. `index`: that of its token. */
type MaybeKey = { isRequired: boolean; index: number; spot: YamlSpot; at: number }

/** A key that has its colon behind it ends within so many characters. */
const LONGEST_KEY = 1024

const NEVER_PLAIN = new Set('\t-?:,[]{}#&*!|>\'"%@`')

/**
 * A text of YAML 1.1 as tokens. Where keys, lists and blocks begin follows libyaml, which people's files were tried with,
 * also where it is more lenient or stricter than the standard: a flow collection may end in any column, a tab indents
 * nothing. Source: github.com/yaml/libyaml src/scanner.c, 0.2.5.
 */
export class Scanner {
  readonly #cursor: Cursor
  readonly #tokens: YamlToken[] = []
  /** So many of them have been taken. */
  #taken = 0
  /** One for each flow collection that is open, and one for the block around them. */
  readonly #keys: (MaybeKey | undefined)[] = [undefined]
  #mayBeKey = true
  #indent = -1
  readonly #indents: number[] = []
  #isEnded = false

  constructor(text: string) {
    this.#cursor = new Cursor(text)
  }

  peek(): YamlToken {
    while (this.#needsMore()) this.#scan()
    return this.#tokens[this.#taken]!
  }

  take(): YamlToken {
    const token = this.peek()
    this.#taken++
    return token
  }

  get #isFlow(): boolean {
    return this.#keys.length > 1
  }

  /** A token is only sure when no colon can turn it into a key any more. */
  #needsMore(): boolean {
    if (this.#isEnded) return false
    if (this.#taken === this.#tokens.length) return true
    this.#forgetOldKeys()
    return this.#keys.some(key => key?.index === this.#taken)
  }

  #add(token: YamlToken): void {
    this.#tokens.push(token)
  }

  #sign(kind: '[' | ']' | '{' | '}' | ',' | '-' | '?' | ':'): void {
    this.#add({ kind, spot: this.#cursor.spot })
    this.#cursor.skip()
  }

  #scan(): void {
    const cursor = this.#cursor
    this.#skipToToken()
    this.#forgetOldKeys()
    this.#closeBlocks(cursor.column)
    const char = cursor.look()
    if (char === undefined) this.#end()
    else if (cursor.column === 0 && char === '%') this.#directive()
    else if (cursor.isAtMark()) this.#mark(char)
    else if (!this.#sawSign(char)) this.#text(char)
  }

  /** Takes a sign that shapes values; false where none stands. */
  #sawSign(char: string): boolean {
    const isBeforeGap = isGap(this.#cursor.look(1))
    if (char === '[' || char === '{') this.#open(char)
    else if (char === ']' || char === '}') this.#close(char)
    else if (char === ',') this.#comma()
    else if (char === '-' && isBeforeGap) this.#entry()
    else if (char === '?' && (this.#isFlow || isBeforeGap)) this.#key()
    else if (char === ':' && (this.#isFlow || isBeforeGap)) this.#value()
    else if (char === '*' || char === '&') this.#anchor(char)
    else if (char === '!') this.#tag()
    else return false
    return true
  }

  #text(char: string): void {
    const isFlow = this.#isFlow
    if ((char === '|' || char === '>') && !isFlow) this.#block()
    else if (char === "'" || char === '"') this.#quoted()
    else if (!NEVER_PLAIN.has(char) || char === '-' || ((char === '?' || char === ':') && !isFlow)) this.#plain()
    else throw this.#strange(char)
  }

  #strange(char: string): YamlFault {
    if (char === '\t')
      return new YamlFault(
        'a tab stands where a line is indented',
        this.#cursor.spot,
        'Indent with spaces, YAML does not allow tabs.',
      )
    return new YamlFault(`a text cannot begin with "${char}"`, this.#cursor.spot, 'Put quotes around it.')
  }

  #skipToToken(): void {
    const cursor = this.#cursor
    while (true) {
      if (cursor.column === 0 && cursor.look() === '\ufeff') cursor.skip()
      while (cursor.look() === ' ' || (cursor.look() === '\t' && (this.#isFlow || !this.#mayBeKey))) cursor.skip()
      if (cursor.look() === '#') cursor.skipRest()
      if (!isBreak(cursor.look())) return
      cursor.skipBreak()
      if (!this.#isFlow) this.#mayBeKey = true
    }
  }

  /** A key and its colon stand in one line. */
  #forgetOldKeys(): void {
    const { line, at } = this.#cursor
    this.#keys.forEach((key, level) => {
      if (key === undefined || (key.spot.line === line && key.at + LONGEST_KEY >= at)) return
      this.#forgetKey(level)
    })
  }

  #forgetKey(level = this.#keys.length - 1): void {
    const key = this.#keys[level]
    if (key?.isRequired)
      throw new YamlFault(
        'the colon of a key is missing',
        key.spot,
        'Check that members of one mapping begin in one column.',
      )
    this.#keys[level] = undefined
  }

  #noteKey(): void {
    const { column, spot, at } = this.#cursor
    const isRequired = !this.#isFlow && this.#indent === column
    if (!this.#mayBeKey) return
    this.#forgetKey()
    this.#keys[this.#keys.length - 1] = { isRequired, index: this.#tokens.length, spot, at }
  }

  #openBlock(kind: 'block sequence' | 'block mapping', spot: YamlSpot, index = this.#tokens.length): void {
    if (this.#isFlow || this.#indent >= spot.column) return
    this.#indents.push(this.#indent)
    this.#indent = spot.column
    this.#tokens.splice(index, 0, { kind, spot })
  }

  #closeBlocks(column: number): void {
    if (this.#isFlow) return
    while (this.#indent > column) {
      this.#add({ kind: 'block end', spot: this.#cursor.spot })
      this.#indent = this.#indents.pop()!
    }
  }

  #end(): void {
    this.#closeBlocks(-1)
    this.#forgetKey()
    this.#add({ kind: 'end', spot: this.#cursor.spot })
    this.#isEnded = true
  }

  #directive(): void {
    this.#closeBlocks(-1)
    this.#forgetKey()
    this.#mayBeKey = false
    const { spot } = this.#cursor
    this.#add({ kind: 'directive', spot, directive: directiveHere(this.#cursor) })
  }

  #mark(char: string): void {
    this.#closeBlocks(-1)
    this.#forgetKey()
    this.#mayBeKey = false
    this.#add({ kind: char === '-' ? 'document' : 'document end', spot: this.#cursor.spot })
    this.#cursor.skip(3)
  }

  #open(char: '[' | '{'): void {
    this.#noteKey()
    this.#keys.push(undefined)
    this.#mayBeKey = true
    this.#sign(char)
  }

  #close(char: ']' | '}'): void {
    this.#forgetKey()
    if (this.#isFlow) this.#keys.pop()
    this.#mayBeKey = false
    this.#sign(char)
  }

  #comma(): void {
    this.#forgetKey()
    this.#mayBeKey = true
    this.#sign(',')
  }

  #entry(): void {
    if (!this.#isFlow) {
      if (!this.#mayBeKey)
        throw new YamlFault(
          'a "-" stands where no list can begin',
          this.#cursor.spot,
          'Begin the list in a line of its own.',
        )
      this.#openBlock('block sequence', this.#cursor.spot)
    }
    this.#forgetKey()
    this.#mayBeKey = true
    this.#sign('-')
  }

  #key(): void {
    if (!this.#isFlow) {
      if (!this.#mayBeKey) throw new YamlFault('a "?" stands where no key can begin', this.#cursor.spot)
      this.#openBlock('block mapping', this.#cursor.spot)
    }
    this.#forgetKey()
    this.#mayBeKey = !this.#isFlow
    this.#sign('?')
  }

  #value(): void {
    const level = this.#keys.length - 1
    const key = this.#keys[level]
    if (key) {
      this.#tokens.splice(key.index, 0, { kind: '?', spot: key.spot })
      this.#openBlock('block mapping', key.spot, key.index)
      this.#keys[level] = undefined
      this.#mayBeKey = false
    } else {
      if (!this.#isFlow) {
        if (!this.#mayBeKey)
          throw new YamlFault(
            'a ":" stands in a value',
            this.#cursor.spot,
            'Quote a value that holds ": ", and check that members of one mapping begin in one column.',
          )
        this.#openBlock('block mapping', this.#cursor.spot)
      }
      this.#mayBeKey = !this.#isFlow
    }
    this.#sign(':')
  }

  #anchor(char: '*' | '&'): void {
    this.#noteKey()
    this.#mayBeKey = false
    const { spot } = this.#cursor
    this.#add({ kind: char === '*' ? 'alias' : 'anchor', spot, name: anchorName(this.#cursor) })
  }

  #tag(): void {
    this.#noteKey()
    this.#mayBeKey = false
    const { spot } = this.#cursor
    this.#add({ kind: 'tag', spot, tag: tagHere(this.#cursor, this.#isFlow) })
  }

  #block(): void {
    this.#forgetKey()
    this.#mayBeKey = true
    const { spot } = this.#cursor
    this.#add({ kind: 'scalar', style: 'block', spot, scalar: blockText(this.#cursor, this.#indent) })
  }

  #quoted(): void {
    this.#noteKey()
    this.#mayBeKey = false
    const { spot } = this.#cursor
    this.#add({ kind: 'scalar', style: 'quoted', spot, scalar: quotedText(this.#cursor) })
  }

  #plain(): void {
    this.#noteKey()
    this.#mayBeKey = false
    const { endsLine, ...scalar } = plainText(this.#cursor, this.#indent + 1, this.#isFlow)
    this.#add({ kind: 'scalar', style: 'plain', spot: scalar.spot, scalar })
    if (endsLine) this.#mayBeKey = true
  }
}
