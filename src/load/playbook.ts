import { dirname, resolve } from 'node:path'
import { type Origin, Refusal } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import { becomeSaid } from './become-words.ts'
import { noFiles, parseItem, parseTasks, plainWord } from './block.ts'
import type { Doubt } from './doubt.ts'
import { failingOf, fatal, type PlayFailures } from './failure-words.ts'
import { arrangeHandlers } from './handler-places.ts'
import type { Vars } from './inventory-draft.ts'
import { keyOrigin, type Located, locatedAt } from './located.ts'
import { isForeignPlayWord, playWords } from './names.ts'
import { type PlayReach, reachOf } from './play-reach.ts'
import type { Brought, Composing, Flush, OverPlays, Prompt, Surroundings, Task, TaskItem } from './surroundings.ts'
import { ignoring, noLog, tagsOf } from './task.ts'
import { parseYaml } from './yaml.ts'
import {
  fieldOf,
  flagOrExpression,
  kindOf,
  list,
  mapping,
  type Problems,
  text,
  texts,
  variables,
  yesOrNo,
} from './yaml-fields.ts'

export type { Composing, Task } from './surroundings.ts'

/** One play as written; what tasks inherit of it is already in the tasks. */
export type Play = PlayFailures & {
  name: string
  hosts: Located<string>
  /** How its hosts are reached where no variable of theirs says it, by the keywords `connection`, `remote_user` and `port`. */
  reach: PlayReach
  /** Values of the lowest precedence, as a role's defaults in Ansible. */
  defaults: Record<string, Located>
  vars: Record<string, Located>
  /** What is asked before anything connects, and what was answered. */
  prompts?: Prompt[]
  prompted?: Record<string, Located>
  /** What `vars_files` say. */
  fileVars?: Record<string, Located>
  /** What its roles bring, where it has any: variables of the lowest precedence, and such that win over those of the play. */
  roleDefaults?: Record<string, Located>
  roleVars?: Record<string, Located>
  /** Where its playbook lies, where that is imported from another folder. */
  folder?: string
  /** What the engine tells its tasks of the play and the run, when both are known. */
  magic?: Record<string, Located>
  /** Whether the facts of its hosts are gathered when it begins; it does where that is not said. */
  gathers?: boolean
  /** Whom the play becomes, for all of its tasks that say nothing else. */
  becoming?: Pick<Task, 'become' | 'becomeSaid'>
  /** Present, even if empty: of the plays before it only these, by name, have to have ended before it begins. */
  needs?: Located<string>[]
  /** Variables, members of variables and files that are secret: see `secretSources`. */
  secrets: Located<string>[]
  /** Those of all its tasks. */
  tags: string[]
  /** In order, with the handlers that run before its end. */
  tasks: Task[]
  /** Those that run at its end, and those that nothing notifies. */
  handlers: Task[]
  origin: Origin
}

export type Playbook = {
  file: string
  folder: string
  plays: Play[]
  /** What tasks that could not be read are called, and register: who names them makes no mistake. */
  unread: ReadonlySet<string>
  warnings: string[]
  /** The files besides its own that it was put together from. */
  files: string[]
  /** What YAML may have read in all of them otherwise than it was meant. */
  doubts: Doubt[]
  /** The folders of its roles, which may hold modules. */
  roles: string[]
}

const unknownWord = (at: Located, key: string): Problems[number] => {
  const origin = keyOrigin(at, key)
  if (isForeignPlayWord(key)) {
    return { reason: 'playbook-shape', what: `The play keyword "${key}" is not supported yet.`, origin }
  }
  const fix = didYouMean(key, playWords) || `A play has ${playWords.join(', ')}.`
  return { reason: 'playbook-shape', what: `A play has no "${key}".`, fix, origin }
}

const hostsOf = (at: Located, members: Map<string, Located>, problems: Problems): Located<string> => {
  const found = members.get('hosts')
  if (found === undefined) {
    const fix = 'Add hosts with a host, a group or "all".'
    problems.push({ reason: 'playbook-shape', what: 'The play does not say its hosts.', fix, origin: at.origin })
    return locatedAt('', at.origin)
  }
  const before = problems.length
  const patterns = texts(found, '"hosts"', problems)
  if (patterns.length === 0 && problems.length === before)
    problems.push({
      reason: 'playbook-shape',
      what: '"hosts" is empty.',
      fix: 'Name a host, a group or "all".',
      origin: found.origin,
    })
  return { ...found, value: patterns.map(one => one.value).join(',') }
}

/** What plays of one playbook share. Names are in use by earlier plays too: a node's id is unique in the whole playbook. */
type Common = Pick<Surroundings, 'takenSlugs' | 'unread' | 'composing' | 'folder' | 'main'> & {
  warnings: string[]
  /** The folders of roles. */
  roles: Set<string>
}

/** The tasks of a play in order, a place for handlers behind each of its parts. */
const itemsIn = (members: Map<string, Located>, around: Surroundings, at: Located, problems: Problems): TaskItem[] => {
  const itemsUnder = (word: string): TaskItem[] =>
    fieldOf(members, word, found => parseTasks(found, `"${word}"`, around, problems), [])
  const flush: Flush = { flush: at.origin }
  const before = itemsUnder('pre_tasks')
  const roles = fieldOf(members, 'roles', found => around.composing.readRoles(found, around, problems), [])
  const gathering = gatheringTask(members, around, at, problems)
  return [...gathering, ...before, flush, ...roles, ...itemsUnder('tasks'), flush, ...itemsUnder('post_tasks')]
}

/** Those of roles that tasks import are loaded before those of the roles of the play: of one name the last counts. */
const broughtHandlers = ({ handlers }: Brought): Task[] =>
  (['import_role', 'roles'] as const).flatMap(by => handlers.filter(one => one.by === by).map(one => one.handler))

/** What all tasks of a play see of its roles; nothing where there is none. */
const broughtVariables = ({ roles }: Brought): Pick<Play, 'roleDefaults' | 'roleVars'> => {
  if (roles.length === 0) return {}
  const inOrder = (['roles', 'import_role'] as const).flatMap(by => roles.filter(one => one.by === by))
  return {
    roleDefaults: Object.assign({}, ...inOrder.map(one => one.defaults)),
    roleVars: Object.assign({}, ...inOrder.map(one => one.vars)),
  }
}

const gatheringOf = (
  members: Map<string, Located>,
  { become, becomeSaid }: NonNullable<Play['becoming']>,
  problems: Problems,
): Pick<Play, 'gathers' | 'becoming'> => {
  const said = fieldOf(members, 'gather_facts', found => yesOrNo(found, '"gather_facts"', problems), undefined)
  // What a task of the play gathers it does not gather by itself.
  const gathers = isLimited(members) ? false : said
  return { becoming: { become, becomeSaid }, ...(gathers === undefined ? {} : { gathers }) }
}

/** Words of a play that are arguments of `setup`. */
const GATHERING = ['gather_subset', 'gather_timeout', 'fact_path']
const isLimited = (members: Map<string, Located>): boolean => GATHERING.some(word => members.has(word))

/**
 * A play that says which facts are gathered begins with the task that does so, as in Ansible: of others it knows nothing.
 * Where it gathers none, these words mean nothing.
 */
const gatheringTask = (
  members: Map<string, Located>,
  around: Surroundings,
  at: Located,
  problems: Problems,
): TaskItem[] => {
  if (!isLimited(members) || members.get('gather_facts')?.value === false) return []
  const args = Object.fromEntries(
    GATHERING.flatMap(word => (members.has(word) ? [[word, members.get(word)!.value]] : [])),
  )
  const task: Located = {
    ...locatedAt({ name: 'Gathering Facts', setup: args, tags: ['always'] }, at.origin),
    at: pointer => at.at(pointer.replace(/^\/setup/, '')),
  }
  return parseItem(task, around, problems)
}

/** What is known of a play by where it lies, before there are hosts. */
const placeOf = ({ folder }: Pick<Common, 'folder'>, { origin }: Located): Vars => ({
  playbook_dir: locatedAt(resolve(folder), origin),
})

/** The variables of a play, which those of an imported playbook are given with it. */
const variablesOf = (
  members: Map<string, Located>,
  over: OverPlays,
  { composing, folder }: Common,
  problems: Problems,
) => {
  const defaults = fieldOf(members, 'defaults', found => variables(found, '"defaults"', problems), {})
  const own = fieldOf(members, 'vars', found => variables(found, '"vars"', problems), {})
  const vars = { ...own, ...over.vars }
  const files = fieldOf<{ fileVars?: Vars }>(
    members,
    'vars_files',
    found => ({
      fileVars: composing.readVariables(found, [placeOf({ folder }, found), defaults, vars], folder, problems),
    }),
    {},
  )
  const prompts = fieldOf(members, 'vars_prompt', found => composing.readPrompts(found, problems), [])
  return { defaults, vars, ...files, ...(prompts.length > 0 ? { prompts } : {}) }
}

/** What tasks take over from their play. */
const aroundTasks = (
  at: Located,
  members: Map<string, Located>,
  over: OverPlays,
  common: Common,
  problems: Problems,
): Omit<Surroundings, 'known' | 'handler' | 'brought'> => {
  const unsaid: Located<boolean | string | undefined> = locatedAt(undefined, at.origin)
  const collections = fieldOf(members, 'collections', found => texts(found, '"collections"', problems), [])
  return {
    become: fieldOf(members, 'become', found => flagOrExpression(found, '"become"', problems) ?? unsaid, unsaid),
    becomeSaid: becomeSaid(members, {}, problems),
    noLog: fieldOf(members, 'no_log', found => noLog(found, problems) ?? false, false),
    tags: [...new Set([...over.tags, ...tagsOf(members, problems)])],
    ...fieldOf<{ environment?: Located[] }>(members, 'environment', found => ({ environment: [found] }), {}),
    when: over.when,
    vars: {},
    notify: [],
    runOnce: false,
    ...fieldOf<Pick<Surroundings, 'ignoreErrors'>>(members, 'ignore_errors', found => ignoring(found, problems), {}),
    ...fieldOf<Pick<Task, 'anyErrorsFatal'>>(members, 'any_errors_fatal', found => fatal(found, problems), {}),
    moduleDefaults: fieldOf(members, 'module_defaults', found => [found], []),
    folders: resolve(common.folder) === resolve(common.main) ? [] : [common.folder],
    within: [],
    collections: collections.map(one => one.value),
    ...common,
  }
}

const parsePlay = (at: Located, problems: Problems, common: Common, over: OverPlays): Play | undefined => {
  if (!isRecord(at.value)) {
    const what = `A play must be a mapping, not ${kindOf(at.value)}.`
    problems.push({ reason: 'playbook-shape', what, origin: at.origin })
    return undefined
  }
  const members = mapping(at, 'A play', problems)
  for (const key of members.keys()) if (!playWords.includes(key)) problems.push(unknownWord(at, key))

  const own = variablesOf(members, over, common, problems)
  const known = [placeOf(common, at), own.defaults, own.vars, own.fileVars ?? {}]
  const brought: Brought = { seen: new Set(), handlers: [], roles: [], folders: new Set() }
  const around = { ...aroundTasks(at, members, over, common, problems), known, brought }
  const hosts = hostsOf(at, members, problems)
  const items = itemsIn(members, { ...around, handler: false }, at, problems)
  const inHandlers = { ...around, when: [], handler: true }
  const called = fieldOf(members, 'handlers', found => parseTasks(found, '"handlers"', inHandlers, problems), [])
  const loaded = [...called.flatMap(item => ('flush' in item ? [] : [item])), ...broughtHandlers(brought)]
  const { tasks, handlers, warnings } = arrangeHandlers(items, loaded, common.takenSlugs)
  common.warnings.push(...warnings)
  for (const folder of brought.folders) common.roles.add(folder)
  return {
    name: fieldOf(members, 'name', found => text(found, '"name"', problems), undefined) ?? hosts.value,
    hosts,
    ...(common.folder === common.main ? {} : { folder: common.folder }),
    ...gatheringOf(members, around, problems),
    ...failingOf(members, problems),
    reach: reachOf(members, problems),
    ...own,
    ...broughtVariables(brought),
    ...fieldOf<{ needs?: Located<string>[] }>(
      members,
      'needs',
      found => ({ needs: texts(found, '"needs"', problems) }),
      {},
    ),
    secrets: fieldOf(members, 'secrets', found => texts(found, '"secrets"', problems), []),
    tags: around.tags,
    tasks,
    handlers,
    origin: at.origin,
  }
}

const isImport = (key: string): boolean => plainWord(key) === 'import_playbook'

/** The plays of a list, those of imported playbooks in their places. */
const playsIn = (document: Located, problems: Problems, common: Common, over: OverPlays): Play[] =>
  list(document, 'A playbook', problems).flatMap(item => {
    const word = isRecord(item.value) ? Object.keys(item.value).find(isImport) : undefined
    if (word === undefined) return parsePlay(item, problems, common, over) ?? []
    const found = common.composing.importPlaybook(word, item, over, common.folder, problems)
    return found ? playsIn(found.document, problems, { ...common, folder: found.folder }, found.over) : []
  })

/** A play waits for plays written before it, by their names. */
const strangeNeeds = (plays: Play[]): Problems =>
  plays.flatMap(({ needs = [] }, at) => {
    const names = plays.slice(0, at).map(({ name }) => name)
    return needs
      .filter(({ value }) => !names.includes(value))
      .map(({ value, origin }) => ({
        reason: 'playbook-reference',
        what: `"${value}" names no play before this one.`,
        why: 'needs of a play takes the names of plays written before it; [] is none, and without it all of them are waited for.',
        fix:
          didYouMean(value, names) || (names.length > 0 ? `Plays before it: ${names.join(', ')}.` : 'Take needs away.'),
        origin,
      }))
  })

/**
 * Reads a playbook: a list of plays. Names and values have their places, expressions stay text. What is wrong with parts of
 * it comes beside what could be read, in file order: `playbook-shape`, `playbook-name`, `playbook-reference`.
 *
 * Throws a Refusal where nothing could be read: `playbook-yaml`, `playbook-shape`.
 */
export const readPlaybook = (
  source: string,
  file: string,
  composing?: Composing,
): { playbook: Playbook; problems: Problems } => {
  const document = parseYaml(source, file)
  const problems: Problems = []
  if (!Array.isArray(document.value)) {
    const what = `A playbook must be a list of plays, not ${kindOf(document.value)}.`
    throw new Refusal({ reason: 'playbook-shape', what, fix: 'Begin with "- hosts: all".', origin: document.origin })
  }
  if (document.value.length === 0)
    throw new Refusal({
      reason: 'playbook-shape',
      what: 'A playbook must have a play.',
      fix: 'Begin with "- hosts: all".',
      origin: document.origin,
    })
  const common: Common = {
    takenSlugs: new Map(),
    unread: new Set(),
    composing: composing ?? noFiles,
    folder: dirname(file),
    main: dirname(file),
    warnings: [],
    roles: new Set(),
  }
  const plays = playsIn(document, problems, common, { when: [], tags: [], vars: {} })
  problems.push(...strangeNeeds(plays))
  return {
    playbook: {
      file,
      folder: dirname(file),
      plays: withSecretRegisters(plays),
      unread: common.unread,
      warnings: [...(composing?.warnings ?? []), ...common.warnings],
      files: composing?.files() ?? [],
      doubts: [...(document.doubts?.('') ?? []), ...(composing?.doubts() ?? [])],
      roles: [...common.roles],
    },
    problems: problems.sort(byPlace),
  }
}

/** A playbook in which nothing is wrong. Throws a Refusal with every problem found. */
export const parsePlaybook = (source: string, file: string): Playbook => {
  const { playbook, problems } = readPlaybook(source, file)
  if (problems.length > 0) throw new Refusal(...problems)
  return playbook
}

/** A task whose registered value is a secret says nothing either: what it says may be just that. */
const withSecretRegisters = (plays: Play[]): Play[] => {
  const names = new Set(plays.flatMap(play => play.secrets.map(({ value }) => value.split('.')[0])))
  const quiet = (task: Task): Task => (names.has(task.register) ? { ...task, noLog: true } : task)
  return plays.map(play => ({ ...play, tasks: play.tasks.map(quiet), handlers: play.handlers.map(quiet) }))
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** File order, whatever order the problems were found in. */
const byPlace = (a: Problems[number], b: Problems[number]): number =>
  compareText(a.origin?.file ?? '', b.origin?.file ?? '') ||
  (a.origin?.line ?? 0) - (b.origin?.line ?? 0) ||
  (a.origin?.column ?? 0) - (b.origin?.column ?? 0)
