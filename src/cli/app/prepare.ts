import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type ArtifactLock, createArtifactLock } from '../../artifact/lock.ts'
import { attempt, type Failure, Refusal, refuse } from '../../core/failure.ts'
import type { SecretKeeper } from '../../core/secret-keeper.ts'
import { hasSealedText } from '../../core/vault-file.ts'
import { expand } from '../../graph/expand.ts'
import type { Selection } from '../../graph/selection.ts'
import { checkAll, checkReferences, inFileOrder, type Signatures } from '../../load/check.ts'
import { readyInventory } from '../../load/inventory.ts'
import { type Loaded, load, mayImport, playbookText, type Readable } from '../../load/load.ts'
import { selectHosts } from '../../load/pattern.ts'
import type { Composing, Task } from '../../load/playbook.ts'
import type { Reference } from '../../load/references.ts'
import type { Asks } from '../../load/scope.ts'
import { writtenSecrets } from '../../load/secrets.ts'
import { maySkip } from '../../load/task.ts'
import { applySchemas } from '../../load/task-schemas.ts'
import { parseExtra, type RunOptions } from '../../load/variables.ts'
import type { AnyModule } from '../../module/define.ts'
import { createKnown, type Known } from '../../plan/known.ts'
import { isPlanFile } from '../../planfile/plan-file.ts'
import type { Configured, ConnectionOptions } from '../../settings/precedence.ts'
import type { Target } from '../../settings/target.ts'
import {
  askSettings,
  becomeDefaults,
  inventorySetting,
  loginUser,
  readAnsibleSettings,
  readyVaults,
  roleFolders,
} from './ansible-settings.ts'
import type { Supply } from './archives.ts'
import type { AskedPasswords } from './ask-passwords.ts'
import { type Controller, createController } from './controller.ts'
import { identityOn } from './identities.ts'
import { loadModules, withStandIns } from './load-modules.ts'
import { noAnswers, type RunAnswers, templateAnswers, writePasswords } from './template-answers.ts'

/** `-i`, else RUNBOOK_INVENTORY, else what Ansible's settings name. */
export const namedInventories = (given: string[], configured: Configured): string[] => {
  if (given.length > 0) return given
  const fromEnv = process.env.RUNBOOK_INVENTORY
  if (fromEnv) return fromEnv.split(':').filter(path => path !== '')
  return inventorySetting(configured)
}

/** Those that are named, else the inventory that bears the playbook's name. */
const inventoriesFor = (playbook: string, given: string[], configured: Configured): string[] => {
  const named = namedInventories(given, configured)
  if (named.length > 0) return named
  return usualInventories(playbook)
    .filter(path => existsSync(path))
    .slice(0, 1)
}

/** Where the inventory of a playbook that names none is looked for. */
const usualInventories = (playbook: string): string[] => {
  const name = basename(playbook).replace(/\.[^.]*$/, '')
  return ['inventory', join(dirname(playbook), '..', 'inventory')].flatMap(folder =>
    ['yml', 'ini', 'json'].map(ending => join(folder, `${name}.${ending}`)),
  )
}

/** Which playbook is asked for, for which hosts and with which variables, and how these are reached. */
export type PlaybookOptions = ConnectionOptions &
  AskedPasswords & {
    inventory: string[]
    limit?: string
    tags: string[]
    skipTags?: string[]
    startAtTask?: string
    extraVars: string[]
    /** The playbook itself, where it is no file: then its name only stands for it. */
    written?: string
    /** Whether templates may run commands and fetch from web servers; they may unless it says no. */
    lookups?: boolean
    /** Whether handlers that earlier runs have left due are run; they are unless it says no. */
    pending?: boolean
    artifacts?: string
    lock?: string
    /** Whom tasks become where neither a keyword nor a variable says it. */
    become?: boolean
    becomeUser?: string
    becomeMethod?: string
  }

/** What reads the files that a playbook is put together from: loaded only for one that may have any. */
const composingFor = async (
  playbook: string,
  { written, extraVars }: PlaybookOptions,
  configured: Configured,
): Promise<Composing | undefined> => {
  const text = written ?? attempt(() => playbookText(playbook)).value
  if (text === undefined || !mayImport(text)) return undefined
  const { createComposing } = await import('../../load/composing.ts')
  return createComposing({ extra: attempt(() => parseExtra(extraVars)).value ?? {}, ...roleFolders(configured) })
}

const runOptions = ({ limit, tags, skipTags, forks }: PlaybookOptions): RunOptions => ({
  ...(limit === undefined ? {} : { limit }),
  ...(Number(forks) > 0 ? { forks: Number(forks) } : {}),
  tags,
  skipTags: skipTags ?? [],
})

/** What was read, and what has read the files that the playbook is put together from, where it may have any. */
type AskedPlaybook = ReturnType<typeof load> & { composing?: Composing }

/** The playbook, the inventories and the variables that are asked for, as they are written. */
export const readAsked = async (
  playbook: string,
  asked: PlaybookOptions,
  configured: Configured,
): Promise<AskedPlaybook> => {
  const composing = await composingFor(playbook, asked, configured)
  const user = loginUser(asked, configured)
  await readyInventory(asked.inventory)
  const result = load({
    playbook: asked.written === undefined ? playbook : { text: asked.written, file: playbook },
    ...(composing && { composing }),
    run: runOptions(asked),
    inventories: asked.inventory,
    looked: asked.written === undefined ? usualInventories(playbook).slice(0, 3) : [],
    extra: asked.extraVars,
    ...(user && { user }),
  })
  return { ...result, ...(composing && { composing }) }
}

/** The same, with what a playbook asks for before anything connects. */
export const loadAsked = async (
  playbook: string,
  asked: PlaybookOptions,
  configured: Configured,
  listener: Listener,
): Promise<AskedPlaybook> => {
  const result = await readAsked(playbook, asked, configured)
  if (!result.value?.playbook.plays.some(({ prompts }) => prompts)) return result
  const { askVariables } = await import('./ask-variables.ts')
  const value = await askVariables(result.value, listener)
  return { ...result, value, readable: value }
}

/** What is to be listed of a playbook, in place of planning it. */
export type Lists = Record<'syntaxCheck' | 'listHosts' | 'listTasks' | 'listTags', boolean | undefined>
export const asksForList = (lists: Lists): boolean => Object.values(lists).includes(true)

/** The hosts that --limit leaves; undefined without one, and where it cannot be read, which is told elsewhere. */
const limitedBy = ({ limit }: PlaybookOptions, { inventory }: Readable): ReadonlySet<string> | undefined => {
  if (limit === undefined || inventory === undefined) return undefined
  const { value } = attempt(() => selectHosts(inventory, limit))
  return value && new Set(value)
}

/** What part of the playbook is asked for. */
export const selectionOf = ({ limit, tags, skipTags, startAtTask }: PlaybookOptions): Selection => ({
  ...(limit === undefined ? {} : { limit }),
  tags,
  ...(skipTags === undefined ? {} : { skipTags }),
  ...(startAtTask === undefined ? {} : { startAt: startAtTask }),
})

/** What roles are used with and may not be. */
const specFaults = async (typed: Readable, isWhole: boolean): Promise<Failure[]> =>
  isWhole && typed.playbook.roles.length > 0
    ? (await import('../../load/argument-spec.ts')).argumentSpecFaults(typed as Loaded)
    : []

/** All that is wrong is told at once; what is wrong where hosts may not come to it only where something is to be mended anyway. */
const refuseAll = async (
  typed: Readable,
  modules: Record<string, AnyModule>,
  beforehand: Failure[],
  whereReached: Failure[],
): Promise<void> => {
  if (beforehand.length === 0) return
  const failures = [...beforehand, ...whereReached]
  // Planning tells of values; where it is not come to, they are tried here. Loaded only then.
  const { checkValues } = await import('./check-values.ts')
  throw new Refusal(...inFileOrder([...failures, ...checkValues(typed, modules, failures)], typed.playbook.file))
}

export type Prepared = {
  /** What was asked for, with what the environment says where the command line does not. */
  asked: PlaybookOptions
  /** What an ansible.cfg says. */
  configured: Configured
  known: Known
  controller: Controller
  /** Puts in place what templates have made and an apply needs. */
  beginApply(): void
  lock: ArtifactLock
  /** What reads the files that the playbook is put together from, where there are any. */
  composing?: Composing
  /** How each machine is reached; filled when machines are about to be. */
  targets: Record<string, Target>
  /** What is to be said of settings, and of the modules that were found. */
  warnings: string[]
}

/** Who is told secrets and news, and what ends a download. */
type Listener = Pick<Supply, 'emit' | 'signal'> & { secrets: SecretKeeper }

const inventoriesOf = (playbook: string, { written, inventory }: PlaybookOptions, configured: Configured): string[] => {
  if (written !== undefined) return namedInventories(inventory, configured)
  return existsSync(playbook) ? inventoriesFor(playbook, inventory, configured) : inventory
}

export const completed = (playbook: string, asked: PlaybookOptions, configured: Configured): PlaybookOptions => {
  const artifacts = asked.artifacts ?? process.env.RUNBOOK_ARTIFACTS
  const lock = asked.lock ?? process.env.RUNBOOK_LOCK
  return {
    ...asked,
    ...askSettings(asked, configured),
    inventory: inventoriesOf(playbook, asked, configured),
    ...(artifacts ? { artifacts } : {}),
    ...(lock ? { lock } : {}),
  }
}

/** What can be said against the files that tasks name, and against what templates read. */
const filesChecked = (readable: Readable, modules: Signatures, controller: Controller): Failure[] =>
  readable.playbook.plays.flatMap(play =>
    [...play.tasks, ...play.handlers].flatMap(task => {
      const missing = controller.missing(task)
      if (maySkip(task)) return missing
      const { value, failures } = attempt(() => controller.references(task))
      return [...missing, ...(failures ?? checkReferences(value, task, play, readable, modules))]
    }),
  )

/** What the template files of a task read; of one that cannot be read, in a task that may come to nothing, nothing is known. */
const readsOfFiles =
  ({ references }: Controller) =>
  (task: Task): Reference[] =>
    maySkip(task) ? (attempt(() => references(task)).value ?? []) : references(task)

/** Between two pieces of work that wait for nothing: a signal that has come meanwhile is heard, and ends them. */
const hear = async (signal: AbortSignal): Promise<void> => {
  await new Promise(setImmediate)
  signal.throwIfAborted()
}

/** Who answers the templates of a run. What a host is asked for is asked for it alone, and in a loop for its item. */
const asksOf =
  (folder: string, { lookups }: PlaybookOptions, answers: RunAnswers, secrets: SecretKeeper): Asks =>
  (host, item, folders) =>
    templateAnswers({
      answers,
      asker: JSON.stringify([host, item ? { value: item.value } : null]),
      folders: [...folders, folder].map(one => resolve(one)),
      programs: lookups === false ? 'refused' : 'allowed',
      keepSecret: secret => secrets.add(secret),
    })

/** Everything that can be done, and refused, without knowing how hosts are reached. */
export const prepare = async (
  playbook: string,
  options: PlaybookOptions,
  { secrets, emit, signal }: Listener,
): Promise<Prepared> => {
  if (isPlanFile(playbook))
    refuse('usage-file', `${playbook} is a saved plan, no playbook.`, {
      fix: `\`runbook plan show ${playbook}\` shows it, \`runbook apply ${playbook}\` does it.`,
    })
  const { configured, ...settings } = await readAnsibleSettings()
  const asked = completed(playbook, options, configured)
  const vaultWarnings = await readyVaults(asked, configured, { secrets, signal })
  const result = await loadAsked(playbook, asked, configured, { secrets, emit, signal })
  await hear(signal)
  const { readable, composing } = result
  if (!readable) throw new Refusal(...(result.failures ?? []))
  // Known before anything is refused: a refusal shows the line it is about.
  for (const value of writtenSecrets(readable)) secrets.add(value)
  const found = await loadModules(readable.playbook)
  const { warnings } = found
  const modules = withStandIns(found, readable.playbook)
  const answers = noAnswers()
  const typed = { ...applySchemas(readable, modules), asks: asksOf(readable.playbook.folder, asked, answers, secrets) }
  const { folder } = typed.playbook
  // The lock belongs to the playbook, and like it into version control.
  const lock = createArtifactLock(asked.lock ?? join(folder, 'artifacts.lock'))
  const controller = createController(folder, { lock, artifacts: asked.artifacts, emit, signal })
  await hear(signal)
  await controller.ready(typed.playbook.plays.flatMap(play => [...play.tasks, ...play.handlers]))
  const said = checkAll(typed, found.modules, found.names, limitedBy(asked, typed))
  const others = [...(result.failures ?? []), ...found.failures, ...filesChecked(typed, modules, controller)]
  await refuseAll(
    typed,
    modules,
    [...others, ...said.now, ...(await specFaults(typed, !result.failures))],
    said.reached,
  )
  await hear(signal)
  const loaded = typed as Loaded
  const selection = selectionOf(asked)
  const isCollective = (name: string): boolean => modules[name]!.collective === true
  const graph = expand(loaded, selection, isCollective, readsOfFiles(controller), becomeDefaults(asked, configured))
  await hear(signal)
  const targets: Record<string, Target> = {}
  for (const { become } of graph.nodes)
    for (const { password } of become.values()) if (password !== undefined) secrets.add(password)
  const identity = identityOn(targets)
  const known = createKnown({
    ...{ graph, loaded, modules, identity, secrets },
    render: controller.render,
    place: controller.place,
  })
  if (hasSealedText()) {
    // Loaded only where there is a value that is a vault.
    const locked = (await import('./locked-values.ts')).lockedValues(known)
    if (locked.length > 0) throw new Refusal(...locked)
  }
  return {
    asked,
    configured,
    known,
    controller,
    ...(composing && { composing }),
    beginApply: () => writePasswords(answers),
    lock,
    targets,
    warnings: [...settings.warnings, ...vaultWarnings, ...typed.playbook.warnings, ...warnings],
  }
}
