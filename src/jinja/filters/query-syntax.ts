import { ValueFault } from '../value.ts'
import { valueOfJson } from './json-text.ts'
import { queryFunction } from './query-functions.ts'
import * as steps from './query-steps.ts'

export type { DataQuery } from './query-steps.ts'

// JMESPath, as its reference implementation in Python reads it: each part of an expression becomes a function of the data.

type Token = { kind: string; text: string; at: number }

const TOKENS: [kind: string, pattern: RegExp][] = [
  ['space', /[ \t\n\r]+/y],
  ['name', /[A-Za-z_]\w*/y],
  ['number', /-?\d+/y],
  ['quoted', /"(?:\\.|[^"\\])*"/sy],
  ['raw', /'(?:\\.|[^'\\])*'/sy],
  ['literal', /`(?:\\.|[^`\\])*`/sy],
  ['sign', /\[\?|\[\]|\|\||&&|[=!<>]=|[.*[\]{}()|,:@&!<>]/y],
]

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const found = TOKENS.map(([kind, pattern]) => {
      pattern.lastIndex = at
      return { kind, match: pattern.exec(text)?.[0] }
    }).find(one => one.match !== undefined)
    if (!found) throw new ValueFault(`The query "${text}" cannot be read from here on: ${text.slice(at, at + 20)}`)
    const match = found.match!
    if (found.kind !== 'space') tokens.push({ kind: found.kind === 'sign' ? match : found.kind, text: match, at })
    at += match.length
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }]
}

/** How tightly a sign holds what is on its left. Others hold nothing. */
const POWER: Record<string, number> = {
  '|': 1,
  '||': 2,
  '&&': 3,
  '==': 5,
  '!=': 5,
  '<': 5,
  '<=': 5,
  '>': 5,
  '>=': 5,
  '[]': 9,
  '*': 20,
  '[?': 21,
  '.': 40,
  '!': 45,
  '{': 50,
  '[': 55,
  '(': 60,
}
/** What holds less ends a projection. */
const PROJECTION_STOP = 10
const DEEPEST = 200

class Reader {
  readonly #text: string
  readonly #tokens: Token[]
  #at = 0
  #depth = 0
  constructor(text: string) {
    this.#text = text
    this.#tokens = tokensOf(text)
  }
  whole(): steps.DataQuery {
    const query = this.#expression(0)
    if (this.#next.kind !== 'end') this.#fail()
    return query
  }
  get #next(): Token {
    return this.#tokens[this.#at]!
  }
  #kindAt(ahead: number): string {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!.kind
  }
  #take(kind: string): Token {
    const token = this.#next
    if (token.kind !== kind) this.#fail()
    this.#at++
    return token
  }
  #fail(): never {
    const { text, at } = this.#next
    const where = text === '' ? 'at its end' : `at "${text}", character ${at + 1}`
    throw new ValueFault(`The query "${this.#text}" cannot be read ${where}.`)
  }
  #expression(power: number): steps.DataQuery {
    if (++this.#depth > DEEPEST) throw new ValueFault('This query is nested too deeply.')
    let left = this.#beginning()
    while (power < (POWER[this.#next.kind] ?? 0)) left = this.#behind(left)
    this.#depth--
    return left
  }

  /** What an expression begins with. */
  #beginning(): steps.DataQuery {
    const { kind, text } = this.#next
    this.#at++
    if (kind === 'name') return this.#kindAt(0) === '(' ? this.#function(text) : steps.field(text)
    if (kind === 'quoted') return steps.field(String(this.#json(text)))
    if (kind === 'raw') return steps.constant(text.slice(1, -1).replaceAll("\\'", "'"))
    if (kind === 'literal') return steps.constant(this.#literal(text))
    if (kind === '*') {
      const right = this.#kindAt(0) === ']' ? steps.itself : this.#projected(POWER['*']!)
      return steps.valuesEach(steps.itself, right)
    }
    if (kind === '[?') return this.#filter(steps.itself)
    if (kind === '{') return this.#mapping()
    if (kind === '(') {
      const inner = this.#expression(0)
      this.#take(')')
      return inner
    }
    if (kind === '[]') return steps.each(steps.flat(steps.itself), this.#projected(POWER['[]']!))
    if (kind === '!') return steps.not(this.#expression(POWER['!']!))
    if (kind === '[') return this.#bracket()
    if (kind === '@') return steps.itself
    if (kind === '&') return steps.reference(this.#expression(0))
    this.#at--
    return this.#fail()
  }
  #json(text: string) {
    return valueOfJson(text)
  }
  /** JSON, or a text that needs no quotes there, as it once was. */
  #literal(text: string) {
    const inner = text.slice(1, -1).replaceAll('\\`', '`').trimStart()
    try {
      return valueOfJson(inner)
    } catch (error) {
      if (!(error instanceof ValueFault)) throw error
      return valueOfJson(`"${inner}"`)
    }
  }
  #bracket(): steps.DataQuery {
    if (['number', ':'].includes(this.#kindAt(0))) return this.#position(steps.itself)
    if (this.#kindAt(0) !== '*' || this.#kindAt(1) !== ']') return this.#list()
    this.#at += 2
    return steps.each(steps.itself, this.#projected(POWER['*']!))
  }

  /** What may stand behind an expression. */
  #behind(left: steps.DataQuery): steps.DataQuery {
    const { kind } = this.#next
    this.#at++
    if (kind === '.') {
      if (this.#kindAt(0) !== '*') return steps.chained(left, this.#member(POWER['.']!))
      this.#at++
      return steps.valuesEach(left, this.#projected(POWER['.']!))
    }
    if (kind === '|') return steps.chained(left, this.#expression(POWER['|']!))
    if (kind === '||') return steps.or(left, this.#expression(POWER['||']!))
    if (kind === '&&') return steps.and(left, this.#expression(POWER['&&']!))
    if (kind === '[?') return this.#filter(left)
    if (kind === '[]') return steps.each(steps.flat(left), this.#projected(POWER['[]']!))
    if (POWER[kind] === POWER['==']) return steps.compared(kind as steps.Sign, left, this.#expression(POWER['==']!))
    if (kind !== '[') {
      this.#at--
      return this.#fail()
    }
    if (['number', ':'].includes(this.#kindAt(0))) return this.#position(left)
    this.#take('*')
    this.#take(']')
    return steps.each(left, this.#projected(POWER['*']!))
  }

  /** What is done with each member of a projection. */
  #projected(power: number): steps.DataQuery {
    const { kind } = this.#next
    if ((POWER[kind] ?? 0) < PROJECTION_STOP) return steps.itself
    if (kind === '[' || kind === '[?') return this.#expression(power)
    this.#take('.')
    return this.#member(power)
  }
  #member(power: number): steps.DataQuery {
    const { kind } = this.#next
    if (['name', 'quoted', '*'].includes(kind)) return this.#expression(power)
    if (kind === '[') {
      this.#at++
      return this.#list()
    }
    this.#take('{')
    return this.#mapping()
  }
  #filter(left: steps.DataQuery): steps.DataQuery {
    const condition = this.#expression(0)
    this.#take(']')
    const right = this.#kindAt(0) === '[]' ? steps.itself : this.#projected(POWER['[?']!)
    return steps.filtered(left, condition, right)
  }
  #position(left: steps.DataQuery): steps.DataQuery {
    if (this.#kindAt(0) !== ':' && this.#kindAt(1) !== ':') {
      const index = Number(this.#take('number').text)
      this.#take(']')
      return steps.chained(left, steps.at(index))
    }
    const bounds: (bigint | null)[] = [null, null, null]
    for (let part = 0; this.#next.kind !== ']'; ) {
      if (this.#next.kind === ':') {
        if (++part > 2) this.#fail()
        this.#at++
      } else bounds[part] = BigInt(this.#take('number').text)
    }
    this.#take(']')
    const [start, stop, step] = bounds
    return steps.each(steps.chained(left, steps.sliceStep(start!, stop!, step!)), this.#projected(POWER['*']!))
  }
  /** Expressions with commas between them, up to a sign. */
  #until<T>(end: string, one: () => T): T[] {
    const all: T[] = [one()]
    while (this.#next.kind === ',') {
      this.#at++
      all.push(one())
    }
    this.#take(end)
    return all
  }
  #list(): steps.DataQuery {
    return steps.listStep(this.#until(']', () => this.#expression(0)))
  }
  #mapping(): steps.DataQuery {
    return steps.mappingOf(
      this.#until('}', () => {
        const { kind, text } = this.#next
        if (kind !== 'name' && kind !== 'quoted') this.#fail()
        this.#at++
        this.#take(':')
        return [kind === 'name' ? text : String(this.#json(text)), this.#expression(0)] as const
      }),
    )
  }
  #function(name: string): steps.DataQuery {
    this.#take('(')
    if (this.#next.kind !== ')')
      return queryFunction(
        name,
        this.#until(')', () => this.#expression(0)),
      )
    this.#at++
    return queryFunction(name, [])
  }
}

/** A query as a function of data. Throws a ValueFault where it cannot be read. */
export const queryFrom = (text: string): steps.DataQuery => new Reader(text).whole()
