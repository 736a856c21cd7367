import type { Origin } from '../core/failure.ts'
import { closest, didYouMean } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import { isVaultFile } from '../core/vault-file.ts'
import { becomeSaid } from './become-words.ts'
import { hasBraces } from './braces.ts'
import { moduleWord, withoutCollection } from './collections.ts'
import { delegation } from './delegation.ts'
import { fatal } from './failure-words.ts'
import { keyOrigin, type Located } from './located.ts'
import { isForeignTaskWord, nameFault, slugOf, taskWords } from './names.ts'
import type { NoLog, Surroundings, Task } from './surroundings.ts'
import { isLoopWord, loopOf } from './task-loop.ts'
import {
  fieldOf,
  flag,
  flagOrExpression,
  kindOf,
  list,
  mapping,
  type Problems,
  text,
  texts,
  variables,
  yesOrExpression,
} from './yaml-fields.ts'

export type { Task } from './surroundings.ts'

/** Arguments as written: a mapping, nothing, or a text that may stand for the main one. */
const argsOf = (module: string, at: Located, problems: Problems): Pick<Task, 'args' | 'text'> => {
  if (isRecord(at.value)) return { args: { ...at, value: at.value } }
  const args = { ...at, value: {} }
  if (at.value === null) return { args }
  if (typeof at.value === 'string') return { args, text: { ...at, value: at.value } }
  problems.push({ reason: 'playbook-shape', what: wrongArguments(module, at.value), origin: at.origin })
  return { args }
}

/** What is said of arguments that are no mapping. */
export const wrongArguments = (module: string, value: unknown): string =>
  `The arguments of "${module}" must be a mapping, not ${kindOf(value)}.`

/** A keyword of Ansible's tasks that runbook does not have. */
const foreignWord = (at: Located, key: string): Problems[number] => {
  const what = `The task keyword "${key}" is not supported yet.`
  return { reason: 'playbook-shape', what, origin: keyOrigin(at, key) }
}

/** A key that is near to a keyword: it is not taken for one of several modules. */
const misspeltWord = (at: Located, key: string): Problems[number] => {
  const fix = didYouMean(key, taskWords)
  return { reason: 'playbook-shape', what: `A task has no "${key}".`, fix, origin: keyOrigin(at, key) }
}

const severalModules = (at: Located, names: string[]): Problems[number] => {
  const what = `The task has ${names.length} modules: ${names.map(name => `"${name}"`).join(' and ')}.`
  const fix = 'A task has exactly one module; check the indentation of its arguments.'
  return { reason: 'playbook-shape', what, fix, origin: keyOrigin(at, names[1]!) }
}

/** The module of a task is its one key that is no word of the playbook language. */
const moduleOf = (
  at: Located,
  members: Map<string, Located>,
  isHandler: boolean,
  problems: Problems,
): string | undefined => {
  const keys = [...members.keys()].filter(
    key => !taskWords.includes(key) && !isLoopWord(key) && !(isHandler && key === 'listen'),
  )
  problems.push(...keys.filter(isForeignTaskWord).map(key => foreignWord(at, key)))
  const modules = keys.filter(key => !isForeignTaskWord(key))
  const misspelt = modules.length > 1 ? modules.filter(key => closest(key, taskWords) !== undefined) : []
  problems.push(...misspelt.map(key => misspeltWord(at, key)))
  // It counts as the word that was meant: what it says is not told as missing as well.
  for (const key of misspelt) {
    const meant = closest(key, taskWords)!
    if (!members.has(meant)) members.set(meant, members.get(key)!)
  }
  const left = modules.filter(key => !misspelt.includes(key))
  if (left.length > 1) problems.push(severalModules(at, left))
  return left[0]
}

/** Conditions as written: one, or a list. `word`: what they stand under. */
export const conditions = (at: Located | undefined, problems: Problems, word = 'when'): Located<string | boolean>[] => {
  if (at === undefined) return []
  const items = Array.isArray(at.value) ? list(at, `"${word}"`, problems) : [at]
  return items.filter((item): item is Located<string | boolean> => {
    if (typeof item.value === 'boolean' || (typeof item.value === 'string' && item.value.trim() !== '')) return true
    const what = `"${word}" must be an expression, not ${kindOf(item.value)}.`
    problems.push({ reason: 'playbook-shape', what, origin: item.origin })
    return false
  })
}

const register = (at: Located | undefined, problems: Problems): string | undefined => {
  if (at === undefined) return undefined
  const name = text(at, '"register"', problems)
  const fault = name === undefined ? undefined : nameFault(name)
  if (fault === undefined) return name
  problems.push({ reason: 'playbook-name', what: `The register "${name}" ${fault}.`, origin: at.origin })
  return undefined
}

/** `taken` says of each slug up to which number it is: 5,000 tasks of one name would else be counted over each time. */
export const freeSlug = (wanted: string, taken: Map<string, number>): string => {
  let slug = wanted
  let count = taken.get(wanted) ?? 1
  while (taken.has(slug)) slug = `${wanted}_${++count}`
  if (slug !== wanted) taken.set(wanted, count)
  taken.set(slug, 1)
  return slug
}

/** Words about a program that a task runs: they stand beside the module, which takes them as its own arguments. */
const sayings = (members: Map<string, Located>, problems: Problems): Record<string, Located> => {
  const found = ['changed_when', 'touches', 'environment', 'check_mode', 'async', 'poll', 'timeout'].flatMap(word => {
    const at = members.get(word)
    return at && (word !== 'changed_when' || typeof at.value === 'boolean') ? [[word, at] as const] : []
  })
  const inCheck = members.get('check_mode')
  if (inCheck !== undefined && inCheck.value !== false)
    problems.push({
      reason: 'playbook-shape',
      what: 'The task keyword "check_mode" can be false alone: that it may run in a plan too.',
      fix: 'To look without changing anything, `runbook plan`.',
      origin: inCheck.origin,
    })
  return Object.fromEntries(found)
}

/** What decides over the answer of a task. `changed_when` as plain true or false is one of its sayings. */
const judgementOf = (members: Map<string, Located>, problems: Problems): Pick<Task, 'changedWhen' | 'failedWhen'> => {
  const under = (word: string) => conditions(members.get(word), problems, word)
  const changed = typeof members.get('changed_when')?.value === 'boolean' ? [] : under('changed_when')
  const failed = under('failed_when')
  return {
    ...(changed.length > 0 ? { changedWhen: changed } : {}),
    ...(failed.length > 0 ? { failedWhen: failed } : {}),
  }
}

/** A number, or an expression that will give one. */
const numberOrExpression = (at: Located, word: string, problems: Problems): Located | undefined => {
  const { value } = at
  if (typeof value === 'number' || (typeof value === 'string' && (hasBraces(value) || /^\d+(\.\d+)?$/.test(value))))
    return at
  const what = `"${word}" must be a number, not ${kindOf(value)}.`
  problems.push({ reason: 'playbook-shape', what, origin: at.origin })
  return undefined
}

/** How often a task is done, and until when. */
const repeatsOf = (members: Map<string, Located>, problems: Problems): Pick<Task, 'repeats'> => {
  const number = (word: 'retries' | 'delay'): { [word in 'retries' | 'delay']?: Located } => {
    const at = members.get(word)
    const found = at && at.value !== null ? numberOrExpression(at, word, problems) : undefined
    return found ? { [word]: found } : {}
  }
  const until = conditions(members.get('until'), problems, 'until')
  const retries = number('retries')
  const delay = number('delay')
  return until.length > 0 || retries.retries ? { repeats: { until, ...retries, ...delay } } : {}
}

/** What `ignore_errors` says. */
export const ignoring = (at: Located, problems: Problems): Pick<Task, 'ignoreErrors'> => {
  const ignoreErrors = yesOrExpression(at, '"ignore_errors"', problems)
  return ignoreErrors === undefined ? {} : { ignoreErrors }
}

/** Whether a task stands in a file that is a vault: then nothing of it is told but its name. */
const isInVault = (members: Map<string, Located>): boolean =>
  [...members.values()].some(({ origin }) => isVaultFile(origin.file))

export const noLog = (at: Located, problems: Problems): NoLog | undefined =>
  typeof at.value === 'string' && hasBraces(at.value) ? { ...at, value: at.value } : flag(at, '"no_log"', problems)

/** Tags are a list, or a text with commas; a number is one as it is written. */
export const tagsOf = (members: Map<string, Located>, problems: Problems): string[] => {
  const at = members.get('tags')
  const items = at === undefined ? [] : Array.isArray(at.value) ? list(at, '"tags"', problems) : [at]
  return items.flatMap(item =>
    typeof item.value === 'number'
      ? [String(item.value)]
      : item.value === null
        ? []
        : (text(item, '"tags"', problems) ?? '')
            .split(',')
            .map(tag => tag.trim())
            .filter(tag => tag !== ''),
  )
}

/** What a task, a block or an import says for itself, over what is said around it. */
export const inheritedBy = (members: Map<string, Located>, around: Surroundings, problems: Problems) => ({
  when: [...around.when, ...conditions(members.get('when'), problems)],
  notify: [...around.notify, ...fieldOf(members, 'notify', found => texts(found, '"notify"', problems), [])],
  tags: [...new Set([...around.tags, ...tagsOf(members, problems)])],
  runOnce: fieldOf(members, 'run_once', found => flag(found, '"run_once"', problems) ?? around.runOnce, around.runOnce),
  become: fieldOf(
    members,
    'become',
    found => flagOrExpression(found, '"become"', problems) ?? around.become,
    around.become,
  ),
  becomeSaid: becomeSaid(members, around.becomeSaid, problems),
  noLog:
    isInVault(members) || fieldOf(members, 'no_log', found => noLog(found, problems) ?? around.noLog, around.noLog),
  moduleDefaults: fieldOf(
    members,
    'module_defaults',
    found => [...around.moduleDefaults, found],
    around.moduleDefaults,
  ),
  ...fieldOf<Pick<Task, 'ignoreErrors'>>(
    members,
    'ignore_errors',
    found => ignoring(found, problems),
    around.ignoreErrors ? { ignoreErrors: around.ignoreErrors } : {},
  ),
  ...fieldOf<Pick<Task, 'anyErrorsFatal'>>(
    members,
    'any_errors_fatal',
    found => fatal(found, problems),
    around.anyErrorsFatal ? { anyErrorsFatal: true } : {},
  ),
  ...delegation(members, around, problems),
  vars: fieldOf(members, 'vars', found => ({ ...around.vars, ...variables(found, '"vars"', problems) }), around.vars),
})

/** What stands under the keywords of a task. */
const wordsOf = (members: Map<string, Located>, around: Surroundings, problems: Problems) => {
  const named = (word: 'needs' | 'rolling') =>
    fieldOf(members, word, found => ({ [word]: texts(found, `"${word}"`, problems) }), {})
  const registered = register(members.get('register'), problems)
  const { moduleDefaults: _, ...inherited } = inheritedBy(members, around, problems)
  return {
    ...inherited,
    after: fieldOf(members, 'after', found => texts(found, '"after"', problems), []),
    ...(registered === undefined ? {} : { register: registered }),
    ...named('needs'),
    ...named('rolling'),
  }
}

/** Names a module in its text or as its member; the second does so for this machine. */
const ACTIONS = ['action', 'local_action']

/** The module that `action` names; any other key is one itself. */
const actionOf = (key: string, at: Located, problems: Problems): { module: string; args: Located } | undefined => {
  if (!ACTIONS.includes(key)) return { module: key, args: at }
  if (isRecord(at.value) && typeof at.value.module === 'string') {
    const { module, ...args } = at.value
    return { module, args: { ...at, value: args } }
  }
  const [, module, rest] = typeof at.value === 'string' ? (/^\s*([\w.]+)\s*([\s\S]*)$/.exec(at.value) ?? []) : []
  if (module !== undefined) return { module, args: { ...at, value: rest || null } }
  const fix = 'Write the module as the key, as in "command: uptime".'
  problems.push({ reason: 'playbook-shape', what: `"${key}" names no module.`, fix, origin: at.origin })
  return undefined
}

/** What `module_defaults` around a task say of its module, and `args` beside it. */
const lowerArguments = (
  word: string,
  members: Map<string, Located>,
  around: Surroundings,
  problems: Problems,
): Pick<Task, 'lower'> => {
  const args = members.get('args')
  const all = [...around.moduleDefaults, ...fieldOf(members, 'module_defaults', found => [found], [])]
  const plain = (name: string): string => withoutCollection(moduleWord(name))
  const found = all.flatMap(one => {
    const own = mapping(one, '"module_defaults"', [])
    return [...own].flatMap(([name, given]) => (plain(name) === plain(word) && isRecord(given.value) ? [given] : []))
  })
  if (args !== undefined && !isRecord(args.value))
    problems.push({
      reason: 'playbook-shape',
      what: `"args" must be a mapping, not ${kindOf(args.value)}.`,
      origin: args.origin,
    })
  const lower = [...found, ...(args !== undefined && isRecord(args.value) ? [args] : [])]
  return lower.length === 0 ? {} : { lower }
}

const needsInBlock = (origin: Origin): Problems[number] => ({
  reason: 'playbook-shape',
  what: '"needs" cannot stand in a block that has a rescue or an always.',
  why: 'These hang on the order in which the tasks of the block are written, and "needs" takes a task out of it.',
  fix: 'Take the task out of the block, or "needs" away; "after" may be there.',
  origin,
})

/** Reads one task; undefined when it is so broken that there is none. All that is wrong goes to `problems`. */
export const parseTask = (at: Located, around: Surroundings, problems: Problems): Task | undefined => {
  if (!isRecord(at.value)) {
    const what = `A task must be a mapping, not ${kindOf(at.value)}.`
    problems.push({ reason: 'playbook-shape', what, origin: at.origin })
    return undefined
  }
  const members = mapping(at, 'A task', problems)
  const before = problems.length
  const key = moduleOf(at, members, around.handler, problems)
  if (key === undefined) {
    const what = 'The task has no module.'
    const fix = 'Add one key that names a module, as in "command: uptime".'
    if (problems.length === before) problems.push({ reason: 'playbook-shape', what, fix, origin: at.origin })
    for (const word of ['name', 'register']) {
      const name = members.get(word)?.value
      if (typeof name === 'string') around.unread.add(name).add(slugOf(name))
    }
    return undefined
  }
  if (around.blocks && members.has('needs')) problems.push(needsInBlock(keyOrigin(at, 'needs')))
  const said = actionOf(key, members.get(key)!, problems)
  if (said === undefined) return undefined
  const word = moduleWord(said.module)
  const module = withoutCollection(word)
  const own = fieldOf(members, 'name', found => text(found, '"name"', problems), undefined) ?? module
  const loop = loopOf(at, members, module, problems)
  const name = around.role === undefined ? own : `${around.role.name} : ${own}`
  return {
    name,
    slug: freeSlug(slugOf(name) || slugOf(module) || 'task', around.takenSlugs),
    module: word,
    ...argsOf(module, said.args, problems),
    ...lowerArguments(word, members, around, problems),
    templates: [],
    says: sayings(members, problems),
    ...judgementOf(members, problems),
    ...repeatsOf(members, problems),
    ...(around.environment ? { environment: around.environment } : {}),
    files: [],
    ...wordsOf(members, around, problems),
    ...(key === 'local_action' ? { delegateTo: { ...members.get(key)!, value: 'localhost' } } : {}),
    ...(loop ? { loop } : {}),
    folders: around.folders,
    ...(around.blocks && !around.handler ? { blocks: around.blocks } : {}),
    origin: at.origin,
    handler: around.handler,
    part: 0,
    ...(around.handler ? { called: calledBy(members, own, name, problems) } : {}),
    ...(around.role ? { role: around.role } : {}),
  }
}

/** What a handler may be notified by: its name, which in a role is also told with that of the role, and topics. */
const calledBy = (members: Map<string, Located>, own: string, name: string, problems: Problems): Task['called'] => ({
  names: [...new Set([own, name, name.replace(/^\w+\.\w+\.(?=\S+ : )/, '')])],
  topics: fieldOf(members, 'listen', found => texts(found, '"listen"', problems).map(({ value }) => value), []),
  place: 0,
})

/** Whether a task brings others, which nobody has seen yet. */
export const bringsTasks = ({ include }: Task): boolean => include !== undefined && include.kind !== 'vars'

/**
 * Whether a task may come to nothing: then what is wrong with it alone is of no matter to hosts that do not come to it. Roles
 * have tasks for systems that their user does not have.
 */
export const maySkip = ({ when, loop, handler }: Task): boolean => when.length > 0 || loop !== undefined || handler
