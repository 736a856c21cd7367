import { isPrintable, type Scalar } from './yaml-scalar.ts'

/** A value as it is to be written: a word that means what it says, a text that may need quotes, or what holds others. */
export type YamlNode =
  | { kind: 'scalar'; scalar: Scalar; isPlain: boolean }
  | { kind: 'sequence'; items: YamlNode[]; isFlow: boolean }
  | { kind: 'mapping'; pairs: [YamlNode, YamlNode][]; isFlow: boolean }

export type YamlLayout = { indent: number; width: number; beginsWithMark: boolean; endsWithMark: boolean }

/** Keys that are longer get a line of their own, behind a question mark. */
const LONGEST_KEY = 128

type Around = 'root' | 'sequence' | 'mapping' | 'simple key'

const ESCAPES: Record<string, string> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
}
const escaped = (char: string): string => {
  const code = char.codePointAt(0)!
  const hex = code.toString(16).toUpperCase()
  if (ESCAPES[char]) return `\\${ESCAPES[char]}`
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
const isBreak = (char: string): boolean => /[\n\r\x85\u2028\u2029]/.test(char)

const size = (node: YamlNode): number =>
  node.kind === 'mapping' ? node.pairs.length : node.kind === 'sequence' ? node.items.length : 1

/**
 * Writes YAML as libyaml does, byte for byte: the program that people's files come from at present. Its rules of where a
 * line is broken and what is put into quotes are in no standard; they are told by its emitter's behaviour.
 */
export class YamlWriter {
  readonly #layout: YamlLayout
  #out = ''
  #column = 0
  #indent = -1
  #flow = 0
  /** Whether what was written last is white space, and whether it was only there to indent. */
  #isSpace = true
  #isIndention = true

  constructor(layout: YamlLayout) {
    const indent = layout.indent < 2 || layout.indent > 9 ? 2 : layout.indent
    const width = layout.width < 0 ? Number.POSITIVE_INFINITY : layout.width <= indent * 2 ? 80 : layout.width
    this.#layout = { ...layout, indent, width }
  }

  document(root: YamlNode): string {
    if (this.#layout.beginsWithMark) this.#sign('---', { needsSpace: true })
    this.#node(root, 'root')
    this.#newLine()
    if (this.#layout.endsWithMark) {
      this.#sign('...', { needsSpace: true })
      this.#newLine()
    }
    return this.#out
  }

  #put(text: string): void {
    this.#out += text
    this.#column += [...text].length
  }

  #break(char = '\n'): void {
    this.#out += char
    this.#column = 0
  }

  #newLine(): void {
    const indent = Math.max(this.#indent, 0)
    const isThere = this.#isIndention && this.#column <= indent && (this.#column < indent || this.#isSpace)
    if (!isThere) this.#break()
    if (this.#column < indent) this.#put(' '.repeat(indent - this.#column))
    this.#isSpace = true
    this.#isIndention = true
  }

  #sign(sign: string, { needsSpace = false, isSpace = false, isIndention = false }): void {
    if (needsSpace && !this.#isSpace) this.#put(' ')
    this.#put(sign)
    this.#isSpace = isSpace
    this.#isIndention &&= isIndention
  }

  #inside(isIndentless: boolean, isFlow: boolean, write: () => void): void {
    const before = this.#indent
    if (before < 0) this.#indent = isFlow ? this.#layout.indent : 0
    else if (!isIndentless) this.#indent += this.#layout.indent
    write()
    this.#indent = before
  }

  #node(node: YamlNode, around: Around): void {
    if (node.kind === 'scalar') this.#scalar(node, around === 'simple key')
    else if (this.#flow > 0 || node.isFlow || size(node) === 0) this.#inFlow(node)
    else if (node.kind === 'sequence') this.#sequence(node.items, around)
    else this.#mapping(node.pairs)
  }

  #sequence(items: YamlNode[], around: Around): void {
    this.#inside(around === 'mapping' && !this.#isIndention, false, () => {
      for (const item of items) {
        this.#newLine()
        this.#sign('-', { needsSpace: true, isIndention: true })
        this.#node(item, 'sequence')
      }
    })
  }

  #mapping(pairs: [YamlNode, YamlNode][]): void {
    this.#inside(false, false, () => {
      for (const [key, value] of pairs) {
        this.#newLine()
        if (this.#isSimple(key)) {
          this.#node(key, 'simple key')
          this.#sign(':', {})
        } else {
          this.#sign('?', { needsSpace: true, isIndention: true })
          this.#node(key, 'mapping')
          this.#newLine()
          this.#sign(':', { needsSpace: true, isIndention: true })
        }
        this.#node(value, 'mapping')
      }
    })
  }

  #isSimple(key: YamlNode): boolean {
    if (key.kind !== 'scalar') return size(key) === 0
    return !key.scalar.isMultiline && Buffer.byteLength(key.scalar.text) <= LONGEST_KEY
  }

  #inFlow(node: Exclude<YamlNode, { kind: 'scalar' }>): void {
    const [open, close] = node.kind === 'sequence' ? '[]' : '{}'
    this.#sign(open!, { needsSpace: true, isSpace: true })
    this.#flow++
    this.#inside(false, true, () => {
      const members = node.kind === 'sequence' ? node.items : node.pairs
      members.forEach((member, at) => {
        if (at > 0) this.#sign(',', {})
        this.#breakLongLine()
        if (Array.isArray(member)) this.#flowPair(member)
        else this.#node(member, 'sequence')
      })
    })
    this.#flow--
    this.#sign(close!, {})
  }

  #flowPair([key, value]: [YamlNode, YamlNode]): void {
    if (this.#isSimple(key)) {
      this.#node(key, 'simple key')
      this.#sign(':', {})
    } else {
      this.#sign('?', { needsSpace: true })
      this.#node(key, 'mapping')
      this.#breakLongLine()
      this.#sign(':', { needsSpace: true })
    }
    this.#node(value, 'mapping')
  }

  #breakLongLine(): void {
    if (this.#column > this.#layout.width) this.#newLine()
  }

  #scalar({ scalar, isPlain }: Extract<YamlNode, { kind: 'scalar' }>, isKey: boolean): void {
    const before = this.#indent
    this.#indent = Math.max(before, 0) + this.#layout.indent
    const isAllowed = this.#flow > 0 ? scalar.plainInFlow : scalar.plainInBlock
    const isBare = scalar.text === '' && (this.#flow > 0 || isKey)
    if (isKey && scalar.isMultiline) this.#doubleQuoted(scalar.text, !isKey)
    else if (isPlain && isAllowed && !isBare) this.#plain(scalar.text, !isKey)
    else if (scalar.singleQuoted) this.#singleQuoted(scalar.text, !isKey)
    else this.#doubleQuoted(scalar.text, !isKey)
    this.#indent = before
  }

  #plain(text: string, mayBreak: boolean): void {
    if (!this.#isSpace && (text !== '' || this.#flow > 0)) this.#put(' ')
    this.#words([...text], { mayBreak, quote: '' })
    this.#isSpace = false
    this.#isIndention = false
  }

  #singleQuoted(text: string, mayBreak: boolean): void {
    this.#sign("'", { needsSpace: true })
    if (this.#words([...text], { mayBreak, quote: "'" })) this.#newLine()
    this.#sign("'", {})
    this.#isSpace = false
    this.#isIndention = false
  }

  /** A line break in it is one more in YAML; long lines are broken at single spaces. Says whether it ends with a break. */
  #words(chars: string[], { mayBreak, quote }: { mayBreak: boolean; quote: string }): boolean {
    let [isAfterSpace, isAfterBreak] = [false, false]
    chars.forEach((char, at) => {
      if (char === ' ') {
        const isInside = quote === '' || (at > 0 && at < chars.length - 1)
        const isLong = mayBreak && !isAfterSpace && this.#column > this.#layout.width
        if (isLong && isInside && chars[at + 1] !== ' ') this.#newLine()
        else this.#put(' ')
        isAfterSpace = true
        return
      }
      if (isBreak(char)) {
        if (!isAfterBreak && char === '\n') this.#break()
        this.#break(char)
        this.#isIndention = true
        isAfterBreak = true
        return
      }
      if (isAfterBreak) this.#newLine()
      if (char === quote) this.#put(char)
      this.#put(char)
      this.#isIndention = false
      isAfterSpace = false
      isAfterBreak = false
    })
    return isAfterBreak
  }

  #doubleQuoted(text: string, mayBreak: boolean): void {
    this.#sign('"', { needsSpace: true })
    const chars = [...text]
    let isAfterSpace = false
    chars.forEach((char, at) => {
      if (char !== ' ') {
        const isBare = isPrintable(char) && !isBreak(char) && char !== '"' && char !== '\\' && char !== '\ufeff'
        this.#put(isBare ? char : escaped(char))
        isAfterSpace = false
        return
      }
      const isInside = at > 0 && at < chars.length - 1
      if (mayBreak && !isAfterSpace && this.#column > this.#layout.width && isInside) {
        this.#newLine()
        if (chars[at + 1] === ' ') this.#put('\\')
      } else this.#put(' ')
      isAfterSpace = true
    })
    this.#sign('"', {})
    this.#isSpace = false
    this.#isIndention = false
  }
}
