import type { Signatures } from './check.ts'
import { type Located, locatedMember } from './located.ts'
import type { Playbook, Task } from './playbook.ts'

/**
 * What the schema of an argument may say beyond what its values are.
 *
 * `main`: the argument that a task may give as plain text, in place of a mapping. `expression`: it is an expression by
 * its place, as `when` is. `template`: it names a template file, whose references are those of the task. `file`: it names
 * a file of the controller, unless the argument that is said is true. `secret`: it is shown nowhere.
 */
type Word = 'main' | 'expression' | 'template' | 'file' | 'secret'
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

/** An expression without braces of its own is given them. */
const braced = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(braced)
  return typeof value === 'string' && !value.includes('{{') ? `{{ ${value} }}` : value
}

/** The text of a task as its main argument. What has none keeps its text, which the check refuses. */
const withMain = ({ text, ...task }: Task, [main]: string[]): Task => {
  if (text === undefined) return task
  if (main === undefined) return { ...task, text }
  const inner = `/${main}`
  return {
    ...task,
    args: {
      value: { [main]: text.value },
      origin: text.origin,
      at: pointer => text.at(pointer.startsWith(inner) ? '' : pointer),
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

const withExpressions = (task: Task, names: string[]): Task => {
  const { value } = task.args
  const expressions = names.filter(name => name in value).map(name => [name, braced(value[name])])
  return { ...task, args: { ...task.args, value: { ...value, ...Object.fromEntries(expressions) } } }
}

const taskBy = (task: Task, schema: Schema | undefined): Task => ({
  ...withExpressions(
    withSayings(withEnvironment(withMain(task, argumentsThat('main', schema)), schema), schema),
    argumentsThat('expression', schema),
  ),
  templates: argumentsThat('template', schema),
  files: filesOf(task, schema),
})

/** The tasks of a playbook, their arguments taken as the schemas of their modules want it. */
export const applySchemas = <L extends { playbook: Playbook }>(loaded: L, signatures: Signatures): L => {
  const apply = (task: Task): Task => taskBy(task, signatures[task.module]?.args)
  const plays = loaded.playbook.plays.map(play => ({
    ...play,
    tasks: play.tasks.map(apply),
    handlers: play.handlers.map(apply),
  }))
  return { ...loaded, playbook: { ...loaded.playbook, plays } }
}
