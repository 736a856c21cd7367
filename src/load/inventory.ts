import { accessSync, constants, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, extname, join, resolve } from 'node:path'
import { filesBelow, kindOfPath, readBeginning, readText, textIfReadable } from '../core/controller-file.ts'
import { attempt, type Origin, Refusal, refuse } from '../core/failure.ts'
import { isNumericAddress } from './host-range.ts'
import type { ConstructedWith, readConstructed } from './inventory-constructed.ts'
import {
  addThisMachine,
  depths,
  draftHosts,
  emptyInventory,
  type InventoryDraft,
  membersOf,
  rankedGroups,
  reconcile,
  type Vars,
  withoutUngrouped,
} from './inventory-draft.ts'
import { readIniInventory } from './inventory-ini.ts'
import type { readScriptInventory } from './inventory-script.ts'
import { parseYamlInventory, readYamlInventory } from './inventory-yaml.ts'
import { type Located, locatedAt } from './located.ts'
import { createVarsBeside, type VarsBeside } from './vars-files.ts'
import { collect, type Problems } from './yaml-fields.ts'

/** Hosts, groups and variables, from all sources. Hosts are in the order of their first mention. */
export type Inventory = {
  hosts: string[]
  /** The hosts of each group: its own, then those of the groups in it, as Ansible lists them. */
  groups: Record<string, string[]>
  /** Per host, merged: with `inventory_hostname`, `ansible_host`, `ansible_user` and `group_names`. */
  vars: Record<string, Vars>
  /** The one of `hosts` that no source has: in no group, not even in `all`, and in no pattern but by its name. */
  implicit?: string
  warnings: string[]
}

/** What Ansible skips in a folder of inventories. Source: ansible lib/ansible/config/base.yml, INVENTORY_IGNORE_EXTS. */
const skipped = ['.pyc', '.pyo', '.swp', '.bak', '~', '.rpm', '.md', '.txt', '.rst', '.orig', '.cfg', '.retry']
const varsFolders = ['group_vars', 'host_vars']
const isSource = (name: string): boolean =>
  !name.startsWith('.') && ![...varsFolders, 'vars_plugins'].includes(name) && !skipped.some(end => name.endsWith(end))

/** `-i a,b,` is a list of hosts, unless a file is called so. */
const isHostList = (source: string): boolean => source.includes(',') && kindOfPath(source) === 'nothing'

const filesOf = (path: string): string[] =>
  kindOfPath(path) === 'folder' ? filesBelow(path, 'inventory-missing', isSource) : [path]

/** Whether a text is INI at first sight: a section, or a first line that begins no mapping. */
const looksLikeIni = (text: string): boolean => {
  const first = text.split('\n').find(line => !/^\s*([#;]|---|$)/.test(line)) ?? ''
  return /^\s*\[/.test(first) || !/^\s*[{?%!&]|:(\s|$)/.test(first)
}

/** YAML, else INI. What is neither is told as what it looks like, by its name or at first sight. */
const readEither = (draft: InventoryDraft, text: string, file: string, given: ConstructedWith): void => {
  const isIni = extname(file) === '' && looksLikeIni(text)
  const document = isIni ? undefined : attempt(() => parseYamlInventory(text, file))
  if (document?.value) readDocument(draft, document.value, given)
  else if (document && attempt(() => readIniInventory(emptyInventory(), text, file)).failures)
    throw new Refusal(...document.failures)
  else readIniInventory(draft, text, file)
}

/**
 * Whether a file is a program: it may be run, and begins as one. A list of hosts that may be run by accident, as on disks that
 * know no modes, is read.
 */
const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    // Whoever is root may run what nobody may.
    if ((statSync(path).mode & 0o111) === 0) return false
  } catch {
    return false
  }
  const beginning = readBeginning(path, 4).toString('latin1')
  return beginning.startsWith('#!') || beginning === '\x7fELF'
}

/** Files that may say which plugin makes an inventory. */
const mayNamePlugin = (file: string): boolean => ['.yml', '.yaml'].includes(extname(file))

/** What few inventories need is loaded where one does: it takes a part of every start. */
const readers: { script?: typeof readScriptInventory; constructed?: typeof readConstructed } = {}

/** To be waited for before these sources are read: loads what reads those that are programs, or hold expressions. */
export const readyInventory = async (paths: string[]): Promise<void> => {
  const files = paths.flatMap(path => (isHostList(path) || kindOfPath(path) === 'nothing' ? [] : filesOf(path)))
  if (files.some(isProgram)) readers.script = (await import('./inventory-script.ts')).readScriptInventory
  const namesPlugin = (file: string): boolean =>
    mayNamePlugin(file) && /^\s*[{"']*plugin["']?\s*:/m.test(textIfReadable(file) ?? '')
  if (files.some(namesPlugin)) readers.constructed = (await import('./inventory-constructed.ts')).readConstructed
}

const CONSTRUCTED = ['constructed', 'ansible.builtin.constructed']

const readDocument = (draft: InventoryDraft, document: Located, given: ConstructedWith): void => {
  const { plugin } = document.value as { plugin?: unknown }
  if (readers.constructed && mayNamePlugin(document.origin.file) && CONSTRUCTED.includes(String(plugin)))
    readers.constructed(draft, document, given)
  else if (plugin)
    refuse('inventory-shape', `The inventory plugin "${String(plugin)}" is not supported.`, {
      origin: document.at('/plugin'),
      fix: 'Keep what it makes in a file: `ansible-inventory -i THIS --list --yaml --export >hosts.yml`.',
    })
  else readYamlInventory(draft, document)
}

const readPlainFile = (draft: InventoryDraft, file: string, given: ConstructedWith): void => {
  const extension = extname(file)
  if (extension === '.toml')
    refuse('inventory-shape', `The inventory ${file} is TOML, which is not read.`, {
      fix: `Write it as YAML: \`ansible-inventory -i ${file} --list --yaml --export >hosts.yml\`.`,
    })
  const text = readText(file, 'inventory', 'inventory-missing')
  if (text.startsWith('#!'))
    refuse('inventory-shape', `The inventory ${file} begins as a program, and may not be run.`, {
      fix: `If it is a script that prints an inventory: chmod +x ${file}`,
      origin: { file, line: 1, column: 1 },
    })
  if (['', '.yml', '.yaml', '.json'].includes(extension)) readEither(draft, text, file, given)
  else readIniInventory(draft, text, file)
}

const readFile = (draft: InventoryDraft, file: string, given: ConstructedWith): void => {
  draft.source = resolve(file)
  if (readers.script && isProgram(file)) readers.script(draft, file)
  else readPlainFile(draft, file, given)
  draft.processed.push(file)
}

const readHostList = (draft: InventoryDraft, list: string): void => {
  const origin: Origin = { file: '-i', line: 1, column: 1 }
  draft.source = list
  const ungrouped = draft.groups.get('ungrouped')!
  for (const name of list.split(',')) if (name.trim()) draftHosts(draft, ungrouped, name.trim(), origin, {})
}

const readSource = (draft: InventoryDraft, source: string, given: ConstructedWith, problems: Problems): void => {
  if (kindOfPath(source) === 'nothing')
    refuse('inventory-missing', `There is no inventory ${source}.`, { fix: 'Name one with -i FILE.' })
  const files = filesOf(source)
  if (files.length === 0) refuse('inventory-missing', `The folder ${source} holds no inventory.`)
  for (const file of files) collect(problems, () => readFile(draft, file, given))
}

const allBelow = (folder: string): string[] =>
  kindOfPath(folder) === 'folder' ? filesBelow(folder, 'inventory-missing') : []

/** The folders that variables lie beside sources in. Where two sources share one, the later place counts. */
const foldersOf = (sources: string[]): string[] => {
  const folders = sources
    .filter(source => !isHostList(source))
    .map(source => (kindOfPath(source) === 'folder' ? source : dirname(source)))
  return folders.filter((folder, at) => folders.lastIndexOf(folder) === at)
}

/** Every file that inventories are, or may be, read from: the sources, and all variables beside them and the playbook. */
export const inventoryFiles = (sources: string[], playbookFolder?: string): string[] => {
  const paths = sources.filter(source => !isHostList(source) && kindOfPath(source) !== 'nothing')
  const folders = [...new Set([...foldersOf(paths), ...(playbookFolder === undefined ? [] : [playbookFolder])])]
  return [...paths.flatMap(filesOf), ...folders.flatMap(at => varsFolders.flatMap(name => allBelow(join(at, name))))]
}

/** Where a login user comes from that no variable names. Known by being this very place. */
export const noVariable: Origin = { file: 'inventory', line: 1, column: 1 }

/** The groups of each host, as they are ranked. */
const groupsByHost = (ranked: string[], members: Map<string, string[]>): Map<string, string[]> => {
  const found = new Map<string, string[]>()
  for (const name of ranked)
    for (const host of members.get(name)!) {
      const groups = found.get(host)
      if (groups) groups.push(name)
      else found.set(host, [name])
    }
  return found
}

/** Where variables of groups and hosts lie in files of their own: beside the sources, and beside the playbook. */
type Folders = { sources: string[]; playbook: string[] }

/** An inventory as its sources say it, before it is told what every host has. */
export type WrittenInventory = {
  draft: InventoryDraft
  /** All hosts of each group. */
  members: Map<string, string[]>
  /** The groups of each host, general ones first. */
  groupsOf: Map<string, string[]>
  folders: Folders
  beside: VarsBeside
  implicit?: string
}

/** The variables of a host that sources and files say, low to high as in Ansible. */
export const writtenVars = ({ draft, groupsOf, folders, beside }: WrittenInventory, host: string): Vars => {
  const groups = groupsOf.get(host) ?? []
  const named = groups.filter(name => name !== 'all')
  const layers = [
    ...groups.map(name => draft.groups.get(name)!.vars),
    ...beside('group_vars', folders.sources, ['all']),
    ...beside('group_vars', folders.playbook, ['all']),
    ...beside('group_vars', folders.sources, named),
    ...beside('group_vars', folders.playbook, named),
    draft.hosts.get(host)!.vars,
    ...beside('host_vars', folders.sources, [host]),
    ...beside('host_vars', folders.playbook, [host]),
  ]
  return Object.assign({}, ...layers)
}

/** What every host has, beside what is written of it. What hosts share is there once: there may be thousands. */
const ownVars = ({ draft, groupsOf }: WrittenInventory, user: string) => {
  const login = locatedAt(user, noVariable)
  return (host: string, written: Vars): Vars => {
    const { origin, source } = draft.hosts.get(host)!
    const named = (groupsOf.get(host) ?? []).filter(name => name !== 'all')
    const itself = locatedAt(host, origin)
    const short = isNumericAddress(host) ? host : host.split('.')[0]
    return {
      ansible_host: itself,
      ansible_user: written.ansible_ssh_user ?? login,
      ...written,
      inventory_hostname: itself,
      inventory_hostname_short: short === host ? itself : locatedAt(short, origin),
      inventory_file: locatedAt(source ?? null, origin),
      inventory_dir: locatedAt(source === undefined ? null : dirname(source), origin),
      group_names: locatedAt(named.toSorted(), origin),
    }
  }
}

/** What the machine that runbook runs on is called by plays; the folder of the playbook, with variables beside it; extra variables. */
type Surroundings = { thisMachine?: string | undefined; playbookFolder?: string | undefined; extra?: Vars | undefined }

/** Reads every source and puts them together. What is wrong joins `problems`. */
export const readInventory = (
  paths: string[],
  { thisMachine, playbookFolder, extra = {} }: Surroundings,
  problems: Problems,
): WrittenInventory => {
  const draft = emptyInventory()
  const beside = createVarsBeside(problems)
  const given = { extra, beside }
  for (const path of paths)
    collect(problems, () => (isHostList(path) ? readHostList(draft, path) : readSource(draft, path, given, problems)))
  const { order, left } = reconcile(draft)
  const ranked = rankedGroups(draft, depths(draft, order))
  const members = membersOf(draft)
  const groupsOf = groupsByHost(ranked, members)
  for (const host of left) groupsOf.set(host, withoutUngrouped(draft, groupsOf.get(host) ?? ['all']))
  const implicit = addThisMachine(draft, thisMachine)
  if (implicit !== undefined) groupsOf.set(implicit, ['all'])
  for (const host of draft.hosts.keys())
    if (draft.groups.has(host)) draft.warnings.add(`"${host}" is the name of a host and of a group.`)
  return {
    draft,
    members,
    groupsOf,
    folders: { sources: foldersOf(paths), playbook: playbookFolder === undefined ? [] : [playbookFolder] },
    beside,
    ...(implicit === undefined ? {} : { implicit }),
  }
}

/**
 * Loads the inventory from every `-i`, in order; where two say something of the same variable the later one wins within
 * its level. Levels, low to high, as in Ansible (lib/ansible/config/base.yml, VARIABLE_PRECEDENCE): group variables
 * written in the sources (`all`, then deeper groups), group_vars/all beside the sources, then beside the playbook,
 * group_vars/* of both, host variables written in the sources, host_vars/* of both. A value replaces another as a whole.
 * `user` is the login user of hosts whose variables name none, `thisMachine` what plays call the machine that runbook runs on.
 *
 * Throws a Refusal: `inventory-missing`, `inventory-yaml`, `inventory-shape`, `inventory-variable`.
 */
export const loadInventory = (
  paths: string[],
  { user = userInfo().username, ...around }: { user?: string } & Surroundings = {},
): Inventory => {
  if (paths.length === 0 && around.thisMachine === undefined)
    refuse('inventory-missing', 'No inventory was named.', { fix: 'Name one with -i FILE.' })
  const problems: Problems = []
  const inventory = readInventory(paths, around, problems)
  const { draft, members, implicit } = inventory
  const listed = [...draft.hosts.keys()]
  const hosts = implicit === undefined ? listed : [implicit, ...listed.filter(host => host !== implicit)]
  const own = ownVars(inventory, user)
  const vars = Object.fromEntries(hosts.map(host => [host, own(host, writtenVars(inventory, host))]))
  if (problems.length > 0) throw new Refusal(...problems)
  return {
    hosts,
    groups: Object.fromEntries(members),
    vars,
    ...(implicit === undefined ? {} : { implicit }),
    warnings: [...draft.warnings],
  }
}
