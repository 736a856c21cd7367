import { isRecord } from '../../core/value.ts'
import { namesOfOurs } from '../../load/collections.ts'
import { blockWords, connectionVariables, importWords, playWords, taskWords } from '../../load/names.ts'
import { argumentsThat } from '../../load/task-schemas.ts'
import type { FoundModule } from './all-modules.ts'

type Schema = Record<string, unknown>

/** What a schema can be of. */
export type SchemaOf = 'playbook' | 'inventory' | 'tasks'

/** A text with an expression may stand for a value of any type. */
const templated: Schema = { type: 'string', pattern: '\\{\\{|\\{%' }
/** Editors read YAML 1.2, in which these are texts. */
const yesOrNo: Schema = { anyOf: [{ type: 'boolean' }, { enum: ['yes', 'no', 'on', 'off'] }, templated] }
const condition: Schema = {
  anyOf: [{ type: ['boolean', 'string'] }, { type: 'array', items: { type: ['boolean', 'string'] } }],
}
const texts: Schema = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }
const tags: Schema = {
  anyOf: [{ type: ['string', 'number'] }, { type: 'array', items: { type: ['string', 'number'] } }],
}
const variables: Schema = { type: ['object', 'null'] }
const anything: Schema = {}
const text: Schema = { type: 'string' }
const number: Schema = { anyOf: [{ type: 'number' }, templated] }
const ofTasks = { $ref: '#/definitions/tasks' }

const said = (description: string, schema: Schema): Schema => ({ description, ...schema })

/** What stands under the words of the language. A word that is missing here takes anything. */
const WORDS: Record<string, Schema> = {
  name: said('What it is called in the output.', text),
  hosts: said('The hosts: names, groups, patterns.', texts),
  when: said('An expression, or several that all have to be true: without braces.', condition),
  loop: said('A list, or an expression that gives one; each item is `item`.', anything),
  register: said('The name that its result is kept under.', { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }),
  vars: said('Variables.', variables),
  defaults: said('Variables that any other place wins over.', variables),
  vars_files: said('Files of variables.', anything),
  vars_prompt: said('Variables that are asked for before anything connects.', { type: 'array' }),
  tags: said('Words to choose tasks by.', tags),
  notify: said('Handlers that run if it changes something: names or topics.', texts),
  listen: said('Topics that notify the handler.', texts),
  become: said('Whether it becomes another user.', yesOrNo),
  become_user: said('Whom.', text),
  become_method: said('How: sudo, su or doas.', text),
  become_flags: text,
  become_exe: text,
  environment: said('Variables for programs that tasks run.', anything),
  async: said('How many seconds it may take while it goes on by itself.', anything),
  poll: said('0: it is only started.', anything),
  timeout: said('How many seconds it may take.', anything),
  delegate_to: said('The host on whose machine it is done.', text),
  connection: said('How hosts are reached: ssh, openssh or local. Of a task: local, for this machine.', text),
  run_once: said('On the first host alone.', yesOrNo),
  no_log: said('Nothing of what it is asked, does and says is told.', yesOrNo),
  needs: said('What it comes after, in place of the written order; [] is nothing.', texts),
  after: said('What it comes after, besides the written order.', texts),
  rolling: said('Hosts go one at a time, and pass these tasks in between.', texts),
  changed_when: said('What counts as a change.', condition),
  failed_when: said('What counts as a failure.', condition),
  until: said('It is tried again until this is true.', condition),
  retries: said('How often it is tried.', number),
  delay: said('Seconds between two tries.', number),
  ignore_errors: said('Its host goes on where it fails.', yesOrNo),
  any_errors_fatal: said('A failure on one host ends the play on all.', { type: ['boolean', 'string'] }),
  force_handlers: said('Handlers that are due run on a host that has failed too.', { type: ['boolean', 'string'] }),
  max_fail_percentage: said('More hosts that fail than this end the play on all.', { type: ['number', 'string'] }),
  touches: said('What it may change besides.', anything),
  args: said('Arguments of its module.', variables),
  module_defaults: said('Arguments of modules, by their names, where a task says no others.', variables),
  collections: said('Collections in which roles are looked for.', texts),
  remote_user: said('The login user.', text),
  port: said('The port of the ssh server.', number),
  gather_facts: said('Whether facts are gathered when the play begins.', yesOrNo),
  gather_subset: said('Which facts are gathered then; of others nothing is known.', anything),
  gather_timeout: said('Accepted: gathering waits for no one.', anything),
  fact_path: said('The folder of custom facts.', text),
  pre_tasks: ofTasks,
  tasks: ofTasks,
  post_tasks: ofTasks,
  block: ofTasks,
  rescue: ofTasks,
  always: ofTasks,
  handlers: { $ref: '#/definitions/handlers' },
  roles: said('Roles: names, or mappings with a name and parameters.', {
    type: ['array', 'null'],
    items: {
      anyOf: [text, { type: 'object', anyOf: [{ required: ['role'] }, { required: ['name'] }, { required: ['src'] }] }],
    },
  }),
  secrets: said('Variables, members of variables and files that are secret.', { type: 'array', items: text }),
  import_playbook: said('The playbook that stands here.', text),
  import_tasks: said('The file whose tasks stand here.', { type: ['string', 'object'] }),
  import_role: said('The role whose tasks stand here.', { type: ['string', 'object'] }),
}

const wordsAs = (words: readonly string[]): Record<string, Schema> =>
  Object.fromEntries(words.map(word => [word, WORDS[word] ?? anything]))

/** Under the name that Ansible has for the same too. */
const withLongNames = (words: Record<string, Schema>): Record<string, Schema> =>
  Object.fromEntries(
    Object.entries(words).flatMap(([word, schema]) => [
      [word, schema],
      [`ansible.builtin.${word}`, schema],
      [`ansible.legacy.${word}`, schema],
    ]),
  )

/** Words in which our schemas say more than JSON Schema knows. */
const OURS = ['main', 'expression', 'template', 'file', 'secret', 'whole', 'partial', 'octal', 'aliases']
const plainMembers = (schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !OURS.includes(name)))

const isText = ({ type, pattern, minLength }: Schema): boolean =>
  type === 'string' && pattern === undefined && minLength === undefined

/** The schema of a value, for which an expression may stand in any part. */
const valueSchema = (schema: Schema): Schema => {
  const { description, default: fallback, ...own } = plainMembers(schema)
  const about = {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
  }
  if ('expression' in schema || Object.keys(own).length === 0) return about
  if (isText(own)) return { ...about, ...own }
  if (own.type === 'boolean') return { ...about, ...yesOrNo }
  if (Array.isArray(own.anyOf))
    return { ...about, anyOf: [...own.anyOf.map(one => valueSchema(one as Schema)), templated] }
  return { ...about, anyOf: [mappingSchema(own), templated] }
}

const valuesIn = (members: unknown): Record<string, Schema> =>
  Object.fromEntries(
    Object.entries(isRecord(members) ? members : {}).map(([name, one]) => [name, valueSchema(one as Schema)]),
  )

/** The same of what is inside a list or mapping. One that lists its members has no others, unless it says so. */
const mappingSchema = (schema: Schema): Schema => ({
  ...schema,
  ...(isRecord(schema.items) ? { items: valueSchema(schema.items) } : {}),
  ...(isRecord(schema.patternProperties) ? { patternProperties: valuesIn(schema.patternProperties) } : {}),
  ...(isRecord(schema.properties)
    ? {
        properties: valuesIn(schema.properties),
        required: requiredOf(schema),
        ...('patternProperties' in schema ? {} : { additionalProperties: schema.additionalProperties ?? false }),
      }
    : {}),
})

/** What has a default need not be given. */
const requiredOf = ({ required, properties }: Schema): string[] =>
  (Array.isArray(required) ? (required as string[]) : []).filter(
    name => !isRecord(properties) || !isRecord(properties[name]) || !('default' in properties[name]),
  )

/** The arguments of a module, under all names that each may be given. */
const argumentsIn = (properties: Schema): Record<string, Schema> =>
  valuesIn(
    Object.fromEntries(
      Object.entries(properties as Record<string, { aliases?: string[] }>).flatMap(([name, one]) =>
        [name, ...(one.aliases ?? [])].map(called => [called, one] as const),
      ),
    ),
  )

/** What may stand under the name of a module: its arguments, or a text with them. */
const argumentsSchema = ({ module }: FoundModule): Schema => {
  const { properties = {}, additionalProperties } = module.args as unknown as Schema
  const isFree = (module as { free?: boolean }).free === true
  const mapping = {
    type: 'object',
    properties: argumentsIn(properties as Schema),
    additionalProperties: isFree ? true : (additionalProperties ?? false),
  }
  const hasMain = argumentsThat('main', module.args).length > 0
  const asText = hasMain ? text : { type: 'string', pattern: '^\\s*[A-Za-z_]\\w*=' }
  return { description: module.about, anyOf: [mapping, asText, { type: 'null' }] }
}

/** The names that a task may call a module by. */
const namesOf = ({ name, from }: FoundModule): string[] =>
  from === 'builtin' ? namesOfOurs(name) : [name, `ansible.legacy.${name}`]

/** Of each module what it cannot do without, where `args` beside it does not say it. */
const demands = (modules: FoundModule[]): Record<string, Schema> =>
  Object.fromEntries(
    modules.flatMap(one => {
      const required = requiredOf(one.module.args as unknown as Schema)
      if (required.length === 0) return []
      return namesOf(one).map(name => [name, { anyOf: [{ type: 'object', required }, { type: 'string' }] }])
    }),
  )

const taskSchema = (modules: FoundModule[], more: readonly string[]): Schema => ({
  type: 'object',
  properties: {
    ...wordsAs([...taskWords, ...more]),
    ...Object.fromEntries(
      modules.flatMap(one => namesOf(one).map(name => [name, { $ref: `#/definitions/module.${one.name}` }])),
    ),
    action: { type: ['string', 'object'] },
  },
  patternProperties: { '^with_[a-z_]+$': anything },
  additionalProperties: false,
  oneOf: [...modules.flatMap(namesOf), 'action'].map(name => ({ required: [name] })),
  if: { not: { required: ['args'] } },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
  then: { properties: demands(modules) },
})

/** A mapping that is told by one of some keys. */
const toldBy = (keys: string[], words: Record<string, Schema>): Schema => ({
  type: 'object',
  properties: words,
  additionalProperties: false,
  oneOf: keys.map(key => ({ required: [key] })),
})

const having = (keys: string[]): Schema => ({ anyOf: keys.map(key => ({ required: [key] })) })

/** What each item of a list is, by the key that tells it: nothing else is then said against it. */
const byKey = (cases: { keys: string[]; schema: Schema }[], otherwise: Schema): Schema =>
  cases.reduceRight<Schema>(
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    (rest, { keys, schema }) => ({ if: having(keys), then: schema, else: rest }),
    otherwise,
  )

const longNames = (word: string): string[] => [word, `ansible.builtin.${word}`, `ansible.legacy.${word}`]

const importSchema = (word: string): Schema =>
  toldBy(longNames(word), { ...wordsAs(importWords), ...withLongNames(wordsAs([word])) })

const metaSchema = (): Schema =>
  toldBy(longNames('meta'), {
    ...wordsAs(taskWords),
    ...withLongNames({ meta: { enum: ['flush_handlers', 'noop'] } }),
  })

const itemSchema = (task: string): Schema =>
  byKey(
    [
      { keys: ['block'], schema: { $ref: '#/definitions/block' } },
      ...['import_tasks', 'import_role'].map(word => ({ keys: longNames(word), schema: importSchema(word) })),
      { keys: longNames('meta'), schema: metaSchema() },
    ],
    { $ref: `#/definitions/${task}` },
  )

const definitions = (modules: FoundModule[]): Record<string, Schema> => ({
  tasks: { type: ['array', 'null'], items: itemSchema('task') },
  handlers: { type: ['array', 'null'], items: itemSchema('handler') },
  block: toldBy(['block'], wordsAs(blockWords)),
  task: taskSchema(modules, []),
  handler: taskSchema(modules, ['listen']),
  ...Object.fromEntries(modules.map(one => [`module.${one.name}`, argumentsSchema(one)])),
})

const playSchema = (): Schema => ({
  type: 'object',
  properties: wordsAs(playWords),
  required: ['hosts'],
  additionalProperties: false,
})

const playbookSchema = (): Schema => ({
  type: 'array',
  minItems: 1,
  items: byKey(
    [
      {
        keys: longNames('import_playbook'),
        schema: toldBy(longNames('import_playbook'), {
          ...withLongNames(wordsAs(['import_playbook'])),
          ...wordsAs(['name', 'when', 'tags', 'vars']),
        }),
      },
    ],
    playSchema(),
  ),
})

const hostVariables: Schema = {
  type: ['object', 'null'],
  properties: Object.fromEntries(connectionVariables.map(name => [name, anything])),
}

const inventorySchema = (): Schema => ({
  type: 'object',
  if: { required: ['plugin'] },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
  then: {},
  else: { additionalProperties: { $ref: '#/definitions/group' } },
  definitions: {
    group: {
      type: ['object', 'null'],
      properties: {
        hosts: said('Its hosts, with their variables.', {
          anyOf: [{ type: 'string' }, { type: 'null' }, { type: 'object', additionalProperties: hostVariables }],
        }),
        vars: said('Variables of all its hosts.', hostVariables),
        children: said('The groups in it.', {
          anyOf: [
            { type: 'string' },
            { type: 'null' },
            { type: 'object', additionalProperties: { $ref: '#/definitions/group' } },
          ],
        }),
      },
      additionalProperties: false,
    },
  },
})

const TITLES: Record<SchemaOf, string> = {
  playbook: 'A playbook of runbook',
  inventory: 'An inventory',
  tasks: 'A file of tasks, as in a role',
}

/**
 * The JSON Schema (draft-07) of what people write, for editors. It refuses nothing that runbook takes; arguments that only
 * `module_defaults` say have to be said where it is used.
 */
export const editorSchema = (of: SchemaOf, modules: FoundModule[]): Schema => {
  const head = { $schema: 'http://json-schema.org/draft-07/schema#', title: TITLES[of] }
  if (of === 'inventory') return { ...head, ...inventorySchema() }
  const own = of === 'playbook' ? playbookSchema() : { $ref: '#/definitions/tasks' }
  return { ...head, ...(of === 'tasks' ? { allOf: [own] } : own), definitions: definitions(modules) }
}
