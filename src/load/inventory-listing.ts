import { isRecord } from '../core/value.ts'
import { SealedText } from '../core/vault-file.ts'
import { fromPlain } from '../jinja/plain.ts'
import { str } from '../jinja/repr.ts'
import { Dict, type Value } from '../jinja/value.ts'
import { type WrittenInventory, writtenVars } from './inventory.ts'
import type { Vars } from './inventory-draft.ts'
import { exactValue, type Located, locatedAt } from './located.ts'
import { sealedIn } from './secrets.ts'

/** What every host has anyway is not listed. Source: ansible lib/ansible/constants.py, INTERNAL_STATIC_VARS. */
const INTERNAL = new Set(
  'ansible_async_path ansible_collection_name ansible_config_file ansible_dependent_role_names ansible_diff_mode ansible_facts ansible_forks ansible_inventory_sources ansible_limit ansible_play_batch ansible_play_hosts ansible_play_hosts_all ansible_play_role_names ansible_playbook_python ansible_role_name ansible_role_names ansible_run_tags ansible_skip_tags ansible_verbosity ansible_version inventory_dir inventory_file inventory_hostname inventory_hostname_short groups group_names hostvars playbook_dir play_hosts role_name role_names role_path role_uuid'.split(
    ' ',
  ),
)

/** What is to be listed of an inventory. */
export type InventoryListing = {
  inventory: WrittenInventory
  /** The hosts that are listed at all. */
  hosts: ReadonlySet<string>
  /** Variables that stand over those of all hosts. */
  extra: Vars
  /** Whether variables stand at the group that they are written for; else every host has all of its own. */
  perGroup: boolean
  /** How a text is written that is no template, whatever braces are in it. */
  untrusted(text: string): Value
  /** Whether a variable may not be shown. */
  isSecret(name: string, written: Located): boolean
}

/** The same with what a vault keeps as Ansible shows it: closed. */
const closed = (value: unknown): unknown => {
  if (value instanceof SealedText) return value.toJSON()
  if (Array.isArray(value)) return value.map(closed)
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)])) : value
}

const openValue = (written: Located): Value =>
  sealedIn(written.value).length > 0 ? fromPlain(closed(written.value)) : exactValue(written)

/** A text that is no template as JSON of Ansible's has it. */
export const markedUnsafe = (text: string): Value => new Dict([['__ansible_unsafe', text]])

/** The same for every text in a value. */
const withTexts = (value: Value, write: (text: string) => Value): Value => {
  if (typeof value === 'string') return write(value)
  if (Array.isArray(value)) return value.map(one => withTexts(one, write))
  return value instanceof Dict ? new Dict(value.entries().map(([key, one]) => [key, withTexts(one, write)])) : value
}

const shownValue = ({ isSecret, untrusted }: InventoryListing, name: string, written: Located): Value => {
  if (isSecret(name, written)) return '<secret>'
  const value = openValue(written)
  return written.exact?.('')?.isTemplate === false ? withTexts(value, untrusted) : value
}

const listed = (listing: InventoryListing, vars: Vars): [string, Value][] =>
  Object.entries(vars)
    .filter(([name]) => !INTERNAL.has(name))
    .map(([name, written]) => [name, shownValue(listing, name, written)])

const ofHost = (listing: InventoryListing, host: string): [string, Value][] => {
  const { inventory, extra, perGroup } = listing
  const { beside, folders, draft } = inventory
  if (!perGroup) return listed(listing, { ...writtenVars(inventory, host), ...extra })
  const layers = beside('host_vars', [...folders.sources, ...folders.playbook], [host])
  return listed(listing, Object.assign({}, draft.hosts.get(host)!.vars, ...layers))
}

const ofGroup = (listing: InventoryListing, name: string): [string, Value][] => {
  const { beside, folders, draft } = listing.inventory
  const { vars, priority, origin } = draft.groups.get(name)!
  const layers = beside('group_vars', [...folders.sources, ...folders.playbook], [name])
  const own = priority === 1 ? {} : { ansible_group_priority: locatedAt(priority, origin) }
  return listed(listing, Object.assign({}, vars, ...layers, own))
}

/** Members that hold anything. */
const filled = (members: Record<string, Value>): Dict =>
  new Dict(
    Object.entries(members).filter(([, value]) =>
      value instanceof Dict ? value.size > 0 : (value as Value[]).length > 0,
    ),
  )

/** The variables of one host. */
export const hostListing = (listing: InventoryListing, host: string): Dict => new Dict(ofHost(listing, host))

/** Groups, hosts and variables in the form that scripts print them in: `ansible-inventory --list` is such a script. */
export const scriptListing = (listing: InventoryListing): Dict => {
  const { draft, members } = listing.inventory
  const found = new Map<string, Dict>()
  for (const [name, { hosts, children }] of draft.groups) {
    const group = filled({
      hosts: name === 'all' ? [] : [...hosts].filter(host => listing.hosts.has(host)),
      children: [...children],
      vars: new Dict(listing.perGroup ? ofGroup(listing, name) : []),
    })
    if (group.size > 0) found.set(name, group)
  }
  const vars = members
    .get('all')!
    .filter(host => listing.hosts.has(host))
    .map((host): [string, Dict] => [host, hostListing(listing, host)])
  return new Dict([...found, ['_meta', new Dict([['hostvars', new Dict(vars.filter(([, own]) => own.size > 0))]])]])
}

/** The same as an inventory is written in YAML: groups in groups, the variables of a host where it comes first. */
export const nestedListing = (listing: InventoryListing): Dict => {
  const { draft } = listing.inventory
  const seen = { hosts: new Set<string>(), groups: new Set<string>() }
  const varsOnce = (host: string): Dict => {
    if (seen.hosts.has(host)) return new Dict()
    seen.hosts.add(host)
    return hostListing(listing, host)
  }
  const group = (name: string): Dict => {
    const { hosts, children } = draft.groups.get(name)!
    const inside = [...children].flatMap((child): [string, Dict][] => {
      const own = seen.groups.has(child) ? new Dict() : group(child)
      const isEmpty = own.size === 0 && !seen.groups.has(child)
      seen.groups.add(child)
      return isEmpty ? [] : [[child, own]]
    })
    const own = name === 'all' ? [] : [...hosts].filter(host => listing.hosts.has(host))
    return filled({
      children: new Dict(inside),
      hosts: new Dict(own.map(host => [host, varsOnce(host)])),
      vars: new Dict(listing.perGroup ? ofGroup(listing, name) : []),
    })
  }
  const all = group('all')
  return all.size === 0 ? new Dict() : new Dict([['all', all]])
}

const branch = (text: string, depth: number): string => `${'  |'.repeat(depth)}${depth > 0 ? '--' : ''}${text}`

const variableBranches = (vars: [string, Value][], depth: number): string[] =>
  vars.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => branch(`{${name} = ${str(value)}}`, depth))

/** A picture of a group and all that lies in it, line by line. */
export const drawnGroup = (listing: InventoryListing, name: string, withVars: boolean, depth = 0): string[] => {
  const { hosts, children } = listing.inventory.draft.groups.get(name)!
  const inside = [...children].flatMap(child => drawnGroup(listing, child, withVars, depth + 1))
  const own = name === 'all' ? [] : [...hosts]
  return [
    branch(`@${name}:`, depth),
    ...inside,
    ...own.flatMap(host => [
      branch(host, depth + 1),
      ...(withVars ? variableBranches(ofHost(listing, host), depth + 2) : []),
    ]),
    ...(withVars ? variableBranches(ofGroup(listing, name), depth + 1) : []),
  ]
}
