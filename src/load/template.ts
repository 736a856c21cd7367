import { createRequire } from 'node:module'
import { type Origin, originBehind, refuse } from '../core/failure.ts'
import type { Reference } from './references.ts'
import { DEEPEST_BLOCKS, tooDeepBlock } from './template-depth.ts'
import { templateReferences } from './template-references.ts'
import { renderProgram } from './template-render.ts'
import type { TemplatePlace, TemplateProgram } from './template-tree.ts'

/** A template file: what it looks at, and its text in a scope. */
export type Template = {
  references: Reference[]
  /**
   * Throws a Refusal `playbook-template` with the place of what is wrong: a name that is not there, wherever it is
   * used, a list or mapping printed as it is, an unknown function. An unknown (Later, Missing, Lost) is thrown unchanged.
   */
  render(scope: Record<string, unknown>): string
}

/**
 * Only the parser is used: nothing is compiled to code, and no escaping for HTML gets into a configuration file. It is
 * loaded when there is a template, and without the rest of the package, which costs 10 ms more.
 */
const loadParser = () =>
  createRequire(import.meta.url)('handlebars/dist/cjs/handlebars/compiler/base.js') as { parse(text: string): unknown }
let parser: ReturnType<typeof loadParser> | undefined

const parse = (text: string, file: string): TemplateProgram => {
  const deep = tooDeepBlock(text)
  if (deep !== undefined)
    return refuse('playbook-template', `More than ${DEEPEST_BLOCKS} blocks or brackets lie in one another here.`, {
      origin: originBehind(file, text.slice(0, deep)),
    })
  parser ??= loadParser()
  try {
    return parser.parse(text) as TemplateProgram
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return refuse('playbook-template', faultIn(error.message), { origin: faultPlace(error, text, file) })
  }
}

const faultIn = (message: string): string => {
  const closed = /^(\S+) doesn't match (\S+)/.exec(message)
  if (closed) return `The block "${closed[1]}" is closed as "${closed[2]}".`
  const got = /got '(\w+)'/.exec(message)?.[1]
  if (got === 'EOF') return 'The template ends within a block.'
  return /INVALID/.test(got ?? '')
    ? 'This is not a valid {{ }}.'
    : `Unexpected ${got?.toLowerCase() ?? 'text'} in {{ }}.`
}

/** The parser tells the line. Its column is in a shortened text: the last `{{` of the line is the better one. */
const faultPlace = (error: Error & { lineNumber?: number; column?: number }, text: string, file: string): Origin => {
  if (error.lineNumber !== undefined) return { file, line: error.lineNumber, column: (error.column ?? 0) + 1 }
  const line = Number(/line (\d+)/.exec(error.message)?.[1] ?? 1)
  const column = (text.split('\n')[line - 1] ?? '').lastIndexOf('{{') + 1
  return { file, line, column: Math.max(1, column) }
}

/**
 * Parses a template file (Handlebars: `{{name}}`, `each`, `if`, `unless`, `with`, and the functions json, join, lower,
 * upper, default, eq, ne, lookup).
 *
 * Throws a Refusal `playbook-template` with line and column where it cannot be parsed.
 */
export const compileFile = (text: string, file: string): Template => {
  const program = parse(text, file)
  const place = ({ start }: TemplatePlace): Origin => ({ file, line: start.line, column: start.column + 1 })
  return {
    references: templateReferences(program, place),
    render: scope => renderProgram(program, scope, place),
  }
}
