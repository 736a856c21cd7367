import type { TSchema } from 'typebox'
import type { Failure } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { hasBraces } from './braces.ts'
import { checkPlace } from './check-place.ts'
import { checkReference, type Names, type Registered } from './check-reference.ts'
import { withoutCollection } from './collections.ts'
import { compileExpression, compileTemplate, type Expression } from './expression.ts'
import type { Loaded, Readable } from './load.ts'
import { keyMark, keyOrigin, type Located } from './located.ts'
import { builtinPrefix, nameFault } from './names.ts'
import { failuresOfPatterns, matchHosts } from './pattern.ts'
import type { Play, Task } from './playbook.ts'
import { validate } from './schema.ts'
import { secretFaults } from './secrets.ts'
import { maySkip, wrongArguments } from './task.ts'
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
  const name = withoutCollection(task.module)
  const fix = didYouMean(name, known) || modulesKnown(known)
  return { reason: 'playbook-module', what: `There is no module "${name}".`, fix, origin: task.args.at(keyMark) }
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

/** The conditions of a task; what does not parse goes to the problems. */
const conditionsOf = ({ when }: Task, problems: Problems): Expression[] =>
  when.flatMap(({ value, origin }) =>
    typeof value === 'string' ? (collect(problems, () => compileExpression(value, origin)) ?? []) : [],
  )

/** The same of everything else in a task that may hold an expression. */
const expressionsOf = (task: Task, problems: Problems): Expression[] => {
  const template = (located: Located) => collect(problems, () => compileTemplate(located.value, located))
  const loop = task.loop === undefined ? undefined : collect(problems, () => compileLoop(task.loop!))
  const label = task.loop?.label === undefined ? [] : [task.loop.label]
  const { ignoreErrors, repeats } = task
  const ignoring = [ignoreErrors, repeats?.retries, repeats?.delay].filter(one => one !== undefined)
  return [
    ...[...ignoring, task.args, task.become, ...Object.values(task.becomeSaid), ...Object.values(task.vars)].map(
      template,
    ),
    ...[...(task.needs ?? []), ...task.after].map(template),
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

/** What is said against a playbook: what nothing can be done with, and what is wrong with tasks that may come to nothing. */
type Said = { now: Problems; reached: Problems }

/** The names that the loop of a task gives. */
const namesInLoop = ({ loop }: Task): string[] => (loop ? namesOfLoop(loop) : [])

/** What a task reads, held against the names that there are; the names of variables among them join `read`. */
const checkReads = (found: Expression[], names: Names, read: Set<string>, problems: Problems): void => {
  for (const reference of found.flatMap(one => one.references)) {
    const failure = checkReference(reference, names)
    if (failure) problems.push(failure)
    for (const name of namesIn(reference.path)) read.add(name)
  }
}

const checkPlay = (play: Play, against: Against): Said => {
  const [now, reached]: [Problems, Problems] = [[], []]
  const { readable, signatures } = against
  const whole = isWhole(readable) ? readable : undefined
  if (whole && play.hosts.value !== '')
    collect(now, () => matchHosts(whole.inventory, play.hosts.value, play.hosts.origin))
  const names = whole && namesOf(play, whole, signatures, against.limited)
  // What nobody reads is never evaluated, as in Ansible: it has to be readable, and may name what there is not.
  for (const written of layersOfPlay(play).flatMap(Object.values<Located>))
    collect(now, () => compileTemplate(written.value, written))
  const [read, readIfReached] = [new Set<string>(), new Set<string>()]
  for (const task of [...play.tasks, ...play.handlers]) {
    const [problems, own] = maySkip(task) ? [reached, readIfReached] : [now, read]
    problems.push(...checkModule(task, against.signatures, against.modules))
    now.push(...checkPlace(task, play, against))
    // What follows a condition is read only where that holds.
    const [first, ...others] = conditionsOf(task, now)
    const parts = [...others, ...expressionsOf(task, problems)]
    const overAnswer = judgementOf(task, problems)
    if (!names) continue
    const variables = new Set([...names.variables, ...Object.keys(task.vars)])
    const seen = { ...names, variables, loop: namesInLoop(task) }
    checkReads(first ? [first] : [], seen, read, now)
    checkReads(parts, seen, own, problems)
    checkReads(overAnswer, namesOfAnswer(seen, task, signatures), own, problems)
  }
  if (names) {
    checkVariables(read, names.definitions, names, now)
    checkVariables(readIfReached, names.definitions, names, reached)
  }
  return { now, reached }
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
  const against = { readable, signatures, modules }
  return tasks.flatMap(task => {
    const problems: Problems = checkPlace(task, play, against)
    conditionsOf(task, problems)
    if (maySkip(task)) return problems
    problems.push(...checkModule(task, against.signatures, against.modules))
    expressionsOf(task, problems)
    judgementOf(task, problems)
    return problems
  })
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
  const { now, reached } = checkAll(readable, signatures, modules, limited)
  return toldOnce(inFileOrder([...now, ...reached], readable.playbook.file), modulesKnown(modules))
}

/** The same in two parts: what is wrong with tasks that may come to nothing need be told only of hosts that come to them. */
export const checkAll = (
  readable: Readable,
  signatures: Signatures,
  modules: readonly string[],
  limited?: ReadonlySet<string>,
): Said => {
  const { plays, file } = readable.playbook
  const said = plays.map(play => checkPlay(play, { readable, signatures, modules, ...(limited && { limited }) }))
  const patterns = plays.map(({ hosts }) => hosts).filter(({ value }) => value !== '')
  const ofAll = isWhole(readable)
    ? [...secretFaults(readable), ...failuresOfPatterns(readable.inventory, patterns)]
    : []
  const told = (problems: Problems): Failure[] => toldOnce(inFileOrder(problems, file), modulesKnown(modules))
  const now = told([...said.flatMap(one => one.now), ...ofAll])
  return { now, reached: told(said.flatMap(one => one.reached)) }
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
