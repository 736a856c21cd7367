import { userInfo } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { filesBelow, kindOfPath, namesInFolder, readText } from '../core/controller-file.ts'
import { type Origin, Refusal, refuse } from '../core/failure.ts'
import {
  addThisMachine,
  depths,
  draftGroup,
  draftHosts,
  emptyInventory,
  type InventoryDraft,
  membersOf,
  reconcile,
  type Vars,
} from './inventory-draft.ts'
import { readIniInventory } from './inventory-ini.ts'
import { readYamlInventory } from './inventory-yaml.ts'
import { locatedAt } from './located.ts'
import { varsBeside, varsExtensions } from './vars-files.ts'
import { collect, type Problems } from './yaml-fields.ts'

/** Hosts, groups and variables, from all sources. Every list of hosts is in the order of their first mention. */
export type Inventory = {
  hosts: string[]
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

const filesOf = (path: string): string[] =>
  kindOfPath(path) === 'folder' ? filesBelow(path, 'inventory-missing', isSource) : [path]

/** Whether a file without an extension is INI: a section, or a first line that is no `key:`. */
const looksLikeIni = (text: string): boolean => {
  const first = text.split('\n').find(line => !/^\s*([#;]|---|$)/.test(line)) ?? ''
  return /^\s*\[/.test(first) || !/:(\s|$)/.test(first)
}

const readFile = (draft: InventoryDraft, file: string): void => {
  const text = readText(file, 'inventory', 'inventory-missing')
  const extension = extname(file)
  if (extension === '.ini' || (!['.yml', '.yaml', '.json'].includes(extension) && text.trim() && looksLikeIni(text))) {
    readIniInventory(draft, text, file)
  } else readYamlInventory(draft, text, file)
}

/** `-i a,b,` is a list of hosts, unless a file is called so. */
const isHostList = (source: string): boolean => source.includes(',') && kindOfPath(source) === 'nothing'

const readSource = (draft: InventoryDraft, source: string): void => {
  if (isHostList(source)) {
    const origin: Origin = { file: '-i', line: 1, column: 1 }
    const group = draftGroup(draft, 'ungrouped', origin)
    for (const name of source.split(',')) if (name.trim()) draftHosts(draft, group, name.trim(), origin, {})
    return
  }
  if (kindOfPath(source) === 'nothing')
    refuse('inventory-missing', `There is no inventory ${source}.`, { fix: 'Name one with -i FILE.' })
  const files = filesOf(source)
  if (files.length === 0) refuse('inventory-missing', `The folder ${source} holds no inventory.`)
  for (const file of files) readFile(draft, file)
}

const allBelow = (folder: string): string[] =>
  kindOfPath(folder) === 'folder' ? filesBelow(folder, 'inventory-missing') : []

/** Every file that inventories are, or may be, read from: the sources, and all variables beside them. */
export const inventoryFiles = (sources: string[]): string[] => {
  const paths = sources.filter(source => !isHostList(source) && kindOfPath(source) !== 'nothing')
  const folders = [...new Set(paths.map(path => (kindOfPath(path) === 'folder' ? path : dirname(path))))]
  return [...paths.flatMap(filesOf), ...folders.flatMap(at => varsFolders.flatMap(name => allBelow(join(at, name))))]
}

/** Where a login user comes from that no variable names. Known by being this very place. */
export const noVariable: Origin = { file: 'inventory', line: 1, column: 1 }

/** Low to high: general groups first, deeper ones over them, equals by name. */
const rankedGroups = (draft: InventoryDraft, order: string[]): string[] => {
  const depth = depths(draft, order)
  return [...draft.groups.keys()].sort((a, b) => depth.get(a)! - depth.get(b)! || (a < b ? -1 : 1))
}

/** Reads the files beside the sources once per group or host. */
const besideReader = (sources: string[], problems: Problems) => {
  const folders = sources
    .filter(source => !isHostList(source))
    .map(source => (kindOfPath(source) === 'folder' ? source : dirname(source)))
  const known = new Map<string, Vars>()
  // Most inventories have no such folder, and most hosts no file in it: one look for all of them.
  const listings = new Map<string, Set<string>>()
  const isThere = (folder: string, kind: string, name: string): boolean => {
    const path = join(folder, kind)
    const names =
      listings.get(path) ?? new Set(kindOfPath(path) === 'folder' ? namesInFolder(path, 'inventory-missing') : [])
    listings.set(path, names)
    return varsExtensions.some(extension => names.has(name + extension))
  }
  return (kind: 'group_vars' | 'host_vars', names: string[]): Vars[] =>
    [...new Set(folders)].flatMap(folder =>
      names.map(name => {
        const key = join(folder, kind, name)
        const vars =
          known.get(key) ??
          (isThere(folder, kind, name) ? collect(problems, () => varsBeside(folder, kind, name)) : undefined) ??
          {}
        known.set(key, vars)
        return vars
      }),
    )
}

/** The groups of each host, as they are ranked. */
const groupsByHost = (
  ranked: string[],
  members: Map<string, Set<string>>,
  implicit: string | undefined,
): Map<string, string[]> => {
  const found = new Map<string, string[]>(implicit === undefined ? [] : [[implicit, ['all']]])
  for (const name of ranked)
    for (const host of members.get(name)!) {
      const groups = found.get(host)
      if (groups) groups.push(name)
      else found.set(host, [name])
    }
  return found
}

/** The variables of each host. `groupsOf` are the groups of each. */
const hostVars = (
  draft: InventoryDraft,
  groupsOf: Map<string, string[]>,
  paths: string[],
  user: string,
  problems: Problems,
): ((host: string) => Vars) => {
  const beside = besideReader(paths, problems)
  return (host: string): Vars => {
    const groups = groupsOf.get(host) ?? []
    const named = groups.filter(name => name !== 'all')
    const own = draft.hosts.get(host)!
    const layers: Vars[] = [
      ...groups.map(name => draft.groups.get(name)!.vars),
      ...beside('group_vars', ['all']),
      ...beside('group_vars', named),
      own.vars,
      ...beside('host_vars', [host]),
    ]
    const vars: Vars = Object.assign({}, ...layers)
    return {
      ansible_host: locatedAt(host, own.origin),
      ansible_user: vars.ansible_ssh_user ?? locatedAt(user, noVariable),
      ...vars,
      inventory_hostname: locatedAt(host, own.origin),
      group_names: locatedAt(named.toSorted(), own.origin),
    }
  }
}

/**
 * Loads the inventory from every `-i`, in order; where two say something of the same variable the later one wins within
 * its level. Levels, low to high, as in Ansible (lib/ansible/config/base.yml, VARIABLE_PRECEDENCE): group variables
 * written in the sources (`all`, then deeper groups), group_vars/all, group_vars/*, host variables written in the
 * sources, host_vars/*. A value replaces another as a whole. `user` is the login user of hosts whose variables name none,
 * `thisMachine` what plays call the machine that runbook runs on.
 *
 * Throws a Refusal: `inventory-missing`, `inventory-yaml`, `inventory-shape`, `inventory-variable`.
 */
export const loadInventory = (
  paths: string[],
  { user = userInfo().username, thisMachine }: { user?: string; thisMachine?: string } = {},
): Inventory => {
  if (paths.length === 0 && thisMachine === undefined)
    refuse('inventory-missing', 'No inventory was named.', { fix: 'Name one with -i FILE.' })
  const draft = emptyInventory()
  const problems: Problems = []
  for (const path of paths) collect(problems, () => readSource(draft, path))
  const order = reconcile(draft)
  const listed = [...draft.hosts.keys()]
  const implicit = addThisMachine(draft, thisMachine)
  const hosts = implicit === undefined ? listed : [implicit, ...listed]
  const ranked = rankedGroups(draft, order)
  const members = membersOf(draft, order)
  members.set('all', new Set(listed))
  const varsOf = hostVars(draft, groupsByHost(ranked, members, implicit), paths, user, problems)
  const vars = Object.fromEntries(hosts.map(host => [host, varsOf(host)]))
  if (problems.length > 0) throw new Refusal(...problems)
  const positions = new Map(hosts.map((host, i) => [host, i]))
  const inOrder = (some: Set<string>): string[] => [...some].sort((a, b) => positions.get(a)! - positions.get(b)!)
  return {
    hosts,
    groups: Object.fromEntries([...members].map(([name, inside]) => [name, inOrder(inside)])),
    vars,
    ...(implicit === undefined ? {} : { implicit }),
    warnings: hosts
      .filter(host => draft.groups.has(host))
      .map(host => `"${host}" is the name of a host and of a group.`),
  }
}
