import type { Origin } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { isEmpty, printed } from './template-functions.ts'
import type { BlockNode, Statement, TemplatePlace, TemplateProgram } from './template-tree.ts'
import { callAt, failTemplate, memberOf, printedValue, type TemplateFrame, valueAt } from './template-values.ts'
import { kindOf } from './yaml-fields.ts'

/** Loops in loops come to the product of their lengths; a configuration file has far fewer lines. */
const MOST_ROUNDS = 1_000_000

/** The frame inside a block whose context is `item`. */
const innerFrame = (
  frame: TemplateFrame,
  node: BlockNode,
  item: unknown,
  key?: unknown,
  data?: Record<string, unknown>,
): TemplateFrame => {
  const [itemName, keyName] = node.program?.blockParams ?? []
  const params = new Map(frame.params)
  if (itemName !== undefined) params.set(itemName, item)
  if (keyName !== undefined) params.set(keyName, key)
  return { ...frame, contexts: [...frame.contexts, item], params, data: data ? [...frame.data, data] : frame.data }
}

const renderEach = (node: BlockNode, subject: unknown, frame: TemplateFrame): string => {
  const isList = Array.isArray(subject)
  if (subject !== null && !isList && !isRecord(subject)) {
    return failTemplate(frame, node.loc, `"each" wants a list or a mapping, not ${kindOf(subject)}.`)
  }
  const keys = subject === null ? [] : Object.keys(subject as object)
  if (keys.length === 0) return renderInside(node.inverse, frame)
  frame.rounds.left -= keys.length
  if (frame.rounds.left < 0)
    return failTemplate(frame, node.loc, `The loops of this template come to more than ${MOST_ROUNDS} rounds.`)
  return keys
    .map((written, index) => {
      const key = isList ? index : written
      const data = { index, key, first: index === 0, last: index === keys.length - 1 }
      return renderInside(node.program, innerFrame(frame, node, memberOf(subject, written), key, data))
    })
    .join('')
}

const renderBlock = (node: BlockNode, frame: TemplateFrame): string => {
  const name = node.path.original
  const subject = valueAt(node.params[0]!, frame)
  if (name === 'each') return renderEach(node, subject, frame)
  const holds = name === 'unless' ? isEmpty(subject) : !isEmpty(subject)
  if (!holds) return renderInside(node.inverse, frame)
  return renderInside(node.program, name === 'with' ? innerFrame(frame, node, subject) : frame)
}

const renderStatement = (node: Statement, frame: TemplateFrame): string => {
  if (node.type === 'ContentStatement') return node.value
  if (node.type === 'BlockStatement') return renderBlock(node, frame)
  if (node.type !== 'MustacheStatement') return ''
  const found = printedValue(node, frame)
  const written = node.path.type === 'PathExpression' ? node.path.original : 'value'
  return callAt(frame, node.loc, () => printed(found, written))
}

const renderInside = (program: TemplateProgram | undefined, frame: TemplateFrame): string =>
  program === undefined ? '' : program.body.map(node => renderStatement(node, frame)).join('')

/** Renders a parsed template. `place` turns a place in it into one in the file; every failure has one. */
export const renderProgram = (
  program: TemplateProgram,
  scope: Record<string, unknown>,
  place: (at: TemplatePlace) => Origin,
): string =>
  renderInside(program, {
    contexts: [scope],
    params: new Map(),
    data: [],
    rounds: { left: MOST_ROUNDS },
    place,
  })
