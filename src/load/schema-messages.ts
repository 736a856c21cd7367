import type { Failure, Reason } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { keyOrigin, type Located } from './located.ts'
import { kindOf } from './yaml-fields.ts'

/** An error of the validator's, as far as it is read here. */
export type Complaint = {
  keyword: string
  instancePath: string
  params: Record<string, unknown>
  message?: string
  data?: unknown
  parentSchema?: Record<string, unknown>
}

type Subject = { subject: string; reason: Reason }

const kinds: Record<string, string> = {
  string: 'text',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  array: 'a list',
  object: 'a mapping',
  null: 'null',
}

/** `/ports/0/name` as an author would write it: `ports[0].name`. */
const dotted = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '')

const named = (pointer: string, subject: string): string =>
  pointer === '' ? `The value of "${subject}"` : `The argument "${dotted(pointer)}" of "${subject}"`

const listed = (values: readonly unknown[]): string => values.map(value => JSON.stringify(value)).join(', ')

/** A value in a message: text shows itself, so that a typing mistake can be seen. */
const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : kindOf(value))

/** What stands at a pointer in what was written: an expression is still one there. */
const writtenAt = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)

/** What to do where the type is wrong, which is often due to what YAML reads a text as. */
const typeFix = (pointer: string, wanted: string[], value: unknown, where: Located): string | undefined => {
  const key = pointer.slice(pointer.lastIndexOf('/') + 1)
  const expression = /^\{\{(.*)\}\}$/s.exec(String(writtenAt(where.value, pointer)))?.[1]?.trim()
  if (expression && !key.endsWith('mode') && wanted.includes('string') && /number|boolean/.test(typeof value))
    return `Make text of it: "{{ ${expression} | string }}".`
  if (typeof value === 'number' && wanted.includes('string')) {
    return key.endsWith('mode')
      ? 'Quote it, as in "0644": without quotes YAML reads a number.'
      : `Quote it: "${value}".`
  }
  if (typeof value === 'boolean' && wanted.includes('string')) return `Quote it: "${value}".`
  if (typeof value !== 'string') return undefined
  if (wanted.includes('boolean') && /^(yes|no|on|off|true|false)$/i.test(value))
    return 'Write true or false, without quotes.'
  if (wanted.some(type => type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(value)) {
    return `Leave out the quotes: ${value}.`
  }
  if (wanted.includes('array')) return `Write a list: [${JSON.stringify(value)}].`
  return undefined
}

const oneOf = (at: string, allowed: readonly unknown[], value: unknown): Pick<Failure, 'what' | 'fix'> => ({
  what: `${at} must be one of ${listed(allowed)}, not ${shown(value)}.`,
  fix:
    (typeof value === 'string' &&
      didYouMean(
        value,
        allowed.filter(one => typeof one === 'string'),
      )) ||
    undefined,
})

const types = (schema: Record<string, unknown>): string[] => [schema.type ?? []].flat() as string[]

/** What a schema wants, in words. */
const wantedBy = (schema: Record<string, unknown>): string => {
  if ('const' in schema) return JSON.stringify(schema.const)
  if (Array.isArray(schema.enum)) return listed(schema.enum)
  return types(schema)
    .map(type => kinds[type] ?? type)
    .join(' or ')
}

/** A value that fits none of the forms of a union, as one failure. */
export const unionFailure = (
  { instancePath: pointer, data }: Complaint,
  branches: Record<string, unknown>[],
  where: Located,
  { subject, reason }: Subject,
): Failure => {
  const at = named(pointer, subject)
  const origin = where.at(pointer)
  if (branches.every(branch => 'const' in branch)) {
    return {
      reason,
      ...oneOf(
        at,
        branches.map(branch => branch.const),
        data,
      ),
      origin,
    }
  }
  const wanted = [...new Set(branches.map(wantedBy))].join(' or ')
  const fix = typeFix(pointer, branches.flatMap(types), data, where)
  return { reason, what: `${at} must be ${wanted}, not ${shown(data)}.`, fix, origin }
}

const unknownArgument = (complaint: Complaint, where: Located, { subject, reason }: Subject): Failure => {
  const key = String(complaint.params.additionalProperty)
  const pointer = complaint.instancePath
  const known = Object.keys((complaint.parentSchema?.properties as Record<string, unknown>) ?? {})
  const path = pointer === '' ? key : `${dotted(pointer)}.${key}`
  const owner = { ...where, at: (inner: string) => where.at(pointer + inner) }
  const guess = didYouMean(key, known)
  return {
    reason,
    what: `"${subject}" has no argument "${path}".`,
    why: known.length > 0 ? `It has ${known.join(', ')}.` : 'It has no arguments.',
    fix: guess || undefined,
    origin: keyOrigin(owner, key),
  }
}

const bounds: Record<string, (limit: unknown) => string> = {
  minimum: limit => `at least ${limit}`,
  maximum: limit => `at most ${limit}`,
  exclusiveMinimum: limit => `more than ${limit}`,
  exclusiveMaximum: limit => `less than ${limit}`,
  minLength: limit => (limit === 1 ? 'not empty' : `at least ${limit} characters long`),
  maxLength: limit => `at most ${limit} characters long`,
  minItems: limit => `a list of at least ${limit}`,
  maxItems: limit => `a list of at most ${limit}`,
}

/** A complaint of the validator's in words, with the place of what is wrong. */
export const schemaFailure = (complaint: Complaint, where: Located, options: Subject): Failure => {
  const { keyword, instancePath: pointer, params, data } = complaint
  const { subject, reason } = options
  const at = named(pointer, subject)
  const origin = where.at(pointer)
  if (keyword === 'additionalProperties') return unknownArgument(complaint, where, options)
  if (keyword === 'required') {
    const missing = String(params.missingProperty)
    const path = pointer === '' ? missing : `${dotted(pointer)}.${missing}`
    return { reason, what: `"${subject}" needs the argument "${path}".`, origin }
  }
  if (keyword === 'enum') return { reason, ...oneOf(at, params.allowedValues as unknown[], data), origin }
  if (keyword === 'const') return { reason, ...oneOf(at, [params.allowedValue], data), origin }
  if (keyword === 'type') {
    const wanted = [params.type].flat() as string[]
    const words = wanted.map(type => kinds[type] ?? type).join(' or ')
    return {
      reason,
      what: `${at} must be ${words}, not ${shown(data)}.`,
      fix: typeFix(pointer, wanted, data, where),
      origin,
    }
  }
  if (keyword === 'pattern') {
    const about = complaint.parentSchema?.description
    const fix = typeof about === 'string' ? about : undefined
    return { reason, what: `${at} must match ${params.pattern}, which ${shown(data)} does not.`, fix, origin }
  }
  if (keyword === 'not' && complaint.parentSchema?.octal)
    return {
      reason,
      what: `${at} is ${data} in decimal, which would be the mode ${Number(data).toString(8)}.`,
      fix: `Write its octal digits: "0${data}".`,
      origin,
    }
  const bound = bounds[keyword]
  if (bound) return { reason, what: `${at} must be ${bound(params.limit)}.`, origin }
  return { reason, what: `${at} ${complaint.message ?? 'is not valid'}.`, origin }
}
