import { type Origin, refuse } from '../core/failure.ts'
import { expandHosts, MOST_HOSTS } from './host-range.ts'
import { type Located, locatedAt } from './located.ts'

export type Vars = Record<string, Located>
export type GroupDraft = { hosts: Set<string>; children: Set<string>; vars: Vars; origin: Origin }

/** An inventory that its sources are being read into, one by one. Hosts and groups are in the order of their first mention. */
export type InventoryDraft = { hosts: Map<string, { vars: Vars; origin: Origin }>; groups: Map<string, GroupDraft> }

export const emptyInventory = (): InventoryDraft => ({ hosts: new Map(), groups: new Map() })

export const draftGroup = (draft: InventoryDraft, name: string, origin: Origin): GroupDraft => {
  const known = draft.groups.get(name)
  if (known) return known
  const made: GroupDraft = { hosts: new Set(), children: new Set(), vars: {}, origin }
  draft.groups.set(name, made)
  return made
}

const notInNames =
  'The name is part of those of tasks (host/task) and of files (host_vars/host): no blank, slash or control.'
const addressApart = 'Choose a plain name, and set ansible_host where the address is another one.'

/** Adds the hosts of one written name (which may hold a range) to a group. */
export const draftHosts = (
  draft: InventoryDraft,
  group: GroupDraft,
  written: string,
  origin: Origin,
  vars: Vars,
): void => {
  const { names, port } = expandHosts(written, origin)
  const portVar: Vars = port === undefined ? {} : { ansible_port: locatedAt(port, origin) }
  for (const name of names) {
    if (/[\s/\x00-\x1f\x7f-\x9f]/.test(name))
      refuse('inventory-shape', `"${name}" cannot name a host.`, { origin, why: notInNames, fix: addressApart })
    const host = draft.hosts.get(name) ?? { vars: {}, origin }
    host.vars = { ...host.vars, ...portVar, ...vars }
    draft.hosts.set(name, host)
    group.hosts.add(name)
  }
  if (draft.hosts.size > MOST_HOSTS)
    refuse('inventory-shape', `The inventory has more than ${MOST_HOSTS} hosts.`, { origin })
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
  const { origin } = draft.groups.get(cycle.find(name => name !== 'all')!)!
  return refuse('inventory-shape', 'Groups of the inventory contain each other.', { why: shown.join(' -> '), origin })
}

/**
 * Gives groups and hosts the parents that Ansible gives them: a group without a parent is a child of `all`, a host without a group is in
 * `ungrouped`. Source: ansible lib/ansible/inventory/data.py, `reconcile_inventory`. Returns the groups, each behind all that lie in it.
 *
 * Throws a Refusal `inventory-shape` where groups contain each other, or too many lie in one another.
 */
export const reconcile = (draft: InventoryDraft): string[] => {
  const nowhere: Origin = { file: 'inventory', line: 1, column: 1 }
  const all = draftGroup(draft, 'all', nowhere)
  const ungrouped = draftGroup(draft, 'ungrouped', nowhere)
  const parented = new Set([...draft.groups.values()].flatMap(group => [...group.children]))
  for (const name of draft.groups.keys()) if (name !== 'all' && !parented.has(name)) all.children.add(name)
  const grouped = new Set<string>()
  for (const [name, group] of draft.groups)
    if (name !== 'all' && name !== 'ungrouped') for (const host of group.hosts) grouped.add(host)
  for (const host of draft.hosts.keys()) {
    if (grouped.has(host)) ungrouped.hosts.delete(host)
    else ungrouped.hosts.add(host)
  }
  return insideOut(draft)
}

/** All hosts of each group, with those of its children. `order` has each behind all that lie in it. */
export const membersOf = (draft: InventoryDraft, order: string[]): Map<string, Set<string>> => {
  const found = new Map<string, Set<string>>()
  for (const name of order) {
    const group = draft.groups.get(name)
    const hosts = new Set(group?.hosts)
    for (const child of group?.children ?? []) for (const host of found.get(child) ?? []) hosts.add(host)
    found.set(name, hosts)
  }
  return found
}

/**
 * The length of the longest way from `all` to every group: deeper groups are more specific and win.
 *
 * Throws a Refusal `inventory-shape` where that is longer than anybody means.
 */
export const depths = (draft: InventoryDraft, order: string[]): Map<string, number> => {
  const found = new Map([['all', 0]])
  for (const name of order.toReversed()) {
    const depth = found.get(name)
    if (depth === undefined) continue
    const { children, origin } = draft.groups.get(name) ?? { children: [] }
    if (depth > DEEPEST_GROUPS)
      refuse('inventory-shape', `The group "${name}" lies in more than ${DEEPEST_GROUPS} others.`, { origin })
    for (const child of children) found.set(child, Math.max(found.get(child) ?? 0, depth + 1))
  }
  return found
}

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
  draft.hosts.set(name, { vars: { ansible_connection: locatedAt('local', origin) }, origin })
  return name
}
