import { parseBlockFilters, parseExpression, parsePrimary, parseTuple } from './parse-expression.ts'
import { SPACE } from './space.ts'
import type { TokenStream } from './token-stream.ts'
import type { Call, ExpressionNode, Parameter, StatementNode, TargetNode } from './tree.ts'

/** Statements up to one of these words, which is the current token then; without words, up to the end of the template. */
export const parseBody = (tokens: TokenStream, until: string[] = []): StatementNode[] => {
  const body: StatementNode[] = []
  for (;;) {
    const token = tokens.current
    if (token.kind === 'data') {
      tokens.take()
      const last = body.at(-1)
      // A comment between them is nothing.
      if (last?.kind === 'data') last.text += token.value
      else body.push({ kind: 'data', text: token.value, at: token.at })
    } else if (token.kind === 'variable_begin') {
      tokens.take()
      const value = parseTuple(tokens)
      tokens.needKind('variable_end')
      body.push({ kind: 'output', value, at: token.at, length: token.length })
    } else if (token.kind === 'block_begin') {
      tokens.take()
      if (tokens.isWord(...until)) return body
      body.push(parseStatement(tokens, until))
      tokens.needKind('block_end')
    } else if (until.length > 0) {
      return tokens.fail(
        `The template ends within a block: ${until.map(one => `{% ${one} %}`).join(' or ')} is missing.`,
      )
    } else return body
  }
}

/** The body of a statement, from behind its head. The word that ends it is taken where it is `one` word only. */
const parseInside = (tokens: TokenStream, until: string[]): StatementNode[] => {
  tokens.takeOperator(':')
  tokens.needKind('block_end')
  if (++tokens.depth > 200) tokens.fail('Blocks are nested too deeply to be read.')
  const body = parseBody(tokens, until)
  tokens.depth--
  return body
}
const parseWhole = (tokens: TokenStream, end: string): StatementNode[] => {
  const body = parseInside(tokens, [end])
  tokens.take()
  return body
}

/** One name, or an attribute of a namespace where that may be given a value too. */
const parseOneTarget = (tokens: TokenStream, mayBeNamespaced: boolean): TargetNode => {
  const { current, following } = tokens
  const isNamespaced = current.kind === 'name' && following.kind === 'operator' && following.value === '.'
  if (!isNamespaced || !mayBeNamespaced) return asTarget(tokens, parsePrimary(tokens))
  tokens.take()
  tokens.take()
  const { value: name, at } = tokens.needName()
  return { kind: 'namespaced', namespace: current.value, name, at: current.at, length: at + name.length - current.at }
}

const parseTarget = (tokens: TokenStream, until: string[] = []): TargetNode => {
  const { at } = tokens.current
  const items: TargetNode[] = []
  for (;;) {
    if (items.length > 0 && (isTargetEnd(tokens) || tokens.isWord(...until))) break
    items.push(parseOneTarget(tokens, until.length === 0))
    if (!tokens.takeOperator(',')) return items.length === 1 ? items[0]! : { kind: 'tuple', items, at }
  }
  return { kind: 'tuple', items, at }
}
const isTargetEnd = (tokens: TokenStream): boolean =>
  tokens.isKind('block_end') || tokens.isKind('variable_end') || tokens.isOperator(')', '=')

const asTarget = (tokens: TokenStream, written: ExpressionNode): TargetNode => {
  const { at, length = 1 } = written
  if (written.kind === 'name') return { kind: 'name', name: written.name, at, length }
  if (written.kind !== 'tuple') return tokens.fail('Nothing can be assigned to this.', { at, length })
  return { kind: 'tuple', items: written.items.map(item => asTarget(tokens, item)), at, length }
}

const parseParameters = (tokens: TokenStream): Parameter[] => {
  const parameters: Parameter[] = []
  tokens.needOperator('(')
  while (!tokens.isOperator(')')) {
    if (parameters.length > 0) tokens.needOperator(',')
    const { value: name, at, length } = tokens.needName('The name of a parameter')
    const hasDefault = tokens.takeOperator('=')
    if (!hasDefault && parameters.some(one => one.default))
      tokens.fail('A parameter without a default cannot stand behind one that has one.', { at, length })
    parameters.push(hasDefault ? { name, default: parseExpression(tokens) } : { name })
  }
  tokens.needOperator(')')
  return parameters
}

type Read = (tokens: TokenStream, at: number, length: number) => StatementNode

const parseFor: Read = (tokens, at) => {
  const target = parseTarget(tokens, ['in'])
  tokens.needWord('in')
  const over = parseTuple(tokens, { mayHaveCondition: false, until: ['recursive'] })
  const test = tokens.takeWord('if') ? parseExpression(tokens) : undefined
  const isRecursive = tokens.takeWord('recursive')
  const body = parseInside(tokens, ['endfor', 'else'])
  const hasElse = tokens.isWord('else')
  tokens.take()
  const otherwise = hasElse ? parseWhole(tokens, 'endfor') : []
  return { kind: 'for', target, over, body, otherwise, ...(test && { test }), isRecursive, at }
}

const parseIf: Read = (tokens, at) => {
  const branches: { test: ExpressionNode; body: StatementNode[] }[] = []
  for (;;) {
    const test = parseTuple(tokens, { mayHaveCondition: false })
    branches.push({ test, body: parseInside(tokens, ['elif', 'else', 'endif']) })
    const hasMore = tokens.isWord('elif')
    const hasElse = tokens.isWord('else')
    tokens.take()
    if (!hasMore) return { kind: 'if', branches, otherwise: hasElse ? parseWhole(tokens, 'endif') : [], at }
  }
}

const parseSet: Read = (tokens, at) => {
  const target = parseTarget(tokens)
  if (tokens.takeOperator('=')) return { kind: 'set', target, value: parseTuple(tokens), at }
  const filter = tokens.takeOperator('|') ? parseBlockFilters(tokens) : undefined
  return { kind: 'set-block', target, ...(filter && { filter }), body: parseWhole(tokens, 'endset'), at }
}

const parseMacro: Read = (tokens, at) => {
  const { value: name } = tokens.needName('The name of a macro')
  const parameters = parseParameters(tokens)
  return { kind: 'macro', name, parameters, body: parseWhole(tokens, 'endmacro'), at }
}

const parseCallBlock: Read = (tokens, at) => {
  const parameters = tokens.isOperator('(') ? parseParameters(tokens) : []
  const { current } = tokens
  const call = parseExpression(tokens)
  if (call.kind !== 'call') tokens.fail('A call of a macro was expected here.', current)
  return { kind: 'call-block', call: call as Call, parameters, body: parseWhole(tokens, 'endcall'), at }
}

const parseBlock: Read = (tokens, at) => {
  const { value: name } = tokens.needName('The name of a block')
  const isScoped = tokens.takeWord('scoped')
  const isRequired = tokens.takeWord('required')
  if (tokens.isOperator('-')) tokens.fail('A name of a block has no hyphen.', undefined, 'Write an underscore.')
  const body = parseWhole(tokens, 'endblock')
  const isEmpty = body.every(one => one.kind === 'data' && new RegExp(`^${SPACE}*$`).test(one.text))
  if (isRequired && !isEmpty) tokens.fail('A required block may hold nothing but comments and white space.')
  tokens.takeWord(name)
  return { kind: 'block', name, body, isScoped, isRequired, at }
}

/** `with context` or `without context`, where one of them stands. */
const parseContext = (tokens: TokenStream): boolean | undefined => {
  const { following } = tokens
  if (!tokens.isWord('with', 'without') || following.kind !== 'name' || following.value !== 'context') return undefined
  const withContext = tokens.isWord('with')
  tokens.take()
  tokens.take()
  return withContext
}

const parseInclude: Read = (tokens, at) => {
  const template = parseExpression(tokens)
  const { following } = tokens
  const ignoresMissing = tokens.isWord('ignore') && following.kind === 'name' && following.value === 'missing'
  if (ignoresMissing) {
    tokens.take()
    tokens.take()
  }
  return { kind: 'include', template, ignoresMissing, withContext: parseContext(tokens) ?? true, at }
}

const parseImport: Read = (tokens, at) => {
  const template = parseExpression(tokens)
  tokens.needWord('as')
  const { value: name } = tokens.needName()
  return { kind: 'import', template, name, withContext: parseContext(tokens) ?? false, at }
}

const parseFrom: Read = (tokens, at) => {
  const template = parseExpression(tokens)
  tokens.needWord('import')
  const names: { name: string; as: string }[] = []
  let withContext: boolean | undefined
  for (;;) {
    if (names.length > 0) tokens.needOperator(',')
    if (!tokens.isKind('name')) tokens.needName()
    withContext = parseContext(tokens)
    if (withContext !== undefined) break
    const { value: name, at: from, length } = tokens.needName()
    if (name.startsWith('_'))
      tokens.fail('Names that begin with an underscore cannot be imported.', { at: from, length })
    names.push({ name, as: tokens.takeWord('as') ? tokens.needName().value : name })
    withContext = parseContext(tokens)
    if (withContext !== undefined || !tokens.isOperator(',')) break
  }
  return { kind: 'from', template, names, withContext: withContext ?? false, at }
}

const parseWith: Read = (tokens, at) => {
  const bindings: { target: TargetNode; value: ExpressionNode }[] = []
  while (!tokens.isKind('block_end')) {
    if (bindings.length > 0) tokens.needOperator(',')
    const target = parseTarget(tokens, ['='])
    tokens.needOperator('=')
    bindings.push({ target, value: parseExpression(tokens) })
  }
  return { kind: 'with', bindings, body: parseWhole(tokens, 'endwith'), at }
}

const parseFilterBlock: Read = (tokens, at) => {
  const filter = parseBlockFilters(tokens)
  return { kind: 'filter-block', filter, body: parseWhole(tokens, 'endfilter'), at }
}

/** What Jinja has as an extension only, and Ansible has not switched on. */
const refusing =
  (fix: string): Read =>
  (tokens, at, length) =>
    tokens.fail('Ansible has no such statement.', { at, length }, fix)

const STATEMENTS: Record<string, Read> = {
  for: parseFor,
  if: parseIf,
  set: parseSet,
  macro: parseMacro,
  call: parseCallBlock,
  filter: parseFilterBlock,
  block: parseBlock,
  extends: (tokens, at) => ({ kind: 'extends', template: parseExpression(tokens), at }),
  include: parseInclude,
  import: parseImport,
  from: parseFrom,
  with: parseWith,
  do: refusing('Write {% set _ = … %}.'),
  break: refusing('Choose what to go over: {% for x in list if … %}.'),
  continue: refusing('Choose what to go over: {% for x in list if … %}.'),
  trans: refusing('Write the text as it is.'),
  autoescape: refusing('Nothing is escaped here: leave it out.'),
}

const parseStatement = (tokens: TokenStream, until: string[]): StatementNode => {
  const { value, at, length } = tokens.needName('The name of a statement')
  const read = Object.hasOwn(STATEMENTS, value) ? STATEMENTS[value] : undefined
  if (read) return read(tokens, at, length)
  if (!value.startsWith('end') && value !== 'else' && value !== 'elif')
    return tokens.fail(`There is no statement "${value}".`, { at, length })
  const wanted = until.length > 0 ? `, ${until.map(one => `{% ${one} %}`).join(' or ')} was expected` : ''
  return tokens.fail(`"${value}" ends nothing that is open here${wanted}.`, { at, length })
}
