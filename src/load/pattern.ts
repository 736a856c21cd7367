import { EndingPattern, inTime, matchesGlob, OutOfTime, PATTERN_FIX } from '../core/ending-pattern.ts'
import { type Origin, refuse } from '../core/failure.ts'
import type { Inventory } from './inventory.ts'
import { namesThisMachine } from './inventory-draft.ts'
import { didYouMean } from './suggest.ts'

type Known = Pick<Inventory, 'hosts' | 'groups' | 'implicit'>

/** An IPv6 address has at most 45 characters; more room is for a name with its port. */
const LONGEST_ADDRESS = 300
/** A part of a pattern is a name or an expression over names, and a name is a file's (`host_vars/NAME`). */
const LONGEST_PART = 1_000

/** A whole text that is one address, so that its colons do not separate: `host:22`, an IPv6 address. */
const isAddress = (text: string): boolean =>
  text.length <= LONGEST_ADDRESS &&
  (/^[^:\s[\]]+:\d+$/.test(text) || /^[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text))

/** The parts between colons and blanks outside of `[ ]`, from the end: so each sign is looked at once. */
const outsideOfBrackets = (pattern: string): string[] => {
  const parts: string[] = []
  let end = pattern.length
  let isInside = false
  for (let at = end - 1; at >= 0; at -= 1) {
    const sign = pattern[at]!
    if (sign === ']' || sign === '[') isInside = sign === ']'
    else if (!isInside && /[:\s]/.test(sign)) {
      parts.push(pattern.slice(at + 1, end))
      end = at
    }
  }
  return [...parts, pattern.slice(0, end)].reverse()
}

/** Splits at commas; where there are none, at colons and spaces outside of `[ ]`. */
const split = (pattern: string, origin?: Origin): string[] => {
  const tooLong = (): never =>
    refuse('inventory-no-host', `A part of a host pattern is longer than ${LONGEST_PART} characters.`, {
      fix: 'Put commas between its parts, or make a group of these hosts.',
      origin,
    })
  const parts = pattern.includes(',')
    ? pattern.split(',')
    : isAddress(pattern.trim())
      ? [pattern]
      : outsideOfBrackets(pattern)
  const found = parts.map(part => part.trim()).filter(part => part !== '')
  return found.some(part => part.length > LONGEST_PART) ? tooLong() : found
}

/** A shell glob in parts; a set of characters is an expression by itself. Throws a SyntaxError where there is none such. */
const globOf = (pattern: string): (string | RegExp)[] =>
  (pattern.match(/\[[^\]]*\]|[\s\S]/g) ?? []).map(part =>
    part.startsWith('[') ? new RegExp(part.replace(/[.+^${}()|\\]/g, '\\$&').replace('[!', '[^'), 's') : part,
  )

/** A shell glob over the whole name; `~` begins a regular expression that holds from the start. */
const matcher = (pattern: string, origin?: Origin): ((name: string) => boolean) => {
  try {
    if (!pattern.startsWith('~')) {
      const glob = globOf(pattern)
      return name => matchesGlob(glob, name)
    }
    const regular = new EndingPattern(`^(?:${pattern.slice(1)})`, 's', pattern.slice(1))
    return name => regular.test(name)
  } catch {
    return refuse('inventory-no-host', `The host pattern "${pattern}" is not valid.`, { origin })
  }
}

const unknownName = (inventory: Known, name: string, origin?: Origin): never =>
  refuse('inventory-no-host', `There is no host or group "${name}" in the inventory.`, {
    fix: didYouMean(name, [...Object.keys(inventory.groups), ...inventory.hosts]) || undefined,
    origin,
  })

/** The hosts that patterns are held against: one that nobody has listed has to be called by its name. */
const listed = ({ hosts, implicit }: Known): string[] => hosts.filter(host => host !== implicit)

/** The hosts of one name, glob or regular expression: groups first, then hosts where no group was meant. */
const matching = (inventory: Known, pattern: string, origin?: Origin): string[] => {
  const fits = matcher(pattern, origin)
  try {
    return inTime(() => fitting(inventory, pattern, fits, origin))
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    return refuse('inventory-no-host', error.message, { fix: PATTERN_FIX, origin })
  }
}

const fitting = (inventory: Known, pattern: string, fits: (name: string) => boolean, origin?: Origin): string[] => {
  const groups = Object.keys(inventory.groups).filter(fits)
  const found = new Set(groups.flatMap(name => inventory.groups[name]!))
  const hosts = groups.length === 0 || /^~|[.?*[]/.test(pattern) ? listed(inventory).filter(fits) : []
  for (const host of hosts) found.add(host)
  if (groups.length === 0 && found.size === 0) unknownName(inventory, pattern, origin)
  return inventory.hosts.filter(host => found.has(host))
}

/** `x[0]`, `x[-1]`, `x[0:2]` (both ends count) and `x[1:]`. */
const subscript = (pattern: string): { name: string; pick: (hosts: string[]) => string[] | undefined } | undefined => {
  const found = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(pattern)
  if (!found || pattern.startsWith('~')) return undefined
  const [, name = '', index, from, to] = found
  if (index === undefined) {
    return { name, pick: hosts => hosts.slice(Number(from), to === '' ? undefined : Number(to) + 1) }
  }
  return {
    name,
    pick: hosts => {
      const host = hosts.at(Number(index))
      return host === undefined ? undefined : [host]
    },
  }
}

const hostsOf = (inventory: Known, names: Set<string>, token: string, origin?: Origin): string[] => {
  if (names.has(token)) return [token]
  const here =
    namesThisMachine(token) && !Object.hasOwn(inventory.groups, token)
      ? inventory.hosts.find(namesThisMachine)
      : undefined
  if (here !== undefined) return [here]
  const wanted = subscript(token)
  if (wanted === undefined) return matching(inventory, token, origin)
  const all = matching(inventory, wanted.name, origin)
  const why = `"${wanted.name}" has ${all.length} hosts.`
  return wanted.pick(all) ?? refuse('inventory-no-host', `No host is at "${token}".`, { why, origin })
}

/** What the machine that runbook runs on is called in a pattern, if it is. */
export const thisMachineAs = (pattern: string, origin: Origin): string | undefined =>
  split(pattern, origin).find(namesThisMachine)

/** Whether a pattern is that machine and no other. */
export const isThisMachine = (pattern: string, origin: Origin): boolean =>
  split(pattern, origin).every(namesThisMachine)

/**
 * The hosts that a pattern names, in inventory order: names, groups, `all`, globs, `~regular expressions`, subscripts,
 * joined by `,` or `:`, with `&x` for the intersection and `!x` for all but. Source of the rules: ansible
 * lib/ansible/inventory/manager.py.
 *
 * Throws a Refusal `inventory-no-host` where a part of the pattern names nothing: Ansible only warns, but a slip in
 * `!group` would run tasks where they must not run.
 */
export const selectHosts = (inventory: Known, pattern: string, origin?: Origin): string[] => {
  const tokens = split(pattern, origin)
  const names = new Set(inventory.hosts)
  const having = (sign: string): Set<string>[] =>
    tokens
      .filter(token => token.startsWith(sign) && !names.has(token))
      .map(token => new Set(hostsOf(inventory, names, token.slice(1).trim(), origin)))
  const regular = tokens.filter(token => names.has(token) || !/^[&!]/.test(token))
  const [needed, barred] = [having('&'), having('!')]
  if (tokens.length === 0) refuse('inventory-no-host', 'The host pattern is empty.', { origin })
  const union = new Set(
    regular.length === 0 ? listed(inventory) : regular.flatMap(token => hostsOf(inventory, names, token, origin)),
  )
  return inventory.hosts.filter(
    host => union.has(host) && needed.every(set => set.has(host)) && !barred.some(set => set.has(host)),
  )
}
