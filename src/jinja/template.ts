import { isUnknown } from '../core/unknown.ts'
import { nodesBelow, tooDeepAt } from './assigned.ts'
import { type Context, deferred, invoke } from './callable.ts'
import type { PluginNames } from './compile-expression.ts'
import { runTemplate } from './compile-inheritance.ts'
import { compileBody } from './compile-statement.ts'
import type { ControllerAnswers } from './controller-answers.ts'
import { copied } from './copied.ts'
import type { Delimiters } from './delimiters.ts'
import { filters } from './filters/all.ts'
import { type Block, type Compiled, type Evaluate, type Execute, type Frame, type Rendering, Scope } from './frame.ts'
import { contextGlobals, globals } from './globals.ts'
import { memberByKey, memberByName } from './named-member.ts'
import { parseBareExpression, parseTemplate } from './parser.ts'
import { finalized, joinedPieces, Pieces } from './pieces.ts'
import { SyntaxFault } from './syntax-fault.ts'
import { tests } from './tests.ts'
import type { ExpressionNode, StatementNode } from './tree.ts'
import { type Dict, type FaultPlace, Live, Omit, orElse, Undefined, usable, type Value, ValueFault } from './value.ts'

/** A template that was read. */
export type JinjaTemplate = Compiled & {
  how: Delimiters
  statements: StatementNode[]
  /** It may change lists and mappings in their place, or leads to another template that may. */
  changes: boolean
}

/**
 * Reads a template, which has no header any more. `file` stands for it in the places of what is wrong in it.
 *
 * Throws a SyntaxFault with its offset: what cannot be read, filters and tests that do not exist.
 */
export const readTemplate = (text: string, how: Delimiters, file: object): JinjaTemplate =>
  compiled(parseTemplate(text, how), how, file)

/** Reads one expression without braces around it, as a condition is written: a template that is nothing but this. */
export const readExpression = (text: string, how: Delimiters, file: object): JinjaTemplate => {
  const value = asCondition(parseBareExpression(text, how))
  return compiled([{ kind: 'output', at: value.at, value }], how, file)
}

/** Of a condition only the truth is of interest, so either side of its `and` and `or` may decide. */
const asCondition = (node: ExpressionNode): ExpressionNode => {
  if (node.kind === 'not') return { ...node, of: asCondition(node.of) }
  if (node.kind !== 'and' && node.kind !== 'or') return node
  return { ...node, left: asCondition(node.left), right: asCondition(node.right), isCondition: true }
}

const filterNames = new Set(Object.keys(filters))
const testNames = new Set(Object.keys(tests))

const compiled = (statements: StatementNode[], how: Delimiters, file: object): JinjaTemplate => {
  const deep = tooDeepAt(statements)
  if (deep !== undefined) throw new SyntaxFault('This is nested too deeply to be read.', deep)
  const known: PluginNames = {
    source: file,
    filters: filterNames,
    tests: testNames,
    embedded: written => embedded(compileBody(parseTemplate(written, how), known)),
  }
  const all = nodesBelow(statements)
  const blocks = all
    .filter(one => one.kind === 'block')
    .map(({ name, body, isScoped, isRequired }): [string, Block] => [
      name,
      { body: compileBody(body, known), isScoped, isRequired },
    ])
  const changes = all.some(mayChange)
  return { source: file, body: compileBody(statements, known), blocks: new Map(blocks), how, statements, changes }
}

const CHANGING = 'append extend insert pop popitem remove clear update setdefault sort reverse'.split(' ')
const mayChange = (node: ReturnType<typeof nodesBelow>[number]): boolean =>
  ['extends', 'include', 'import', 'from'].includes(node.kind) ||
  (node.kind === 'call' && node.of.kind === 'attribute' && CHANGING.includes(node.of.name))

/** The value of a template in a text: it sees the variables of the host alone. */
const embedded =
  (body: Execute): Evaluate =>
  ({ rendering }) => {
    const [scope, output] = [new Scope(), new Pieces()]
    body({ rendering, scope, top: scope, output, blocks: new Map(), heir: {}, isTop: true })
    return joinedPieces(output)
  }

/** A template in a file, its text, and the templates that it reaches for by their names. */
export type TemplateAtPath = { template: JinjaTemplate; text: string; other: RenderWith['template'] }

/** What a template is rendered with. */
export type RenderWith = {
  /** A variable of the host; undefined where there is none. */
  variable(name: string): Value | undefined
  /** The names of all variables, for who looks for one that is not there. */
  names(): string[]
  /** Another template by the name that it is included by. */
  template(name: string): Compiled | undefined
  /** The template in a file, by its whole path. */
  templateAt?(path: string, how: Partial<Delimiters>): TemplateAtPath
  /** Who answers lookups and the like; without it they are refused where they are used. */
  controller?(): ControllerAnswers | undefined
}

const renderingOf = (template: JinjaTemplate, given: RenderWith): Rendering => {
  const { variable, names } = given
  const found = new Map<string, Value>()
  const variableOf = (name: string): Value => {
    const known = found.get(name)
    if (known !== undefined) return known
    const value = lookedUp(name)
    found.set(name, value)
    return value
  }
  const lookedUp = (name: string): Value => {
    const data = variable(name)
    // A template that changes a list or a mapping in its place changes nothing else.
    if (data !== undefined) return template.changes ? copied(data) : data
    return orElse(
      globalOf(name),
      () => new Undefined(new ValueFault(`There is no "${name}".`, { name, known: names() })),
    )
  }
  const call = (
    table: Rendering['filters'],
    name: string,
    value: Value,
    { args, named }: { args: Value[]; named: Dict },
  ): Value => {
    if (!Object.hasOwn(table, name)) throw new ValueFault(`There is no "${name}".`, { name, known: Object.keys(table) })
    return invoke(name, table[name]!, context, { args: [value, ...args], named })
  }
  const asked = questions(given)
  let functions: Readonly<Record<string, Value>> | undefined
  // Nothing that JavaScript has under a name is one.
  const globalOf = (name: string): Value | undefined => {
    if (Object.hasOwn(globals, name)) return globals[name]
    functions ??= contextGlobals(() => context)
    return Object.hasOwn(functions, name) ? functions[name] : undefined
  }
  const context: Context = {
    place: undefined,
    names,
    ask: (words, question) => asked(context.place, words, question),
    render: (path, how, variables) => renderedBeside(given, path, how, variables),
    filter: (name, value, given) => call(filters, name, value, given),
    test: (name, value, given) => call(tests, name, value, given),
    variable: variableOf,
    member: (owner, key) => (typeof key === 'string' ? memberByName(owner, key) : memberByKey(owner, key)),
  }
  return { context, filters, tests, global: globalOf, template: given.template, calls: { depth: 0, rounds: 0 } }
}

/**
 * What a template makes of its variables, as it stands: what is undefined, left out, or not known yet is a value too, and
 * what goes wrong is an Undefined. So a variable is passed on by another one that only names it.
 */
export const templateValue = (template: JinjaTemplate, given: RenderWith): Value => {
  const scope = new Scope()
  const output = new Pieces()
  const blocks = new Map([...template.blocks].map(([name, block]) => [name, [block]]))
  const frame: Frame = {
    rendering: renderingOf(template, given),
    scope,
    top: scope,
    output,
    blocks,
    heir: {},
    isTop: true,
  }
  return deferred(() => {
    runTemplate(template, frame)
    return joinedPieces(output)
  })
}

/** Asks the controller. In a loop the same words at the same place are another question each time. */
const questions = (given: RenderWith) => {
  let times: Map<string, number> | undefined
  return <T>(place: FaultPlace | undefined, words: string, question: (controller: ControllerAnswers) => T): T => {
    const controller = given.controller?.()
    if (!controller) throw new ValueFault('Nothing can be asked of this machine here.')
    const key = `${place?.at} ${words}`
    times ??= new Map()
    const before = times.get(key) ?? 0
    times.set(key, before + 1)
    return controller.once({ place, words, before }, () => question(controller))
  }
}

const renderedBeside = (given: RenderWith, path: string, how: Partial<Delimiters>, more: Dict): Value => {
  if (!given.templateAt) throw new ValueFault('No other template can be rendered here.')
  const { template, text, other } = given.templateAt(path, how)
  const value = renderValue(template, {
    ...given,
    template: other,
    variable: name => (more.has(name) ? more.get(name) : given.variable(name)),
    names: () => [...given.names(), ...more.keys().map(String)],
  })
  return typeof value === 'string' ? withNewlinesOf(text, value, template.how) : value
}

const newlinesAtEnd = (text: string): number => /\n*$/.exec(text)![0].length

/** A text that a template ends with as many newlines as its file, as Ansible has it. */
export const withNewlinesOf = (whole: string, value: string, { newline }: Delimiters): string =>
  value + newline.repeat(Math.max(0, newlinesAtEnd(whole) - newlinesAtEnd(value)))

/**
 * What a template makes of its variables: a text, or the value of the one expression that it is. What is not known yet
 * is returned where the whole depends on it.
 *
 * Throws Tripped for what is undefined and used, or does not go, with its place.
 */
export const renderValue = (template: JinjaTemplate, given: RenderWith): Value => {
  const whole = templateValue(template, given)
  if (isUnknown(whole)) return whole
  if (usable(whole) instanceof Omit) throw new ValueFault('A template as a whole cannot be left out.')
  const value = finalized(whole)
  if (value instanceof Live)
    throw new ValueFault(`A ${value.type} is no value of its own: call it, or make a list of it.`)
  return value
}
