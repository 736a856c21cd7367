import type { Hidden } from '../core/event.ts'
import { shortestSecret } from '../core/hidden.ts'
import { isUnknown, Lost } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { isSealedPlace, isVaultFile } from '../core/vault-file.ts'
import type { Node } from '../graph/graph.ts'
import type { SecretRead } from '../graph/secrets.ts'
import { atPath, controllerPaths, leavesOf } from '../load/secrets.ts'
import { isBelow } from '../module/label.ts'
import type { SourceEntry } from '../module/probes/controller.ts'
import type { AnyQuery } from '../module/query.ts'
import { describe, type Step } from '../module/step.ts'
import type { Arguments } from './arguments.ts'
import { type Asker, catchUnknown } from './decide.ts'
import type { Known } from './known.ts'
import { failLine, type Line } from './line.ts'
import type { Walk } from './walk-state.ts'

/** What of a line is secret. */
type Secrecy = {
  /** Why nothing of it is told. */
  hidden?: Hidden
  /** The secrets that its arguments are made of. */
  values: string[]
  /** Texts of arguments that hold a secret which cannot be told apart in them: too short, or changed by an expression. */
  whole: string[]
}

/**
 * What stands under the name of a secret, on its own host or on all others; nothing where it is not known yet. Of what
 * was registered texts alone: a number there is a status.
 */
const valuesUnder = (
  { graph }: Known,
  scope: Record<string, unknown>,
  { path: [name, ...rest], own }: SecretRead,
): string[] => {
  const scopes = own ? [scope] : Object.values((scope.hostvars ?? {}) as Record<string, Record<string, unknown>>)
  return scopes.flatMap(one => {
    const found = catchUnknown(() => (name! in one ? atPath(one[name!], rest) : undefined))
    if (isUnknown(found)) return []
    return graph.registered.has(name!) ? textsOf(found) : leavesOf(found)
  })
}

/** Of a registered value only what it says is secret: not that it has changed, nor a path that the task was given. */
const isSaid = ({ secrets, graph }: Known, name: string, value: string): boolean =>
  !graph.registered.has(name) || value.length < shortestSecret || secrets.text(value) !== value

/** What a read of a secret gives, and how often that is named. */
type Found = { values: string[]; times: number }

/** What each of these reads gives. */
const readValues = (known: Known, scope: Record<string, unknown>, reads: SecretRead[]): Found[] => {
  const all = reads.map(read => ({
    times: read.times,
    values: [
      ...new Set(valuesUnder(known, scope, read).filter(value => value !== '' && isSaid(known, read.path[0]!, value))),
    ],
  }))
  for (const { values } of all) for (const value of values) known.secrets.add(value)
  return all
}

/**
 * Whether a secret can be told apart in texts: it stands there as often as it is named, so that none of its places holds
 * it changed; and nothing of it is too short to be looked for.
 */
const isFound = ({ values, times }: Found, texts: string[]): boolean => {
  const places = (value: string): number =>
    texts.reduce((sum, text) => sum + text.split(value.trim() || value).length - 1, 0)
  return (
    values.every(value => value.length >= shortestSecret || places(value) === 0) &&
    values.reduce((sum, value) => sum + places(value), 0) >= times
  )
}

/** Texts in which one of the secrets that they are made of cannot be found. */
const unmasked = (value: unknown, found: Found[]): string[] => {
  const leaves = isUnknown(value) ? [] : leavesOf(value).filter(text => text !== '')
  return found.every(one => one.values.length === 0 || isFound(one, leaves)) ? [] : leaves
}

/** The arguments that the schema of a module calls secret. */
const markedValues = ({ known }: Walk, { task }: Node, values: Record<string, unknown>): string[] => {
  const { properties } = known.modules[task.module]!.args
  const marked = Object.entries(values).filter(([name]) => (properties[name] as { secret?: true } | undefined)?.secret)
  return marked.flatMap(([, value]) => leavesOf(value)).filter(value => value !== '')
}

/** What of a line is secret, by what its arguments are made of. */
const secrecyOf = (
  walk: Walk,
  node: Node,
  scope: Record<string, unknown>,
  values: Record<string, unknown>,
): Secrecy => {
  const { known } = walk
  const marked = markedValues(walk, node, values)
  for (const value of marked) known.secrets.add(value)
  const reads = Object.entries(known.secretReads(node.task, node.play).args).map(([name, list]) => ({
    name,
    found: readValues(known, scope, list),
  }))
  const made = reads.filter(({ name }) => !node.task.templates.includes(name))
  const whole = made.flatMap(({ name, found }) => unmasked(values[name], found))
  const hidden = node.task.noLog ? 'no_log' : whole.length > 0 ? 'secret' : undefined
  return {
    ...(hidden ? { hidden } : {}),
    values: [...marked, ...reads.flatMap(({ found }) => found.flatMap(one => one.values))],
    whole,
  }
}

/** Whether a file of the controller is one that nobody may see, or a template in which a secret cannot be told apart. */
const isSecretFile = (walk: Walk, node: Node, query: AnyQuery, answer: unknown, { values }: Secrecy): boolean => {
  const { kind, side } = query.probe
  if (side !== 'controller' || !['source', 'source-links', 'template', 'local-archive'].includes(kind)) return false
  const { secretFiles, secretReads, secrets, loaded } = walk.known
  // A folder is as secret as the most secret file in it.
  const paths = controllerPaths(loaded.playbook.folder, query.item)
  if (paths.some(path => isVaultFile(path) || [...secretFiles].some(file => isBelow(file, path)))) return true
  const entries = isRecord(answer) && Array.isArray(answer.entries) ? (answer.entries as SourceEntry[]) : []
  if (entries.some(entry => entry.kind === 'file' && (secretFiles.has(entry.file) || isVaultFile(entry.file))))
    return true
  const text = isRecord(answer) ? answer.text : undefined
  const { args } = secretReads(node.task, node.play)
  const isMade = values.length > 0 && node.task.templates.some(name => args[name] !== undefined)
  const isShort = values.some(value => value.length < shortestSecret && String(text).includes(value))
  return isMade && typeof text === 'string' && (isShort || secrets.text(text) === text)
}

/** What lines have registered that is said nowhere: what a task with `no_log` says, but for what it was given. */
export const keepOutputs = ({ secrets }: Known, lines: Line[]): void => {
  for (const { node, outputs, inputs } of lines) {
    if (!node.task.noLog) continue
    const given = new Set(leavesOf(inputs?.args ?? {}))
    for (const text of textsOf(outputs)) if (!given.has(text)) secrets.add(text)
  }
}

const textsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  if (isUnknown(value) || value === null || typeof value !== 'object') return []
  return Object.values(value).flatMap(textsOf)
}

/** The words of a step that stand in a command line or an environment on the host. */
const wordsOf = (step: Step): string[] =>
  step.do === 'exec' || step.do === 'fetch'
    ? [...step.argv, ...(step.do === 'exec' ? Object.values(step.env ?? {}) : [])]
    : [describe(step)]

/** A short one counts where it is a word, stands behind `=`, or is glued to an option. */
const holds = (word: string, part: string): boolean =>
  part.length >= shortestSecret
    ? word.includes(part)
    : word.split(/[\s/=:]/).includes(part) || (word.startsWith('-') && word.endsWith(part))

const exposes = (words: string[], { values, whole }: Secrecy): boolean =>
  words.some(word => values.some(value => value.length >= shortestSecret && word.includes(value))) ||
  whole.some(text => text.split(/\s+/).every(part => words.some(word => holds(word, part))))

const fix =
  'Give it on standard input (stdin), or put it into a file that only its reader may read, and name that file. A command that knows no other way needs the variable taken out of secrets; no_log then still hides what it says.'

/** The line that fails because of what it would show. */
const exposedLine = (line: Line): Line => ({
  ...failLine(
    { ...line, steps: [], phases: [], will: [], labels: [], diff: [] },
    `a secret would stand in a command line on ${line.host}, where everyone there can read it`,
    fix,
  ),
  isExposed: true,
})

/** A line that fails over its input says what that is: where that is made of a secret which cannot be told apart, nothing. */
export const withoutInput = ({ secrets, secretReads }: Known, line: Line): Line => {
  if (line.origin === undefined || line.hidden || secrets.text(line.why ?? '') !== line.why) return line
  if (isSealedPlace(line.origin)) return line
  const { args, loop, when } = secretReads(line.node.task, line.node.play)
  return [...Object.values(args), loop, when].flat().length > 0 ? { ...line, hidden: 'secret' } : line
}

/** Keeps a line from showing its secrets: on the host, whatever is asked or done there, and in what is told of it. */
export type Screen = { asker(ask: Asker): Asker; line(line: Line): Line }
/** Of a line whose arguments are not known yet there is nothing to be shown. */
export const unscreened: Screen = { asker: ask => ask, line: line => line }

/** The screen of a line with these arguments. */
export const createScreen = (walk: Walk, start: Line, { scope, values }: Arguments): Screen => {
  const secrecy = secrecyOf(walk, start.node, scope, values)
  let { hidden } = secrecy
  let isExposed = false
  return {
    asker: ask => query => {
      if (query.probe.side === 'host' && exposes([...(query.words ?? [query.item]), ...query.looks], secrecy)) {
        isExposed = true
        return new Lost(start.id)
      }
      const answer = ask(query)
      if (isSecretFile(walk, start.node, query, answer, secrecy)) hidden ??= 'secret'
      return answer
    },
    line: line => {
      const told = hidden ? { ...line, hidden } : line
      return isExposed || [...line.steps.map(wordsOf), line.labels].some(words => exposes(words, secrecy))
        ? exposedLine(told)
        : told
    },
  }
}
