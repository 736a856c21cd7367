import type { TSchema } from 'typebox'
import type { Failure } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import { gatheredNames, isFactVariable, isGivenFact } from './fact-names.ts'
import { builtIn, factNames, failedVariables } from './names.ts'
import type { Reference } from './references.ts'

/** A task that registers a name, and the schema of what it registers. `outputs` undefined: nothing is known about it. */
export type Registered = { module: string; looped: boolean; outputs: TSchema | undefined }

/** The names that exist where a reference stands. */
export type Names = {
  /** Variables of the play, of at least one host, of the task, and of the command line. */
  variables: ReadonlySet<string>
  registers: ReadonlyMap<string, Registered[]>
  hosts: readonly string[]
  groups: readonly string[]
  /** There may be others, which come when the playbook runs. */
  open?: true
  /** What a loop calls its items, and where they are in it. */
  loop: readonly string[]
}

/** What every register has, whatever its module. */
const standard =
  'changed failed skipped skip_reason skipped_reason false_condition msg results failed_when_result attempts'.split(' ')

type Lack = { missing: string; known: string[] }

/** The first step of a path that a schema does not have; undefined where it has all, or does not say. */
const lackIn = (schema: unknown, path: readonly (string | null)[]): Lack | undefined => {
  const [key, ...rest] = path
  if (key === undefined || !isRecord(schema)) return undefined
  if (schema.type === 'array') return key === null || /^\d+$/.test(key) ? lackIn(schema.items, rest) : undefined
  if (schema.type !== 'object' || !isRecord(schema.properties) || key === null) return undefined
  if (Object.hasOwn(schema.properties, key)) return lackIn(schema.properties[key], rest)
  const open = schema.additionalProperties !== undefined && schema.additionalProperties !== false
  return open || 'patternProperties' in schema ? undefined : { missing: key, known: Object.keys(schema.properties) }
}

const lackOf = ({ looped, outputs }: Registered, path: readonly (string | null)[]): Lack | undefined => {
  const [key] = path
  if (key === undefined || key === null || standard.includes(key)) return undefined
  if (looped) return { missing: key, known: standard }
  const lack = outputs === undefined ? undefined : lackIn(outputs, path)
  return lack && lack.missing === key ? { missing: key, known: [...lack.known, ...standard] } : lack
}

const ofRegister = (
  name: string,
  path: readonly (string | null)[],
  made: Registered[],
): Omit<Failure, 'origin'> | undefined => {
  const lacks = made.map(one => lackOf(one, path))
  const [lack] = lacks
  if (lack === undefined || lacks.some(one => one === undefined)) return undefined
  const [from] = made
  const why = from!.looped
    ? `The task that registers it has a loop: it has ${lack.known.join(', ')}, one of results per item.`
    : `The module "${from!.module}" gives ${lack.known.join(', ')}.`
  return {
    reason: 'playbook-name',
    what: `"${name}" has no member "${lack.missing}".`,
    why,
    fix: didYouMean(lack.missing, lack.known) || undefined,
  }
}

/** Names of a host: variables and registers. */
const ofName = (name: string, rest: readonly (string | null)[], names: Names): Omit<Failure, 'origin'> | undefined => {
  if (names.variables.has(name) || failedVariables.includes(name)) return undefined
  const made = names.registers.get(name)
  if (made) return ofRegister(name, rest, made)
  if (isFactVariable(name) || isGivenFact(name) || names.open) return undefined
  const factVariables = gatheredNames.map(fact => `ansible_${fact}`)
  const known = [...names.variables, ...names.registers.keys(), ...builtIn, ...factVariables]
  // What JSON and CEL call none.
  const fix = name === 'null' ? 'Nothing is written none.' : didYouMean(name, known) || undefined
  return { reason: 'playbook-name', what: `There is no variable or register "${name}".`, fix }
}

const ofFacts = ([key]: readonly (string | null)[]): Omit<Failure, 'origin'> | undefined => {
  if (key === undefined || key === null || factNames.includes(key)) return undefined
  const fix = didYouMean(key, factNames) || `It has ${factNames.join(', ')}.`
  return { reason: 'playbook-name', what: `"facts" has no member "${key}".`, fix }
}

/** All variables of a host cannot be one value: it would contain itself, and which tasks it waits for is not known. */
const wholeHost = (host: string | null | undefined, names: Names): Omit<Failure, 'origin'> => ({
  reason: 'playbook-name',
  what:
    host === undefined ? '"hostvars" cannot be taken as a whole.' : 'A host in "hostvars" cannot be taken as a whole.',
  why: 'It holds the variables of all hosts, itself among them.',
  fix: `Name a member: ${host === null ? 'hostvars[h].x' : `hostvars.${host ?? names.hosts[0] ?? 'host'}.x`}.`,
})

const ofHostvars = (
  path: readonly (string | null)[],
  names: Names,
  outline: boolean,
): Omit<Failure, 'origin'> | undefined => {
  const [host, name, ...rest] = path
  if (host !== undefined && host !== null && !names.hosts.includes(host)) {
    const fix = didYouMean(host, names.hosts) || undefined
    return { reason: 'playbook-name', what: `There is no host "${host}" in the inventory.`, fix }
  }
  if (name === undefined && !outline) return wholeHost(host, names)
  // `hostvars` is a member of every host too.
  if (name === 'hostvars') return ofHostvars(rest, names, outline)
  if (name === 'facts') return ofFacts(rest)
  if (name === undefined || name === null || builtIn.includes(name)) return undefined
  return ofName(name, rest, names)
}

const noItem = (loopVariable: string | undefined): Omit<Failure, 'origin'> =>
  loopVariable === undefined
    ? { reason: 'playbook-name', what: '"item" exists only in a task with a loop.' }
    : {
        reason: 'playbook-name',
        what: '"item" is called otherwise in this loop.',
        why: `Its loop_control says loop_var: ${loopVariable}.`,
        fix: `Write ${loopVariable}.`,
      }

/** What can be said against a reference before anything runs; undefined when nothing can. */
export const checkReference = ({ path, origin, optional, outline }: Reference, names: Names): Failure | undefined => {
  const [name, ...rest] = path
  if (name === undefined || name === null || optional) return undefined
  const found = ((): Omit<Failure, 'origin'> | undefined => {
    if (name === 'hostvars') return ofHostvars(rest, names, outline === true)
    if (name === 'facts') return ofFacts(rest)
    if (name === 'groups') {
      const [group] = rest
      if (group === undefined || group === null || names.groups.includes(group)) return undefined
      const fix = didYouMean(group, names.groups) || undefined
      return { reason: 'playbook-name', what: `There is no group "${group}" in the inventory.`, fix }
    }
    if (names.loop.includes(name)) return undefined
    if (name === 'item' && !names.variables.has(name)) return noItem(names.loop[0])
    return builtIn.includes(name) ? undefined : ofName(name, rest, names)
  })()
  return found && { ...found, origin }
}
