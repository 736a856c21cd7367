import type { TSchema } from 'typebox'
import type { Failure } from '../core/failure.ts'
import { checkReference, type Names, type Registered } from './check-reference.ts'
import { compileExpression, compileTemplate, type Expression } from './expression.ts'
import type { Loaded } from './load.ts'
import { keyMark, type Located } from './located.ts'
import { selectHosts } from './pattern.ts'
import type { Play, Task } from './playbook.ts'
import { validate } from './schema.ts'
import { secretFaults } from './secrets.ts'
import { didYouMean } from './suggest.ts'
import { wrongArguments } from './task.ts'
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

const registersOf = (plays: Play[], signatures: Signatures): Map<string, Registered[]> => {
  const found = new Map<string, Registered[]>()
  for (const task of plays.flatMap(play => [...play.tasks, ...play.handlers])) {
    if (task.register === undefined) continue
    const made = { module: task.module, looped: task.loop !== undefined, outputs: signatures[task.module]?.outputs }
    found.set(task.register, [...(found.get(task.register) ?? []), made])
  }
  return found
}

const checkModule = (task: Task, signatures: Signatures): Failure[] => {
  const signature = Object.hasOwn(signatures, task.module) ? signatures[task.module] : undefined
  if (signature === undefined) {
    const fix = didYouMean(task.module, Object.keys(signatures)) || `Known here: ${Object.keys(signatures).join(', ')}.`
    return [
      { reason: 'playbook-module', what: `There is no module "${task.module}".`, fix, origin: task.args.at(keyMark) },
    ]
  }
  if (task.text !== undefined)
    return [{ reason: 'playbook-shape', what: wrongArguments(task.module, task.text.value), origin: task.text.origin }]
  if (signature.free) return []
  const options = { subject: task.module, reason: 'playbook-argument', expressions: 'skip' } as const
  return validate(signature.args, task.args.value, task.args, options)
}

/** What stands beside a module that has no argument for it, or has it twice. */
const checkSayings = (task: Task): Failure[] =>
  Object.entries(task.says).map(([word, { origin }]) =>
    word in task.args.value
      ? { reason: 'playbook-shape', what: `"${word}" stands twice: beside the module and among its arguments.`, origin }
      : {
          reason: 'playbook-shape',
          what: `"${task.module}" takes no "${word}".`,
          why: `It knows by itself what it changes. ${word} is for modules that run a program of yours, such as command.`,
          fix: 'Take it away.',
          origin,
        },
  )

const checkNotify = (task: Task, play: Play): Failure[] => {
  const known = play.handlers.map(handler => handler.name)
  return task.notify
    .filter(name => !known.includes(name))
    .map(name => ({
      reason: 'playbook-reference',
      what: `The play has no handler "${name}".`,
      fix: didYouMean(name, known) || undefined,
      origin: task.origin,
    }))
}

/** Gates of a rolling task are tasks of its play that come after it. */
const checkGates = (task: Task, play: Play): Failure[] => {
  const later = [...play.tasks, ...play.handlers]
  const known = later.slice(later.indexOf(task) + 1).map(({ slug }) => slug)
  return (task.rolling ?? [])
    .filter(({ value }) => !known.includes(value))
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
  const loop = task.loop === undefined ? [] : [task.loop]
  return [
    ...[task.args, task.become, ...Object.values(task.vars), ...(task.needs ?? []), ...task.after].map(template),
    ...texts.map(condition),
    ...loop.map(one => (typeof one.value === 'string' ? condition(one as Located<string>) : template(one))),
  ].filter(one => one !== undefined)
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

const checkPlay = (play: Play, earlier: Play[], loaded: Loaded, signatures: Signatures): Problems => {
  const problems: Problems = []
  const { inventory, extra } = loaded
  if (play.hosts.value !== '') collect(problems, () => selectHosts(inventory, play.hosts.value, play.hosts.origin))
  const definitions = definitionsOf([play.defaults, ...Object.values(inventory.vars), play.vars, extra])
  const base = {
    registers: registersOf([...earlier, play], signatures),
    hosts: inventory.hosts,
    groups: Object.keys(inventory.groups),
  }
  const variables = new Set(definitions.keys())
  const read = new Set([...Object.keys(play.defaults), ...Object.keys(play.vars)])
  for (const task of [...play.tasks, ...play.handlers]) {
    problems.push(
      ...checkModule(task, signatures),
      ...(Object.hasOwn(signatures, task.module) ? checkSayings(task) : []),
      ...checkNotify(task, play),
      ...checkGates(task, play),
    )
    const names = {
      ...base,
      variables: new Set([...variables, ...Object.keys(task.vars)]),
      loop: task.loop !== undefined,
    }
    for (const reference of expressionsOf(task, problems).flatMap(one => one.references)) {
      const failure = checkReference(reference, names)
      if (failure) problems.push(failure)
      for (const name of namesIn(reference.path)) read.add(name)
    }
  }
  checkVariables(read, definitions, { ...base, variables, loop: true }, problems)
  return problems
}

/** File order: the playbook before other files, then lines and columns. The same failure of two plays counts once. */
const ordered = (problems: Problems, playbook: string): Failure[] => {
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

/**
 * Everything that can be said against a playbook before a host is contacted: unknown modules, arguments that do not fit
 * their schema (text with `{{` apart), expressions that do not parse, names and members that do not exist, host
 * patterns and notifications that match nothing. All failures, in file order.
 */
export const check = (loaded: Loaded, signatures: Signatures): Failure[] => {
  const { plays, file } = loaded.playbook
  const ofPlays = plays.flatMap((play, index) => checkPlay(play, plays.slice(0, index), loaded, signatures))
  const problems = [...ofPlays, ...secretFaults(loaded)]
  return ordered(problems, file)
}

/**
 * The same check for references found elsewhere, such as those of a template file that a task uses.
 */
export const checkReferences = (
  references: Expression['references'],
  task: Task,
  play: Play,
  loaded: Loaded,
  signatures: Signatures,
): Failure[] => {
  const { inventory, extra, playbook } = loaded
  const layers = [play.defaults, ...Object.values(inventory.vars), play.vars, task.vars, extra]
  const names: Names = {
    variables: new Set(definitionsOf(layers).keys()),
    registers: registersOf(playbook.plays.slice(0, playbook.plays.indexOf(play) + 1), signatures),
    hosts: inventory.hosts,
    groups: Object.keys(inventory.groups),
    loop: task.loop !== undefined,
  }
  return references.flatMap(reference => checkReference(reference, names) ?? [])
}
