import { isUnknown } from '../core/unknown.ts'
import { compileNode, type PluginNames } from './compile-expression.ts'
import { deeper } from './depth.ts'
import { type Block, type Compiled, type Execute, type Frame, Scope } from './frame.ts'
import { FunctionValue } from './function-value.ts'
import { iterate } from './iterate.ts'
import { joinedPieces, Pieces } from './pieces.ts'
import { str } from './repr.ts'
import type { ExpressionNode, StatementNode } from './tree.ts'
import { Live, orElse, Undefined, usable, type Value, ValueFault } from './value.ts'

type OfTemplates = Extract<StatementNode, { kind: 'block' | 'extends' | 'include' | 'import' | 'from' }>
type Statement<K extends OfTemplates['kind']> = Extract<OfTemplates, { kind: K }>

/** What another template has given names to. */
class Module extends Live {
  readonly type = 'TemplateModule'
  readonly #scope: Scope
  readonly #output: Pieces
  constructor(scope: Scope, output: Pieces) {
    super()
    this.#scope = scope
    this.#output = output
  }
  override get shown(): string {
    return str(joinedPieces(this.#output) ?? '')
  }
  override attribute(name: string): Value | undefined {
    return name.startsWith('_') ? undefined : this.#scope.find(name)
  }
}

/** `self` in a template: its blocks. */
class OwnBlocks extends Live {
  readonly type = 'TemplateReference'
  readonly #frame: Frame
  constructor(frame: Frame) {
    super()
    this.#frame = frame
  }
  override attribute(name: string): Value | undefined {
    return this.#frame.blocks.has(name)
      ? new FunctionValue(name, [], () => capturedBlock(name, 0, this.#frame))
      : undefined
  }
}

const capturedBlock = (name: string, level: number, frame: Frame): Value => {
  const output = new Pieces()
  renderBlock(name, level, { ...frame, output })
  return joinedPieces(output)
}

/** Carries out a block: `level` 0 is that of the outermost heir, what `super()` calls one more. */
const renderBlock = (name: string, level: number, frame: Frame): void => {
  const block = frame.blocks.get(name)![level]!
  const scope = new Scope(block.isScoped ? frame.scope : frame.top)
  const hasMore = frame.blocks.get(name)!.length > level + 1
  if (hasMore) scope.set('super', new FunctionValue('super', [], () => capturedBlock(name, level + 1, frame)))
  if (block.isRequired)
    throw new ValueFault(`The block "${name}" has to be filled by a template that extends this one.`)
  deeper(frame, () => block.body({ ...frame, scope, isTop: false }))
}

const compileBlock =
  (node: Statement<'block'>): Execute =>
  frame => {
    if (!frame.isTop || !frame.heir.parent) renderBlock(node.name, 0, frame)
  }

/** The first of the templates that are named. Throws a ValueFault where there is none. */
const compileTemplateName = (node: ExpressionNode, known: PluginNames): ((frame: Frame) => Compiled) => {
  const evaluate = compileNode(node, known)
  return frame => {
    const named = usable(evaluate(frame))
    const names = typeof named === 'string' ? [named] : iterate(named).map(str)
    for (const name of names) {
      const found = frame.rendering.template(name)
      if (found) return found
    }
    const fault = new MissingTemplate(`There is no template ${names.map(name => `"${name}"`).join(' or ')}.`)
    fault.place = { source: known.source, at: node.at, length: node.length ?? 1 }
    throw fault
  }
}
class MissingTemplate extends ValueFault {}

const compileExtends = (node: Statement<'extends'>, known: PluginNames): Execute => {
  const find = compileTemplateName(node.template, known)
  return frame => {
    if (frame.heir.parent) throw new ValueFault('A template can extend one other only.')
    const parent = find(frame)
    for (const [name, block] of parent.blocks) frame.blocks.set(name, [...(frame.blocks.get(name) ?? []), block])
    frame.heir.parent = parent
  }
}

/** Carries out a template, and those that it extends. */
export const runTemplate = (template: Compiled, frame: Frame): void => {
  const heir: Frame['heir'] = {}
  frame.top.set('self', new OwnBlocks(frame))
  deeper(frame, () => template.body({ ...frame, heir, isTop: true }))
  if (heir.parent) runTemplate(heir.parent, frame)
}

const blocksOf = (template: Compiled): Map<string, Block[]> =>
  new Map([...template.blocks].map(([name, block]) => [name, [block]]))

/** A frame for another template: with the names of this place, or with none but those of every template. */
const frameFor = (template: Compiled, frame: Frame, withContext: boolean): Frame => {
  const scope = new Scope(withContext ? frame.scope : undefined)
  const blocks = blocksOf(template)
  if (withContext) return { ...frame, scope, top: scope, blocks }
  const { context, global } = frame.rendering
  const variable = (name: string): Value =>
    orElse(global(name), () => new Undefined(new ValueFault(`There is no "${name}" here.`)))
  return { ...frame, rendering: { ...frame.rendering, context: { ...context, variable } }, scope, top: scope, blocks }
}

const compileInclude = (node: Statement<'include'>, known: PluginNames): Execute => {
  const find = compileTemplateName(node.template, known)
  return frame => {
    if (frame.isTop && frame.heir.parent) return
    try {
      const template = find(frame)
      runTemplate(template, frameFor(template, frame, node.withContext))
    } catch (error) {
      if (isUnknown(error)) frame.output.add(error)
      else if (!node.ignoresMissing || !(error instanceof MissingTemplate)) throw error
    }
  }
}

const compileModule = (node: Statement<'import' | 'from'>, known: PluginNames): ((frame: Frame) => Value) => {
  const find = compileTemplateName(node.template, known)
  return frame => {
    try {
      const template = find(frame)
      const output = new Pieces()
      const inner = { ...frameFor(template, frame, node.withContext), output }
      runTemplate(template, inner)
      return new Module(inner.scope, output)
    } catch (error) {
      if (isUnknown(error)) return error
      throw error
    }
  }
}

const compileImport = (node: Statement<'import'>, known: PluginNames): Execute => {
  const make = compileModule(node, known)
  return frame => frame.scope.set(node.name, make(frame))
}

const compileFrom = (node: Statement<'from'>, known: PluginNames): Execute => {
  const make = compileModule(node, known)
  return frame => {
    const found = make(frame)
    for (const { name, as } of node.names) {
      const lacking = () => new Undefined(new ValueFault(`The template that is imported does not have "${name}".`))
      frame.scope.set(as, found instanceof Module ? orElse(found.attribute(name), lacking) : found)
    }
  }
}

/** Statements that reach for other templates, or are filled by them. */
export const compileTemplateStatement = (node: OfTemplates, known: PluginNames): Execute => {
  switch (node.kind) {
    case 'block':
      return compileBlock(node)
    case 'extends':
      return compileExtends(node, known)
    case 'include':
      return compileInclude(node, known)
    case 'import':
      return compileImport(node, known)
    case 'from':
      return compileFrom(node, known)
  }
}
