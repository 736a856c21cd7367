import {
  type Change,
  type Decide,
  didYouMean,
  isInPlace,
  isUnknown,
  type Later,
  later,
  open,
  type PackageAnswer,
  type PackageManager,
  type PackageRun,
  type PackageWish,
  packageLists,
  packageRun,
  packageState,
  program,
  type Step,
  T,
  uses,
} from '../../../src/module/module.ts'
import diagnose from './package-diagnoses.ts'
import type { PackageWord } from './package-names.ts'
import { packageReach } from './package-reach.ts'
import type { Obstacle } from './paths.ts'

// What a task asks of a package manager, whichever that is: what is looked at, and what comes of it.

/** A task for one manager. */
export type PackageTask = {
  manager: PackageWish['manager']
  verb: PackageWish['verb']
  words: PackageWord[]
  options: string[]
  /** The lists are got first where they are older than so many seconds; 0: always. Undefined: never. */
  validFor?: number
  update: Step[]
  /** What is done before, and is no change by itself. */
  first: Step[]
  /** What changes packages, for words with their versions as far as these are known. */
  change(words: string[]): Step[]
}

/** What is registered of a package manager that had something to do, as of any program. */
export const packageOutputs = {
  rc: T.Optional(T.Integer({ description: 'How the package manager ended; only of one that had something to do.' })),
  stdout: T.Optional(T.String({ description: 'What it printed.' })),
  stderr: T.Optional(T.String({ description: 'What it complained.' })),
  stdout_lines: T.Optional(T.Array(T.String(), { description: 'The lines of `stdout`.' })),
  stderr_lines: T.Optional(T.Array(T.String(), { description: 'The lines of `stderr`.' })),
}

/** A digest of all packages with their versions: where nobody can say before what will be another one. */
const allPackages = program({
  key: 'all packages',
  sh: `{ dpkg-query -W -f='\${Package}:\${Architecture} \${Version} \${db:Status-Status}\\n' || rpm -qa || apk info -v; } 2>/dev/null | sort | cksum`,
  looks: ['packages', 'package:*'],
  parse: ({ stdout }) => stdout.toString().trim(),
  subject: 'all packages',
})

export const packageReads = (task: PackageTask) => ({
  lists: packageLists,
  packages: task.words.map(({ name }) => packageState(name)),
  all: !isOfNames(task) && task.validFor !== undefined ? uses(allPackages) : undefined,
})

const wishOf = ({ manager, verb, words, options }: PackageTask): PackageWish => ({
  manager,
  verb,
  names: words.map(({ word }) => word),
  options,
})

export type SeenPackages = {
  lists: PackageManager
  packages: PackageAnswer[]
  run?: PackageRun | undefined
  all?: string | undefined
}

const isRemoval = ({ verb }: PackageTask): boolean => verb === 'remove' || verb === 'purge'
const isOfNames = (task: PackageTask): boolean => isRemoval(task) || ['install', 'latest'].includes(task.verb)

const escaped = (text: string): string => text.replaceAll(/[.+]/g, '\\$&')
/** Whether a version is one that is wanted: letter by letter, or by a pattern of the shell. */
const isWanted = (pattern: string, version: string): boolean =>
  new RegExp(`^${escaped(pattern).replaceAll('*', '.*').replaceAll('?', '.')}$`).test(version)

/** Whether a package is not as it is to be, as far as that is told by itself. */
const isDue = ({ verb }: PackageTask, { version }: PackageWord, now: PackageAnswer): boolean => {
  if (verb === 'remove') return now.installed
  if (verb === 'purge') return !['none', 'not-installed'].includes(now.status)
  return !now.installed || (version !== undefined && !isWanted(version, now.version))
}

const dueWords = (task: PackageTask, names: PackageAnswer[]): PackageWord[] =>
  task.words.filter((word, i) => isDue(task, word, names[i]!))

/** Whether the lists are to be got, as Ansible counts. */
export const isUpdateDue = ({ validFor }: PackageTask, manager: PackageManager): boolean =>
  validFor !== undefined && (validFor === 0 || manager.age > validFor)

/** The manager is asked only where there may be something to do, and where its lists will be those that it has. */
export const packageMore = (task: PackageTask, { packages: names, lists: manager }: SeenPackages) => {
  const isAsked = later(() => {
    const may = !isOfNames(task) || task.verb === 'latest' || dueWords(task, names).length > 0
    return may && !isUpdateDue(task, manager) && manager.updated >= 0 && manager.name === task.manager
  })
  return { run: isAsked === true ? packageRun(wishOf(task)) : undefined }
}

/** Lists that are older may lack what is there by now; Debian gets them once a day. */
const DAY = 86_400

const isFresh = ({ isWithoutLists, age }: PackageManager): boolean => !isWithoutLists && age <= DAY

type Decision = Decide<ReturnType<typeof packageReads> & ReturnType<typeof packageMore>, undefined>
type PackageChange = Change<ReturnType<typeof packageReads> & ReturnType<typeof packageMore>, undefined>

const MISSING =
  /Unable to locate package (\S+)|Package '?([^' ]+)'? has no installation candidate|No match for argument: (\S+)|^ {2}(\S+) \(no such package\)/m

/** What the manager refuses, as a failure of the plan; a name that lists which are old do not have may be there by now. */
const refusal = ({ words }: PackageTask, { lists: manager, run }: SeenPackages): Obstacle | undefined => {
  if (run?.is !== 'refused') return undefined
  const name = MISSING.exec(run.said)?.slice(1).find(Boolean)
  const known = diagnose(run.said)
  const last = run.said.split('\n').findLast(line => /^E: |^ERROR|^Error/.test(line)) ?? run.said.split('\n')[0]!
  if (name !== undefined && !isFresh(manager)) return undefined
  const near = name === undefined ? '' : didYouMean(name, run.near)
  const asked = words.map(({ word }) => word).join(', ')
  return {
    why: `${manager.name} refuses ${asked}: ${known?.cause ?? last.replace(/^E: /, '')}`,
    fix: [near, known?.fix ?? 'see what it says of it on the host'].filter(Boolean).join(' '),
  }
}

/** What makes every task about packages impossible there. */
const hopeless = (task: PackageTask, { lists: manager }: SeenPackages): Obstacle | undefined => {
  if (manager.name !== task.manager)
    return {
      why: `packages of this host are installed by ${manager.name === 'none' ? 'nothing that is known here' : manager.name}, not by ${task.manager}`,
      fix: 'use the module package, which takes what the host has, or a `when` with ansible_facts.pkg_mgr',
    }
  return manager.isInterrupted
    ? {
        why: 'dpkg was cut off in the middle of its work, and refuses everything until it has been brought to an end',
        fix: 'run `dpkg --configure -a` there, or as a task before: command: dpkg --configure -a',
      }
    : undefined
}

/** What is promised of the packages that are named. */
const promises = (task: PackageTask, names: PackageAnswer[], run: PackageRun | undefined) =>
  task.words.map(({ name, version }, i) => {
    const now = names[i]!
    if (isRemoval(task))
      return now.installed || isDue(task, task.words[i]!, now)
        ? { installed: false, version: '', status: task.verb === 'purge' ? ('none' as const) : open }
        : undefined
    const comes = run?.comes.find(one => one.name === name)
    if (comes) return { installed: true, version: comes.version, status: 'installed' }
    if (run !== undefined || !isDue(task, task.words[i]!, now)) return undefined
    return {
      installed: true,
      status: 'installed',
      version: version === undefined || /[*?[]/.test(version) ? open : version,
    }
  })

/** Words with the versions that the manager would take, so that it takes these or none. */
const exactWords = ({ words, verb }: PackageTask, run: PackageRun | undefined): string[] =>
  words.flatMap(({ name, word }) => {
    if (verb === 'remove' || verb === 'purge' || run === undefined) return [word]
    const comes = run.comes.find(one => one.name === name)
    return comes ? [`${name}=${comes.version}`] : [word]
  })

/** What comes in place of what, and what goes, of what is not named: a few of them. */
const movesIn = ({ words }: PackageTask, run: PackageRun | undefined): string[] => {
  const isNew = ({ name, before }: { name: string; before?: string }): boolean =>
    before !== undefined || !words.some(word => word.name === name)
  const moves = [
    ...(run?.comes ?? [])
      .filter(isNew)
      .map(({ name, before, version }) => `${name} ${before ? `${before} → ` : ''}${version}`),
    ...(run?.goes ?? [])
      .filter(({ name }) => !words.some(word => word.name === name))
      .map(({ name }) => `${name} goes`),
  ]
  return moves.length > 4 ? [...moves.slice(0, 4), `${moves.length - 4} more`] : moves
}

const reasonOf = (task: PackageTask, due: PackageWord[], isUpdated: boolean, run?: PackageRun): string => {
  const names = due.map(({ word }) => word).join(', ')
  const are = due.length === 1 ? 'is' : 'are'
  const own = due.length === 0 ? [] : [`${names} ${are} ${isRemoval(task) ? 'there' : 'not there'}`]
  const moves = movesIn(task, run)
  const along = moves.length === 0 ? [] : [`${own.length > 0 ? 'along with ' : ''}${moves.join(', ')}`]
  return (
    [...(isUpdated ? ['the lists are got anew'] : []), ...own, ...along].join(', ') ||
    `${task.manager} has something to do`
  )
}

/** What is only half there is tried to be brought to an end by each installation, which fails where that does. */
const halfwayWarning = ({ halfway }: PackageManager) =>
  halfway.length === 0
    ? {}
    : {
        warning: `${halfway.join(', ')} ${halfway.length === 1 ? 'is' : 'are'} only half there, and will be brought to an end first: \`dpkg --configure -a\` does that alone`,
      }

/** A change of packages that is told exactly: what comes and goes, in which versions. */
const exactChange = (task: PackageTask, { packages: names, lists }: SeenPackages, run: PackageRun): PackageChange => {
  const due = dueWords(task, names)
  const acting = due.length > 0 ? { ...task, words: due } : task
  return {
    will: { packages: promises(task, names, run), run: { isOver: true } },
    steps: [...task.first, ...task.change(exactWords(acting, run))],
    reason: reasonOf(task, due, false, run),
    touches: [],
    reach: packageReach,
    outputs: { cache_updated: false } as never,
    ...halfwayWarning(lists),
  }
}

/** A change that is certain for the packages that are named; what comes along is known after it. */
const openChange = (
  task: PackageTask,
  { packages: names }: SeenPackages,
  details: Later | undefined,
): PackageChange => {
  const due = dueWords(task, names)
  return {
    will: { packages: promises(task, names, undefined) },
    steps: [...task.first, ...task.change(exactWords({ ...task, words: due }, undefined))],
    reason: reasonOf(task, due, false),
    touches: ['package:*', 'packages'],
    reach: packageReach,
    outputs: { cache_updated: false } as never,
    ...(details === undefined ? {} : { details }),
  }
}

/** What the lists will be: got at that moment, where it is certain that their time is another one. */
export const gotLists = ({ isStamped, isWithoutLists, hasSources }: PackageManager) => ({
  updated: open,
  age: isStamped || (isWithoutLists && hasSources) ? 0 : open,
  ...(isWithoutLists && hasSources ? { isWithoutLists: false } : {}),
})

const versionsIn = ({ packages, all }: SeenPackages) => [packages.map(({ version }) => version), all]
const timeOfLists = ({ lists }: SeenPackages) => lists.updated

/** What tells whether it was a change: packages that are others then; of lists alone their time. Lists beside packages count for nothing. */
const countingOf = (task: PackageTask, { lists: manager }: SeenPackages, isDue: boolean, isMore: boolean) => {
  if (isDue) return {}
  if (isMore) return { counts: versionsIn }
  if (task.words.length > 0) return { unchanging: true as const }
  return gotLists(manager).age === 0 ? {} : { counts: timeOfLists }
}

/** The lists are got first, and what is done behind that is known when they are there. */
const updatingChange = (task: PackageTask, seen: SeenPackages): PackageChange => {
  const { packages: names, lists: manager } = seen
  const due = isOfNames(task) ? dueWords(task, names) : []
  const isMore = due.length > 0 || task.verb === 'latest' || !isOfNames(task)
  const words = task.verb === 'latest' ? task.words : due
  return {
    will: { packages: promises(task, names, undefined), lists: gotLists(manager) },
    steps: [...task.first, ...task.update, ...(isMore ? task.change(exactWords({ ...task, words }, undefined)) : [])],
    reason: reasonOf(task, due, true),
    touches: isMore ? ['package:*', 'packages', 'package-lists'] : ['package-lists'],
    ...(isMore ? { reach: packageReach } : {}),
    outputs: { cache_updated: true } as never,
    always: true,
    ...countingOf(task, seen, due.length > 0, isMore),
  }
}

const nothing = ({ lists: manager }: SeenPackages) =>
  ({ cache_updated: false, cache_update_time: later(() => manager.updated) }) as never

/** What a task comes to: from what is there, and from what the manager says that it would do. */
export const packagePlan = (task: PackageTask, seen: SeenPackages, { ok, change, fail }: Decision) => {
  const { lists: manager, packages: names } = seen
  const none = hopeless(task, seen)
  if (none) return fail(none.why, none.fix)
  const due = isOfNames(task) ? dueWords(task, names) : []
  const isEmpty = isOfNames(task) && task.words.length === 0
  const isSettled = isEmpty || (isOfNames(task) && task.verb !== 'latest' && due.length === 0)
  if (isUpdateDue(task, manager)) return change(updatingChange(task, seen))
  if (isSettled) return task.first.length === 0 ? ok(nothing(seen)) : change(firstAlone(task))
  const got = later(() => manager.updated)
  // Of packages that are there the newest version is told by lists that are still to come.
  if (isUnknown(got)) return due.length > 0 ? change(openChange(task, seen, got)) : needed(got)
  const run = later(() => seen.run)
  if (isUnknown(run)) return due.length > 0 ? change(openChange(task, seen, run)) : needed(run)
  const refused = refusal(task, seen)
  if (refused) return fail(refused.why, refused.fix)
  if (run?.isOver && isInPlace(run)) return ok(nothing(seen))
  if (run?.is === 'known' && isInPlace(run)) return change(exactChange(task, seen, run))
  return change({ ...openChange(task, seen, undefined), warning: warningOf(seen) })
}

/** What is known after another task decides it. */
const needed = (unknown: Later): never => {
  throw unknown
}

/** Only what is done before: beside packages that counts for nothing. */
const firstAlone = ({ first, words }: PackageTask): PackageChange => ({
  will: {},
  steps: first,
  reason: 'downloaded archives are removed',
  always: true,
  ...(words.length > 0 ? { unchanging: true as const } : {}),
})

const warningOf = ({ lists: manager, run }: SeenPackages): string => {
  if (manager.isWithoutLists) return 'the host has no lists of packages yet: get them first, with update_cache: true'
  const name = MISSING.exec(run?.said ?? '')
    ?.slice(1)
    .find(Boolean)
  return name === undefined
    ? 'what comes along with it is known when it is done'
    : `the lists of the host are ${Math.floor(manager.age / DAY)} days old and do not have ${name}: get them first, with update_cache: true`
}
