import type { TSchema } from 'typebox'
import type { Failure, Origin } from '../core/failure.ts'
import { hasBraces } from './braces.ts'
import { checkReference, type Names, type Registered } from './check-reference.ts'
import { compileExpression, compileTemplate, type Expression } from './expression.ts'
import type { Loaded, Readable } from './load.ts'
import { keyMark, keyOrigin, type Located } from './located.ts'
import { builtinPrefix, nameFault } from './names.ts'
import { failuresOfPatterns, matchHosts } from './pattern.ts'
import type { Play, Task } from './playbook.ts'
import { validate } from './schema.ts'
import { secretFaults } from './secrets.ts'
import { didYouMean } from './suggest.ts'
import { wrongArguments } from './task.ts'
import { compileLoop, namesOfLoop } from './task-loop.ts'
import { givenNames, layersOfPlay, layersOfTask } from './variables.ts'
import { collect, type Problems } from './yaml-fields.ts'

/** What the check needs to know of a module. `free`: it takes any arguments (they are not checked). */
type Signature = { args: TSchema; outputs?: TSchema; free?: boolean }
export type Signatures = Record<string, Signature>

type Definitions = Map<string, Set<Located>>

/** Every place where a variable of a name is defined, for all hosts together; the same place counts once. */
const definitionsOf = (layers: Record<string, Located>[]): Definitions => {
  const found: Definitions = new Map()
  for (const layer of layers) {
    for (const [name, located] of Object.entries(layer)) {
      const known = found.get(name)
      if (known) known.add(located)
      else found.set(name, new Set([located]))
    }
  }
  return found
}

/** A variable that a task makes, and what one that could not be read would register: nothing is known about it. */
const unknownRegister: Registered = { module: '', looped: false, outputs: undefined }

const registersOf = (plays: Play[], signatures: Signatures, unread: ReadonlySet<string>): Map<string, Registered[]> => {
  const found = new Map<string, Registered[]>([...unread].map(name => [name, [unknownRegister]]))
  for (const task of plays.flatMap(play => [...play.tasks, ...play.handlers])) {
    const made = { module: task.module, looped: task.loop !== undefined, outputs: signatures[task.module]?.outputs }
    for (const name of givenNames(task))
      found.set(name, [...(found.get(name) ?? []), name === task.register ? made : unknownRegister])
  }
  return found
}

const unknownModule = (task: Task, known: readonly string[]): Failure => {
  const name = task.module.startsWith(builtinPrefix) ? task.module.slice(builtinPrefix.length) : task.module
  const fix = didYouMean(name, known) || modulesKnown(known)
  return { reason: 'playbook-module', what: `There is no module "${task.module}".`, fix, origin: task.args.at(keyMark) }
}
const modulesKnown = (known: readonly string[]): string =>
  `Modules: ${known.filter(name => !name.startsWith(builtinPrefix)).join(', ')}.`

const checkModule = (task: Task, signatures: Signatures, known: readonly string[]): Failure[] => {
  const signature = Object.hasOwn(signatures, task.module) ? signatures[task.module] : undefined
  // A module that is there and could not be imported is told by who tried.
  if (signature === undefined) return known.includes(task.module) ? [] : [unknownModule(task, known)]
  if (task.text !== undefined)
    return [{ reason: 'playbook-shape', what: wrongArguments(task.module, task.text.value), origin: task.text.origin }]
  if (signature.free) return []
  const options = { subject: task.module, reason: 'playbook-argument', expressions: 'skip' } as const
  return [...validate(signature.args, task.args.value, task.args, options), ...checkGiven(task)]
}

/** The names of variables that a task makes. Who reads one is found before anything runs, so it stands there in letters. */
const checkGiven = ({ gives = [], args }: Task): Failure[] =>
  gives.flatMap(name => {
    const fault = nameFault(name)
    if (fault === undefined) return []
    const fix = hasBraces(name) ? 'Write the name out, or make one mapping: name: "{{ {key: value} }}".' : undefined
    return [{ reason: 'playbook-name', what: `The variable "${name}" ${fault}.`, fix, origin: keyOrigin(args, name) }]
  })

/** What stands beside a module that has no argument for it, or has it twice. */
const checkSayings = (task: Task): Failure[] =>
  Object.entries(task.says).map(([word, { origin }]) =>
    word in task.args.value
      ? { reason: 'playbook-shape', what: `"${word}" stands twice: beside the module and among its arguments.`, origin }
      : {
          reason: 'playbook-shape',
          what: `"${task.module}" takes no "${word}".`,
          why: `${word === 'environment' ? 'Its programs have what it gives them.' : 'It knows by itself what it changes.'} ${word} is for modules that run a program of yours, such as command.`,
          fix: 'Take it away.',
          origin,
        },
  )

const noticesOf = new WeakMap<Play, Set<string>>()
/** What handlers of a play are notified by, found once. */
const handlerNames = (play: Play): Set<string> => {
  const known = noticesOf.get(play)
  if (known) return known
  const names = new Set([...play.tasks, ...play.handlers].flatMap(task => task.called?.names ?? []))
  noticesOf.set(play, names)
  return names
}

const checkNotify = (task: Task, play: Play, unread: ReadonlySet<string>): Failure[] => {
  if (task.notify.length === 0 || play.tasks.some(({ include }) => include?.kind === 'role')) return []
  const known = handlerNames(play)
  return task.notify
    .filter(({ value }) => !known.has(value) && !unread.has(value))
    .map(({ value, origin }) => ({
      reason: 'playbook-reference',
      what: `The play has no handler "${value}".`,
      fix: didYouMean(value, known) || undefined,
      origin,
    }))
}

/** What `needs` and `after` name in so many words; an expression, and the hosts, are looked at when the graph is made. */
const checkNamed = (task: Task, play: Play, { plays, unread }: Readable['playbook']): Failure[] => {
  // Most tasks name none, and to look at all for each of them is quadratic.
  if (!task.needs?.length && !task.after?.length) return []
  const slugs = new Set(plays.flatMap(one => [...one.tasks, ...one.handlers]).map(one => one.slug))
  return (['needs', 'after'] as const).flatMap(kind =>
    (task[kind] ?? []).flatMap(({ value, origin }) => {
      const slug = value.slice(value.indexOf('/') + 1)
      if (hasBraces(value) || slugs.has(slug) || unread.has(slug)) return []
      return [namesNoTask(kind, value, play, origin)]
    }),
  )
}

/** The failure of what stands in `needs` or `after` and is no task. */
export const namesNoTask = (kind: 'needs' | 'after', text: string, { tasks }: Play, origin: Origin): Failure => ({
  reason: 'playbook-reference',
  what: `"${text}" names no task of this play.`,
  why: `${kind} takes the name of a task (${text}), HOST/task or GROUP/task.`,
  fix: didYouMean(
    text.slice(text.indexOf('/') + 1),
    tasks.map(other => other.slug),
  ),
  origin,
})

/** Gates of a rolling task are tasks of its play that come after it. */
const checkGates = (task: Task, play: Play, unread: ReadonlySet<string>): Failure[] => {
  if (!task.rolling?.length) return []
  const later = [...play.tasks, ...play.handlers]
  const known = later.slice(later.indexOf(task) + 1).map(({ slug }) => slug)
  return (task.rolling ?? [])
    .filter(({ value }) => !known.includes(value) && !unread.has(value))
    .map(({ value, origin }) => ({
      reason: 'playbook-reference',
      what: later.some(({ slug }) => slug === value)
        ? `"${value}" comes before "${task.name}": a gate is passed after each turn, so it is a later task.`
        : `The play has no task "${value}".`,
      fix: didYouMean(value, known) || undefined,
      origin,
    }))
}

/** Compiles everything in a task that may hold an expression; what does not parse goes to the problems. */
const expressionsOf = (task: Task, problems: Problems): Expression[] => {
  const template = (located: Located) => collect(problems, () => compileTemplate(located.value, located))
  const condition = ({ value, origin }: Located<string>) => collect(problems, () => compileExpression(value, origin))
  const texts = task.when.filter((one): one is Located<string> => typeof one.value === 'string')
  const loop = task.loop === undefined ? undefined : collect(problems, () => compileLoop(task.loop!))
  const label = task.loop?.label === undefined ? [] : [task.loop.label]
  const { ignoreErrors, repeats } = task
  const ignoring = [ignoreErrors, repeats?.retries, repeats?.delay].filter(one => one !== undefined)
  return [
    ...[...ignoring, task.args, task.become, ...Object.values(task.becomeSaid), ...Object.values(task.vars)].map(
      template,
    ),
    ...[...(task.needs ?? []), ...task.after].map(template),
    ...texts.map(condition),
    ...label.map(template),
    loop,
  ].filter(one => one !== undefined)
}

/** The same of what decides over a task's own answer. */
const judgementOf = ({ changedWhen = [], failedWhen = [], repeats }: Task, problems: Problems): Expression[] =>
  [...changedWhen, ...failedWhen, ...(repeats?.until ?? [])].flatMap(({ value, origin }) =>
    typeof value === 'string' ? (collect(problems, () => compileExpression(value, origin)) ?? []) : [],
  )

/** The names that such words see: what the task registers is there already, of a loop that of one item. */
const namesOfAnswer = (names: Names, { register, module }: Task, signatures: Signatures): Names =>
  register === undefined
    ? names
    : {
        ...names,
        registers: new Map([
          ...names.registers,
          [register, [{ module, looped: false, outputs: signatures[module]?.outputs }]],
        ]),
      }

/** Checks the variables that something reads. An inventory may hold others, for other playbooks and programs. */
const checkVariables = (roots: Iterable<string>, definitions: Definitions, names: Names, problems: Problems): void => {
  const waiting = [...new Set(roots)]
  const seen = new Set(waiting)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const located of definitions.get(name) ?? []) {
      const expression = collect(problems, () => compileTemplate(located.value, located))
      for (const reference of expression?.references ?? []) {
        const failure = checkReference(reference, names)
        if (failure) problems.push(failure)
        for (const next of namesIn(reference.path)) {
          if (seen.has(next)) continue
          seen.add(next)
          waiting.push(next)
        }
      }
    }
  }
}

/** The names of variables that a path reads: `x...` and `hostvars[...].x`. */
const namesIn = (path: (string | null)[]): string[] =>
  [path[0], path[0] === 'hostvars' ? path[2] : undefined].filter(name => typeof name === 'string')

/** What plays are held against. */
type Against = {
  /** Where a part of it could not be read, names are not looked for: nobody knows what it would have defined. */
  readable: Readable
  signatures: Signatures
  modules: readonly string[]
  /** The hosts whose variables are looked at: those that --limit leaves. */
  limited?: ReadonlySet<string>
}

/** The names of a play, but for those of single tasks. `limited`: the hosts whose definitions are of interest. */
const namesOf = (
  play: Play,
  { playbook, inventory, extra }: Loaded,
  signatures: Signatures,
  limited?: ReadonlySet<string>,
) => {
  const roles = new Set(
    [...play.tasks, ...play.handlers].flatMap(({ role }) => (role ? layersOfTask({ vars: {}, role }) : [])),
  )
  const ofHosts = Object.entries(inventory.vars).flatMap(([host, vars]) => (limited?.has(host) === false ? [] : [vars]))
  const definitions = definitionsOf([...layersOfPlay(play), ...roles, ...ofHosts, extra])
  const earlier = playbook.plays.slice(0, playbook.plays.indexOf(play) + 1)
  return {
    definitions,
    registers: registersOf(earlier, signatures, playbook.unread),
    ...(earlier.some(bringsMore) ? { open: true as const } : {}),
    hosts: inventory.hosts,
    groups: Object.keys(inventory.groups),
    variables: new Set([...definitions.keys(), ...Object.values(inventory.vars).flatMap(Object.keys)]),
    // A variable may be read in the loop of any of its tasks.
    loop: ['item', ...[...play.tasks, ...play.handlers].flatMap(namesInLoop)],
  }
}

/** Whether a play has includes, which may bring variables, registers and handlers that nobody knows yet. */
const bringsMore = ({ tasks, handlers }: Play): boolean =>
  [...tasks, ...handlers].some(({ include }) => include !== undefined)

/** Whether all of it could be read. */
const isWhole = (readable: Readable): readable is Loaded =>
  readable.inventory !== undefined && readable.extra !== undefined

const checkTask = (task: Task, play: Play, { readable, signatures, modules }: Against): Problems => {
  const { unread } = readable.playbook
  return [
    ...checkModule(task, signatures, modules),
    ...(Object.hasOwn(signatures, task.module) ? checkSayings(task) : []),
    ...checkNotify(task, play, unread),
    ...checkGates(task, play, unread),
    ...checkNamed(task, play, readable.playbook),
  ]
}

/** The names that the loop of a task gives. */
const namesInLoop = ({ loop }: Task): string[] => (loop ? namesOfLoop(loop) : [])

const checkPlay = (play: Play, against: Against): Problems => {
  const problems: Problems = []
  const { readable, signatures } = against
  const whole = isWhole(readable) ? readable : undefined
  if (whole && play.hosts.value !== '')
    collect(problems, () => matchHosts(whole.inventory, play.hosts.value, play.hosts.origin))
  const names = whole && namesOf(play, whole, signatures, against.limited)
  // What nobody reads is never evaluated, as in Ansible: it has to be readable, and may name what there is not.
  for (const written of layersOfPlay(play).flatMap(Object.values<Located>))
    collect(problems, () => compileTemplate(written.value, written))
  const read = new Set<string>()
  for (const task of [...play.tasks, ...play.handlers]) {
    problems.push(...checkTask(task, play, against))
    const references = expressionsOf(task, problems).flatMap(one => one.references)
    const overAnswer = judgementOf(task, problems).flatMap(one => one.references)
    if (!names) continue
    const variables = new Set([...names.variables, ...Object.keys(task.vars)])
    const own = { ...names, variables, loop: namesInLoop(task) }
    const answered = namesOfAnswer(own, task, signatures)
    for (const [found, seen] of [
      [references, own],
      [overAnswer, answered],
    ] as const)
      for (const reference of found) {
        const failure = checkReference(reference, seen)
        if (failure) problems.push(failure)
        for (const name of namesIn(reference.path)) read.add(name)
      }
  }
  if (names) checkVariables(read, names.definitions, names, problems)
  return problems
}

/**
 * The same of tasks that an include has brought into a play. Names that they read may come from anywhere: they are met where
 * they are used.
 */
export const checkBrought = (
  tasks: Task[],
  play: Play,
  readable: Readable,
  signatures: Signatures,
  modules: readonly string[],
): Failure[] => {
  const problems = tasks.flatMap(task => checkTask(task, play, { readable, signatures, modules }))
  for (const task of tasks) {
    expressionsOf(task, problems)
    judgementOf(task, problems)
  }
  return problems
}

/** File order: the playbook before other files, then lines and columns. What was found twice counts once. */
export const inFileOrder = (problems: Failure[], playbook: string): Failure[] => {
  const rank = ({ origin }: Failure): [string, number, number] => [
    origin === undefined || origin.file === playbook ? '' : origin.file,
    origin?.line ?? 0,
    origin?.column ?? 0,
  ]
  const unique = new Map(problems.map(one => [JSON.stringify([one.what, one.origin]), one]))
  return [...unique.values()].sort((one, other) => {
    const [a, b] = [rank(one), rank(other)]
    return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1] || a[2] - b[2]
  })
}

/** A long list says no more when it is told again. */
const toldOnce = (failures: Failure[], text: string): Failure[] => {
  const first = failures.find(({ fix }) => fix === text)
  return failures.map(one => (one.fix === text && one !== first ? { ...one, fix: undefined } : one))
}

/**
 * Everything that can be said against a playbook before a host is contacted: unknown modules, arguments that do not fit
 * their schema (text with `{{` apart), expressions that do not parse, names and members that do not exist, host
 * patterns and notifications that match nothing. All failures, in file order. `modules`: the names of all that there are.
 */
export const check = (
  readable: Readable,
  signatures: Signatures,
  modules: readonly string[] = Object.keys(signatures),
  limited?: ReadonlySet<string>,
): Failure[] => {
  const { plays, file } = readable.playbook
  const ofPlays = plays.flatMap(play => checkPlay(play, { readable, signatures, modules, ...(limited && { limited }) }))
  const patterns = plays.map(({ hosts }) => hosts).filter(({ value }) => value !== '')
  const problems = [
    ...ofPlays,
    ...(isWhole(readable) ? [...secretFaults(readable), ...failuresOfPatterns(readable.inventory, patterns)] : []),
  ]
  return toldOnce(inFileOrder(problems, file), modulesKnown(modules))
}

/**
 * The same check for references found elsewhere, such as those of a template file that a task uses.
 */
export const checkReferences = (
  references: Expression['references'],
  task: Task,
  play: Play,
  readable: Readable,
  signatures: Signatures,
): Failure[] => {
  if (references.length === 0 || !isWhole(readable)) return []
  const names = namesOf(play, readable, signatures)
  const variables = new Set([...names.variables, ...Object.keys(task.vars)])
  const own = { ...names, variables, loop: namesInLoop(task) }
  return references.flatMap(reference => checkReference(reference, own) ?? [])
}
