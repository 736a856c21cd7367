import { isRecord } from '../core/value.ts'
import type { Miss } from './cel-values.ts'
import { ENDING_MATCHES } from './expression-tree.ts'
import type { Syntax } from './references.ts'
import { didYouMean } from './suggest.ts'

/** What CEL says of an expression: a code, one sentence, and where. */
type CelFault = { code: string; summary: string; start: number; node?: Syntax & { end?: number } }

/** Reads a fault off an error of CEL's; undefined when the error is another's. */
export const faultOf = (error: unknown): CelFault | undefined => {
  if (!(error instanceof Error) || !['ParseError', 'EvaluationError', 'TypeError'].includes(error.name))
    return undefined
  const { code, summary, range, node } = error as Error & Partial<CelFault> & { range?: { start: number } }
  if (code === undefined || summary === undefined) return undefined
  return {
    code,
    summary,
    start: range?.start ?? 0,
    node: isRecord(node) || node ? (node as CelFault['node']) : undefined,
  }
}

/** What stands at the fault, for people who know Jinja2: the words of the other language and what CEL has instead. */
const habits: [RegExp, RegExp, string][] = [
  [/$/, /^(and|or|not)\b/, 'CEL writes && for and, || for or, ! for not.'],
  [/\bnot\s+$/, /^/, 'CEL writes && for and, || for or, ! for not: !(x in list), !name.'],
  [
    /$/,
    /^\|(?!\|)/,
    'There are no filters: call a method, as in name.lower(); a default is name.?member.orValue("x").',
  ],
  [/$/, /^is\b/, 'has(name.member) tells whether a member is there.'],
  [/$/, /^if\b/, 'CEL writes condition ? a : b.'],
  [/$/, /^~/, 'Strings are joined with +.'],
  [/$/, /^=(?!=)/, 'Equality is written ==.'],
  [/$/, /^&(?!&)/, 'CEL writes && for and.'],
]

/** A hint for a fault in the grammar; undefined when nothing better than the message is known. */
export const grammarHint = (code: string, start: number): string | undefined => {
  const before = code.slice(0, start)
  const after = code.slice(start)
  return habits.find(([left, right]) => left.test(before) && right.test(after))?.[2]
}

const tokens: Record<string, string> = {
  EOF: 'the end',
  RPAREN: '")"',
  LPAREN: '"("',
  RBRACKET: '"]"',
  RBRACE: '"}"',
  IDENTIFIER: 'a name',
  COLON: '":"',
  DOT: '"."',
  COMMA: '","',
}
const token = (name: string): string => tokens[name] ?? name.toLowerCase()

/** A fault in the grammar in words. */
export const grammarMessage = (code: string, fault: CelFault): string => {
  const expected = /^Expected (\w+), got (\w+)$/.exec(fault.summary)
  if (expected) return `Expected ${token(expected[1]!)} but found ${token(expected[2]!)}.`
  const unexpected = /^Unexpected token: (\w+)$/.exec(fault.summary)
  if (unexpected)
    return unexpected[1] === 'EOF' ? 'The expression ends too early.' : `Unexpected ${token(unexpected[1]!)}.`
  const word = /^\w+|^\S/.exec(code.slice(fault.start))?.[0]
  if (fault.code === 'unexpected_character' && word) return `Unexpected "${word}".`
  if (fault.code === 'reserved_identifier' && word) return `"${word}" is a reserved word of CEL.`
  return typeMessage(fault.summary)
}

const typeName = (type: string): string => {
  const bare = type.replace(/^dyn<(.*)>$/, '$1')
  if (bare === 'int' || bare === 'double' || bare === 'uint') return 'a number'
  if (bare.startsWith('list')) return 'a list'
  if (bare.startsWith('map')) return 'a mapping'
  return bare === 'bool' ? 'true or false' : bare === 'null' ? 'null' : `a ${bare}`
}

const typeMessage = (summary: string): string => {
  const overload = /^no such overload: (.+) (\S+) (.+)$/.exec(summary)
  if (overload) return `"${overload[2]}" does not work between ${typeName(overload[1]!)} and ${typeName(overload[3]!)}.`
  const unary = /^no such overload: ([!-])(.+)$/.exec(summary)
  if (unary) return `"${unary[1]}" does not work with ${typeName(unary[2]!)}.`
  const method = /^found no matching overload for '(.+)'$/.exec(summary)
  if (method)
    return `There is no function ${method[1]!.replace(/^dyn\./, '').replace(ENDING_MATCHES, 'matches')} for these types.`
  const neither = /^bool\(\) conversion error: invalid string value (".*")$/.exec(summary)
  if (neither) return `${neither[1]} is neither true nor false.`
  return `${summary.replace(/\.$/, '')}.`
}

const fixFor = (summary: string): string | undefined => {
  if (/^no such overload: .*string.* \+ /.test(summary) || / \+ .*string/.test(summary)) {
    return 'Write string(...) around a value that is to be joined to text.'
  }
  if (summary.startsWith('Ternary branches')) return 'Write dyn(...) around one of them when both types are meant.'
  return undefined
}

/** A failed evaluation in words. `missed` is what was looked for last. */
export const valueMessage = (
  code: string,
  fault: CelFault,
  missed: Miss | undefined,
): { what: string; fix?: string } => {
  if (missed && fault.code === 'unknown_variable') {
    return {
      what: `There is no variable "${missed.key}".`,
      fix: didYouMean(String(missed.key), missed.known) || undefined,
    }
  }
  if (missed && fault.code === 'no_such_key' && fault.summary.endsWith(`: ${missed.key}`)) {
    const left = (fault.node?.args as Syntax[] | undefined)?.[0] as (Syntax & { end?: number }) | undefined
    const owner = left?.end === undefined ? 'The value' : `"${code.slice(left.start, left.end)}"`
    const what =
      owner === '"hostvars"'
        ? `There is no host "${missed.key}" in the inventory.`
        : `${owner} has no member "${missed.key}".`
    const known =
      missed.known.length > 0 && missed.known.length <= 12 ? `It has ${missed.known.join(', ')}.` : undefined
    return { what, fix: didYouMean(String(missed.key), missed.known) || known }
  }
  return { what: typeMessage(fault.summary), fix: fixFor(fault.summary) }
}
