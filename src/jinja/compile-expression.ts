import { isUnknown, Missing, type Unknown } from '../core/unknown.ts'
import { operate, signed } from './arithmetic.ts'
import { deferred, type Given, lostIn } from './callable.ts'
import { equal } from './equality.ts'
import type { Evaluate, Frame } from './frame.ts'
import { Invocable } from './function-value.ts'
import { iterate } from './iterate.ts'
import { isIn } from './membership.ts'
import { memberByKey, memberByName } from './named-member.ts'
import { compare } from './order.ts'
import { str } from './repr.ts'
import { slice } from './slice.ts'
import { SyntaxFault } from './syntax-fault.ts'
import type { ArgumentNodes, At, Comparison, ExpressionNode } from './tree.ts'
import { truth } from './truth.ts'
import { knownOr } from './unknowns.ts'
import {
  Dict,
  type FaultPlace,
  Omit,
  orElse,
  tupleOf,
  typeName,
  Undefined,
  usable,
  type Value,
  ValueFault,
} from './value.ts'

/** What is known while a template is compiled: itself, and the filters and tests that there are. */
export type PluginNames = {
  source: object
  filters: ReadonlySet<string>
  tests: ReadonlySet<string>
  /** A template that is written in a text of another one. */
  embedded(text: string): Evaluate
}

const placeOf = (source: object, { at, length = 1 }: At): FaultPlace => ({ source, at, length })

/** An Undefined that was just made gets the place of what made it. */
const placed = (value: Value, source: object, { at, length = 1 }: At): Value => {
  if (value instanceof Undefined) value.fault.place ??= { source, at, length }
  return value
}

type Node<K extends ExpressionNode['kind']> = Extract<ExpressionNode, { kind: K }>
type Compile = (node: ExpressionNode, known: PluginNames) => Evaluate
type Compilers = {
  [K in ExpressionNode['kind']]: (node: Node<K>, known: PluginNames, members?: Compile) => Evaluate
}

/** An expression as a function of the place it is evaluated in. Throws a SyntaxFault for a filter or test that does not exist. */
export const compileNode = (node: ExpressionNode, known: PluginNames): Evaluate =>
  (COMPILERS[node.kind] as (node: ExpressionNode, known: PluginNames) => Evaluate)(node, known)

const compileAll = (nodes: ExpressionNode[], known: PluginNames, compileOne: Compile = compileNode): Evaluate[] =>
  nodes.map(one => compileOne(one, known))

const compileName = (node: Node<'name'>, { source }: PluginNames): Evaluate => {
  const { name } = node
  return ({ scope, rendering }) =>
    orElse(scope.find(name), () => placed(rendering.context.variable(name), source, node))
}

const compileGiven = (
  { args, named, rest, others }: ArgumentNodes,
  known: PluginNames,
  compileOne: Compile = compileNode,
): ((frame: Frame) => Given) => {
  const values = compileAll(args, known, compileOne)
  const byName = named.map(({ name, value }) => [name, compileNode(value, known)] as const)
  const [more, moreNamed] = [rest && compileNode(rest, known), others && compileNode(others, known)]
  return frame => {
    const all = values.map(evaluate => evaluate(frame))
    if (more) all.push(...iterate(more(frame)))
    const dict = new Dict(byName.map(([name, evaluate]) => [name, evaluate(frame)]))
    const spread = moreNamed ? usable(moreNamed(frame)) : undefined
    if (spread !== undefined && !(spread instanceof Dict)) throw new ValueFault('What stands behind ** is no mapping.')
    if (spread) for (const [key, value] of spread) dict.set(key, value)
    return { args: all, named: dict }
  }
}

const compileCall = (node: Node<'call'>, known: PluginNames): Evaluate => {
  const callee = compileNode(node.of, known)
  const given = compileGiven(node, known, isLookUp(node) ? compileTerm : compileNode)
  const place = placeOf(known.source, node)
  return frame =>
    knownOr(known.source, node, () => {
      const called = callee(frame)
      const values = given(frame)
      frame.rendering.context.place = place
      return placed(callValue(called, values), known.source, node)
    })
}

/** Whether what is called looks something up: templates in texts that are written there are rendered, as they always were. */
export const isLookUp = ({ of }: Node<'call'>): boolean =>
  of.kind === 'name' && ['lookup', 'query', 'q'].includes(of.name)

export const isTemplateText = (node: ExpressionNode): node is Node<'constant'> & { value: string } =>
  node.kind === 'constant' && typeof node.value === 'string' && /\{\{|\{%/.test(node.value)

/** What a lookup is given; what goes wrong in a template in a text of it stands at the text itself. */
const compileTerm = (node: ExpressionNode, known: PluginNames): Evaluate => {
  if (node.kind === 'list' || node.kind === 'tuple') return COMPILERS[node.kind](node as never, known, compileTerm)
  if (!isTemplateText(node)) return compileNode(node, known)
  const evaluate = known.embedded(node.value)
  return frame => {
    const value = deferred(() => evaluate(frame))
    if (value instanceof Undefined) value.fault.place = placeOf(known.source, node)
    return value
  }
}

/** What a call of a value gives; what goes wrong in it is an Undefined that fails where it is used. */
export const callValue = (called: Value, given: Given): Value => {
  const there = usable(called)
  if (!(there instanceof Invocable)) throw new ValueFault(`'${typeName(there)}' object is not callable`)
  const lost = there.acceptsAnything ? undefined : lostIn(given)
  return lost === undefined ? deferred(() => there.call(given)) : lost
}

const needPlugin = (
  kind: 'filter' | 'test',
  name: string,
  known: ReadonlySet<string>,
  { at, length = 1 }: At,
): string => {
  const short = name.replace(/^ansible\.(?:builtin|legacy|utils|netcommon)\.|^community\.general\./, '')
  if (known.has(name)) return name
  if (known.has(short)) return short
  throw new SyntaxFault(`There is no ${kind} "${name}".`, at, length, undefined, { name, known: [...known] })
}

const compileFilter = (node: Node<'filter'>, known: PluginNames): Evaluate => {
  const name = needPlugin('filter', node.name, known.filters, node)
  const of = node.of ? compileNode(node.of, known) : undefined
  const given = compileGiven(node, known)
  const place = placeOf(known.source, node)
  return frame =>
    knownOr(known.source, node, () => {
      const { context } = frame.rendering
      const value = of ? of(frame) : frame.scope.find(BLOCK_TEXT)!
      const values = given(frame)
      context.place = place
      return placed(context.filter(name, value, values), known.source, node)
    })
}
/** Under this name the text of a block lies in the scope of its filters. */
export const BLOCK_TEXT = ' text'

/** Whether a member will be there, where its owner is not known, or not yet whole: the unknown that decides it. */
const compileLack = (node: ExpressionNode, known: PluginNames): ((frame: Frame) => Value | undefined) => {
  if (node.kind !== 'attribute' && node.kind !== 'item') return () => undefined
  const owner = compileNode(node.of, known)
  const key: Evaluate = node.kind === 'item' ? compileNode(node.key, known) : () => node.name
  return frame => {
    const [there, name] = [owner(frame), key(frame)]
    if (isUnknown(there)) return there
    const found = there instanceof Dict ? deferred(() => there.has(name)) : true
    return isUnknown(found) ? found : undefined
  }
}

const compileTest = (node: Node<'test'>, known: PluginNames): Evaluate => {
  const name = needPlugin('test', node.name, known.tests, node)
  const of = compileNode(node.of, known)
  if (name === 'defined' || name === 'undefined') {
    const lack = compileLack(node.of, known)
    const wanted = name === 'defined'
    return frame => orElse(lack(frame), () => of(frame) instanceof Undefined !== wanted)
  }
  const given = compileGiven(node, known)
  const place = placeOf(known.source, node)
  return frame =>
    knownOr(known.source, node, () => {
      const { context } = frame.rendering
      const [value, values] = [of(frame), given(frame)]
      context.place = place
      return placed(context.test(name, value, values), known.source, node)
    })
}

const COMPARE: Record<Comparison, (left: Value, right: Value) => boolean> = {
  '==': equal,
  '!=': (left, right) => !equal(left, right),
  '<': (left, right) => compare(left, right, '<') < 0,
  '<=': (left, right) => compare(left, right, '<=') <= 0,
  '>': (left, right) => compare(left, right, '>') > 0,
  '>=': (left, right) => compare(left, right, '>=') >= 0,
  in: isIn,
  'not in': (left, right) => !isIn(left, right),
}

const compileCompare = (node: Node<'compare'>, known: PluginNames): Evaluate => {
  const first = compileNode(node.of, known)
  const others = node.others.map(one => ({ holds: COMPARE[one.sign], evaluate: compileNode(one.with, known) }))
  return frame =>
    knownOr(known.source, node, () => {
      let left = first(frame)
      for (const { holds, evaluate } of others) {
        const right = evaluate(frame)
        if (!holds(left, right)) return false
        left = right
      }
      return true
    })
}

/** Which of two values where it is not known which: both, if they are the same. */
const either = (unknown: Value, first: () => Value, second: () => Value): Value => {
  const [one, other] = [deferred(first), deferred(second)]
  const isSame = deferred(() => equal(one, other))
  return isSame === true && typeName(one) === typeName(other) ? one : unknown
}

const compileConditional = (node: Node<'conditional'>, known: PluginNames): Evaluate => {
  const [test, then] = [compileNode(node.test, known), compileNode(node.then, known)]
  const otherwise = node.else && compileNode(node.else, known)
  const lacking = (): Value =>
    placed(new Undefined(new ValueFault('This condition is false, and there is no else.'), true), known.source, node)
  return frame => {
    const value = test(frame)
    const no = (): Value => (otherwise ? otherwise(frame) : lacking())
    if (isUnknown(value)) return either(value, () => then(frame), no)
    return knownOr(known.source, node.test, () => truth(value)) === true ? then(frame) : no()
  }
}

/** Whether an expression is true or false by what it is. */
const isBoolean = (node: ExpressionNode): boolean => {
  if (node.kind === 'and' || node.kind === 'or') return isBoolean(node.left) && isBoolean(node.right)
  if (node.kind === 'constant') return typeof node.value === 'boolean'
  return ['compare', 'test', 'not'].includes(node.kind) || (node.kind === 'filter' && node.name === 'bool')
}

/** What is known of `unknown or right`: what is to be read comes first, then the rest may be known. */
const besidesUnknown = (unknown: Unknown, right: () => Value, isDone: (holds: boolean) => boolean): Value => {
  const value = deferred(right)
  if (isUnknown(value)) return value instanceof Missing ? value : unknown
  return value instanceof Undefined || !isDone(truth(value)) ? unknown : value
}

/** `or` is done with what is true, `and` with what is not. Where one side is not known the other may decide alone. */
const compileLogic =
  (isDone: (holds: boolean) => boolean) =>
  (node: Node<'and' | 'or'>, known: PluginNames): Evaluate => {
    const [left, right] = [compileNode(node.left, known), compileNode(node.right, known)]
    // Of what is no boolean itself the result would be the left side, whatever the right one is.
    const mayDecide = node.isCondition || isBoolean(node.left)
    return frame => {
      const value = left(frame)
      const holds = knownOr(known.source, node.left, () => truth(value))
      if (isUnknown(holds)) return mayDecide ? besidesUnknown(holds, () => right(frame), isDone) : holds
      return isDone(holds) ? value : right(frame)
    }
  }

const compileMapping = (node: Node<'mapping'>, known: PluginNames): Evaluate => {
  const pairs = node.pairs.map(pair => compileAll(pair, known) as [Evaluate, Evaluate])
  return frame =>
    knownOr(known.source, node, () => new Dict(pairs.map(([key, value]) => [usable(key(frame)), value(frame)])))
}

const compileItem = (node: Node<'item'>, known: PluginNames): Evaluate => {
  const of = compileNode(node.of, known)
  const { key } = node
  if (key.kind !== 'slice') {
    const evaluate = compileNode(key, known)
    return frame => {
      const owner = of(frame)
      return knownOr(known.source, node, () => placed(memberByKey(owner, evaluate(frame)), known.source, key))
    }
  }
  const [start, stop, step] = [key.start, key.stop, key.step].map(one => one && compileNode(one, known))
  const bound = (one: Evaluate | undefined, frame: Frame): Value => (one ? one(frame) : null)
  return frame => {
    const owner = of(frame)
    if (owner instanceof Undefined) return owner
    return knownOr(known.source, node, () => slice(owner, bound(start, frame), bound(stop, frame), bound(step, frame)))
  }
}

const compileAttribute = (node: Node<'attribute'>, known: PluginNames): Evaluate => {
  const of = compileNode(node.of, known)
  const { name } = node
  return frame => {
    const owner = of(frame)
    return knownOr(known.source, node, () => placed(memberByName(owner, name), known.source, node))
  }
}

const strictly = (
  compute: (...values: Value[]) => Value,
  node: At,
  parts: ExpressionNode[],
  known: PluginNames,
): Evaluate => {
  const evaluators = compileAll(parts, known)
  return frame => {
    const values = evaluators.map(evaluate => evaluate(frame))
    return knownOr(known.source, node, () => compute(...values))
  }
}

const COMPILERS: Compilers = {
  constant:
    ({ value }) =>
    () =>
      value,
  name: compileName,
  list: ({ items }, known, compileOne = compileNode) => {
    const all = compileAll(items, known, compileOne)
    return frame => all.map(evaluate => evaluate(frame))
  },
  tuple: ({ items }, known, compileOne = compileNode) => {
    const all = compileAll(items, known, compileOne)
    return frame => tupleOf(all.map(evaluate => evaluate(frame)))
  },
  mapping: compileMapping,
  attribute: compileAttribute,
  item: compileItem,
  slice: ({ at }) => {
    throw new SyntaxFault('One slice cannot stand beside another.', at)
  },
  call: compileCall,
  filter: compileFilter,
  test: compileTest,
  sign: (node, known) => strictly(value => signed(node.sign, value!), node, [node.of], known),
  not: (node, known) => strictly(value => !truth(value!), node, [node.of], known),
  and: compileLogic(holds => !holds),
  or: compileLogic(holds => holds),
  operation: (node, known) =>
    strictly((left, right) => operate(node.sign, left!, right!), node, [node.left, node.right], known),
  compare: compileCompare,
  concat: (node, known) =>
    strictly(
      (...values) =>
        values
          .filter(one => !(one instanceof Omit))
          .map(str)
          .join(''),
      node,
      node.parts,
      known,
    ),
  conditional: compileConditional,
}
