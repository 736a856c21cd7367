import { isUnknown } from '../core/unknown.ts'
import { assignedMembers, assignedNames, namesRead } from './assigned.ts'
import { BLOCK_TEXT, compileNode, type PluginNames } from './compile-expression.ts'
import { compileTemplateStatement } from './compile-inheritance.ts'
import { deeper, goThrough } from './depth.ts'
import { type Evaluate, type Execute, type Frame, Scope } from './frame.ts'
import { iterate } from './iterate.ts'
import { Loop } from './loop.ts'
import { Macro, type MacroShape } from './macro.ts'
import { Namespace } from './namespace.ts'
import { joinedPieces, Pieces } from './pieces.ts'
import type { FilterCall, Parameter, StatementNode, TargetNode } from './tree.ts'
import { truth } from './truth.ts'
import { knownOr } from './unknowns.ts'
import { type Value, ValueFault } from './value.ts'

type Statement<K extends StatementNode['kind']> = Extract<StatementNode, { kind: K }>

/** Statements as one function of the place they are carried out in. */
export const compileBody = (body: StatementNode[], known: PluginNames): Execute => {
  const all = body.map(one => compileOne(one, known))
  return frame => {
    for (const execute of all) execute(frame)
  }
}

const emit = (frame: Frame, value: Value): void => {
  if (!frame.isTop || !frame.heir.parent) frame.output.add(value)
}

/** Carries statements out with an output of their own, and gives that. */
const captured = (execute: Execute, frame: Frame, scope = new Scope(frame.scope)): Value => {
  const output = new Pieces()
  execute({ ...frame, scope, output, isTop: false })
  return joinedPieces(output)
}

/** Gives a target a value; a tuple of targets its members. */
const assignTo = (target: TargetNode, value: Value, scope: Scope): void => {
  if (target.kind === 'name') scope.set(target.name, value)
  else if (target.kind === 'namespaced') assignMember(target.namespace, target.name, value, scope)
  else {
    const items = isUnknown(value) ? target.items.map(() => value) : iterate(value)
    if (items.length !== target.items.length)
      throw new ValueFault(`${target.items.length} values were expected here, and there are ${items.length}.`)
    for (const [index, one] of target.items.entries()) assignTo(one, items[index]!, scope)
  }
}

const assignMember = (written: string, name: string, value: Value, scope: Scope): void => {
  const namespace = scope.find(written)
  if (namespace instanceof Namespace) namespace.members.set(name, value)
  else if (!isUnknown(namespace)) throw new ValueFault(`"${written}" is no namespace.`)
}

/** What statements would have done is not known: what they put out, and what they set. */
const leaveOpen = (
  frame: Frame,
  unknown: Value,
  names: string[],
  members: { namespace: string; name: string }[],
): void => {
  emit(frame, unknown)
  for (const name of names) frame.scope.set(name, unknown)
  for (const { namespace, name } of members) {
    const found = frame.scope.find(namespace)
    if (found instanceof Namespace) found.members.set(name, unknown)
  }
}

const compileFor = (node: Statement<'for'>, known: PluginNames): Execute => {
  const { source } = known
  const [over, test] = [compileNode(node.over, known), node.test && compileNode(node.test, known)]
  const [body, otherwise] = [compileBody(node.body, known), compileBody(node.otherwise, known)]
  const members = assignedMembers(node.body)
  const scopeOf = (frame: Frame, item: Value): Scope => {
    const scope = new Scope(frame.scope)
    knownOr(source, node, () => assignTo(node.target, item, scope))
    return scope
  }
  const chosen = (frame: Frame, value: Value): Value =>
    knownOr(source, node.over, () => {
      const items = iterate(value)
      return test ? items.filter(item => truth(test({ ...frame, scope: scopeOf(frame, item) }))) : [...items]
    })
  const run = (frame: Frame, value: Value, depth: number): void => {
    const items = isUnknown(value) ? value : chosen(frame, value)
    if (!Array.isArray(items)) {
      leaveOpen(frame, items, [], members)
      return
    }
    const recurse = (inner: Value): Value => {
      const output = new Pieces()
      run({ ...frame, output, isTop: false }, inner, depth + 1)
      return joinedPieces(output)
    }
    knownOr(source, node, () => goThrough(frame, items.length))
    const loop = new Loop(items, depth, node.isRecursive ? recurse : undefined)
    for (const [index, item] of items.entries()) {
      const scope = scopeOf(frame, item)
      loop.index = index
      scope.set('loop', loop)
      body({ ...frame, scope })
    }
    if (items.length === 0) otherwise({ ...frame, scope: new Scope(frame.scope) })
  }
  return frame => run(frame, over(frame), 0)
}

const compileIf = (node: Statement<'if'>, known: PluginNames): Execute => {
  const branches = node.branches.map(({ test, body }) => ({
    node: test,
    test: compileNode(test, known),
    body: compileBody(body, known),
  }))
  const otherwise = compileBody(node.otherwise, known)
  const [names, members] = [assignedNames([node]), assignedMembers([node])]
  return frame => {
    for (const { node: written, test, body } of branches) {
      const holds = knownOr(known.source, written, () => truth(test(frame)))
      if (holds === false) continue
      if (holds === true) body(frame)
      else leaveOpen(frame, holds, names, members)
      return
    }
    otherwise(frame)
  }
}

const compileSet = (node: Statement<'set'>, known: PluginNames): Execute => {
  const evaluate = compileNode(node.value, known)
  return frame => {
    const value = evaluate(frame)
    knownOr(known.source, node.target, () => assignTo(node.target, value, frame.scope))
  }
}

/** The filters of a block, applied to what it has put out. */
const compileFilters = (filter: FilterCall, known: PluginNames): ((text: Value, frame: Frame) => Value) => {
  const evaluate = compileNode(filter, known)
  return (text, frame) => {
    const scope = new Scope(frame.scope)
    // A block that puts out nothing is an empty text to its filter.
    scope.set(BLOCK_TEXT, text ?? '')
    return evaluate({ ...frame, scope })
  }
}

const compileSetBlock = (node: Statement<'set-block'>, known: PluginNames): Execute => {
  const body = compileBody(node.body, known)
  const filtered = node.filter && compileFilters(node.filter, known)
  return frame => {
    const text = captured(body, frame)
    assignTo(node.target, filtered ? filtered(text, frame) : text, frame.scope)
  }
}

const macroOf = (
  name: string,
  parameters: Parameter[],
  body: StatementNode[],
  known: PluginNames,
): ((frame: Frame) => Macro) => {
  const execute = compileBody(body, known)
  const usual = parameters.map(one => one.default && compileNode(one.default, known))
  const reads = namesRead(body)
  return frame => {
    const scopeOf = (names: Map<string, Value>): Scope => {
      const scope = new Scope(frame.scope)
      for (const [key, value] of names) scope.set(key, value)
      return scope
    }
    const shape: MacroShape = {
      name,
      parameters: parameters.map((one, index) => {
        const evaluate = usual[index]
        return evaluate ? { name: one.name, usual: names => evaluate({ ...frame, scope: scopeOf(names) }) } : one
      }) as MacroShape['parameters'],
      reads,
      render: names => deeper(frame, () => captured(execute, frame, scopeOf(names))),
    }
    return new Macro(shape)
  }
}

const compileMacro = (node: Statement<'macro'>, known: PluginNames): Execute => {
  const make = macroOf(node.name, node.parameters, node.body, known)
  return frame => frame.scope.set(node.name, make(frame))
}

const compileCallBlock = (node: Statement<'call-block'>, known: PluginNames): Execute => {
  const make = macroOf('caller', node.parameters, node.body, known)
  const named = [...node.call.named, { name: 'caller', value: { kind: 'name', name: CALLER, at: node.at } as const }]
  const call = compileNode({ ...node.call, named }, known)
  return frame => {
    const scope = new Scope(frame.scope)
    scope.set(CALLER, make(frame))
    emit(frame, call({ ...frame, scope }))
  }
}
/** Under this name the body of a call block lies in the scope of its call. */
const CALLER = ' caller'

const compileFilterBlock = (node: Statement<'filter-block'>, known: PluginNames): Execute => {
  const body = compileBody(node.body, known)
  const filtered = compileFilters(node.filter, known)
  return frame => emit(frame, filtered(captured(body, frame), frame))
}

const compileWith = (node: Statement<'with'>, known: PluginNames): Execute => {
  const bindings = node.bindings.map(({ target, value }) => ({ target, value: compileNode(value, known) }))
  const body = compileBody(node.body, known)
  return frame => {
    const scope = new Scope(frame.scope)
    const values = bindings.map(({ value }) => value(frame))
    for (const [index, { target }] of bindings.entries()) assignTo(target, values[index]!, scope)
    body({ ...frame, scope })
  }
}

const compileOutput = (node: Statement<'output'>, known: PluginNames): Execute => {
  const evaluate: Evaluate = compileNode(node.value, known)
  return frame => emit(frame, evaluate(frame))
}

const compileOne = (node: StatementNode, known: PluginNames): Execute => {
  switch (node.kind) {
    case 'data':
      return frame => emit(frame, node.text)
    case 'output':
      return compileOutput(node, known)
    case 'for':
      return compileFor(node, known)
    case 'if':
      return compileIf(node, known)
    case 'set':
      return compileSet(node, known)
    case 'set-block':
      return compileSetBlock(node, known)
    case 'macro':
      return compileMacro(node, known)
    case 'call-block':
      return compileCallBlock(node, known)
    case 'filter-block':
      return compileFilterBlock(node, known)
    case 'with':
      return compileWith(node, known)
    default:
      return compileTemplateStatement(node, known)
  }
}
