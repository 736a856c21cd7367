import { isNamedBy, isPrivateFile, kindOfPath, lineAt, readText } from '../core/controller-file.ts'
import { attempt, type Failure, refuse } from '../core/failure.ts'
import { hasBraces } from './braces.ts'
import { type Doubt, doubtText, soundsSecret } from './doubt.ts'
import { type Inventory, loadInventory } from './inventory.ts'
import { type Located, locatedAt } from './located.ts'
import { givesPassword } from './names.ts'
import { withSettledNoLog } from './no-log.ts'
import { isThisMachine, thisMachineAs } from './pattern.ts'
import { type Composing, type Playbook, readPlaybook } from './playbook.ts'
import type { Asks } from './scope.ts'
import { bringsTasks } from './task.ts'
import { parseExtra, type RunOptions, withMagic } from './variables.ts'

/** Everything a run is made of, read and parsed. */
export type Loaded = {
  playbook: Playbook
  inventory: Inventory
  extra: Record<string, Located>
  /** Whom templates ask, for a host and an item; without it they are refused what they ask for. */
  asks?: Asks
}
/** As much of it as could be read, to look for all that is wrong. */
export type Readable = { playbook: Playbook } & Partial<Loaded>

type LoadResult =
  | { value: Loaded; failures?: undefined; readable: Readable }
  | { value?: undefined; failures: Failure[]; readable?: Readable }

/** The text of a playbook. Throws a Refusal (`usage-file`). */
export const playbookText = (file: string): string => {
  if (kindOfPath(file) === 'folder') refuse('usage-file', `${file} is a folder, a playbook is wanted.`)
  const text = readText(file, 'playbook', 'usage-file')
  if (text.trim() === '') refuse('usage-file', `The playbook ${file} is empty.`)
  return text
}

const loadPlaybook = ({ playbook, composing }: Input): ReturnType<typeof readPlaybook> =>
  typeof playbook === 'string'
    ? readPlaybook(playbookText(playbook), playbook, composing)
    : readPlaybook(playbook.text, playbook.file, composing)

/** Whether a playbook may be put together from several files: then it is read with what reads those. */
export const mayImport = (text: string): boolean =>
  /\b(import_\w+|include_\w+|roles|vars_files|vars_prompt)\b/.test(text)

/** What the plays of a playbook that could be read call secret. */
const secretEntries = (playbook: Playbook | undefined): string[] =>
  playbook?.plays.flatMap(play => play.secrets.map(({ value }) => value)) ?? []

/**
 * A failure in a file of variables that is secret, or that others may not read: the line it is about is not shown. What is
 * wrong with it mostly stands beside a password.
 */
const unquotedIn = (secrets: string[], failure: Failure): Failure => {
  const { origin } = failure
  if (origin === undefined || failure.reason.startsWith('playbook-')) return failure
  const isSecret =
    isPrivateFile(origin.file) ||
    secrets.some(entry => isNamedBy(origin.file, entry)) ||
    givesPassword(lineAt(origin) ?? '')
  return isSecret ? { ...failure, origin: { ...origin, unquoted: true } } : failure
}

/** What is read: the files, and where an inventory was looked for if none is named. */
type Input = {
  /** A file; or what would be in one, and what that is called. */
  playbook: string | { text: string; file: string }
  /** Reads the files that the playbook imports, where it may import any. */
  composing?: Composing
  inventories: string[]
  looked?: string[]
  extra: string[]
  /** What the command line says of the run. */
  run?: RunOptions
  /** The login user of hosts whose variables name none. */
  user?: string
}

/** The hosts that tasks are delegated to, as far as they are written out; what will be included may name this machine. */
const delegatesIn = (playbook: Playbook | undefined): Located<string>[] =>
  (playbook?.plays ?? [])
    .flatMap(play => [...play.tasks, ...play.handlers])
    .flatMap(task => {
      const { delegateTo, origin } = task
      if (bringsTasks(task)) return [locatedAt('localhost', origin)]
      if (delegateTo === undefined) return []
      return [hasBraces(delegateTo.value) ? { ...delegateTo, value: 'localhost' } : delegateTo]
    })

/** The inventory of a playbook; one that is all about the machine that runbook runs on needs none. */
const inventoryOf = (
  { playbook: file, inventories, looked = [], user }: Input,
  playbook: Playbook | undefined,
  extra: Loaded['extra'] | undefined,
): Inventory => {
  const patterns = playbook?.plays.map(play => play.hosts) ?? []
  const [thisMachine] = [...patterns, ...delegatesIn(playbook)].flatMap(
    ({ value, origin }) => thisMachineAs(value, origin) ?? [],
  )
  const isAllHere = patterns.every(({ value, origin }) => isThisMachine(value, origin))
  if (inventories.length === 0 && !(thisMachine && isAllHere))
    refuse('inventory-missing', 'No inventory was given.', {
      ...(looked.length > 0 ? { why: `Looked for ${looked.join(', ')}.` } : {}),
      fix: 'Give one with -i PATH, or set RUNBOOK_INVENTORY.',
    })
  const playbookFolder = typeof file === 'string' ? playbook?.folder : undefined
  return loadInventory(inventories, { ...(user && { user }), thisMachine, playbookFolder, extra })
}

/** What YAML may have read otherwise than it was meant, in all that was read: each once, and what is secret without its text. */
const doubtsIn = ({ playbook, inventory, extra }: Readable): string[] => {
  const given = new Set([...Object.values(inventory?.vars ?? {}), extra ?? {}].flatMap(vars => Object.values(vars)))
  const doubts = [...playbook.doubts, ...[...given].flatMap(one => one.doubts?.('') ?? [])]
  const secrets = secretEntries(playbook)
  const hidden = new Set(secrets.flatMap(entry => entry.split('.').at(-1)!))
  const isSecret = ({ names, origin: { file } }: Doubt): boolean =>
    names.some(name => hidden.has(name) || soundsSecret(name)) ||
    (playbook.file !== file && isPrivateFile(file)) ||
    secrets.some(entry => isNamedBy(file, entry))
  return [...new Set(doubts.map(doubt => doubtText(doubt, isSecret(doubt))))]
}

/** Reads the playbook, every inventory and the extra variables. The failures of all three come together. */
export const load = (input: Input): LoadResult => {
  const read = attempt(() => loadPlaybook(input))
  const extra = attempt(() => parseExtra(input.extra))
  const inventory = attempt(() => inventoryOf(input, read.value?.playbook, extra.value))
  const secrets = secretEntries(read.value?.playbook)
  const failures = [{ failures: read.value?.problems }, read, inventory, extra]
    .flatMap(one => one.failures ?? [])
    .map(one => unquotedIn(secrets, one))
  if (read.value === undefined) return { failures }
  const found: Readable = {
    playbook: read.value.playbook,
    ...(inventory.value && { inventory: inventory.value }),
    ...(extra.value && { extra: extra.value }),
  }
  const warnings = [...found.playbook.warnings, ...doubtsIn(found)]
  const told = { ...found.playbook, warnings }
  const readable = {
    ...found,
    playbook: found.inventory ? withMagic(told, found.inventory, input.inventories, input.run ?? {}) : told,
  }
  if (found.inventory && found.extra) readable.playbook = withSettledNoLog(readable as Loaded)
  return failures.length > 0 ? { failures, readable } : { value: readable as Loaded, readable }
}
