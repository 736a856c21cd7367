import { attempt, type Failure, type Reason } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { hasBraces } from './braces.ts'
import { keyOrigin, type Located, locatedMember } from './located.ts'
import { nameFault } from './names.ts'

/** The failures of a file, collected so that one run shows all of them; a reader that fails gives undefined. */
export type Problems = Failure[]

/** What a value is, for messages. */
export const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return value.trim() === '' ? 'an empty text' : 'text'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'boolean' ? 'true or false' : `the number ${value}`
}

const wrong = (problems: Problems, reason: Reason, at: Located, what: string, wanted: string): undefined => {
  problems.push({ reason, what: `${what} must be ${wanted}, not ${kindOf(at.value)}.`, origin: at.origin })
  return undefined
}

/** The members of a mapping, in written order; nothing for null, a problem for anything else. */
export const mapping = (
  at: Located,
  what: string,
  problems: Problems,
  reason: Reason = 'playbook-shape',
): Map<string, Located> => {
  if (at.value === null || at.value === undefined) return new Map()
  if (isRecord(at.value)) return new Map(Object.keys(at.value).map(key => [key, locatedMember(at, key)]))
  wrong(problems, reason, at, what, 'a mapping')
  return new Map()
}

/** The items of a list; nothing for null, a problem for anything else. */
export const list = (at: Located, what: string, problems: Problems): Located[] => {
  if (at.value === null || at.value === undefined) return []
  if (Array.isArray(at.value)) return at.value.map((_, index) => locatedMember(at, index))
  wrong(problems, 'playbook-shape', at, what, 'a list')
  return []
}

export const text = (at: Located, what: string, problems: Problems): string | undefined =>
  typeof at.value === 'string' && at.value.trim() !== ''
    ? at.value
    : wrong(problems, 'playbook-shape', at, what, 'text')

export const flag = (at: Located, what: string, problems: Problems): boolean | undefined =>
  typeof at.value === 'boolean' ? at.value : wrong(problems, 'playbook-shape', at, what, 'true or false')

/** The same where Ansible also takes a text for it. */
export const yesOrNo = (at: Located, what: string, problems: Problems): boolean | undefined =>
  typeof at.value === 'string' && /^(yes|no|true|false|on|off)$/i.test(at.value)
    ? /^(yes|true|on)$/i.test(at.value)
    : flag(at, what, problems)

/** `true`, `false`, or an expression that will say which. */
export const flagOrExpression = (
  at: Located,
  what: string,
  problems: Problems,
): Located<boolean | string> | undefined =>
  typeof at.value === 'boolean' || (typeof at.value === 'string' && hasBraces(at.value))
    ? (at as Located<boolean | string>)
    : wrong(problems, 'playbook-shape', at, what, 'true, false or an expression in braces')

/** The same where Ansible also takes a text for true or false. */
export const yesOrExpression = (
  at: Located,
  what: string,
  problems: Problems,
): Located<boolean | string> | undefined =>
  typeof at.value === 'string' && /^(yes|no|true|false|on|off)$/i.test(at.value)
    ? { ...at, value: /^(yes|true|on)$/i.test(at.value) }
    : flagOrExpression(at, what, problems)

/** One text or a list of them. */
export const texts = (at: Located, what: string, problems: Problems): Located<string>[] => {
  const items = Array.isArray(at.value) ? list(at, what, problems) : at.value === null ? [] : [at]
  return items.flatMap(item => {
    const value = text(item, what, problems)
    return value === undefined ? [] : [{ ...item, value }]
  })
}

/** Variables as written: names are checked, values are kept with their places. */
export const variables = (
  at: Located,
  what: string,
  problems: Problems,
  reason: Reason = 'playbook-shape',
): Record<string, Located> => {
  const found: [string, Located][] = []
  for (const [name, value] of mapping(at, what, problems, reason)) {
    const fault = nameFault(name)
    if (fault === undefined) found.push([name, value])
    else {
      const of = reason === 'playbook-shape' ? 'playbook-name' : 'inventory-variable'
      problems.push({ reason: of, what: `The variable "${name}" ${fault}.`, origin: keyOrigin(at, name) })
    }
  }
  return Object.fromEntries(found)
}

/** The variables of a file that a playbook names, which must be there. */
export const variablesOfFile = (document: Located, problems: Problems): Record<string, Located> => {
  const what = 'A file of variables'
  if (isRecord(document.value)) return variables(document, what, problems)
  wrong(problems, 'playbook-shape', document, what, 'a mapping')
  return {}
}

/** What `read` makes of a member; `otherwise` where it is not written. */
export const fieldOf = <T>(
  members: Map<string, Located>,
  word: string,
  read: (found: Located) => T,
  otherwise: T,
): T => {
  const found = members.get(word)
  return found === undefined ? otherwise : read(found)
}

/** Runs a reader that throws; its failures join the others. */
export const collect = <T>(problems: Problems, read: () => T): T | undefined => {
  const result = attempt(read)
  if (result.failures) problems.push(...result.failures)
  return result.value
}
