import type { Origin } from '../core/failure.ts'
import { hasBraces } from './braces.ts'
import type { Signatures } from './check.ts'
import { type Located, locatedMember } from './located.ts'
import type { Playbook, Task } from './playbook.ts'

/**
 * What the schema of an argument may say beyond what its values are.
 *
 * `main`: the argument that a task may give as plain text, in place of a mapping. `expression`: it is an expression by
 * its place, as `when` is; 'or undefined': one that may be undefined, which is then its value. `template`: it names a template file, whose references are those of the task. `file`: it names
 * a file of the controller, unless the argument that is said is true. `secret`: it is shown nowhere. `aliases`: other names that it
 * may be given under. `gives`, of all
 * arguments together: one that is not described is a variable of the host from then on.
 */
type Word = 'main' | 'expression' | 'template' | 'file' | 'secret' | 'whole' | 'aliases' | 'gives'
type Schema = Signatures[string]['args']

const propertiesOf = (schema: Schema | undefined): Record<string, object> =>
  (schema as { properties?: Record<string, object> } | undefined)?.properties ?? {}

/** The arguments that a schema says a word of. */
export const argumentsThat = (word: Word, schema: Schema | undefined): string[] =>
  Object.entries(propertiesOf(schema)).flatMap(([name, property]) =>
    wordIn(property, word) === undefined ? [] : [name],
  )

const wordIn = (property: object | undefined, word: Word): unknown =>
  (property as { [word in Word]?: unknown } | undefined)?.[word]

/** The arguments of a task that name a file of the controller: not where another argument says that it is the host's. */
const filesOf = ({ args }: Task, schema: Schema | undefined): string[] =>
  argumentsThat('file', schema).filter(name => {
    const unless = args.value[String(wordIn(propertiesOf(schema)[name], 'file'))]
    return unless === undefined || unless === false
  })

/** The variables that a task makes: each argument that the schema does not describe, where it says that they are such. */
const givesOf = ({ args }: Task, schema: Schema | undefined): Pick<Task, 'gives'> => {
  if (wordIn(schema, 'gives') === undefined) return {}
  const described = propertiesOf(schema)
  return { gives: Object.keys(args.value).filter(name => !Object.hasOwn(described, name)) }
}

/** An expression without braces of its own is given them. */
const braced = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(braced)
  return typeof value === 'string' && !value.includes('{{') ? `{{ ${value} }}` : value
}

type Words = { whole: string; key?: string; value?: string }[]

/** A text cut at spaces that stand outside of quotes and of `{{ }}` or `{% %}`. */
const wordsOf = (text: string): Words => {
  const words =
    text.match(/(?:\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\[\s\S]|[^\s])+|\s+/g) ?? []
  return words.map(whole => {
    const [, key, written] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(whole) ?? []
    if (key === undefined || written === undefined) return { whole }
    const [, , quoted] = /^(["'])([\s\S]*)\1$/.exec(written) ?? []
    return { whole, key, value: quoted === undefined ? written : quoted.replace(/\\(["'\\])/g, '$1') }
  })
}

/** What a word of a text is for an argument that wants no text, as Ansible's own modules take it. */
const typed = (value: string, schema: object | undefined): unknown => {
  const { type } = (schema ?? {}) as { type?: string }
  if (hasBraces(value)) return value
  if (type === 'boolean' && /^(yes|no|true|false|on|off|1|0)$/i.test(value)) return /^(yes|true|on|1)$/i.test(value)
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  if (type === 'array') return value.split(',').map(one => one.trim())
  return value
}

/**
 * A text in place of a mapping: `name=git state=present`, or the main argument, in which words that name other arguments are
 * these (`make install creates=/usr/bin/x`). What is neither stays text, which the check refuses.
 */
const withMain = ({ text, ...task }: Task, schema: Schema | undefined): Task => {
  if (text === undefined) return task
  const properties = propertiesOf(schema)
  const [main] = argumentsThat('main', schema)
  const words = wordsOf(text.value)
  const said = words.filter(one => one.whole.trim() !== '')
  const isPairs =
    said.length > 0 && said.every(({ key }) => key !== undefined && (main === undefined || key in properties))
  const isArgument = ({ key }: Words[number]): boolean =>
    key !== undefined && (isPairs || (key in properties && key !== main))
  const given = said.filter(isArgument)
  if (main === undefined && !isPairs) return { ...task, text }
  const rest =
    given.length === 0
      ? text.value
      : words
          .filter(one => !isArgument(one))
          .map(one => one.whole)
          .join('')
          .trim()
  const value = Object.fromEntries(given.map(one => [one.key!, typed(one.value!, properties[one.key!])]))
  if (main !== undefined && !isPairs) value[main] = rest
  const inner = given.length === 0 && main !== undefined ? `/${main}` : undefined
  const at = (pointer: string): Origin => text.at(inner !== undefined && pointer.startsWith(inner) ? '' : pointer)
  return { ...task, args: { value, origin: text.origin, at } }
}

/** Arguments that are said in several places, the lowest first: what `module_defaults` say, `args`, the module's own. */
const withLowerArguments = ({ lower, ...task }: Task): Task => {
  if (lower === undefined || lower.length === 0) return task
  const all = [...lower, task.args]
  const from = (pointer: string): Located => {
    const key = pointer.split('/')[1]?.replace(/~k$/, '')
    return (key && all.findLast(one => Object.hasOwn(one.value as object, key))) || task.args
  }
  const value = Object.assign({}, ...all.map(one => one.value))
  return { ...task, args: { value, origin: task.args.origin, at: pointer => from(pointer).at(pointer) } }
}

/** Arguments under their own names, whatever other ones they were given under. Of two for one the second stays, to be refused. */
const withOwnNames = (task: Task, schema: Schema | undefined): Task => {
  const { args } = task
  const written = new Map<string, string>()
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    const aliases = (wordIn(property, 'aliases') ?? []) as string[]
    const given = name in args.value ? undefined : aliases.find(alias => alias in args.value)
    if (given !== undefined) written.set(name, given)
  }
  if (written.size === 0) return task
  const own = new Map([...written].map(([name, alias]) => [alias, name]))
  const from = (pointer: string): string =>
    pointer.replace(/^\/([^/~]+)/, (_, name: string) => `/${written.get(name) ?? name}`)
  const { exact } = args
  const value = Object.fromEntries(Object.entries(args.value).map(([name, one]) => [own.get(name) ?? name, one]))
  return {
    ...task,
    args: {
      ...args,
      value,
      at: pointer => args.at(from(pointer)),
      ...(exact && { exact: pointer => exact(from(pointer)) }),
    },
  }
}

/** A list of values that stand in several places. */
const listOf = (items: Located[]): Located => ({
  value: items.map(({ value }) => value),
  origin: items[0]!.origin,
  at: pointer => {
    const [, index = '', inner = ''] = /^\/(\d+)(.*)$/.exec(pointer) ?? []
    return items[Number(index)]?.at(inner) ?? items[0]!.origin
  },
})

/** The environment of the play, and of blocks, before that of the task, where the module has one: of two values of a name the last counts. */
const withEnvironment = ({ environment, ...task }: Task, schema: Schema | undefined): Task => {
  if (environment === undefined || !('environment' in propertiesOf(schema))) return task
  const own = 'environment' in task.args.value ? locatedMember(task.args, 'environment') : undefined
  const all = task.says.environment ?? own
  const merged = [...environment, ...(all ? [all] : [])]
  return {
    ...task,
    args: {
      ...task.args,
      value: Object.fromEntries(Object.entries(task.args.value).filter(([name]) => name !== 'environment')),
    },
    says: { ...task.says, environment: merged.length === 1 ? merged[0]! : listOf(merged) },
  }
}

/**
 * Ansible's word for a task that runs in a dry run too. Together with `changed_when: false` it is a question to the host, which
 * touches nothing; alone it says nothing that a plan could use.
 */
const asQuestion = ({ says: { check_mode: inCheck, ...says }, ...task }: Task, schema: Schema | undefined): Task => {
  const isQuestion = says.changed_when?.value === false && 'touches' in propertiesOf(schema)
  const isSaid = 'touches' in says || 'touches' in task.args.value
  return { ...task, says: inCheck && isQuestion && !isSaid ? { ...says, touches: { ...inCheck, value: [] } } : says }
}

/** What any module but those of programs does is there when its line has ended: it goes on by itself for no one. */
const asJob = ({ says, ...task }: Task, schema: Schema | undefined): Task => {
  if ('async' in propertiesOf(schema)) return { ...task, says }
  const { async: _, poll: __, ...others } = says
  return { ...task, says: others }
}

/** What a task says beside its module, as arguments of it; what the module has no argument for stays, to be refused. */
const withSayings = (task: Task, schema: Schema | undefined): Task => {
  const { properties = {} } = (schema ?? {}) as { properties?: Record<string, object> }
  const taken = Object.keys(task.says).filter(word => word in properties && !(word in task.args.value))
  if (taken.length === 0) return task
  const { args, says } = task
  const word = (pointer: string): string | undefined =>
    taken.find(one => pointer === `/${one}` || pointer.startsWith(`/${one}/`))
  return {
    ...task,
    says: Object.fromEntries(Object.entries(says).filter(([name]) => !taken.includes(name))),
    args: {
      ...args,
      value: { ...args.value, ...Object.fromEntries(taken.map(name => [name, says[name]!.value])) },
      at: pointer => {
        const own = word(pointer)
        return own === undefined ? args.at(pointer) : says[own]!.at(pointer.slice(own.length + 1))
      },
    },
  }
}

/** The same of one that may be undefined: Ansible shows that as a text. */
const bracedOrUndefined = (value: unknown): unknown =>
  typeof value === 'string' && !value.includes('{{')
    ? `{{ (${value}) | default(${JSON.stringify(`<< error 1 - '${value}' is undefined >>`)}) }}`
    : braced(value)

const withExpressions = (task: Task, schema: Schema | undefined): Task => {
  const { value } = task.args
  const properties = propertiesOf(schema)
  const expressions = argumentsThat('expression', schema)
    .filter(name => name in value)
    .map(name => {
      const isOpen = wordIn(properties[name], 'expression') === 'or undefined'
      return [name, isOpen ? bracedOrUndefined(value[name]) : braced(value[name])]
    })
  return { ...task, args: { ...task.args, value: { ...value, ...Object.fromEntries(expressions) } } }
}

/** A plain `changed_when` where the module has no argument for it: the engine tells what it does so. */
const withJudgement = (task: Task): Task => {
  const { changed_when: said, ...says } = task.says
  if (said === undefined || 'changed_when' in task.args.value) return task
  return { ...task, says, changedWhen: [{ ...said, value: said.value as boolean }] }
}

const taskBy = (task: Task, schema: Schema | undefined): Task => {
  const complete = withExpressions(
    withJudgement(
      withSayings(
        withEnvironment(
          withOwnNames(withLowerArguments(withMain(asJob(asQuestion(task, schema), schema), schema)), schema),
          schema,
        ),
        schema,
      ),
    ),
    schema,
  )
  return {
    ...complete,
    ...givesOf(complete, schema),
    templates: argumentsThat('template', schema),
    files: filesOf(task, schema),
  }
}

/** Tasks, their arguments taken as the schemas of their modules want it. */
export const tasksBySchemas = (tasks: Task[], signatures: Signatures): Task[] =>
  tasks.map(task => taskBy(task, signatures[task.module]?.args))

/** The same of all tasks of a playbook. */
export const applySchemas = <L extends { playbook: Playbook }>(loaded: L, signatures: Signatures): L => {
  const plays = loaded.playbook.plays.map(play => ({
    ...play,
    tasks: tasksBySchemas(play.tasks, signatures),
    handlers: tasksBySchemas(play.handlers, signatures),
  }))
  return { ...loaded, playbook: { ...loaded.playbook, plays } }
}
