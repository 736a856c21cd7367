import { Cursor, isBreak } from './cursor.ts'
import { DEEPEST_YAML, type WrittenNode, type YamlPair } from './tree.ts'

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
const STRING = /"(?:[^"\\\x00-\x1f]|\\.)*"/y
/** Words of JSON, and those that Python takes besides, by the tag and the text that they have in YAML. */
const WORDS: Record<string, [tag: string, text: string]> = {
  true: ['bool', 'true'],
  false: ['bool', 'false'],
  null: ['null', 'null'],
  NaN: ['float', '.nan'],
  Infinity: ['float', '.inf'],
  '-Infinity': ['float', '-.inf'],
}
const WORD = new RegExp(Object.keys(WORDS).join('|'), 'y')

const STR = 'tag:yaml.org,2002:str'

/** What is no JSON after all, and may be YAML. */
class NoJson extends Error {}

const parsed = (written: string): string => {
  try {
    return JSON.parse(written)
  } catch {
    throw new NoJson()
  }
}

class JsonReader {
  readonly #text: string
  readonly #cursor: Cursor
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#cursor = new Cursor(text)
  }

  document(): WrittenNode {
    const root = this.#value()
    this.#skipSpace()
    if (this.#cursor.look() !== undefined) throw new NoJson()
    return root
  }

  #skipSpace(): void {
    const cursor = this.#cursor
    while (true) {
      const char = cursor.look()
      if (char === ' ' || char === '\t') cursor.skip()
      else if (isBreak(char) && (char === '\n' || char === '\r')) cursor.skipBreak()
      else return
    }
  }

  #matched(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#cursor.at
    return pattern.exec(this.#text) ?? undefined
  }

  #scalar(
    tag: string,
    text: string,
    length: number,
    style: 'plain' | 'quoted' = 'plain',
  ): WrittenNode & { kind: 'scalar' } {
    const { line, column } = this.#cursor.spot
    const inside = style === 'quoted' ? 1 : 0
    const spot = { line, column: column + inside }
    this.#cursor.skip(length)
    return { kind: 'scalar', tag: `tag:yaml.org,2002:${tag}`, text, style, spot, length: length - 2 * inside }
  }

  #string(): WrittenNode & { kind: 'scalar' } {
    const written = this.#matched(STRING)?.[0]
    if (written === undefined) throw new NoJson()
    const text = parsed(written)
    if (!text.isWellFormed()) throw new NoJson()
    return this.#scalar('str', text, written.length, 'quoted')
  }

  #value(): WrittenNode {
    this.#skipSpace()
    const { spot } = this.#cursor
    const char = this.#cursor.look()
    if (char === '"') return this.#string()
    if (char === '[')
      return this.#deeper(() => ({ kind: 'sequence', spot, items: this.#members(']', () => this.#value()) }))
    if (char === '{')
      return this.#deeper(() => withMeaning({ kind: 'mapping', spot, pairs: this.#members('}', () => this.#pair()) }))
    const word = this.#matched(WORD)?.[0]
    if (word !== undefined) return this.#scalar(...WORDS[word]!, word.length)
    const [number, fraction, exponent] = this.#matched(NUMBER) ?? []
    if (number === undefined) throw new NoJson()
    return this.#scalar(fraction === undefined && exponent === undefined ? 'int' : 'float', number, number.length)
  }

  #deeper(read: () => WrittenNode): WrittenNode {
    this.#depth++
    if (this.#depth > DEEPEST_YAML) throw new NoJson()
    const node = read()
    this.#depth--
    return node
  }

  #pair(): YamlPair {
    this.#skipSpace()
    const key = this.#string()
    this.#skipSpace()
    this.#sign(':')
    return { key, value: this.#value() }
  }

  #sign(sign: string): void {
    if (this.#cursor.look() !== sign) throw new NoJson()
    this.#cursor.skip()
  }

  #members<M>(end: ']' | '}', read: () => M): M[] {
    const members: M[] = []
    this.#cursor.skip()
    this.#skipSpace()
    while (members.length > 0 || this.#cursor.look() !== end) {
      members.push(read())
      this.#skipSpace()
      if (this.#cursor.look() === end) break
      this.#sign(',')
    }
    this.#sign(end)
    return members
  }
}

const MEANINGS: [key: string, mean: (text: WrittenNode & { kind: 'scalar' }) => WrittenNode][] = [
  ['__ansible_unsafe', text => ({ ...text, isUnsafe: true })],
  ['__ansible_vault', text => ({ ...text, tag: '!vault' })],
]

/** Ansible writes values with a meaning as mappings with a key of its own: what is no template, and what a vault keeps. */
const withMeaning = (node: WrittenNode & { kind: 'mapping' }): WrittenNode => {
  for (const [name, mean] of MEANINGS) {
    const value = node.pairs.findLast(({ key }) => key.kind === 'scalar' && key.text === name)?.value
    if (value === undefined) continue
    if (value.kind === 'scalar' && value.tag === STR) return mean(value)
    throw new NoJson()
  }
  return node
}

/**
 * A text that is JSON, as Python reads it, as a tree of YAML; undefined for anything else. What both could read means
 * another thing in JSON: `1e5` is a number, `\ud83d\ude00` one character, and a `<<` merges nothing.
 */
export const jsonTree = (text: string): WrittenNode | undefined => {
  if (!/^[ \t\r\n]*["[{\dtfnNI-]/.test(text)) return undefined
  try {
    return new JsonReader(text).document()
  } catch (error) {
    if (error instanceof NoJson) return undefined
    throw error
  }
}
