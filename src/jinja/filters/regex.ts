import { inTime, OutOfTime } from '../../core/ending-pattern.ts'
import { escapedCharacters, pattern } from '../../core/python-pattern.ts'
import { type Callable, callable } from '../callable.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { type Dict, tupleOf, type Value, ValueFault } from '../value.ts'
import { textOnly, wholeNumber } from './argument.ts'

/** How the functions of Python's `re` may be told to read a pattern. */
type Reading = { ignorecase?: Value | undefined; multiline?: Value | undefined }

/** A regular expression that stands in a template. Throws a ValueFault in words where it is none. */
export const patternOf = (written: Value, { ignorecase = false, multiline = false }: Reading, more = ''): RegExp => {
  const flags = `${truth(ignorecase) ? 'i' : ''}${truth(multiline) ? 'm' : ''}${more}`
  const found = pattern(textOnly(written), flags)
  if (typeof found === 'string') throw new ValueFault(`The regular expression ${textOnly(written)} is none: ${found}`)
  return found
}

/** Does something with regular expressions; what does not come to an end is the fault of who wrote them. */
export const matching = <T>(work: () => T): T => {
  try {
    return inTime(work)
  } catch (error) {
    if (error instanceof OutOfTime) throw new ValueFault(error.message)
    throw error
  }
}

type Part = string | { group: string | number }

const REFERENCE = /\\(?:g<([^>]*)>|([1-9]\d?)|(0[0-7]{0,2})|([\s\S]?))/g

const partOf = ([whole, named, number, octal, char]: RegExpMatchArray): Part => {
  if (named !== undefined) return { group: /^\d+$/.test(named) ? Number(named) : named }
  if (number !== undefined) return { group: Number(number) }
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
  if (char === '\\') return char
  const stood = escapedCharacters[char!]
  if (stood === undefined && /^[a-zA-Z]?$/.test(char!)) throw new ValueFault(`bad escape ${whole} in the replacement`)
  return stood ?? whole
}

/** What is to stand in the place of a match, in pieces: text as it is, and groups. */
const partsOf = (written: string): Part[] => {
  const parts: Part[] = []
  let at = 0
  for (const found of written.matchAll(REFERENCE)) {
    parts.push(written.slice(at, found.index), partOf(found))
    at = found.index + found[0].length
  }
  return [...parts, written.slice(at)]
}

const groupOf = (match: RegExpMatchArray, group: string | number): string | undefined => {
  const groups = match.groups ?? {}
  if (typeof group === 'number' ? group >= match.length : !(group in groups))
    throw new ValueFault(`invalid group reference ${group}`)
  return typeof group === 'number' ? match[group] : groups[group]
}

/** How many groups a pattern has: asked of the pattern itself, with a choice that always fits. */
const hasGroup = (found: RegExp, group: string | number): void => {
  groupOf(new RegExp(`${found.source}|`, found.flags.replace('g', '')).exec('')!, group)
}

const regexReplace = (
  value: Value = '',
  regex: Value = '',
  replacement: Value = '',
  ignorecase: Value = false,
  multiline: Value = false,
  count: Value = 0n,
  mandatoryCount: Value = 0n,
): Value => {
  const found = patternOf(regex, { ignorecase, multiline }, 'g')
  const parts = partsOf(textOnly(replacement))
  for (const part of parts) if (typeof part !== 'string') hasGroup(found, part.group)
  const most = wholeNumber(count)
  const whole = str(value)
  let [done, at, result] = [0, 0, '']
  matching(() => {
    ;[done, at, result] = [0, 0, '']
    for (const match of whole.matchAll(found)) {
      if (most > 0 && done >= most) break
      const by = parts.map(part => (typeof part === 'string' ? part : (groupOf(match, part.group) ?? ''))).join('')
      result += whole.slice(at, match.index) + by
      at = match.index + match[0].length
      done++
    }
  })
  const wanted = wholeNumber(mandatoryCount)
  if (wanted !== 0 && wanted !== done)
    throw new ValueFault(`'${textOnly(regex)}' should match ${wanted} times, but matches ${done} times in '${whole}'`)
  return result + whole.slice(at)
}

const regexFindall = (value: Value, regex: Value, multiline: Value = false, ignorecase: Value = false): Value => {
  const found = patternOf(regex, { ignorecase, multiline }, 'g')
  const whole = str(value)
  const matches = matching(() => [...whole.matchAll(found)])
  return matches.map(([all, ...groups]) => {
    const texts = groups.map(group => group ?? '')
    return texts.length > 1 ? tupleOf(texts) : (texts[0] ?? all)
  })
}

const referenced = (argument: Value): string | number => {
  const [, name, number] = /^\\(?:g<(\S+)>|(\d+))/.exec(textOnly(argument)) ?? []
  if (name === undefined && number === undefined) throw new ValueFault('Unknown argument')
  return name === undefined || /^\d+$/.test(name) ? Number(name ?? number) : name
}

const regexSearch = (value: Value, regex: Value, args: Value[], named: Dict): Value => {
  const groups = args.map(referenced)
  const found = patternOf(regex, { ignorecase: named.get('ignorecase'), multiline: named.get('multiline') })
  const match = matching(() => found.exec(str(value)))
  if (!match) return null
  return groups.length === 0 ? match[0] : groups.map(group => groupOf(match, group) ?? null)
}

const ESCAPED = /[\t-\r !#$&()*+\-.?[\\\]^{|}~]/g
const regexEscape = (value: Value, kind: Value = 'python'): Value => {
  const whole = str(value)
  if (kind === 'python') return whole.replace(ESCAPED, '\\$&')
  if (kind === 'posix_basic') return whole.replace(/[\].[^$*\\]/g, '\\$&')
  throw new ValueFault(`Regex type (${str(kind)}) is not python or posix_basic`)
}

/** A test of whether a text matches, anywhere or from its start. */
export const matches =
  (way: 'match' | 'search' | 'fullmatch') =>
  (value: Value = '', regex: Value = '', ignorecase: Value = false, multiline: Value = false): Value => {
    const found = patternOf(regex, { ignorecase, multiline }, way === 'match' ? 'y' : '')
    const whole = str(value)
    const match = matching(() => found.exec(whole))
    return match !== null && (way !== 'fullmatch' || match[0] === whole)
  }

/** Filters that search texts, and change what they find. */
export const regexFilters: Record<string, Callable> = {
  regex_replace: callable(
    ['value?', 'pattern?', 'replacement?', 'ignorecase?', 'multiline?', 'count?', 'mandatory_count?'],
    regexReplace,
  ),
  regex_findall: callable(['value', 'regex', 'multiline?', 'ignorecase?'], regexFindall),
  regex_search: callable(['value', 'regex', '*', '**'], regexSearch),
  regex_escape: callable(['string', 're_type?'], regexEscape),
}
