import { type Origin, Refusal, refuse } from '../core/failure.ts'
import { expandHosts } from './host-range.ts'
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
}

const cycleFrom = (draft: InventoryDraft, name: string, path: string[]): string[] | undefined => {
  if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
  for (const child of draft.groups.get(name)?.children ?? []) {
    const found = cycleFrom(draft, child, [...path, name])
    if (found) return found
  }
  return undefined
}

/**
 * Gives groups and hosts the parents that Ansible gives them: a group without a parent is a child of `all`, a host without a group is in
 * `ungrouped`. Source: ansible lib/ansible/inventory/data.py, `reconcile_inventory`.
 *
 * Throws a Refusal `inventory-shape` where groups contain each other.
 */
export const reconcile = (draft: InventoryDraft): void => {
  for (const [name, group] of draft.groups) {
    const cycle = cycleFrom(draft, name, [])
    if (cycle === undefined) continue
    const what = 'Groups of the inventory contain each other.'
    throw new Refusal({ reason: 'inventory-shape', what, why: cycle.join(' -> '), origin: group.origin })
  }
  const nowhere: Origin = { file: 'inventory', line: 1, column: 1 }
  const all = draftGroup(draft, 'all', nowhere)
  const ungrouped = draftGroup(draft, 'ungrouped', nowhere)
  const parented = new Set([...draft.groups.values()].flatMap(group => [...group.children]))
  for (const name of draft.groups.keys()) if (name !== 'all' && !parented.has(name)) all.children.add(name)
  for (const host of draft.hosts.keys()) {
    const grouped = [...draft.groups].some(
      ([name, group]) => name !== 'all' && name !== 'ungrouped' && group.hosts.has(host),
    )
    if (grouped) ungrouped.hosts.delete(host)
    else ungrouped.hosts.add(host)
  }
}

/** All hosts of a group, with those of its children. */
export const hostsOf = (draft: InventoryDraft, name: string): Set<string> => {
  const group = draft.groups.get(name)
  const found = new Set(group?.hosts)
  for (const child of group?.children ?? []) for (const host of hostsOf(draft, child)) found.add(host)
  return found
}

/** The length of the longest way from `all` to every group: deeper groups are more specific and win. */
export const depths = (draft: InventoryDraft): Map<string, number> => {
  const found = new Map<string, number>()
  const visit = (name: string, depth: number): void => {
    if ((found.get(name) ?? -1) >= depth) return
    found.set(name, depth)
    for (const child of draft.groups.get(name)?.children ?? []) visit(child, depth + 1)
  }
  visit('all', 0)
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
