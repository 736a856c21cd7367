import { type Origin, refuse } from '../core/failure.ts'
import { expandHosts, MOST_HOSTS } from './host-range.ts'
import { type Located, locatedAt } from './located.ts'

export type Vars = Record<string, Located>
export type GroupDraft = { hosts: Set<string>; children: Set<string>; vars: Vars; priority: number; origin: Origin }
export type HostDraft = { vars: Vars; origin: Origin; source: string | undefined }

/**
 * An inventory that its sources are being read into, one by one. Hosts and groups are in the order of their first mention; `all` and
 * `ungrouped` are always there. `source`: the one that is being read.
 */
export type InventoryDraft = {
  hosts: Map<string, HostDraft>
  groups: Map<string, GroupDraft>
  warnings: Set<string>
  /** The files that were read, in that order. */
  processed: string[]
  source?: string
}

const emptyGroup = (origin: Origin): GroupDraft => ({
  hosts: new Set(),
  children: new Set(),
  vars: {},
  priority: 1,
  origin,
})

export const emptyInventory = (): InventoryDraft => {
  const nowhere: Origin = { file: 'inventory', line: 1, column: 1 }
  const all = { ...emptyGroup(nowhere), children: new Set(['ungrouped']) }
  const groups = new Map([
    ['all', all],
    ['ungrouped', emptyGroup(nowhere)],
  ])
  return { hosts: new Map(), groups, warnings: new Set(), processed: [] }
}

export const draftGroup = (draft: InventoryDraft, name: string, origin: Origin): GroupDraft => {
  const known = draft.groups.get(name)
  if (known) return known
  const made = emptyGroup(origin)
  draft.groups.set(name, made)
  return made
}

const placeOf = ({ file, line }: Origin): string => `${file}:${line}`

/** A name that no expression can read is kept, as Ansible does. */
const warnOfName = ({ warnings }: InventoryDraft, name: string, origin: Origin): void => {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return
  if (name === '') refuse('inventory-variable', 'A variable has no name.', { origin })
  warnings.add(
    `"${name}" is no name of a variable (${placeOf(origin)}): letters, digits and _ only, and no digit first; expressions cannot read it`,
  )
}

/** What comes first when groups of one depth say something of the same variable is their priority, and no variable. */
const setPriority = (group: GroupDraft, { value, origin }: Located): void => {
  const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' && typeof number !== 'boolean')
    refuse('inventory-variable', 'ansible_group_priority must be a whole number.', { origin })
  group.priority = Math.trunc(Number(number))
}

/** Sets variables of a group, over those that it has. */
export const draftGroupVars = (draft: InventoryDraft, group: GroupDraft, vars: Vars): void => {
  for (const [name, value] of Object.entries(vars)) {
    warnOfName(draft, name, value.origin)
    if (name === 'ansible_group_priority') setPriority(group, value)
    else group.vars[name] = value
  }
}

const notInNames =
  'The name is part of those of tasks (host/task) and of files (host_vars/host): no blank, slash or control.'
const addressApart = 'Choose a plain name, and set ansible_host where the address is another one.'

/** Adds one host to a group. A port counts where the host is new. */
export const draftHost = (
  draft: InventoryDraft,
  group: GroupDraft,
  name: string,
  origin: Origin,
  port?: number,
): void => {
  if (name === '' || /[\s/\x00-\x1f\x7f-\x9f]/.test(name))
    refuse('inventory-shape', `"${name}" cannot name a host.`, { origin, why: notInNames, fix: addressApart })
  if (!draft.hosts.has(name)) {
    const vars: Vars = port ? { ansible_port: locatedAt(port, origin) } : {}
    draft.hosts.set(name, { vars, origin, source: draft.source })
  }
  group.hosts.add(name)
  if (draft.hosts.size > MOST_HOSTS)
    refuse('inventory-shape', `The inventory has more than ${MOST_HOSTS} hosts.`, { origin })
}

/**
 * Sets variables of a host, over those that it has. Where a group bears its name they become the group's, as in Ansible:
 * lib/ansible/inventory/data.py, `set_variable`.
 */
export const draftHostVars = (draft: InventoryDraft, name: string, vars: Vars): void => {
  const group = draft.groups.get(name)
  if (group) draftGroupVars(draft, group, vars)
  else {
    for (const [key, value] of Object.entries(vars)) warnOfName(draft, key, value.origin)
    Object.assign(draft.hosts.get(name)!.vars, vars)
  }
}

/** Adds the hosts of one written name (which may hold a range) to a group. */
export const draftHosts = (
  draft: InventoryDraft,
  group: GroupDraft,
  written: string,
  origin: Origin,
  vars: Vars,
): void => {
  const { names, port } = expandHosts(written, origin)
  for (const name of names) {
    draftHost(draft, group, name, origin, port)
    draftHostVars(draft, name, vars)
  }
}

/** So many groups may lie in one another. */
const DEEPEST_GROUPS = 100

/**
 * The groups, each behind all that lie in it. Without recursion, and each is come to once: groups can be made that lie in one
 * another in more ways than anybody could count.
 *
 * Throws a Refusal `inventory-shape` where groups contain each other.
 */
const insideOut = (draft: InventoryDraft): string[] => {
  const state = new Map<string, 'open' | 'done'>()
  const order: string[] = []
  for (const root of draft.groups.keys()) {
    const path = [{ name: root, rest: draft.groups.get(root)!.children.values() }]
    if (state.has(root)) continue
    state.set(root, 'open')
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const { value: child } = at.rest.next()
      if (child === undefined) {
        state.set(at.name, 'done')
        order.push(at.name)
        path.pop()
      } else if (state.get(child) === 'open') refuseCycle(draft, [...path.map(one => one.name), child])
      else if (!state.has(child)) {
        state.set(child, 'open')
        path.push({ name: child, rest: (draft.groups.get(child)?.children ?? new Set<string>()).values() })
      }
    }
  }
  return order
}

const refuseCycle = (draft: InventoryDraft, path: string[]): never => {
  const cycle = path.slice(path.indexOf(path.at(-1)!))
  const shown = cycle.length > 20 ? [...cycle.slice(0, 19), '…', cycle.at(-1)] : cycle
  // `all` has no place: it is there by itself.
  const { origin } = draft.groups.get(cycle.find(name => name !== 'all') ?? 'all')!
  return refuse('inventory-shape', 'Groups of the inventory contain each other.', { why: shown.join(' -> '), origin })
}

/**
 * Hosts of `ungrouped` that lie in another group too leave it; those that lie in none come to it, or the group that bears the
 * name of one. Returns those that have left, where that may say more than which groups they lie in.
 */
const settleUngrouped = ({ groups, hosts }: InventoryDraft): Set<string> => {
  const ungrouped = groups.get('ungrouped')!
  // Where `ungrouped` lies in a group that is somebody's own, so do its hosts.
  const isNested = [...groups].some(([name, { children }]) => name !== 'all' && children.has('ungrouped'))
  const grouped = new Set<string>()
  for (const [name, group] of groups)
    if (name !== 'all' && name !== 'ungrouped') for (const host of group.hosts) grouped.add(host)
  const left = new Set([...ungrouped.hosts].filter(host => isNested || grouped.has(host)))
  for (const host of hosts.keys()) {
    if (left.has(host)) ungrouped.hosts.delete(host)
    else if (!grouped.has(host) && !ungrouped.hosts.has(host))
      ungrouped[groups.has(host) ? 'children' : 'hosts'].add(host)
  }
  return isNested || ungrouped.children.size > 0 ? left : new Set()
}

/** Says of a group in which others it lies, by any way. */
export const groupsAbove = ({ groups }: InventoryDraft): ((name: string) => Set<string>) => {
  const parents = new Map<string, string[]>()
  for (const [name, { children }] of groups)
    for (const child of children) parents.set(child, [...(parents.get(child) ?? []), name])
  const collected = (name: string, found: Set<string>): Set<string> => {
    for (const parent of parents.get(name) ?? []) if (!found.has(parent)) collected(parent, found.add(parent))
    return found
  }
  return name => collected(name, new Set())
}

/**
 * The groups of a host that has left `ungrouped`: without it, and without those that it was in by that group alone, as Ansible
 * counts it (lib/ansible/inventory/host.py, `remove_group`).
 */
export const withoutUngrouped = (draft: InventoryDraft, ofHost: string[]): string[] => {
  const above = groupsAbove(draft)
  const rest = new Set([...ofHost, 'ungrouped', ...above('ungrouped')])
  const leave = (name: string): void => {
    if (!rest.delete(name)) return
    for (const parent of above(name))
      if (parent !== 'all' && ![...rest].some(one => above(one).has(parent))) leave(parent)
  }
  leave('ungrouped')
  return ofHost.filter(name => rest.has(name))
}

/**
 * Gives groups and hosts the parents that Ansible gives them: a group without a parent is a child of `all`, a host without a group is in
 * `ungrouped`. Source: ansible lib/ansible/inventory/data.py, `reconcile_inventory`. Returns the groups, each behind all that lie in it,
 * and hosts that have left `ungrouped`: see `withoutUngrouped`.
 *
 * Throws a Refusal `inventory-shape` where groups contain each other, or too many lie in one another.
 */
export const reconcile = (draft: InventoryDraft): { order: string[]; left: Set<string> } => {
  const all = draft.groups.get('all')!
  const parented = new Set([...draft.groups.values()].flatMap(group => [...group.children]))
  for (const name of draft.groups.keys()) if (name !== 'all' && !parented.has(name)) all.children.add(name)
  const left = settleUngrouped(draft)
  return { order: insideOut(draft), left }
}

/** A group and all that lie in it: level by level, each level in the order of the one above it. */
const levelsBelow = ({ groups }: InventoryDraft, name: string): Set<string> => {
  const ordered = new Set([name])
  let level = [name]
  while (level.length > 0) {
    const below = level.flatMap(one => [...groups.get(one)!.children])
    level = [...new Set(below)].filter(one => !ordered.has(one))
    for (const one of level) ordered.add(one)
  }
  return ordered
}

/**
 * All hosts of each group: its own, then those of the groups in it, level by level. Source of the order: ansible
 * lib/ansible/inventory/group.py, `_get_hosts`, which leaves the order of groups in groups of one level to chance.
 */
export const membersOf = (draft: InventoryDraft): Map<string, string[]> =>
  new Map(
    [...draft.groups.keys()].map(name => {
      const hosts = new Set<string>()
      for (const below of levelsBelow(draft, name)) for (const host of draft.groups.get(below)!.hosts) hosts.add(host)
      return [name, [...hosts]]
    }),
  )

/**
 * The length of the longest way from a group without a parent (in the end, from `all`) to every group: deeper groups are more
 * specific and win. `order` has each behind all that lie in it.
 *
 * Throws a Refusal `inventory-shape` where that is longer than anybody means.
 */
export const depths = (draft: InventoryDraft, order = insideOut(draft)): Map<string, number> => {
  const found = new Map<string, number>()
  for (const name of order.toReversed()) {
    const depth = found.get(name) ?? 0
    found.set(name, depth)
    const { children, origin } = draft.groups.get(name)!
    if (depth > DEEPEST_GROUPS)
      refuse('inventory-shape', `The group "${name}" lies in more than ${DEEPEST_GROUPS} others.`, { origin })
    for (const child of children) found.set(child, Math.max(found.get(child) ?? 0, depth + 1))
  }
  return found
}

/** By code points, as Python sorts; names are few and mostly differ early. */
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Groups low to high: general ones first, deeper ones over them, of one depth by their priority, then by name. */
export const rankedGroups = ({ groups }: InventoryDraft, depth: Map<string, number>): string[] =>
  [...groups.keys()].sort(
    (a, b) => depth.get(a)! - depth.get(b)! || groups.get(a)!.priority - groups.get(b)!.priority || byName(a, b),
  )

/** What people call the machine that runbook runs on. Source of the names: ansible lib/ansible/constants.py, LOCALHOST. */
const THIS_MACHINE = ['localhost', '127.0.0.1', '::1']
export const namesThisMachine = (name: string): boolean => THIS_MACHINE.includes(name)

/**
 * Adds the machine that runbook runs on, where plays call it by a name that is none of the inventory's, as Ansible does: it
 * is reached without ssh, and has the variables of all hosts and its own.
 */
export const addThisMachine = (draft: InventoryDraft, name: string | undefined): string | undefined => {
  if (name === undefined || draft.groups.has(name) || [...draft.hosts.keys()].some(namesThisMachine)) return undefined
  const origin: Origin = { file: 'inventory', line: 1, column: 1 }
  draft.hosts.set(name, { vars: { ansible_connection: locatedAt('local', origin) }, origin, source: undefined })
  return name
}
