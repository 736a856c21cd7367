import { type Origin, refuse } from '../core/failure.ts'
import type { Become } from '../core/transport.ts'
import type { BecomeWord } from '../load/become-words.ts'
import { hasBraces } from '../load/braces.ts'
import { compileTemplate } from '../load/expression.ts'
import type { Located } from '../load/located.ts'
import type { Play, Task } from '../load/playbook.ts'
import type { StaticScope } from '../load/static-scope.ts'
import { layersFor } from '../load/variables.ts'
import type { BecomeDefaults, GraphSource } from './graph.ts'

type TaskInPlay = { task: Task; play: Play }
/** One thing that was said, and where. */
type Said = { value: unknown; name: string; origin: Origin | undefined }
/** What is said of one word on one host: by variables, which come before the keyword, and that before what is given by default. */
type Saying = {
  at: TaskInPlay
  scope: Record<string, unknown>
  defaults: BecomeDefaults
  originOf: (name: string) => Origin | undefined
}

const METHODS = ['sudo', 'su', 'doas'] as const
const isMethod = (text: string): text is Become['method'] => (METHODS as readonly string[]).includes(text)

/** Variables that say whether, whom and how. Those of a method come last: in Ansible the last one that is set counts. */
const isOfBecome = (name: string): boolean => /^ansible_(become|sudo|su|doas)(_|$)/.test(name)

const variable = ({ scope, originOf }: Saying, names: string[]): Said | undefined => {
  const name = names.findLast(one => one in scope && scope[one] !== null && scope[one] !== undefined)
  return name === undefined ? undefined : { value: scope[name], name, origin: originOf(name) }
}

const keyword = ({ scope }: Saying, name: string, at: Located | undefined): Said | undefined => {
  if (at === undefined || at.value === undefined) return undefined
  return { value: compileTemplate(at.value, at).evaluate(scope), name, origin: at.origin }
}

/** Words that Ansible takes for yes and no in variables, which in an inventory of the INI kind are texts. */
const TRUTH: Record<string, boolean> = Object.fromEntries([
  ...['true', 'yes', 'on', 'y', 't', '1'].map(word => [word, true]),
  ...['false', 'no', 'off', 'n', 'f', '0'].map(word => [word, false]),
])

const notBoolean = ({ name, value, origin }: Said): never =>
  refuse('playbook-value', `\`${name}\` wants true or false.`, {
    why: `It is ${JSON.stringify(value)}.`,
    fix: 'A variable of the command line is text: {{ name | bool }} makes it true or false.',
    origin,
  })

const whether = (saying: Saying): boolean => {
  const byVariable = variable(saying, ['ansible_become'])
  if (byVariable) {
    const { value } = byVariable
    if (typeof value === 'boolean') return value
    return TRUTH[String(value).toLowerCase()] ?? notBoolean(byVariable)
  }
  const said = keyword(saying, 'become', saying.at.task.become)
  if (!said) return saying.defaults.become ?? false
  return typeof said.value === 'boolean' ? said.value : notBoolean(said)
}

/** A text of one line that is said of a word; an empty one is as good as none. */
const textOf = (saying: Saying, word: BecomeWord, variables: string[]): Said & { value: string | undefined } => {
  const { task } = saying.at
  const said = variable(saying, variables) ?? keyword(saying, word, task.becomeSaid[word])
  if (!said) return { value: saying.defaults[word], name: word, origin: undefined }
  const { value, name, origin } = said
  if (value === '' || value === null) return { ...said, value: undefined }
  if (typeof value === 'string' && !/[\0\n]/.test(value)) return { ...said, value }
  return refuse('playbook-value', `\`${name}\` wants a text of one line.`, {
    why: `It is ${JSON.stringify(value)}.`,
    origin: origin ?? task.origin,
  })
}

const methodOf = (saying: Saying): Become['method'] => {
  const { value = 'sudo', name, origin } = textOf(saying, 'become_method', ['ansible_become_method'])
  const method = value.split('.').at(-1)!
  if (isMethod(method)) return method
  return refuse('playbook-value', `\`${name}\` is "${value}", which runbook does not have.`, {
    fix: `Another user is reached by ${METHODS.join(', ')}.`,
    origin: origin ?? saying.at.task.origin,
  })
}

/** Flags are words: what a shell would make of quotes in them would differ from method to method. */
const flagsOf = (saying: Saying, method: string): string[] | undefined => {
  const { value, name, origin } = textOf(saying, 'become_flags', ['ansible_become_flags', `ansible_${method}_flags`])
  if (value !== undefined && /["'\\$`;&|<>()]/.test(value))
    refuse('playbook-value', `\`${name}\` holds what a shell would expand: ${value}`, {
      fix: 'Write flags as plain words, such as -H -S.',
      origin: origin ?? saying.at.task.origin,
    })
  const words = value?.split(/\s+/).filter(word => word !== '')
  return words?.length ? words : undefined
}

const passwordOf = (saying: Saying, method: string): string | undefined => {
  const said = variable(saying, ['ansible_become_password', 'ansible_become_pass', `ansible_${method}_pass`])
  if (said === undefined || said.value === '') return undefined
  const { value, name, origin = saying.at.task.origin } = said
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text === 'string' && !/[\0\n]/.test(text)) return text
  // What it is instead is not told: it may hold the password.
  return refuse('playbook-value', `\`${name}\` wants a text of one line.`, { origin: { ...origin, unquoted: true } })
}

/** Throws a Refusal (`playbook-value`, `playbook-reference`). */
const evaluate = (saying: Saying): Become | undefined => {
  if (!whether(saying)) return undefined
  const method = methodOf(saying)
  const said = (word: 'user' | 'exe') =>
    textOf(saying, `become_${word}`, [`ansible_become_${word}`, `ansible_${method}_${word}`]).value
  const exe = said('exe')
  const flags = flagsOf(saying, method)
  const password = passwordOf(saying, method)
  return {
    user: said('user') ?? 'root',
    method,
    ...(exe === undefined ? {} : { exe }),
    ...(flags === undefined ? {} : { flags }),
    ...(password === undefined ? {} : { password }),
  }
}

const isOpen = ({ value }: Located): boolean => typeof value === 'string' && hasBraces(value)

/** Whether what a task becomes may hang on its own variables, which no other task of its play has. */
const isItsOwn = ({ vars, become, becomeSaid }: Task): boolean => {
  const names = Object.keys(vars)
  return names.length > 0 && (names.some(isOfBecome) || [become, ...Object.values(becomeSaid)].some(isOpen))
}

/**
 * Whom a task becomes on a host, and how; undefined: nobody, it runs as the login user. As in Ansible variables come
 * before keywords, and these before options. It has to be known before the host is contacted, because the login depends on
 * it. What a play says for all its tasks is evaluated once per host.
 */
export const staticBecome = (
  { inventory, extra, becoming = {} }: Pick<GraphSource, 'inventory' | 'extra' | 'becoming'>,
  scopeOf: StaticScope,
): ((at: TaskInPlay, host: string) => Become | undefined) => {
  const known = new Map<unknown, Map<unknown, Map<string, Become | undefined>>>()
  /** A host of which no variable speaks needs no scope for what is written out. */
  const sayingOf = (at: TaskInPlay, host: string): Saying => {
    const layers = layersFor({ play: at.play, inventory, host, task: at.task, extra })
    const isPlain = ![at.task.become, ...Object.values(at.task.becomeSaid)].some(isOpen)
    const isSilent = isPlain && !layers.some(layer => Object.keys(layer).some(isOfBecome))
    return {
      at,
      scope: isSilent ? {} : scopeOf(at, host, 'become'),
      defaults: becoming,
      originOf: name => layers.findLast(layer => Object.hasOwn(layer, name))?.[name]?.origin,
    }
  }
  return (at, host) => {
    const { task } = at
    if (isItsOwn(task)) return evaluate(sayingOf(at, host))
    const bySaid = known.get(task.become) ?? new Map<unknown, Map<string, Become | undefined>>()
    known.set(task.become, bySaid)
    const byHost = bySaid.get(task.becomeSaid) ?? new Map<string, Become | undefined>()
    bySaid.set(task.becomeSaid, byHost)
    if (!byHost.has(host)) byHost.set(host, evaluate(sayingOf(at, host)))
    return byHost.get(host)
  }
}
