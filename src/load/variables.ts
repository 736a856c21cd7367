import { resolve } from 'node:path'
import { readText } from '../core/controller-file.ts'
import { attempt, type Origin, Refusal, refuse } from '../core/failure.ts'
import { closest } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import type { Inventory } from './inventory.ts'
import { type Located, locatedAt } from './located.ts'
import { connectionVariables, nameFault } from './names.ts'
import { matchHosts, selectHosts } from './pattern.ts'
import type { Play, Playbook, Task } from './playbook.ts'
import type { RoleUse } from './surroundings.ts'
import { parseYaml } from './yaml.ts'
import { kindOf, type Problems, variables } from './yaml-fields.ts'

const commandLine: Origin = { file: '-e', line: 1, column: 1 }

const fromDocument = (document: Located): Record<string, Located> => {
  if (!isRecord(document.value)) {
    const what = `Extra variables must be a mapping, not ${kindOf(document.value)}.`
    throw new Refusal({ reason: 'usage-option', what, origin: document.origin })
  }
  const problems: Problems = []
  const found = variables(document, 'Extra variables', problems, 'inventory-shape')
  if (problems.length > 0) throw new Refusal(...problems)
  return found
}

/** `a=1 b="two words"`: every value is a string, quotes group words. */
const fromPairs = (text: string): Record<string, Located> => {
  const found: Record<string, Located> = {}
  for (const [word] of text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)) {
    const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(word) ?? []
    if (name === undefined || value === undefined) {
      return refuse('usage-option', `The extra variable "${word}" has no value.`, {
        origin: commandLine,
        fix: 'Write -e name=value.',
      })
    }
    const fault = nameFault(name)
    if (fault) refuse('inventory-variable', `The variable "${name}" ${fault}.`, { origin: commandLine })
    found[name] = locatedAt(
      value.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single),
      commandLine,
    )
  }
  return found
}

const fromOption = (option: string): Record<string, Located> => {
  const text = option.trim()
  if (text.startsWith('@')) {
    const file = text.slice(1)
    return fromDocument(
      parseYaml(readText(file, 'file of variables', 'usage-file', commandLine), file, 'inventory-yaml'),
    )
  }
  if (text.startsWith('{') || text.startsWith('[')) return fromDocument(parseYaml(text, '-e', 'inventory-yaml'))
  return fromPairs(text)
}

/**
 * The variables of the command line, later options over earlier ones. As in Ansible: `name=value` makes strings (so
 * `-e port=80` is "80"), text in braces is YAML or JSON, `@FILE` is a file of either.
 *
 * Throws a Refusal: `usage-option`, `usage-file`, `inventory-yaml`, `inventory-variable`.
 */
export const parseExtra = (values: string[]): Record<string, Located> =>
  Object.assign({}, ...values.map(fromOption)) as Record<string, Located>

/**
 * A warning for each extra variable that neither the playbook nor the inventory has, where one of them, or the
 * connection, has a similar name: a misspelt variable would change nothing. Variables that resemble none may be read by
 * expressions alone.
 */
export const misspelt = (extra: Record<string, Located>, playbook: Playbook, inventory: Inventory): string[] => {
  const layers = playbook.plays.flatMap(play => [...layersOfPlay(play), ...play.tasks.flatMap(layersOfTask)])
  const written = [...layers, ...Object.values(inventory.vars)].flatMap(Object.keys)
  const known = new Set([...connectionVariables, ...written])
  return Object.keys(extra).flatMap(name => {
    const near = known.has(name) ? undefined : closest(name, known)
    return near === undefined
      ? []
      : [`-e ${name}: neither the playbook nor the inventory has a variable of this name; did you mean "${near}"?`]
  })
}

/** All that a play says of variables, for every host; what its roles bring with it. */
export const layersOfPlay = (play: Play): Record<string, Located>[] => [
  play.defaults,
  ...(play.roleDefaults ? [play.roleDefaults] : []),
  ...varsOfPlay(play),
  ...(play.magic ? [play.magic] : []),
]

/** What a play says over the inventory. */
const varsOfPlay = ({ vars, prompted, fileVars, roleVars }: Play): Record<string, Located>[] => [
  vars,
  ...(prompted ? [prompted] : []),
  ...(fileVars ? [fileVars] : []),
  ...(roleVars ? [roleVars] : []),
]

/** The names that a task gives to values on its host: what it registers, and the variables that it makes. */
export const givenNames = ({ register, gives = [] }: Pick<Task, 'register' | 'gives'>): string[] =>
  register === undefined || gives.includes(register) ? gives : [register, ...gives]

/** All that a task says of variables: its own, and those of its role. */
export const layersOfTask = ({ vars, role }: Pick<Task, 'vars' | 'role'>): Record<string, Located>[] =>
  role ? [role.defaults, role.vars, vars, role.params, magicOf(role)] : [vars]

const magic = new WeakMap<RoleUse, Record<string, Located>>()
/** What a role is called and where it lies, as its tasks see it. */
const magicOf = (role: RoleUse): Record<string, Located> => {
  const known = magic.get(role)
  if (known) return known
  const of = (value: unknown): Located => locatedAt(value, { file: role.folder, line: 1, column: 1 })
  const name = role.collection === undefined ? role.name : role.name.slice(role.collection.length + 1)
  const made = {
    role_name: of(name),
    ansible_role_name: of(role.name),
    role_path: of(resolve(role.folder)),
    ansible_collection_name: of(role.collection ?? null),
    ansible_parent_role_names: of(role.parents.toReversed().map(one => one.name)),
    ansible_parent_role_paths: of(role.parents.toReversed().map(one => resolve(one.folder))),
  }
  magic.set(role, made)
  return made
}

/**
 * The variables that a task sees on a host, low to high; without a task those that the whole play sees. Source: ansible
 * lib/ansible/vars/manager.py, get_vars.
 */
export const layersFor = (from: {
  play: Play
  inventory: Inventory
  host: string
  task?: Task
  extra: Record<string, Located>
  /** What includes have given to the host by then. */
  given?: { defaults: Record<string, Located>[]; vars: Record<string, Located>[] }
}): Record<string, Located>[] => {
  const { play, inventory, host, task, extra, given } = from
  const { role } = task ?? {}
  return [
    play.defaults,
    ...(play.roleDefaults ? [play.roleDefaults] : []),
    ...(given?.defaults ?? []),
    ...(role ? [role.defaults] : []),
    inventory.vars[host] ?? {},
    ...varsOfPlay(play),
    ...(role ? [role.vars] : []),
    task?.vars ?? {},
    ...(given?.vars ?? []),
    ...(role ? [role.params] : []),
    extra,
    ...(role ? [magicOf(role)] : []),
    ...(play.magic ? [play.magic] : []),
  ]
}

/** What the command line says of a run, as its tasks may ask for it. */
export type RunOptions = { limit?: string; tags?: string[]; skipTags?: string[]; forks?: number }

const ansibleVersion = { string: '2.19.0', full: '2.19.0', major: 2, minor: 19, revision: 0 }

/** The hosts of a play as far as `--limit` leaves them; none where a pattern is wrong, which is told elsewhere. */
const hostsOfPlay = ({ hosts }: Play, inventory: Inventory, limit: string | undefined): string[] => {
  const all = attempt(() => matchHosts(inventory, hosts.value).hosts).value ?? []
  if (limit === undefined) return all
  const limited = new Set(attempt(() => selectHosts(inventory, limit)).value ?? [])
  return all.filter(host => limited.has(host))
}

/** The roles that a play uses, those that roles bring apart. */
const roleNames = ({ tasks, handlers }: Play): { own: string[]; brought: string[] } => {
  const uses = [...new Set([...tasks, ...handlers].flatMap(({ role }) => role ?? []))]
  const own = uses.map(({ name, parents }) => parents[0]?.name ?? name)
  const brought = uses.filter(({ parents }) => parents.length > 0).map(({ name }) => name)
  return { own: [...new Set(own)], brought: [...new Set(brought)] }
}

/**
 * A playbook whose plays know what Ansible tells tasks of play and run: the one table of these names. Source: ansible
 * lib/ansible/vars/manager.py, _get_magic_variables, and lib/ansible/utils/vars.py.
 */
export const withMagic = (playbook: Playbook, inventory: Inventory, sources: string[], run: RunOptions): Playbook => {
  const common = {
    ansible_version: ansibleVersion,
    ansible_check_mode: false,
    ansible_diff_mode: false,
    ansible_verbosity: 0,
    ansible_forks: run.forks ?? 100,
    ansible_run_tags: run.tags?.length ? run.tags : ['all'],
    ansible_skip_tags: run.skipTags ?? [],
    ansible_inventory_sources: sources.map(source => resolve(source)),
    ...(run.limit === undefined ? {} : { ansible_limit: run.limit }),
  }
  const plays = playbook.plays.map(play => {
    const hosts = hostsOfPlay(play, inventory, run.limit)
    const { own, brought } = roleNames(play)
    const values = {
      ...common,
      playbook_dir: resolve(play.folder ?? playbook.folder),
      ansible_play_name: play.name,
      ansible_play_hosts: hosts,
      ansible_play_hosts_all: hosts,
      ansible_play_batch: hosts,
      play_hosts: hosts,
      role_names: own,
      ansible_play_role_names: own,
      ansible_dependent_role_names: brought,
      ansible_role_names: [...new Set([...brought, ...own])],
    }
    const origin: Origin = { file: 'runbook', line: 1, column: 1 }
    const magic = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, locatedAt(value, origin)]))
    return { ...play, magic }
  })
  return { ...playbook, plays }
}
