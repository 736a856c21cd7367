import type { Failure } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import { hasBraces } from './braces.ts'
import type { Loaded } from './load.ts'
import { type Located, locatedMember } from './located.ts'
import { selectHosts } from './pattern.ts'
import type { Play, Task } from './playbook.ts'
import { layersFor } from './variables.ts'
import { kindOf } from './yaml-fields.ts'

type Option = { type: string; elements?: string; required: boolean; choices?: unknown[]; options?: Located }

const optionOf = ({ value }: Located, at: Located): Option => {
  const said = isRecord(value) ? value : {}
  return {
    type: typeof said.type === 'string' ? said.type : 'str',
    required: said.required === true,
    ...(typeof said.elements === 'string' ? { elements: said.elements } : {}),
    ...(Array.isArray(said.choices) ? { choices: said.choices } : {}),
    ...(isRecord(said.options) ? { options: locatedMember(at, 'options') } : {}),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean', 'bigint'].includes(typeof value)

/** Whether a value is of a type, or what Ansible makes one of it. Source: ansible lib/ansible/module_utils/common/validation.py. */
const TYPES: Record<string, (value: unknown) => boolean> = {
  str: isScalar,
  path: isScalar,
  raw: () => true,
  any: () => true,
  list: value => Array.isArray(value) || isScalar(value),
  dict: value => isRecord(value) || (isText(value) && /[={]/.test(value)),
  bool: value =>
    typeof value === 'boolean' || /^(y|yes|on|t|true|1|n|no|off|f|false|0|1\.0|0\.0)$/i.test(String(value)),
  int: value => /^-?\d+$/.test(String(value)) && !Array.isArray(value),
  float: value => !Array.isArray(value) && String(value).trim() !== '' && Number.isFinite(Number(value)),
}

const hasExpression = (value: unknown): boolean =>
  isText(value)
    ? hasBraces(value)
    : typeof value === 'object' && value !== null && Object.values(value).some(hasExpression)

/** What is wrong with one value; nothing can be said of one that an expression makes. */
const faultsOf = (name: string, at: Located, option: Option): Failure[] => {
  const { value, origin } = at
  const wrong = (what: string, fix?: string): Failure => ({
    reason: 'playbook-argument',
    what,
    ...(fix ? { fix } : {}),
    origin,
  })
  if (value === null || hasExpression(value)) return []
  const fits = TYPES[option.type]
  if (fits && !fits(value)) return [wrong(`"${name}" must be ${option.type}, not ${kindOf(value)}.`)]
  const items = Array.isArray(value) ? value.map((_, index) => locatedMember(at, index)) : [at]
  const { choices, elements, options } = option
  if (choices) {
    const strange = items.filter(one => !choices.some(choice => String(choice) === String(one.value)))
    return strange.map(one => ({
      ...wrong(
        `"${name}" cannot be ${JSON.stringify(one.value)}.`,
        didYouMean(String(one.value), choices.map(String)) || `It is one of ${choices.join(', ')}.`,
      ),
      origin: one.origin,
    }))
  }
  const ofItems =
    elements !== undefined && Array.isArray(value)
      ? items.flatMap((one, index) => faultsOf(`${name}[${index}]`, one, { type: elements, required: false }))
      : []
  const ofMembers = options
    ? items.filter(one => isRecord(one.value)).flatMap(one => membersFaults(name, one, options))
    : []
  return [...ofItems, ...ofMembers]
}

/** What is wrong with the members of a mapping whose options are listed. */
const membersFaults = (name: string, at: Located, options: Located): Failure[] => {
  const known = Object.keys(options.value as object)
  const given = Object.keys(at.value as object)
  const strange = given.filter(key => !known.includes(key))
  return [
    ...strange.map(
      (key): Failure => ({
        reason: 'playbook-argument',
        what: `"${name}" has no "${key}".`,
        fix: didYouMean(key, known) || `It has ${known.join(', ')}.`,
        origin: at.origin,
      }),
    ),
    ...known.flatMap((key): Failure[] => {
      const spec = locatedMember(options, key)
      const option = optionOf(spec, spec)
      if (given.includes(key)) return faultsOf(`${name}.${key}`, locatedMember(at, key), option)
      return option.required
        ? [{ reason: 'playbook-argument', what: `"${name}" needs "${key}".`, origin: at.origin }]
        : []
    }),
  ]
}

/** What a role is used with and its specification does not allow, on one of the hosts. */
const roleFaults = (task: Task, play: Play, hosts: string[], { inventory, extra }: Loaded): Failure[] => {
  const { role } = task
  const { options, origin } = role!.spec!
  if (!isRecord(options.value)) return []
  const known = Object.keys(options.value)
  const strange = Object.entries(role!.own.params).filter(([name]) => !known.includes(name))
  const layers = hosts.map(host => layersFor({ play, inventory, host, task, extra }))
  return [
    ...strange.map(
      ([name, at]): Failure => ({
        reason: 'playbook-argument',
        what: `The role "${role!.name}" takes no "${name}".`,
        fix: didYouMean(name, known) || `It takes ${known.join(', ')}.`,
        origin: at.origin,
      }),
    ),
    ...known.flatMap((name): Failure[] => {
      const spec = locatedMember(options, name)
      const option = optionOf(spec, spec)
      const values = layers.map(all => all.findLast(layer => Object.hasOwn(layer, name))?.[name])
      const without = hosts.filter((_, at) => values[at] === undefined)
      const needed: Failure[] =
        option.required && without.length > 0
          ? [
              {
                reason: 'playbook-argument',
                what: `The role "${role!.name}" needs "${name}".`,
                why: `Nothing sets it for ${without.slice(0, 5).join(', ')}${without.length > 5 ? ` and ${without.length - 5} more` : ''}.`,
                fix: 'Give it beside the name of the role, or in the inventory.',
                origin,
              },
            ]
          : []
      return [...needed, ...[...new Set(values)].flatMap(at => (at ? faultsOf(name, at, option) : []))]
    }),
  ]
}

/**
 * Holds what roles are used with against their `argument_specs`, as Ansible does before the first task of a role: what is
 * needed, types, choices, members. What an expression makes, and roles under a condition, are not looked at.
 */
export const argumentSpecFaults = (loaded: Loaded): Failure[] =>
  loaded.playbook.plays.flatMap(play => {
    const hosts = selectHosts(loaded.inventory, play.hosts.value, play.hosts.origin)
    const first = new Map(play.tasks.flatMap(task => (task.role?.spec ? [[task.role, task] as const] : [])))
    return [...first.values()].flatMap(task => roleFaults(task, play, hosts, loaded))
  })
