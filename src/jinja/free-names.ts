import { isLookUp, isTemplateText } from './compile-expression.ts'
import { ansibleDelimiters } from './delimiters.ts'
import { parseTemplate } from './parser.ts'
import type { Call, ExpressionNode, FilterCall, StatementNode, TargetNode } from './tree.ts'
import type { FaultPlace } from './value.ts'

type Path = (string | null)[]

/** A variable that a template looks at, and the members that follow it; a step is null where only rendering knows it. */
export type VariableRead = {
  path: Path
  place: FaultPlace
  /** It may be missing: the template asks whether it is there, or has another value for it. */
  optional?: true
  /** Only which members it has is looked at, or whether it is empty. */
  outline?: true
}

/** The names that are given a value at a place, with what they stand for where that is a part of a variable. */
type Names = Map<string, Path | undefined>

/** A template that another one reaches for by a name that is written out. */
type Other = { source: object; statements: StatementNode[] }

const FUNCTIONS = new Set([
  'range',
  'dict',
  'namespace',
  'cycler',
  'joiner',
  'undef',
  'omit',
  'ansible_managed',
  'now',
  'lookup',
  'query',
  'q',
])
const GIVEN = ['self', 'super', 'loop', 'caller', 'varargs', 'kwargs']

const isConstant = (node: ExpressionNode | undefined): node is Extract<ExpressionNode, { kind: 'constant' }> =>
  node?.kind === 'constant'

class Reader {
  readonly reads: VariableRead[] = []
  /** Paths of which the template asks whether they are there. */
  readonly guarded: Path[] = []
  readonly #other: (name: string) => Other | undefined
  readonly #entered = new Set<object>()
  #source: object = this

  constructor(other: (name: string) => Other | undefined) {
    this.#other = other
  }

  template({ source, statements }: Other, names: Names): void {
    if (this.#entered.has(source)) return
    this.#entered.add(source)
    const outer = this.#source
    this.#source = source
    this.body(statements, names)
    this.#source = outer
    this.#entered.delete(source)
  }

  body(statements: StatementNode[], names: Names): void {
    for (const one of statements) this.#statement(one, names)
  }

  #bind(target: TargetNode, path: Path | undefined, names: Names): void {
    if (target.kind === 'name') names.set(target.name, path)
    else if (target.kind === 'tuple') for (const item of target.items) this.#bind(item, undefined, names)
  }

  #statement(one: StatementNode, names: Names): void {
    switch (one.kind) {
      case 'output':
        this.#value(one.value, names)
        break
      case 'for':
        this.#loop(one, names)
        break
      case 'if':
        for (const { test, body } of one.branches) {
          this.#outline(test, names)
          this.body(body, names)
        }
        this.body(one.otherwise, names)
        break
      case 'set':
        this.#value(one.value, names)
        this.#bind(one.target, this.#pathOf(one.value, names), names)
        break
      case 'set-block':
        if (one.filter) this.#value(one.filter, names)
        this.body(one.body, new Map(names))
        this.#bind(one.target, undefined, names)
        break
      case 'macro':
        names.set(one.name, undefined)
        this.#inside(one.parameters, one.body, names)
        break
      case 'call-block':
        this.#value(one.call, names)
        this.#inside(one.parameters, one.body, names)
        break
      case 'filter-block':
        this.#value(one.filter, names)
        this.body(one.body, new Map(names))
        break
      case 'with':
        this.#with(one, names)
        break
      case 'block':
        this.body(one.body, new Map(names))
        break
      default:
        this.#ofTemplates(one, names)
        break
    }
  }

  #ofTemplates(one: StatementNode, names: Names): void {
    if (one.kind !== 'extends' && one.kind !== 'include' && one.kind !== 'import' && one.kind !== 'from') return
    this.#value(one.template, names)
    if (one.kind === 'import') names.set(one.name, undefined)
    if (one.kind === 'from') for (const { as } of one.names) names.set(as, undefined)
    const seesNames = one.kind === 'extends' || one.withContext
    const other = isConstant(one.template) && seesNames ? this.#other(String(one.template.value)) : undefined
    if (other) this.template(other, new Map(names))
  }

  #inside(parameters: { name: string; default?: ExpressionNode }[], body: StatementNode[], names: Names): void {
    const inner = new Map(names)
    for (const { name, default: usual } of parameters) {
      if (usual) this.#value(usual, names)
      inner.set(name, undefined)
    }
    this.body(body, inner)
  }

  #loop(one: Extract<StatementNode, { kind: 'for' }>, names: Names): void {
    this.#outline(one.over, names)
    const path = this.#pathOf(one.over, names)
    const inner = new Map(names)
    this.#bind(one.target, path && [...path, null], inner)
    if (one.test) this.#value(one.test, inner)
    this.body(one.body, inner)
    this.body(one.otherwise, new Map(names))
  }

  #with(one: Extract<StatementNode, { kind: 'with' }>, names: Names): void {
    const inner = new Map(names)
    for (const { target, value } of one.bindings) {
      this.#value(value, names)
      this.#bind(target, this.#pathOf(value, names), inner)
    }
    this.body(one.body, inner)
  }

  /** What a chain of members leads to; undefined where it begins at no variable. */
  #pathOf(node: ExpressionNode, names: Names): Path | undefined {
    if (node.kind === 'name')
      return names.has(node.name) ? names.get(node.name) : isFree(node.name) ? [node.name] : undefined
    if (node.kind === 'filter' && node.of && ['default', 'd'].includes(node.name)) return this.#pathOf(node.of, names)
    if (node.kind !== 'attribute' && node.kind !== 'item') return undefined
    const base = this.#pathOf(node.of, names)
    if (node.kind === 'attribute') return base && [...base, node.name]
    return base && [...base, isConstant(node.key) ? String(node.key.value) : null]
  }

  /** Where a chain begins, and the keys in it that are expressions of their own. */
  #chain(node: ExpressionNode): { first: ExpressionNode; keys: ExpressionNode[] } {
    if (node.kind !== 'attribute' && node.kind !== 'item') return { first: node, keys: [] }
    const { first, keys } = this.#chain(node.of)
    return { first, keys: node.kind === 'item' && !isConstant(node.key) ? [...keys, node.key] : keys }
  }

  #value(node: ExpressionNode, names: Names, more: { optional?: true; outline?: true } = {}): void {
    if (node.kind === 'name' || node.kind === 'attribute' || node.kind === 'item') this.#member(node, names, more)
    else if (node.kind === 'call' && node.of.kind === 'attribute') this.#method(node, node.of, names, more)
    else if (node.kind === 'call' && isLookUp(node)) this.#lookUp(node, names)
    else if (node.kind === 'test' && ['defined', 'undefined'].includes(node.name)) this.#guard(node.of, names)
    else if (node.kind === 'filter') this.#filter(node, names)
    else if (node.kind === 'compare') this.#compare(node, names)
    else this.#below(node, names)
  }

  #filter(node: FilterCall, names: Names): void {
    const { of, name } = node
    if (of && ['default', 'd'].includes(name)) this.#ask(of, names)
    if (this.#extracts(node, names)) return
    if (of && ['length', 'count'].includes(name)) this.#outline(of, names)
    else this.#below(node, names)
  }

  /** A method: what is looked at is its owner. */
  #method(
    node: Extract<ExpressionNode, { kind: 'call' }>,
    { of, name }: Extract<ExpressionNode, { kind: 'attribute' }>,
    names: Names,
    more: { optional?: true; outline?: true },
  ): void {
    this.#value(of, names, ['keys', 'get'].includes(name) ? { ...more, outline: true } : more)
    this.#below({ ...node, of: { kind: 'constant', value: null, at: node.at } }, names)
  }

  /** A lookup: variables by names that are written out, and templates in its texts. */
  #lookUp(node: Call, names: Names): void {
    const [which, ...terms] = node.args
    const name = isConstant(which) ? String(which.value).replace(/^ansible\.(?:builtin|legacy)\./, '') : ''
    for (const term of terms) {
      const place = { source: this.#source, at: term.at, length: term.length ?? 1 }
      for (const one of membersOf(term)) if (isTemplateText(one)) this.#embedded(one.value, place)
      if (name === 'inventory_hostnames') this.reads.push({ path: ['groups'], place })
      if (!isConstant(term) || typeof term.value !== 'string') continue
      const other = name === 'template' ? this.#other(term.value) : undefined
      if (other) this.template(other, new Map())
      if (name !== 'vars') continue
      this.reads.push({ path: [term.value], place })
      if (node.named.some(one => one.name === 'default')) this.guarded.push([term.value])
    }
    this.#below(node, names)
  }

  /** A template in a text: it sees variables alone, and stands where the text does. */
  #embedded(text: string, place: FaultPlace): void {
    const before = this.reads.length
    this.body(parseTemplate(text, ansibleDelimiters), new Map())
    for (const read of this.reads.slice(before)) read.place = place
  }

  #compare(node: Extract<ExpressionNode, { kind: 'compare' }>, names: Names): void {
    this.#value(node.of, names)
    for (const { sign, with: other } of node.others)
      if (sign === 'in' || sign === 'not in') this.#outline(other, names)
      else this.#value(other, names)
  }

  #member(node: ExpressionNode, names: Names, more: { optional?: true; outline?: true }): void {
    const { first, keys } = this.#chain(node)
    const path = this.#pathOf(node, names)
    if (path === undefined && first.kind !== 'name') this.#value(first, names)
    if (path !== undefined)
      this.reads.push({ path, place: { source: this.#source, at: first.at, length: first.length ?? 1 }, ...more })
    for (const key of keys) this.#value(key, names)
  }

  /** Everything directly below an expression. */
  #below(node: ExpressionNode, names: Names): void {
    for (const one of expressionsIn(node)) this.#value(one, names)
  }

  /** Only the shape of it is looked at. */
  #outline(node: ExpressionNode, names: Names): void {
    if (node.kind === 'not') this.#outline(node.of, names)
    else this.#value(node, names, { outline: true })
  }

  /** The template has an answer for where it is not there. */
  #ask(node: ExpressionNode, names: Names): void {
    const path = this.#pathOf(node, names)
    if (path) this.guarded.push(path)
  }

  #guard(node: ExpressionNode, names: Names): void {
    this.#ask(node, names)
    this.#value(node, names, { optional: true, outline: true })
  }

  /**
   * What is taken of each member of a container: `x | extract(hostvars, 'id')`, `x | map('extract', hostvars, ['a', 'id'])`, and
   * what filters behind it leave of that. Only this is looked at, and what says which members.
   */
  #extracts(node: FilterCall, names: Names): boolean {
    const chain = this.#takenOf(node, names)
    if (!chain) return false
    const { container, path, asked, rest } = chain
    const place = { source: this.#source, at: container.at, length: container.length ?? 1 }
    this.reads.push({ path, place })
    for (const one of rest) this.#value(one, names)
    for (const member of asked) this.reads.push({ path: member, place })
    return true
  }

  /** `path`: that of each; `asked`: what filters ask of each; `rest`: all other expressions in them. */
  #takenOf(node: ExpressionNode, names: Names): Taken | undefined {
    if (node.kind !== 'filter' || !node.of) return undefined
    const { name, of, args, named } = node
    const isMap = name === 'map'
    const isExtract = isMap && isConstant(args[0]) && args[0].value === 'extract'
    if (isExtract || name === 'extract') {
      const [container, member] = isExtract ? args.slice(1) : args
      const base = container && this.#pathOf(container, names)
      if (!base || !container) return undefined
      const steps = member && stepsOf(member)
      const others = steps || !member ? [] : [member]
      return {
        container,
        path: [...base, null, ...(steps ?? (member ? [null] : []))],
        asked: [],
        rest: [of, ...others],
      }
    }
    const taken = this.#takenOf(of, names)
    if (!taken) return undefined
    const attribute = named.find(one => one.name === 'attribute')?.value
    if (isMap && isConstant(attribute))
      return { ...taken, path: [...taken.path, ...String(attribute.value).split('.')] }
    const [first, ...others] = args
    if (['selectattr', 'rejectattr'].includes(name) && isConstant(first))
      return {
        ...taken,
        asked: [...taken.asked, [...taken.path, ...String(first.value).split('.')]],
        rest: [...taken.rest, ...others],
      }
    return KEEPING.includes(name) ? { ...taken, rest: [...taken.rest, ...args] } : undefined
  }
}

type Taken = { container: ExpressionNode; path: Path; asked: Path[]; rest: ExpressionNode[] }

/** Filters whose result is made of members of the list that they are given. */
const KEEPING = ['list', 'select', 'reject', 'unique', 'first', 'last', 'sort', 'reverse']

/** The steps of a member that is written out, as one text or a list of them. */
const stepsOf = (node: ExpressionNode): string[] | undefined => {
  if (isConstant(node)) return [String(node.value)]
  if (node.kind !== 'list' && node.kind !== 'tuple') return undefined
  const steps = node.items.flatMap(one => (isConstant(one) ? [String(one.value)] : []))
  return steps.length === node.items.length ? steps : undefined
}

/** What a term of a lookup is made of, where that is written out. */
const membersOf = (term: ExpressionNode): ExpressionNode[] =>
  term.kind === 'list' || term.kind === 'tuple' ? term.items.flatMap(membersOf) : [term]

const isFree = (name: string): boolean => !FUNCTIONS.has(name) && !GIVEN.includes(name)

const expressionsIn = (node: unknown): ExpressionNode[] => {
  if (node === null || typeof node !== 'object') return []
  return Object.values(node).flatMap(value =>
    value !== null && typeof value === 'object' && 'kind' in value ? [value as ExpressionNode] : expressionsIn(value),
  )
}

const isBelow = (path: Path, guard: Path): boolean =>
  guard.length <= path.length && guard.every((step, at) => step === path[at])

/**
 * The variables that a template looks at, in written order, with those of the templates that it includes or extends by a
 * name that is written out. What it asks for with `is defined` or `default` may be missing wherever it is used.
 */
export const variableReads = (template: Other, other: (name: string) => Other | undefined): VariableRead[] => {
  const reader = new Reader(other)
  reader.template(template, new Map())
  return reader.reads.map(read => {
    const [name, ...members] = read.path
    // All variables of the host, by their names; as one value it may be any of them.
    const path = name !== 'vars' ? read.path : members.length > 0 ? members : [null]
    return reader.guarded.some(guard => isBelow(read.path, guard))
      ? { ...read, path, optional: true }
      : { ...read, path }
  })
}
