import type { TSchema, Type } from 'typebox'

export type { Static, TObject, TSchema } from 'typebox'

/**
 * Builders of JSON Schema with TypeBox's types. The package itself is 709 files, which cost 92 ms at every start; at
 * run time a schema is nothing but a plain object, so only its types are imported.
 */
type Options = Record<string, unknown>

/** What TypeBox's types call `Optional`: a property that need not be there. Not part of the JSON Schema. */
const optional = Symbol('optional')
const plain = (type: string) => (options?: Options) => ({ type, ...options })

const builders = {
  String: plain('string'),
  Boolean: plain('boolean'),
  Integer: plain('integer'),
  Number: plain('number'),
  Null: plain('null'),
  Unknown: (options?: Options) => ({ ...options }),
  Any: (options?: Options) => ({ ...options }),
  Literal: (value: string | number | boolean, options?: Options) => ({ type: typeof value, const: value, ...options }),
  Array: (items: TSchema, options?: Options) => ({ type: 'array', items, ...options }),
  Enum: (values: (string | number)[], options?: Options) => ({ enum: values, ...options }),
  Unsafe: (schema: Options) => ({ ...schema }),
  Union: (anyOf: TSchema[], options?: Options) => ({ anyOf, ...options }),
  Record: (_: TSchema, values: TSchema, options?: Options) => ({
    type: 'object',
    patternProperties: { '^.*$': values },
    ...options,
  }),
  Optional: (schema: TSchema) => ({ ...schema, [optional]: true }),
  Object: (properties: Record<string, TSchema>, options?: Options) => ({
    type: 'object',
    required: Object.keys(properties).filter(name => !(optional in properties[name]!)),
    properties,
    ...options,
  }),
}

export const T = builders as unknown as Pick<typeof Type, keyof typeof builders>
