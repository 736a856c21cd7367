import { createRequire } from 'node:module'
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import type { TSchema } from 'typebox'
import type { Failure, Reason } from '../core/failure.ts'
import { fits } from '../core/schema-fits.ts'
import { closest } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import { hasSealedText, SealedText } from '../core/vault-file.ts'
import { hasBraces } from './braces.ts'
import { type Located, step } from './located.ts'
import { type Complaint, schemaFailure, unionFailure } from './schema-messages.ts'

type Schema = Record<string, unknown>

type ValidateOptions = {
  /** What the arguments belong to: the name of a module. */
  subject: string
  reason: Reason
  /** Text that holds `{{` passes for any type: what comes of it is checked when it is evaluated. */
  expressions?: 'skip'
}

let loaded: Ajv | undefined
/** Loaded when a value does not fit: loading alone costs 15 ms. */
const ajv = (): Ajv => {
  if (loaded) return loaded
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv')
  loaded = new Ajv({ allErrors: true, verbose: true, strict: false, strictNumbers: true, validateSchema: false })
  return loaded
}
const prepared = new WeakMap<object, Schema>()
const validators = new WeakMap<object, ValidateFunction>()

/** A mapping that lists its members has no others, unless it says so: an argument that is not known is a slip. */
const closed = (schema: Schema): Schema => {
  const copy: Schema = { ...schema }
  if (isRecord(schema.properties)) {
    copy.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, inner]) => [key, closed(inner as Schema)]),
    )
    if (!('patternProperties' in schema)) copy.additionalProperties = schema.additionalProperties ?? false
  }
  if (isRecord(schema.items)) copy.items = closed(schema.items)
  if (Array.isArray(schema.anyOf)) copy.anyOf = schema.anyOf.map(closed)
  return copy
}

/** What has a default need not be given. */
const withoutDefaulted = (schema: Schema): Schema => {
  const properties = isRecord(schema.properties) ? schema.properties : {}
  if (!Array.isArray(schema.required)) return schema
  const needed = schema.required.filter(key => !('default' in ((properties[key] ?? {}) as Schema)))
  return { ...schema, required: needed }
}

const prepare = (schema: Schema): Schema => {
  const made = prepared.get(schema) ?? closed(withoutDefaulted(schema))
  prepared.set(schema, made)
  return made
}

const validatorOf = (schema: Schema): ValidateFunction => {
  const made = validators.get(schema) ?? ajv().compile(schema)
  validators.set(schema, made)
  return made
}

const isUnion = (error: ErrorObject): boolean => error.keyword === 'anyOf' || error.keyword === 'oneOf'

/** Complaints about the forms of a union; the union itself is looked at once, as a whole. */
const isInsideUnion = (error: ErrorObject): boolean => /\/(anyOf|oneOf)\/\d+\//.test(error.schemaPath)

/** The argument that an unknown one was meant to be: it is not reported as missing as well. */
const misspelled = ({ keyword, instancePath, params, parentSchema }: ErrorObject): string[] => {
  if (keyword !== 'additionalProperties') return []
  const meant = closest(params.additionalProperty, Object.keys(parentSchema?.properties ?? {}))
  return meant === undefined ? [] : [instancePath + step(meant)]
}

const complaints = (
  validator: ValidateFunction,
  value: unknown,
  base: string,
  where: Located,
  options: ValidateOptions,
): Failure[] => {
  if (validator(value)) return []
  const errors = (validator.errors ?? []).filter(error => !isInsideUnion(error))
  const meant = new Set(errors.flatMap(misspelled))
  return errors
    .filter(
      error => error.keyword !== 'required' || !meant.has(error.instancePath + step(error.params.missingProperty)),
    )
    .filter(error => options.expressions !== 'skip' || typeof error.data !== 'string' || !hasBraces(error.data))
    .flatMap(error => {
      const complaint = { ...error, instancePath: base + error.instancePath } as Complaint
      return isUnion(error) ? ofUnion(complaint, where, options) : [schemaFailure(complaint, where, options)]
    })
}

/** One failure at most: none when a form fits (expressions apart), else that of the one form of the value's own type. */
const ofUnion = (complaint: Complaint, where: Located, options: ValidateOptions): Failure[] => {
  const branches = (complaint.parentSchema?.anyOf ?? complaint.parentSchema?.oneOf) as Schema[]
  const { data, instancePath } = complaint
  const tried = branches.map(branch => complaints(validatorOf(branch), data, instancePath, where, options))
  if (tried.some(failures => failures.length === 0)) return []
  const meant = branches.findIndex(
    branch => (Array.isArray(data) && branch.type === 'array') || (isRecord(data) && branch.type === 'object'),
  )
  if (meant >= 0 && branches.filter(branch => branch.type === branches[meant]!.type).length === 1) {
    return tried[meant]!.slice(0, 1)
  }
  return [unionFailure(complaint, branches, where, options)]
}

/** What a vault holds is known when it is read: until then it counts as an expression does. */
const withoutSealed = (value: unknown): unknown => {
  if (value instanceof SealedText) return '{{ vault }}'
  if (Array.isArray(value)) return value.map(withoutSealed)
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSealed(inner)]))
    : value
}

/**
 * Checks a value against a JSON Schema (TypeBox) and says in words what is wrong, with the places in `where`. Nothing
 * is coerced and no default is filled in: what has a default may be missing. A union that does not fit is one failure.
 */
export const validate = (schema: TSchema, value: unknown, where: Located, options: ValidateOptions): Failure[] => {
  const whole = prepare(schema as Schema)
  const skips = options.expressions === 'skip' ? hasBraces : () => false
  const seen = hasSealedText() ? withoutSealed(value) : value
  return fits(whole, seen, skips) ? [] : complaints(validatorOf(whole), seen, '', where, options)
}

const defaults = new WeakMap<object, [string, unknown][]>()

/** The members of a schema that have a default, with it. Asked for each line of each pass. */
const defaultsOf = (schema: Schema): [string, unknown][] => {
  const known = defaults.get(schema)
  if (known) return known
  const { properties } = schema
  const made = Object.entries(isRecord(properties) ? properties : {}).flatMap(([key, inner]): [string, unknown][] =>
    isRecord(inner) && 'default' in inner ? [[key, inner.default]] : [],
  )
  defaults.set(schema, made)
  return made
}

const copied = (value: unknown): unknown =>
  value !== null && typeof value === 'object' ? structuredClone(value) : value

/** The value with the defaults of the schema's own members; a new object. */
export const withDefaults = (schema: TSchema, value: Record<string, unknown>): Record<string, unknown> => {
  const complete = { ...value }
  for (const [key, given] of defaultsOf(schema as Schema)) if (value[key] === undefined) complete[key] = copied(given)
  return complete
}

/** The digits of a mode. A number that its schema does not take stays one, to be told. */
const octalDigits = (schema: Schema, value: unknown): unknown => {
  if (typeof value === 'string') return value.replace(/^0o(?=[0-7]{3,4}$)/, '')
  if (typeof value !== 'number' || !fits(schema, value, () => false)) return value
  return value.toString(8).padStart(4, '0')
}

/**
 * What an expression gives as the type that a schema wants. The number or the boolean that a text spells: variables of the
 * command line and of INI inventories are texts. And the text of a number or a boolean, as it reads inside text: what is only
 * known when it has run, such as the number of an owner, is planned as what it will be. Not where a text has a form of its
 * own. A mode is the octal digits of its number (`octal`): 420 is what YAML makes of 0644 without quotes. Any other literal in
 * a playbook has the type it is written in.
 */
export const spelled = (schema: unknown, value: unknown): unknown => {
  const { type, items, properties, pattern, octal } = (schema ?? {}) as Schema
  if (Array.isArray(value)) return value.map(one => spelled(items, one))
  if (isRecord(value) && isRecord(properties))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, spelled(properties[key], one)]))
  if (octal) return octalDigits(schema as Schema, value)
  if (type === 'string' && pattern === undefined && (typeof value === 'number' || typeof value === 'boolean'))
    return String(value)
  if (typeof value !== 'string') return value
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true'
  return value
}
