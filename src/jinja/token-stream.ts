import type { Token } from './lexer.ts'
import { SyntaxFault } from './syntax-fault.ts'

/** How a token is called in a failure. */
const spoken = (token: Token): string => {
  if (token.kind === 'end') return 'the end of the template'
  if (token.kind === 'data') return 'text'
  if (token.kind === 'text') return `'${token.value}'`
  if ('value' in token) return `"${String(token.value)}"`
  return token.kind.endsWith('_end') ? 'the end of the tag' : 'the beginning of a tag'
}

/** The tokens of a template, read one after the other. */
export class TokenStream {
  readonly #tokens: Token[]
  #next = 0
  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }
  get current(): Token {
    return this.#tokens[this.#next]!
  }
  get following(): Token {
    return this.#tokens[Math.min(this.#next + 1, this.#tokens.length - 1)]!
  }
  /** How deep a reader may call itself: beyond that a text is refused, before the stack is full. */
  depth = 0
  take(): Token {
    const token = this.current
    if (token.kind !== 'end') this.#next++
    return token
  }
  isKind(kind: Token['kind']): boolean {
    return this.current.kind === kind
  }
  isOperator(...signs: string[]): boolean {
    const { current } = this
    return current.kind === 'operator' && signs.includes(current.value)
  }
  isWord(...words: string[]): boolean {
    const { current } = this
    return current.kind === 'name' && words.includes(current.value)
  }
  takeOperator(sign: string): boolean {
    const found = this.isOperator(sign)
    if (found) this.#next++
    return found
  }
  takeWord(word: string): boolean {
    const found = this.isWord(word)
    if (found) this.#next++
    return found
  }
  needOperator(sign: string): Token {
    return this.isOperator(sign) ? this.take() : this.fail(`"${sign}" was expected here, not ${spoken(this.current)}.`)
  }
  needWord(word: string): Token {
    return this.isWord(word) ? this.take() : this.fail(`"${word}" was expected here, not ${spoken(this.current)}.`)
  }
  needName(what = 'A name'): Token & { kind: 'name' } {
    const { current } = this
    if (current.kind !== 'name') return this.fail(`${what} was expected here, not ${spoken(current)}.`)
    this.take()
    return current as Token & { kind: 'name' }
  }
  needKind(kind: Token['kind']): Token {
    const what = kind.endsWith('_end') ? 'The end of the tag' : kind
    return this.isKind(kind) ? this.take() : this.fail(`${what} was expected here, not ${spoken(this.current)}.`)
  }
  unexpected(): never {
    if (this.current.kind.endsWith('end')) return this.fail('This ends too early.')
    return this.fail(`${spoken(this.current).replace(/^./, first => first.toUpperCase())} cannot stand here.`)
  }
  fail(message: string, { at, length }: { at: number; length: number } = this.current, fix?: string): never {
    throw new SyntaxFault(message, at, Math.max(1, length), fix)
  }
}
