import { isRecord } from './value.ts'

/** A JSON Schema. */
export type Schema = Record<string, unknown>

const types: Record<string, (value: unknown) => boolean> = {
  string: value => typeof value === 'string',
  boolean: value => typeof value === 'boolean',
  integer: value => Number.isInteger(value),
  number: value => Number.isFinite(value),
  null: value => value === null,
  array: Array.isArray,
  object: isRecord,
}

const patterns = new Map<string, RegExp>()
const patternOf = (text: string): RegExp => {
  const pattern = patterns.get(text) ?? new RegExp(text, 'u')
  patterns.set(text, pattern)
  return pattern
}

type Judge = (wanted: never, value: unknown, schema: Schema, skips: (text: string) => boolean) => boolean

/** Whether a value meets each keyword. A value does not fit by a keyword that is missing here. */
const judges: Record<string, Judge> = {
  type: (wanted: string | string[], value) => [wanted].flat().some(type => types[type]?.(value)),
  const: (wanted: unknown, value) => value === wanted,
  enum: (wanted: unknown[], value) => wanted.includes(value),
  pattern: (wanted: string, value) => typeof value !== 'string' || patternOf(wanted).test(value),
  minLength: (wanted: number, value) => typeof value !== 'string' || [...value].length >= wanted,
  minimum: (wanted: number, value) => typeof value !== 'number' || value >= wanted,
  maximum: (wanted: number, value) => typeof value !== 'number' || value <= wanted,
  // What has a keyword that is missing here does not surely fit, which is no reason to fit by not fitting.
  not: (wanted: Schema, value, _, skips) =>
    Object.keys(wanted).every(word => Object.hasOwn(judges, word)) && !fits(wanted, value, skips),
  anyOf: (wanted: Schema[], value, _, skips) => wanted.some(one => fits(one, value, skips)),
  items: (wanted: Schema, value, _, skips) => !Array.isArray(value) || value.every(one => fits(wanted, one, skips)),
  required: (wanted: string[], value) => !isRecord(value) || wanted.every(name => value[name] !== undefined),
  properties: (wanted: Record<string, Schema>, value, _, skips) =>
    !isRecord(value) ||
    Object.keys(wanted).every(name => value[name] === undefined || fits(wanted[name]!, value[name], skips)),
  patternProperties: (wanted: Record<string, Schema>, value, _, skips) =>
    !isRecord(value) ||
    Object.entries(wanted).every(([pattern, schema]) => {
      const named = patternOf(pattern)
      return Object.entries(value).every(([name, one]) => !named.test(name) || fits(schema, one, skips))
    }),
  additionalProperties: (wanted: unknown, value, { properties, patternProperties }) =>
    wanted === true ||
    (wanted === false &&
      patternProperties === undefined &&
      (!isRecord(value) || Object.keys(value).every(name => Object.hasOwn((properties ?? {}) as Schema, name)))),
}

/** Keywords that are read by people and by the engine, and ask nothing of a value. */
const silent = new Set([
  'title',
  'description',
  'default',
  'examples',
  'partial',
  'secret',
  'whole',
  'gives',
  'file',
  'main',
  'expression',
  'template',
  'octal',
  'aliases',
])

/**
 * Whether a value surely fits a schema. Where it answers false, `validate` has a compiled schema decide and tell what is
 * wrong. Nearly always nothing is wrong, and compiling the schemas would cost 40 to 70 ms at every start.
 */
export const fits = (schema: Schema, value: unknown, skips: (text: string) => boolean): boolean =>
  (typeof value === 'string' && skips(value)) ||
  Object.keys(schema).every(
    keyword => silent.has(keyword) || judges[keyword]?.(schema[keyword] as never, value, schema, skips) === true,
  )
