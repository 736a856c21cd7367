import { type Origin, refuse } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import { keyOrigin, type Located, locatedMember } from './located.ts'
import { blockSections, blockWords, isForeignTaskWord, taskWords } from './names.ts'
import type { Composing, Include, Surroundings, TaskItem } from './surroundings.ts'
import { inheritedBy, parseTask } from './task.ts'
import { kindOf, list, mapping, type Problems } from './yaml-fields.ts'

/** The word of a task without the namespace of what Ansible itself has. */
export const plainWord = (word: string): string => word.replace(/^ansible\.(builtin|legacy)\./, '')

const strangeWord = (at: Located, what: string, key: string, known: readonly string[]): Problems[number] => {
  const origin = keyOrigin(at, key)
  if (isForeignTaskWord(key) || taskWords.includes(key))
    return {
      reason: 'playbook-shape',
      what: `${what} does not take the keyword "${key}" yet.`,
      fix: 'Write it at the tasks in it.',
      origin,
    }
  const fix = didYouMean(key, known) || `It has ${known.join(', ')}.`
  return { reason: 'playbook-shape', what: `${what} has no "${key}".`, fix, origin }
}

/** What is inside of something that its tasks inherit from. `known` are the words that it may have. */
export const surroundingsIn = (
  at: Located,
  what: string,
  known: readonly string[],
  around: Surroundings,
  problems: Problems,
): Surroundings => {
  const members = mapping(at, what, problems)
  for (const key of members.keys())
    if (!known.includes(plainWord(key))) problems.push(strangeWord(at, what, key, known))
  const environment = members.get('environment')
  return {
    ...around,
    ...inheritedBy(members, around, problems),
    ...(environment ? { environment: [...(around.environment ?? []), environment] } : {}),
  }
}

const parseBlock = (at: Located, around: Surroundings, problems: Problems): TaskItem[] => {
  const inside = surroundingsIn(at, 'A block', blockWords, around, problems)
  if (around.handler) {
    problems.push({
      reason: 'playbook-shape',
      what: 'A block is no handler.',
      fix: 'Write the tasks of the block as handlers, each with a name or a topic in listen.',
      origin: keyOrigin(at, 'block'),
    })
    return []
  }
  const lists = blockSections.map(section => ({ section, tasks: itemsUnder(at, section, problems) }))
  const [, rescue, always] = lists.map(one => one.tasks) as [Located[], Located[], Located[]]
  const block = { rescues: rescue.length > 0, origin: at.origin }
  const isPlain = rescue.length + always.length === 0
  return lists.flatMap(({ section, tasks }) => {
    const within = isPlain ? inside : { ...inside, blocks: [...(around.blocks ?? []), { block, section }] }
    return tasks.flatMap(item => parseItem(item, within, problems))
  })
}

/** The tasks of a block under one of its words. */
const itemsUnder = (at: Located, section: string, problems: Problems): Located[] =>
  Object.hasOwn(at.value as object, section) ? list(locatedMember(at, section), `"${section}"`, problems) : []

/** What `meta` asks of the engine and not of a host. */
const parseMeta = (at: Located, word: string, { blocks }: Surroundings, problems: Problems): TaskItem[] => {
  const said = (at.value as Record<string, unknown>)[word]
  const asked = isRecord(said) ? said._raw_params : said
  if (asked === 'flush_handlers') return [{ flush: keyOrigin(at, word), ...(blocks ? { blocks } : {}) }]
  if (asked === 'noop') return []
  problems.push({
    reason: 'playbook-shape',
    what:
      typeof asked === 'string'
        ? `"meta: ${asked}" is not supported yet.`
        : `"meta" must be text, not ${kindOf(asked)}.`,
    fix: 'There are meta: flush_handlers and meta: noop.',
    origin: keyOrigin(at, word),
  })
  return []
}

const imports = ['import_tasks', 'import_role']
const includes: Record<string, Include['kind']> = { include_tasks: 'tasks', include_role: 'role', include_vars: 'vars' }

/** A task that brings others when its turn comes. What it says of these in `apply` is theirs, and no argument. */
const parseInclude = (at: Located, word: string, around: Surroundings, problems: Problems): TaskItem[] => {
  const task = parseTask(at, around, problems)
  if (task === undefined) return []
  const { apply, ...value } = task.args.value
  const given = apply === undefined ? {} : { apply: locatedMember(task.args, 'apply') }
  const { blocks, ...others } = around
  // Those of a handler are where it runs.
  const inside = { ...others, ...(blocks && !around.handler ? { blocks } : {}), handler: false, vars: task.vars }
  const include: Include = { kind: includes[plainWord(word)]!, at, around: inside, ...given }
  // Nothing of it is done on a host.
  const { delegateTo: _, ...own } = task
  return [{ ...own, args: { ...task.args, value }, include }]
}

/** Reads what stands at one place of a list of tasks: a task, or what stands for several. What is wrong goes to `problems`. */
/** Reads one item of a list of tasks. */
export const parseItem = (at: Located, around: Surroundings, problems: Problems): TaskItem[] => {
  const own = (): TaskItem[] => [parseTask(at, around, problems) ?? []].flat()
  if (!isRecord(at.value)) return own()
  const keys = Object.keys(at.value)
  if (keys.includes('block')) return parseBlock(at, around, problems)
  const word = keys.find(key => imports.includes(plainWord(key)))
  if (word !== undefined) return around.composing.readImport(word, at, around, problems)
  const include = keys.find(key => plainWord(key) in includes)
  if (include !== undefined) return parseInclude(at, include, around, problems)
  const meta = keys.find(key => plainWord(key) === 'meta')
  if (meta !== undefined) return parseMeta(at, meta, around, problems)
  return own()
}

/** Reads a list of tasks, in written order. */
export const parseTasks = (at: Located, what: string, around: Surroundings, problems: Problems): TaskItem[] =>
  list(at, what, problems).flatMap(item => parseItem(item, around, problems))

/** Of what stands for a file, where there are no files: a playbook that is given as text alone. */
const filesMissing = (word: string, origin: Origin, problems: Problems): TaskItem[] => {
  problems.push({ reason: 'playbook-shape', what: `"${word}" reads files, and this playbook is in none.`, origin })
  return []
}

export const noFiles: Composing = {
  readInclude: (_include, { by }) =>
    refuse('playbook-reference', `"${by.slug}" reads files, and this playbook is in none.`),
  readImport: (word, at, _around, problems) => filesMissing(word, keyOrigin(at, word), problems),
  readRoles: (at, _around, problems) => filesMissing('roles', at.origin, problems),
  importPlaybook: (word, at, _over, _folder, problems) => {
    filesMissing(word, keyOrigin(at, word), problems)
    return undefined
  },
  readVariables: (at, _known, _folder, problems) => {
    filesMissing('vars_files', at.origin, problems)
    return {}
  },
  readPrompts: (at, problems) => {
    filesMissing('vars_prompt', at.origin, problems)
    return []
  },
  files: () => [],
  doubts: () => [],
  warnings: [],
}
