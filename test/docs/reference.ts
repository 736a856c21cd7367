/** A schema as JSON, as far as the reference tells of it. */
export type Schema = {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  default?: unknown
  description?: string
}
export type Documented = {
  name: string
  about: string
  collective?: boolean | undefined
  args: Schema
  outputs?: Schema | undefined
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
export const typeOf = (schema: Schema): string => {
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum) return schema.enum.map(code).join(', ')
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (Array.isArray(schema.type)) return schema.type.map(word).join(' or ')
  if (schema.type === 'array') return schema.items?.type ? `list of ${typeOf(schema.items)}` : 'list'
  if (schema.type === 'object' && schema.properties)
    return `mapping with ${Object.keys(schema.properties).map(code).join(', ')}`
  return schema.type === undefined ? 'any value' : word(schema.type)
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const row = (cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`
const table = (head: string[], rows: string[][]): string[] => [row(head), row(head.map(() => '---')), ...rows.map(row)]

const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0)

const defaultOf = (name: string, schema: Schema, all: Schema): string => {
  if (schema.default !== undefined) return isEmpty(schema.default) ? 'empty' : code(schema.default)
  return all.required?.includes(name) ? '**required**' : ''
}

const argumentRows = (args: Schema): string[][] =>
  Object.entries(args.properties ?? {}).map(([name, schema]) => [
    code(name),
    typeOf(schema),
    defaultOf(name, schema, args),
    schema.description ?? '',
  ])

const outputRows = (outputs: Schema): string[][] =>
  Object.entries(outputs.properties ?? {}).map(([name, schema]) => [
    code(name),
    typeOf(schema),
    schema.description ?? '',
  ])

const section = ({ name, about, collective, args, outputs, examples }: Documented): string =>
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

const HEAD = `# Modules

Made from the modules themselves by \`npm run docs\`; a test keeps it current. Arguments are named as in Ansible where
Ansible has them. Values may hold \`{{ expressions }}\`: see [playbook.md](playbook.md).
`

const ABOUT: Record<string, string> = {
  builtin: 'For any host and any program.',
  ipfs: 'For kubo and ipfs-cluster.',
}

/** The whole reference: collection by collection, in each the modules by name. */
export const referenceOf = (modules: { collection: string; module: Documented }[]): string => {
  const collections = [...Map.groupBy(modules, ({ collection }) => collection)].map(([name, found]) => ({
    name,
    modules: found.map(({ module }) => module).sort((a, b) => (a.name < b.name ? -1 : 1)),
  }))
  const contents = collections.map(
    ({ name, modules }) => `- ${name}: ${modules.map(one => `[${one.name}](#${one.name})`).join(' · ')}`,
  )
  const sections = collections.flatMap(({ name, modules }) => [
    `## ${name}\n\n${ABOUT[name]}\n`,
    ...modules.map(section),
  ])
  return [HEAD, `${contents.join('\n')}\n`, ...sections].join('\n')
}
