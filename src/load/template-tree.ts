/** The syntax tree of a template, as Handlebars' parser makes it and as far as it is read here. */
export type TemplatePlace = { start: { line: number; column: number } }
export type PathNode = {
  type: 'PathExpression'
  /** `@index` and its kind. */
  data: boolean
  /** How many `../` stand before it. */
  depth: number
  parts: string[]
  original: string
  loc: TemplatePlace
}
export type CallNode = {
  type: 'SubExpression' | 'MustacheStatement'
  path: ValueNode
  params: ValueNode[]
  hash?: { pairs: { key: string; value: ValueNode }[] }
  loc: TemplatePlace
}
export type LiteralNode = {
  type: 'StringLiteral' | 'NumberLiteral' | 'BooleanLiteral' | 'NullLiteral' | 'UndefinedLiteral'
  value?: unknown
  loc: TemplatePlace
}
export type ValueNode = PathNode | CallNode | LiteralNode
export type TemplateProgram = { body: Statement[]; blockParams?: string[] }
export type BlockNode = {
  type: 'BlockStatement'
  path: PathNode
  params: ValueNode[]
  hash?: CallNode['hash']
  program?: TemplateProgram
  inverse?: TemplateProgram
  loc: TemplatePlace
}
export type Statement =
  | { type: 'ContentStatement'; value: string; loc: TemplatePlace }
  | { type: 'CommentStatement'; loc: TemplatePlace }
  | (CallNode & { type: 'MustacheStatement' })
  | BlockNode
  | { type: 'PartialStatement' | 'PartialBlockStatement' | 'Decorator' | 'DecoratorBlock'; loc: TemplatePlace }

/** The name that a path calls when it is used as a function; undefined for `a.b`, `../a` and `@a`. */
export const simpleName = (path: ValueNode): string | undefined =>
  path.type === 'PathExpression' &&
  !path.data &&
  path.depth === 0 &&
  path.parts.length === 1 &&
  !/^(this|\.)/.test(path.original)
    ? path.parts[0]
    : undefined
