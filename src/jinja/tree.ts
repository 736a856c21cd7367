/** The syntax tree of a template, as Jinja's own parser makes it. `at` is the offset in the text that a failure points at. */
export type At = { at: number; length?: number }

export type ArgumentNodes = {
  args: ExpressionNode[]
  named: { name: string; value: ExpressionNode }[]
  /** `*args` and `**named` of a call. */
  rest?: ExpressionNode
  others?: ExpressionNode
}

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'
export type Operation = '+' | '-' | '*' | '/' | '//' | '%' | '**'

export type ExpressionNode = At &
  (
    | { kind: 'constant'; value: null | boolean | bigint | number | string }
    | { kind: 'name'; name: string }
    | { kind: 'list' | 'tuple'; items: ExpressionNode[] }
    | { kind: 'mapping'; pairs: [ExpressionNode, ExpressionNode][] }
    | { kind: 'attribute'; of: ExpressionNode; name: string }
    | { kind: 'item'; of: ExpressionNode; key: ExpressionNode }
    | { kind: 'slice'; start?: ExpressionNode; stop?: ExpressionNode; step?: ExpressionNode }
    | ({ kind: 'call'; of: ExpressionNode } & ArgumentNodes)
    /** Without a value: the filter of a block, which has the block's text. */
    | ({ kind: 'filter'; of?: ExpressionNode; name: string } & ArgumentNodes)
    | ({ kind: 'test'; of: ExpressionNode; name: string } & ArgumentNodes)
    | { kind: 'sign'; sign: '-' | '+'; of: ExpressionNode }
    | { kind: 'not'; of: ExpressionNode }
    /** `isCondition`: only whether it is true or false is of interest. */
    | { kind: 'and' | 'or'; left: ExpressionNode; right: ExpressionNode; isCondition?: true }
    | { kind: 'operation'; sign: Operation; left: ExpressionNode; right: ExpressionNode }
    | { kind: 'compare'; of: ExpressionNode; others: { sign: Comparison; with: ExpressionNode }[] }
    | { kind: 'concat'; parts: ExpressionNode[] }
    | { kind: 'conditional'; test: ExpressionNode; then: ExpressionNode; else?: ExpressionNode }
  )

export type Call = Extract<ExpressionNode, { kind: 'call' }>
export type FilterCall = Extract<ExpressionNode, { kind: 'filter' }>

/** What a value is given to: a name, a tuple of them, or an attribute of a namespace. */
export type TargetNode = At &
  (
    | { kind: 'name'; name: string }
    | { kind: 'tuple'; items: TargetNode[] }
    | { kind: 'namespaced'; namespace: string; name: string }
  )

export type Parameter = { name: string; default?: ExpressionNode }

export type StatementNode = At &
  (
    | { kind: 'data'; text: string }
    | { kind: 'output'; value: ExpressionNode }
    | {
        kind: 'for'
        target: TargetNode
        over: ExpressionNode
        body: StatementNode[]
        otherwise: StatementNode[]
        test?: ExpressionNode
        isRecursive: boolean
      }
    | { kind: 'if'; branches: { test: ExpressionNode; body: StatementNode[] }[]; otherwise: StatementNode[] }
    | { kind: 'set'; target: TargetNode; value: ExpressionNode }
    | { kind: 'set-block'; target: TargetNode; filter?: FilterCall; body: StatementNode[] }
    | { kind: 'macro'; name: string; parameters: Parameter[]; body: StatementNode[] }
    | { kind: 'call-block'; call: Call; parameters: Parameter[]; body: StatementNode[] }
    | { kind: 'filter-block'; filter: FilterCall; body: StatementNode[] }
    | { kind: 'block'; name: string; body: StatementNode[]; isScoped: boolean; isRequired: boolean }
    | { kind: 'extends'; template: ExpressionNode }
    | { kind: 'include'; template: ExpressionNode; ignoresMissing: boolean; withContext: boolean }
    | { kind: 'import'; template: ExpressionNode; name: string; withContext: boolean }
    | { kind: 'from'; template: ExpressionNode; names: { name: string; as: string }[]; withContext: boolean }
    | { kind: 'with'; bindings: { target: TargetNode; value: ExpressionNode }[]; body: StatementNode[] }
  )
