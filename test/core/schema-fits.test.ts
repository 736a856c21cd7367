import { Ajv } from 'ajv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fits } from '../../src/core/schema-fits.ts'
import { fc } from '../chance.ts'
import { allModules } from '../docs/modules.ts'

// A quick yes must never be wrong. A quick no is only slow; for the schemas of our modules there is none without need.

type Schema = Record<string, unknown>
const ajv = new Ajv({ strict: false, strictNumbers: true, validateSchema: false })
const never = (): boolean => false

const schemas = (await allModules()).map(({ module }): Schema => module.args)

const text = fc.oneof(
  fc.constantFrom('present', 'directory', '0644', '/etc/x', 'v1.2', 'crdt', 'peering', '', 'Routing.Type', '😀'),
  fc.string({ maxLength: 4 }),
)
const leaf = fc.oneof(
  text,
  fc.integer({ min: -2, max: 70_000 }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
)
const { value } = fc.letrec(tie => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('mapping')),
  mapping: fc.dictionary(fc.oneof(text, fc.constantFrom('id', 'address', 'port', 'host')), tie('value'), {
    maxKeys: 4,
  }),
}))

/** Values that have a chance: members by their names, often of the right type. */
const argumentsFor = (schema: Schema): fc.Arbitrary<unknown> => {
  const properties = (schema.properties ?? {}) as Record<string, Schema>
  const right = (one: Schema): fc.Arbitrary<unknown> =>
    Array.isArray(one.enum)
      ? fc.constantFrom(...one.enum)
      : one.type === 'string'
        ? text
        : one.type === 'boolean'
          ? fc.boolean()
          : one.type === 'integer'
            ? fc.nat(1000)
            : value
  return fc.record(
    Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [name, fc.oneof(right(one), right(one), value)]),
    ),
    { requiredKeys: [...((schema.required as string[]) ?? [])] },
  )
}

test('for the arguments of every module it says what the thorough look says', () => {
  let good = 0
  for (const schema of schemas) {
    const thorough = ajv.compile(schema)
    fc.assert(
      fc.property(argumentsFor(schema), one => {
        good += Number(fits(schema, one, never))
        assert.is(fits(schema, one, never), thorough(one), JSON.stringify(one))
      }),
      { numRuns: 200 },
    )
  }
  assert.ok(good > 100, `only ${good} values fitted: the test says little`)
})

test('anything against anything', () => {
  for (const schema of schemas) {
    const thorough = ajv.compile(schema)
    fc.assert(
      fc.property(value, one => !fits(schema, one, never) || thorough(one)),
      { numRuns: 100 },
    )
  }
})

test('what it does not know is no yes', () => {
  assert.is(fits({ not: { type: 'string' } }, 5, never), true)
  assert.is(fits({ not: { format: 'date' } }, 'x', never), false)
  assert.is(fits({ maxItems: 1 }, [], never), false)
  assert.is(fits({ type: 'string', format: 'date' }, '2026-11-22', never), false)
  assert.is(fits({ type: 'object', additionalProperties: { type: 'string' } }, { a: 'b' }, never), false)
})

test('text with an expression passes for anything, wherever it stands', () => {
  const schema = { type: 'object', properties: { list: { type: 'array', items: { type: 'integer' } } } }
  const skips = (one: string): boolean => one.includes('{{')
  for (const one of [{ list: '{{ x }}' }, { list: [1, '{{ x }}'] }, '{{ x }}']) assert.ok(fits(schema, one, skips))
  assert.not.ok(fits(schema, { list: ['x'] }, skips))
})

test.run()
