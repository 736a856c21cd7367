import { Iterable } from '../iterate.ts'
import { compare } from '../order.ts'
import { floatText, isoText } from '../repr.ts'
import { Dict, Moment, typeName, usable, type Value, ValueFault } from '../value.ts'

/** How JSON is written, in the words of Python's `json.dumps`. `indent` is what each level begins with. */
export type JsonStyle = { indent?: string; sortsKeys: boolean; isAscii: boolean; between: string; behindKey: string }

const SHORT: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
}
const escaped = (char: string): string => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

const quoted = (found: string, isAscii: boolean): string =>
  `"${found.replace(isAscii ? /["\\]|[^ -~]/g : /["\\\u0000-\u001f]/g, escaped)}"`

const number = (found: number): string => {
  if (Number.isNaN(found)) return 'NaN'
  return Number.isFinite(found) ? floatText(found) : found > 0 ? 'Infinity' : '-Infinity'
}

/** A key is a text in JSON, whatever it was. */
const keyText = (key: Value): string => {
  const there = usable(key)
  if (typeof there === 'string') return there
  if (there === null) return 'null'
  if (typeof there === 'number') return number(there)
  if (there instanceof Moment) return isoText(there)
  if (typeof there === 'bigint' || typeof there === 'boolean') return String(there)
  throw new ValueFault(`keys must be str, int, float, bool or None, not ${typeName(there)}`)
}

/** A value as JSON, as Python writes it. Throws what is undefined or unknown in it. */
export const dumpedJson = (value: Value, style: JsonStyle, depth = 0): string => {
  const there = usable(value)
  if (there === null) return 'null'
  if (typeof there === 'string') return quoted(there, style.isAscii)
  if (typeof there === 'number') return number(there)
  if (typeof there === 'bigint' || typeof there === 'boolean') return String(there)
  if (there instanceof Moment) return quoted(isoText(there), style.isAscii)
  const inside = (items: string[], [open, close]: string): string => {
    if (items.length === 0) return `${open}${close}`
    if (style.indent === undefined) return `${open}${items.join(style.between)}${close}`
    const line = `\n${style.indent.repeat(depth)}`
    return `${open}${line}${style.indent}${items.join(`${style.between}${line}${style.indent}`)}${line}${close}`
  }
  const items = there instanceof Iterable ? there.items() : there
  if (Array.isArray(items))
    return inside(
      items.map(one => dumpedJson(one, style, depth + 1)),
      '[]',
    )
  if (!(there instanceof Dict)) throw new ValueFault(`Object of type ${typeName(there)} is not JSON serializable`)
  const entries = there.entries().map(([key, one]): [string, Value] => [keyText(key), one])
  if (style.sortsKeys) entries.sort(([a], [b]) => compare(a, b))
  const member = ([key, one]: [string, Value]): string =>
    quoted(key, style.isAscii) + style.behindKey + dumpedJson(one, style, depth + 1)
  return inside(entries.map(member), '{}')
}

const TOKEN =
  /[ \t\n\r]*(?:([[\]{}:,])|"((?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*)"|(-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)|(true|false|null|NaN|-?Infinity))/y
const WORDS: Record<string, Value> = {
  true: true,
  false: false,
  null: null,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}
/** So deep may JSON lie in itself: further in the stack of the program ends. */
const DEEPEST = 900

class Reader {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  read(): Value {
    const value = this.#value(this.#token(), 0)
    if (!/^[ \t\n\r]*$/.test(this.#text.slice(this.#at))) this.#refuse('Extra data')
    return value
  }

  #refuse(what: string): never {
    const before = this.#text.slice(0, this.#at).split('\n')
    throw new ValueFault(`${what}: line ${before.length} column ${before.at(-1)!.length + 1} (char ${this.#at})`)
  }

  #token(): RegExpExecArray {
    TOKEN.lastIndex = this.#at
    const found = TOKEN.exec(this.#text)
    if (!found) this.#refuse('Expecting value')
    this.#at = TOKEN.lastIndex
    return found
  }

  #value([, sign, text, digits, fraction, exponent, word]: RegExpExecArray, depth: number): Value {
    if (depth > DEEPEST) this.#refuse('maximum recursion depth exceeded')
    if (text !== undefined) return JSON.parse(`"${text}"`)
    if (digits !== undefined) return fraction || exponent ? Number(digits) : BigInt(digits)
    if (word !== undefined) return WORDS[word]!
    if (sign === '[') return this.#list(depth + 1)
    return sign === '{' ? this.#mapping(depth + 1) : this.#refuse('Expecting value')
  }

  #list(depth: number): Value {
    const items: Value[] = []
    for (let token = this.#token(); token[1] !== ']'; token = this.#token()) {
      items.push(this.#value(token, depth))
      if (this.#isEnd(']')) return items
    }
    return items.length === 0 ? items : this.#refuse('Expecting value')
  }

  #mapping(depth: number): Value {
    const dict = new Dict()
    for (let token = this.#token(); token[1] !== '}'; token = this.#token()) {
      if (token[2] === undefined) this.#refuse('Expecting property name enclosed in double quotes')
      const key = this.#value(token, depth)
      if (this.#token()[1] !== ':') this.#refuse("Expecting ':' delimiter")
      dict.set(key, this.#value(this.#token(), depth))
      if (this.#isEnd('}')) return dict
    }
    return dict.size === 0 ? dict : this.#refuse('Expecting property name enclosed in double quotes')
  }

  /** Whether it ends here; a comma says that it goes on. */
  #isEnd(close: string): boolean {
    const [, sign] = this.#token()
    if (sign !== ',' && sign !== close) this.#refuse("Expecting ',' delimiter")
    return sign === close
  }
}

/** JSON as Python reads it: whole numbers of any size, floats that stay floats, and NaN. Throws a ValueFault with the place. */
export const valueOfJson = (text: string): Value => new Reader(text).read()
