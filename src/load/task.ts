import type { Origin } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { isVaultFile } from '../core/vault-file.ts'
import { type BecomeSaid, becomeSaid } from './become-words.ts'
import { hasBraces } from './braces.ts'
import type { Doubt } from './doubt.ts'
import { keyOrigin, type Located } from './located.ts'
import { builtinPrefix, isForeignTaskWord, nameFault, slugOf, taskWords } from './names.ts'
import { closest, didYouMean } from './suggest.ts'
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
} from './yaml-fields.ts'

/** One task as written. Expressions in it are still text: they are compiled where they are needed. */
export type Task = {
  name: string
  /** Names the task in ids: `host/slug`. Unique in the playbook. */
  slug: string
  module: string
  args: Located<Record<string, unknown>>
  /** What stands in place of a mapping of arguments, until the schema of the module is known. */
  text?: Located<string>
  /** Words of the task that are arguments of its module, until its schema is known: what a program of the user's changes. */
  says: Record<string, Located>
  /** Variables for programs that a task runs, for a module with such an argument: the play's, then those of blocks around it. */
  environment?: Located[]
  /** Arguments that name a template file, and any other file of the controller, as the schema of the module says. */
  templates: string[]
  files: string[]
  when: Located<string | boolean>[]
  loop?: Located
  register?: string
  /** Present, even if empty: the task has exactly these edges in place of the written order. */
  needs?: Located<string>[]
  after: Located<string>[]
  /** Gates, by their slugs: hosts where the task interrupts something go one at a time, and pass these in between. */
  rolling?: Located<string>[]
  notify: Located<string>[]
  tags: string[]
  runOnce: boolean
  /** Whether it becomes another user, where that is said. An expression has to be known before any host is contacted. */
  become: Located<boolean | string | undefined>
  /** Whom, and how. Tasks that say nothing themselves share one value. */
  becomeSaid: BecomeSaid
  /** Nothing of what it is asked, does and says is told. */
  noLog: boolean
  /** Its own, over those of the blocks and imports around it. */
  vars: Record<string, Located>
  /** Where its files are looked for before they are in the folder of the playbook. */
  folders: string[]
  origin: Origin
  handler: boolean
  /** Its place among the parts of its play that end with handlers: a handler runs for the tasks of its own part. */
  part: number
  /** Of a handler: its names and topics as written, and at last what it is notified by and its place among those of its play. */
  called?: { names: string[]; topics: string[]; place: number }
  /** The role that it is of. */
  role?: RoleUse
}

type Vars = Record<string, Located>

/** A role as it is used in one place. */
export type RoleUse = {
  /** As it is told: with the namespace and the collection where it is of one. */
  name: string
  /** The folder of the role. */
  folder: string
  collection?: string
  /** The roles that it is used by, the outermost first. */
  parents: RoleUse[]
  /** What it says itself, and what it is given: under `vars`, and beside its name. */
  own: { defaults: Vars; vars: Vars; given: Vars; params: Vars }
  /** Variables that its tasks see, with those of its parents and dependencies: of the lowest precedence, its own, parameters. */
  defaults: Vars
  vars: Vars
  params: Vars
  /** Those of the lowest precedence that the whole play sees. */
  exportedDefaults: Vars
}

type BroughtBy = 'roles' | 'import_role'
/** What roles bring to their play besides tasks. */
export type Brought = {
  /** The uses of roles so far. */
  seen: Set<string>
  handlers: { by: BroughtBy; handler: Task }[]
  roles: { by: BroughtBy; defaults: Vars; vars: Vars }[]
  /** The folders of the roles. */
  folders: Set<string>
}

/** A place in a play where the handlers run that are due by then. */
export type Flush = { flush: Origin }
/** What a list of tasks is made of, blocks and imports flattened. */
export type TaskItem = Task | Flush
/** Reads what a playbook is put together from besides its own file: loaded only for one that may need it. */
export type Composing = {
  /** A task that stands for those of a file or a role. */
  readImport(word: string, at: Located, around: Surroundings, problems: Problems): TaskItem[]
  /** The roles of a play. */
  readRoles(at: Located, around: Surroundings, problems: Problems): TaskItem[]
  /** The files that were read. */
  files(): string[]
  /** What YAML may have read in them otherwise than it was meant. */
  doubts(): Doubt[]
  warnings: string[]
}

/** What a task takes from what is around it: its play, blocks, imports. */
export type Surroundings = {
  become: Located<boolean | string | undefined>
  becomeSaid: BecomeSaid
  noLog: boolean
  environment?: Located[]
  tags: string[]
  when: Located<string | boolean>[]
  vars: Record<string, Located>
  notify: Located<string>[]
  runOnce: boolean
  folders: string[]
  role?: RoleUse
  /** Variables that are known before there are hosts, lowest first. */
  known: Record<string, Located>[]
  /** The imported files that it stands in, the outermost first. */
  within: string[]
  handler: boolean
  composing: Composing
  brought: Brought
  /** The folder of the playbook that it is in, and of the one that is run. */
  folder: string
  main: string
  /** Collections in which roles are looked for. */
  collections: string[]
  takenSlugs: Map<string, number>
  /** Takes the names of tasks that cannot be read, and of what they register. */
  unread: Set<string>
}

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
  const fix = key.startsWith('with_') ? 'Use loop with a list.' : undefined
  const what = `The task keyword "${key}" is not supported yet.`
  return { reason: 'playbook-shape', what, fix, origin: keyOrigin(at, key) }
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
  const keys = [...members.keys()].filter(key => !taskWords.includes(key) && !(isHandler && key === 'listen'))
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

const conditions = (at: Located | undefined, problems: Problems): Located<string | boolean>[] => {
  if (at === undefined) return []
  const items = Array.isArray(at.value) ? list(at, '"when"', problems) : [at]
  return items.filter((item): item is Located<string | boolean> => {
    if (typeof item.value === 'boolean' || (typeof item.value === 'string' && item.value.trim() !== '')) return true
    const what = `"when" must be an expression, not ${kindOf(item.value)}.`
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
  const found = ['changed_when', 'touches', 'environment'].flatMap(word => {
    const at = members.get(word)
    return at ? [[word, at] as const] : []
  })
  const changed = members.get('changed_when')
  if (typeof changed?.value === 'string' && !hasBraces(changed.value))
    problems.push({
      reason: 'playbook-shape',
      what: 'The task keyword "changed_when" is not supported yet with an expression, only with true or false.',
      fix: 'Write changed_when: false where it changes nothing; else let creates or removes tell.',
      origin: changed.origin,
    })
  return Object.fromEntries(found)
}

/** Whether a task stands in a file that is a vault: then nothing of it is told but its name. */
const isInVault = (members: Map<string, Located>): boolean =>
  [...members.values()].some(({ origin }) => isVaultFile(origin.file))

/** Whether `no_log` is on: what decides that may not be a secret, nor something that is known only later. */
export const noLog = (at: Located, problems: Problems): boolean | undefined => {
  if (typeof at.value !== 'string' || !hasBraces(at.value)) return flag(at, '"no_log"', problems)
  const what = '"no_log" is true or false, no expression.'
  const fix = 'Write no_log: true: it hides what is told, and changes nothing of what is done.'
  problems.push({ reason: 'playbook-shape', what, fix, origin: at.origin })
  return undefined
}

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
  vars: fieldOf(members, 'vars', found => ({ ...around.vars, ...variables(found, '"vars"', problems) }), around.vars),
})

/** What stands under the keywords of a task. */
const wordsOf = (members: Map<string, Located>, around: Surroundings, problems: Problems) => {
  const named = (word: 'needs' | 'rolling') =>
    fieldOf(members, word, found => ({ [word]: texts(found, `"${word}"`, problems) }), {})
  const registered = register(members.get('register'), problems)
  return {
    ...inheritedBy(members, around, problems),
    after: fieldOf(members, 'after', found => texts(found, '"after"', problems), []),
    ...(registered === undefined ? {} : { register: registered }),
    ...fieldOf<{ loop?: Located }>(members, 'loop', loop => ({ loop }), {}),
    ...named('needs'),
    ...named('rolling'),
  }
}

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
  // As in Ansible: its builtin is ours, its legacy the first that is found.
  const word = key.replace(/^ansible\.legacy\./, '').replace(/^ansible\.builtin\./, builtinPrefix)
  const module = word.startsWith(builtinPrefix) ? word.slice(builtinPrefix.length) : word
  const own = fieldOf(members, 'name', found => text(found, '"name"', problems), undefined) ?? module
  const name = around.role === undefined ? own : `${around.role.name} : ${own}`
  return {
    name,
    slug: freeSlug(slugOf(name) || slugOf(module) || 'task', around.takenSlugs),
    module: word,
    ...argsOf(module, members.get(key)!, problems),
    templates: [],
    says: sayings(members, problems),
    ...(around.environment ? { environment: around.environment } : {}),
    files: [],
    ...wordsOf(members, around, problems),
    folders: around.folders,
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
