/** A schema as JSON, as far as the reference tells of it. */
type Told = {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Told[]
  items?: Told
  properties?: Record<string, Told>
  required?: string[]
  default?: unknown
  description?: string
}
/** What the reference tells of a module. */
export type Documented = {
  name: string
  about: string
  collective?: boolean | undefined
  args: Told
  outputs?: Told | undefined
  examples: string[]
}

const WORDS: Record<string, string> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'mapping',
  array: 'list',
  null: 'null',
}
const word = (type: string): string => WORDS[type] ?? type
const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

/** The type of a value in words. */
export const typeInWords = (schema: Told): string => {
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum) return schema.enum.map(code).join(', ')
  if (schema.anyOf) return schema.anyOf.map(typeInWords).join(' or ')
  if (Array.isArray(schema.type)) return schema.type.map(word).join(' or ')
  if (schema.type === 'array') return schema.items?.type ? `list of ${typeInWords(schema.items)}` : 'list'
  if (schema.type === 'object' && schema.properties)
    return `mapping with ${Object.keys(schema.properties).map(code).join(', ')}`
  return schema.type === undefined ? 'any value' : word(schema.type)
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const row = (cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`
const table = (head: string[], rows: string[][]): string[] => [row(head), row(head.map(() => '---')), ...rows.map(row)]

const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0)

const defaultOf = (name: string, schema: Told, all: Told): string => {
  if (schema.default !== undefined) return isEmpty(schema.default) ? 'empty' : code(schema.default)
  return all.required?.includes(name) ? '**required**' : ''
}

const argumentRows = (args: Told): string[][] =>
  Object.entries(args.properties ?? {}).map(([name, schema]) => [
    code(name),
    typeInWords(schema),
    defaultOf(name, schema, args),
    schema.description ?? '',
  ])

const outputRows = (outputs: Told): string[][] =>
  Object.entries(outputs.properties ?? {}).map(([name, schema]) => [
    code(name),
    typeInWords(schema),
    schema.description ?? '',
  ])

/** One module as the reference has it, in Markdown. */
export const moduleSection = ({ name, about, collective, args, outputs, examples }: Documented): string =>
  [
    `### ${name}`,
    '',
    about,
    ...(collective ? ['', 'A collective module: one decision over all hosts of the play.'] : []),
    '',
    ...table(['argument', 'type', 'default', ''], argumentRows(args)),
    ...(outputs ? ['', 'Outputs, with `register`:', '', ...table(['output', 'type', ''], outputRows(outputs))] : []),
    '',
    '```yaml',
    examples.map(example => example.trimEnd()).join('\n\n'),
    '```',
    '',
  ].join('\n')
