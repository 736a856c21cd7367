import type { TokenStream } from './token-stream.ts'
import type { ArgumentNodes, Comparison, ExpressionNode, FilterCall, Operation } from './tree.ts'

/** Beyond this a text is refused: readers call themselves, and the stack has an end. */
const DEEPEST = 200

const nested = <T>(tokens: TokenStream, read: () => T): T => {
  tokens.depth++
  if (tokens.depth > DEEPEST) tokens.fail('This is nested too deeply to be read.')
  const value = read()
  tokens.depth--
  return value
}

/** One expression; with a condition behind it (`a if b else c`), where it may have one. */
export const parseExpression = (tokens: TokenStream, mayHaveCondition = true): ExpressionNode =>
  nested(tokens, () => (mayHaveCondition ? parseConditional(tokens) : parseOr(tokens)))

const parseConditional = (tokens: TokenStream): ExpressionNode => {
  let then = parseOr(tokens)
  while (tokens.isWord('if')) {
    const { at } = tokens.take()
    const test = parseOr(tokens)
    const otherwise = tokens.takeWord('else') ? nested(tokens, () => parseConditional(tokens)) : undefined
    then = { kind: 'conditional', test, then, ...(otherwise && { else: otherwise }), at }
  }
  return then
}

const parseOr = (tokens: TokenStream): ExpressionNode => {
  let left = parseAnd(tokens)
  while (tokens.isWord('or')) {
    const { at } = tokens.take()
    left = { kind: 'or', left, right: parseAnd(tokens), at }
  }
  return left
}

const parseAnd = (tokens: TokenStream): ExpressionNode => {
  let left = parseNot(tokens)
  while (tokens.isWord('and')) {
    const { at } = tokens.take()
    left = { kind: 'and', left, right: parseNot(tokens), at }
  }
  return left
}

const parseNot = (tokens: TokenStream): ExpressionNode => {
  if (!tokens.isWord('not')) return parseCompare(tokens)
  const { at, length } = tokens.take()
  return { kind: 'not', of: nested(tokens, () => parseNot(tokens)), at, length }
}

const comparisonOf = (tokens: TokenStream): Comparison | undefined => {
  const { current, following } = tokens
  if (tokens.isOperator('==', '!=', '<', '<=', '>', '>=')) return (tokens.take() as { value: Comparison }).value
  if (tokens.takeWord('in')) return 'in'
  if (current.kind !== 'name' || current.value !== 'not' || following.kind !== 'name' || following.value !== 'in')
    return undefined
  tokens.take()
  tokens.take()
  return 'not in'
}

const parseCompare = (tokens: TokenStream): ExpressionNode => {
  const { at } = tokens.current
  const of = parseSum(tokens)
  const others: { sign: Comparison; with: ExpressionNode }[] = []
  for (let sign = comparisonOf(tokens); sign !== undefined; sign = comparisonOf(tokens))
    others.push({ sign, with: parseSum(tokens) })
  return others.length > 0 ? { kind: 'compare', of, others, at } : of
}

const operations =
  (signs: Operation[], parseSide: (tokens: TokenStream) => ExpressionNode) => (tokens: TokenStream) => {
    let left = parseSide(tokens)
    while (tokens.isOperator(...signs)) {
      const { at, length, value } = tokens.take() as { at: number; length: number; value: Operation }
      left = { kind: 'operation', sign: value, left, right: parseSide(tokens), at, length }
    }
    return left
  }

const parsePower = operations(['**'], tokens => parseUnary(tokens))
const parseProduct = operations(['*', '/', '//', '%'], parsePower)

const parseConcat = (tokens: TokenStream): ExpressionNode => {
  const { at } = tokens.current
  const first = parseProduct(tokens)
  const parts = [first]
  while (tokens.takeOperator('~')) parts.push(parseProduct(tokens))
  return parts.length > 1 ? { kind: 'concat', parts, at } : first
}

const parseSum = operations(['+', '-'], parseConcat)

const parseUnary = (tokens: TokenStream, mayHaveFilters = true): ExpressionNode =>
  nested(tokens, () => {
    const isSigned = tokens.isOperator('-', '+')
    const sign = isSigned ? (tokens.take() as { at: number; length: number; value: '-' | '+' }) : undefined
    const of: ExpressionNode = sign
      ? { kind: 'sign', sign: sign.value, of: parseUnary(tokens, false), at: sign.at, length: sign.length }
      : parsePrimary(tokens)
    const whole = parsePostfix(tokens, of)
    return mayHaveFilters ? parseFiltersAndTests(tokens, whole) : whole
  })

const CONSTANTS: Record<string, null | boolean> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
}

/** A name, a constant, or something in brackets. */
export const parsePrimary = (tokens: TokenStream): ExpressionNode => {
  const { current } = tokens
  const { at, length } = current
  if (current.kind === 'name') {
    tokens.take()
    return Object.hasOwn(CONSTANTS, current.value)
      ? { kind: 'constant', value: CONSTANTS[current.value]!, at, length }
      : { kind: 'name', name: current.value, at, length }
  }
  if (current.kind === 'text') return parseTexts(tokens)
  if (current.kind === 'integer' || current.kind === 'float') {
    tokens.take()
    return { kind: 'constant', value: current.value, at, length }
  }
  if (tokens.takeOperator('(')) {
    const inside = parseTuple(tokens, { isInParentheses: true })
    tokens.needOperator(')')
    return inside
  }
  if (tokens.takeOperator('[')) return { kind: 'list', items: parseItems(tokens), at, length }
  return tokens.takeOperator('{') ? parseMapping(tokens, at) : tokens.unexpected()
}

/** Texts that follow each other are one. */
const parseTexts = (tokens: TokenStream): ExpressionNode => {
  const { at, length } = tokens.current
  let value = ''
  for (let { current } = tokens; current.kind === 'text'; current = tokens.current) {
    value += current.value
    tokens.take()
  }
  return { kind: 'constant', value, at, length }
}

const parseItems = (tokens: TokenStream): ExpressionNode[] => {
  const items: ExpressionNode[] = []
  while (!tokens.isOperator(']')) {
    if (items.length > 0) tokens.needOperator(',')
    if (tokens.isOperator(']')) break
    items.push(parseExpression(tokens))
  }
  tokens.needOperator(']')
  return items
}

const parseMapping = (tokens: TokenStream, at: number): ExpressionNode => {
  const pairs: [ExpressionNode, ExpressionNode][] = []
  while (!tokens.isOperator('}')) {
    if (pairs.length > 0) tokens.needOperator(',')
    if (tokens.isOperator('}')) break
    const key = parseExpression(tokens)
    tokens.needOperator(':')
    pairs.push([key, parseExpression(tokens)])
  }
  tokens.needOperator('}')
  return { kind: 'mapping', pairs, at }
}

type TupleRules = {
  /** Words that end it. */
  until?: string[]
  mayHaveCondition?: boolean
  isInParentheses?: boolean
}

/** One expression, or several with commas between, which are a tuple. */
export const parseTuple = (tokens: TokenStream, rules: TupleRules = {}): ExpressionNode => {
  const { until = [], mayHaveCondition = true, isInParentheses = false } = rules
  const { at } = tokens.current
  const items: ExpressionNode[] = []
  let isTuple = false
  for (;;) {
    if (items.length > 0) tokens.needOperator(',')
    if (isTupleEnd(tokens, until)) break
    items.push(parseExpression(tokens, mayHaveCondition))
    if (!tokens.isOperator(',')) break
    isTuple = true
  }
  if (!isTuple) {
    if (items[0]) return items[0]
    if (!isInParentheses) tokens.fail('An expression was expected here.')
  }
  return { kind: 'tuple', items, at }
}

const isTupleEnd = (tokens: TokenStream, until: string[]): boolean =>
  tokens.isKind('variable_end') || tokens.isKind('block_end') || tokens.isOperator(')') || tokens.isWord(...until)

const parsePostfix = (tokens: TokenStream, first: ExpressionNode): ExpressionNode => {
  let of = first
  for (;;) {
    if (tokens.isOperator('.')) of = parseAttribute(tokens, of)
    else if (tokens.isOperator('[')) of = parseSubscript(tokens, of)
    else if (tokens.isOperator('(')) of = parseCall(tokens, of)
    else return of
  }
}

const parseFiltersAndTests = (tokens: TokenStream, first: ExpressionNode): ExpressionNode => {
  let of = first
  for (;;) {
    if (tokens.takeOperator('|')) of = parseFilter(tokens, of)
    else if (tokens.takeWord('is')) of = parseTest(tokens, of)
    else if (tokens.isOperator('(')) of = parseCall(tokens, of)
    else return of
  }
}

const parseAttribute = (tokens: TokenStream, of: ExpressionNode): ExpressionNode => {
  tokens.take()
  const token = tokens.take()
  const { at, length } = token
  if (token.kind === 'name') return { kind: 'attribute', of, name: token.value, at, length }
  if (token.kind !== 'integer') return tokens.fail('A name or a number was expected behind the point.', token)
  return { kind: 'item', of, key: { kind: 'constant', value: token.value, at }, at, length }
}

const parseSubscript = (tokens: TokenStream, of: ExpressionNode): ExpressionNode => {
  const { at } = tokens.take()
  const keys: ExpressionNode[] = []
  while (!tokens.isOperator(']')) {
    if (keys.length > 0) tokens.needOperator(',')
    keys.push(parseKey(tokens))
  }
  tokens.needOperator(']')
  const key: ExpressionNode = keys.length === 1 ? keys[0]! : { kind: 'tuple', items: keys, at }
  return { kind: 'item', of, key, at }
}

const parseKey = (tokens: TokenStream): ExpressionNode => {
  const { at } = tokens.current
  const start = tokens.isOperator(':') ? undefined : parseExpression(tokens)
  if (start && !tokens.isOperator(':')) return start
  tokens.needOperator(':')
  const bound = () => (tokens.isOperator(':', ']', ',') ? undefined : parseExpression(tokens))
  const stop = bound()
  const step = tokens.takeOperator(':')
    ? tokens.isOperator(']', ',')
      ? undefined
      : parseExpression(tokens)
    : undefined
  return { kind: 'slice', ...(start && { start }), ...(stop && { stop }), ...(step && { step }), at }
}

/** What stands in the parentheses of a call. */
const parseArguments = (tokens: TokenStream): ArgumentNodes => {
  tokens.needOperator('(')
  const given: ArgumentNodes = { args: [], named: [] }
  let isFirst = true
  while (!tokens.isOperator(')')) {
    if (!isFirst) tokens.needOperator(',')
    if (!isFirst && tokens.isOperator(')')) break
    parseArgument(tokens, given)
    isFirst = false
  }
  tokens.needOperator(')')
  return given
}

const parseArgument = (tokens: TokenStream, given: ArgumentNodes): void => {
  const { current, following } = tokens
  const fail = () => tokens.fail('This argument cannot stand behind those before it.', current)
  if (tokens.takeOperator('*')) {
    if (given.rest || given.others) fail()
    given.rest = parseExpression(tokens)
  } else if (tokens.takeOperator('**')) {
    if (given.others) fail()
    given.others = parseExpression(tokens)
  } else if (current.kind === 'name' && following.kind === 'operator' && following.value === '=') {
    if (given.others) fail()
    tokens.take()
    tokens.take()
    given.named.push({ name: current.value, value: parseExpression(tokens) })
  } else {
    if (given.named.length > 0 || given.rest || given.others) fail()
    given.args.push(parseExpression(tokens))
  }
}

const parseCall = (tokens: TokenStream, of: ExpressionNode): ExpressionNode => {
  const { at } = tokens.current
  return { kind: 'call', of, ...parseArguments(tokens), at }
}

/** The name of a filter or a test, which may have points in it. */
const parseDotted = (tokens: TokenStream, what: string): { name: string; at: number; length: number } => {
  const first = tokens.needName(what)
  let [name, end] = [first.value, first.at + first.length]
  while (tokens.takeOperator('.')) {
    const next = tokens.needName(what)
    name += `.${next.value}`
    end = next.at + next.length
  }
  return { name, at: first.at, length: end - first.at }
}

const parseFilter = (tokens: TokenStream, of: ExpressionNode | undefined): FilterCall => {
  const named = parseDotted(tokens, 'The name of a filter')
  const given = tokens.isOperator('(') ? parseArguments(tokens) : { args: [], named: [] }
  return { kind: 'filter', ...(of && { of }), ...named, ...given }
}

/** The filters of a block, which have its text: the first one has no value. */
export const parseBlockFilters = (tokens: TokenStream): FilterCall => {
  let filter = parseFilter(tokens, undefined)
  while (tokens.takeOperator('|')) filter = parseFilter(tokens, filter)
  return filter
}

const parseTest = (tokens: TokenStream, of: ExpressionNode): ExpressionNode => {
  const { at: notAt } = tokens.current
  const isNegated = tokens.takeWord('not')
  const named = parseDotted(tokens, 'The name of a test')
  const test: ExpressionNode = { kind: 'test', of, ...named, ...parseTestArguments(tokens) }
  return isNegated ? { kind: 'not', of: test, at: notAt } : test
}

/** A test may be given one value without parentheses. */
const parseTestArguments = (tokens: TokenStream): ArgumentNodes => {
  if (tokens.isOperator('(')) return parseArguments(tokens)
  const { kind } = tokens.current
  const isValue = ['name', 'text', 'integer', 'float'].includes(kind) || tokens.isOperator('[', '{')
  if (!isValue || tokens.isWord('else', 'or', 'and')) return { args: [], named: [] }
  if (tokens.isWord('is')) tokens.fail('Tests cannot follow each other: write `and` between them.')
  return { args: [parsePostfix(tokens, parsePrimary(tokens))], named: [] }
}
