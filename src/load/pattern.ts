import { readText } from '../core/controller-file.ts'
import { inTime, matchesGlob, OutOfTime, PATTERN_FIX } from '../core/ending-pattern.ts'
import { attempt, type Failure, type Origin, refuse } from '../core/failure.ts'
import { pattern as pythonPattern } from '../core/python-pattern.ts'
import { didYouMean } from '../core/suggest.ts'
import { readAddress } from './host-range.ts'
import type { Inventory } from './inventory.ts'
import { namesThisMachine } from './inventory-draft.ts'

type Known = Pick<Inventory, 'hosts' | 'groups' | 'implicit'>

/** A part of a pattern is a name or an expression over names, and a name is a file's (`host_vars/NAME`). */
const LONGEST_PART = 1_000

/** The parts between colons and blanks outside of `[ ]`; undefined where a bracket is not closed: the rest of it would be lost. */
const outsideOfBrackets = (pattern: string): string[] | undefined => {
  const parts: string[] = []
  let begin = 0
  for (let at = 0; at < pattern.length; at += 1) {
    const sign = pattern[at]!
    if (sign === '[') at = pattern.indexOf(']', at)
    if (at < 0) return undefined
    if (!/[\s:\]]/.test(sign)) continue
    parts.push(pattern.slice(begin, at))
    begin = at + 1
  }
  return [...parts, pattern.slice(begin)]
}

/** Splits at commas; where there are none, and the whole is no address, at colons and spaces outside of `[ ]`. */
const split = (pattern: string, origin?: Origin): string[] => {
  const tooLong = (): never =>
    refuse('inventory-no-host', `A part of a host pattern is longer than ${LONGEST_PART} characters.`, {
      fix: 'Put commas between its parts, or make a group of these hosts.',
      origin,
    })
  const parts = pattern.includes(',')
    ? pattern.split(',')
    : readAddress(pattern.trim())
      ? [pattern]
      : (outsideOfBrackets(pattern) ??
        refuse('inventory-no-host', `The host pattern "${pattern.slice(0, 80)}" is not valid.`, {
          why: 'A bracket is not closed.',
          origin,
        }))
  const found = parts.map(part => part.trim()).filter(part => part !== '')
  // Ansible ends with an exception of its own here.
  if (found.some(part => /^[!&]$/.test(part)))
    refuse('inventory-no-host', `The host pattern "${pattern}" is not valid.`, {
      why: '! and & stand before a name.',
      origin,
    })
  return found.some(part => part.length > LONGEST_PART) ? tooLong() : found
}

/** A shell glob in parts; a set of characters is an expression by itself. A bracket that is not closed is itself. */
const globOf = (pattern: string): (string | RegExp)[] =>
  (pattern.match(/\[(?:!|(?!!))[\s\S][^\]]*\]|[\s\S]/gu) ?? []).map(part => {
    if (part.length < 3) return part
    const [, not = '', inside = ''] = /^\[(!?)([\s\S]*)\]$/.exec(part)!
    return new RegExp(`[${not && '^'}${setOf(inside)}]`, 'su')
  })

/** What stands in a set: signs, and ranges that do not go backwards. */
const setOf = (inside: string): string => {
  const literal = (sign: string): string => `\\u{${sign.codePointAt(0)!.toString(16)}}`
  const items = [...inside.matchAll(/([\s\S])-([\s\S])|[\s\S]/gu)].map(([sign, from, to]) => {
    if (from === undefined || to === undefined) return literal(sign)
    return from <= to ? `${literal(from)}-${literal(to)}` : ''
  })
  return items.join('')
}

/** A shell glob over the whole name; `~` begins a regular expression of Python's that holds from the start. */
const matcher = (pattern: string, origin?: Origin): ((name: string) => boolean) => {
  if (!pattern.startsWith('~')) {
    const glob = globOf(pattern)
    return name => matchesGlob(glob, name)
  }
  const regular = pythonPattern(pattern.slice(1))
  if (typeof regular !== 'string') return name => regular.exec(name)?.index === 0
  return refuse('inventory-no-host', `The host pattern "${pattern}" is not valid.`, { why: regular, origin })
}

/** The hosts that patterns are held against: one that nobody has listed has to be called by its name. */
const listed = ({ hosts, implicit }: Known): string[] => hosts.filter(host => host !== implicit)

/** What patterns are matched in, and which parts of them have named nothing. */
type Search = { inventory: Known; names: Set<string>; origin: Origin | undefined; unmatched: string[] }

/** The hosts of one name, glob or regular expression: groups first, then hosts where no group was meant. A host may come twice. */
const matching = (search: Search, pattern: string): string[] => {
  try {
    return inTime(() => fitting(search, pattern, matcher(pattern, search.origin)))
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    return refuse('inventory-no-host', error.message, { fix: PATTERN_FIX, origin: search.origin })
  }
}

const fitting = ({ inventory, unmatched }: Search, pattern: string, fits: (name: string) => boolean): string[] => {
  const groups = Object.keys(inventory.groups).filter(fits)
  const mayBeHost = groups.length === 0 || /^~|[.?*[]/.test(pattern)
  const found = [
    ...groups.flatMap(name => inventory.groups[name]!),
    ...(mayBeHost ? listed(inventory).filter(fits) : []),
  ]
  if (found.length > 0 || groups.length > 0) return found
  const here = namesThisMachine(pattern) ? inventory.hosts.find(namesThisMachine) : undefined
  if (here !== undefined) return [here]
  if (pattern !== 'all') unmatched.push(pattern)
  return []
}

/** `x[0]`, `x[-1]`, `x[0:2]` (both ends count) and `x[1:]`. */
const subscript = (pattern: string): { name: string; pick: (hosts: string[]) => string[] | undefined } | undefined => {
  const found = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(pattern)
  if (!found || pattern.startsWith('~')) return undefined
  const [, name = '', index, from, to] = found
  // An end of 0 is none in Ansible: the host at the beginning is meant.
  if (index === undefined && Number(to) !== 0) return { name, pick: hosts => hosts.slice(Number(from), Number(to) + 1) }
  if (index === undefined && to === '') return { name, pick: hosts => hosts.slice(Number(from)) }
  return {
    name,
    pick: hosts => {
      const host = hosts.at(Number(index ?? from))
      return host === undefined ? undefined : [host]
    },
  }
}

const hostsOf = (search: Search, token: string): string[] => {
  // A list of very many names is not held against as many hosts, name by name.
  if (search.names.has(token) && !/[*?[\]~]/.test(token) && !Object.hasOwn(search.inventory.groups, token))
    return [token]
  const wanted = subscript(token)
  if (wanted === undefined) return matching(search, token)
  const all = matching(search, wanted.name)
  if (all.length === 0) return all
  const why = `"${wanted.name}" has ${all.length} hosts.`
  return wanted.pick(all) ?? refuse('inventory-no-host', `No host is at "${token}".`, { why, origin: search.origin })
}

/** What the machine that runbook runs on is called in a pattern, if it is. */
export const thisMachineAs = (pattern: string, origin: Origin): string | undefined =>
  split(pattern, origin).find(namesThisMachine)

/** Whether a pattern is that machine and no other. */
export const isThisMachine = (pattern: string, origin: Origin): boolean =>
  split(pattern, origin).every(namesThisMachine)

const evaluate = (search: Search, tokens: string[]): string[] => {
  const { inventory, names } = search
  const having = (sign: string): string[][] =>
    tokens
      .filter(token => token.startsWith(sign))
      .map(token => (names.has(token) ? [token] : hostsOf(search, token.slice(1).trim())))
  const regular = tokens.filter(token => !/^[&!]/.test(token))
  let found =
    regular.length === 0
      ? (inventory.groups.all ?? listed(inventory))
      : regular.flatMap(token => (names.has(token) ? [token] : hostsOf(search, token)))
  for (const needed of having('&').map(hosts => new Set(hosts))) found = found.filter(host => needed.has(host))
  const barred = new Set(having('!').flat())
  return [...new Set(found)].filter(host => !barred.has(host))
}

/** Hosts, and the parts of the pattern that have named none. */
export type Matched = { hosts: string[]; unmatched: string[] }

const matchParts = (inventory: Known, parts: string[], origin?: Origin): Matched => {
  if (parts.length === 0) refuse('inventory-no-host', 'The host pattern is empty.', { origin })
  const search: Search = { inventory, names: new Set(inventory.hosts), origin, unmatched: [] }
  const hosts = evaluate(search, parts)
  return { hosts, unmatched: [...new Set(search.unmatched)] }
}

/**
 * The hosts that a pattern names: names, groups, `all`, globs, `~regular expressions`, subscripts, joined by `,` or `:`,
 * with `&x` for the intersection and `!x` for all but. In the order in which the pattern names them, hosts of a group as the
 * group has them. Source of the rules: ansible lib/ansible/inventory/manager.py.
 *
 * Throws a Refusal `inventory-no-host` for a pattern that is none.
 */
export const matchHosts = (inventory: Known, pattern: string, origin?: Origin): Matched =>
  matchParts(inventory, split(pattern, origin), origin)

const nothingNamed = ({ groups, hosts }: Known, name: string): { what: string; fix: string } => ({
  what: `There is no host or group "${name}" in the inventory.`,
  fix: didYouMean(name, [...Object.keys(groups), ...hosts]),
})

/** What to say of parts of the pattern of a play that name nothing: playbooks are written for more than one inventory. */
export const warningsOfPattern = (inventory: Known, pattern: string, origin: Origin): string[] =>
  matchHosts(inventory, pattern, origin).unmatched.map(name => {
    const { what, fix } = nothingNamed(inventory, name)
    return `${origin.file}:${origin.line}: ${what}${fix && ` ${fix}`}`
  })

/** What to say of a playbook whose plays are all for hosts and groups that an inventory does not have: it would do nothing. */
export const failuresOfPatterns = (inventory: Known, patterns: { value: string; origin: Origin }[]): Failure[] => {
  const found = patterns.map(({ value, origin }) => ({
    origin,
    ...(attempt(() => matchHosts(inventory, value, origin)).value ?? { hosts: [], unmatched: [] }),
  }))
  if (found.some(({ hosts }) => hosts.length > 0)) return []
  return found.flatMap(({ unmatched, origin }) =>
    unmatched.map(name => {
      const { what, fix } = nothingNamed(inventory, name)
      return { reason: 'inventory-no-host', what, ...(fix && { fix }), origin }
    }),
  )
}

const allNamed = (inventory: Known, { hosts, unmatched }: Matched, origin?: Origin): string[] => {
  const [name] = unmatched
  if (name === undefined) return hosts
  const { what, fix } = nothingNamed(inventory, name)
  return refuse('inventory-no-host', what, { fix: fix || undefined, origin })
}

/** The lines of a file that --limit names, as Ansible has them: each is one part. */
const partsOfFile = (file: string, origin?: Origin): string[] =>
  readText(file, 'file of hosts', 'usage-file', origin)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')

/**
 * The hosts of a pattern of the command line, where `@FILE` stands for the lines of a file. There every part has to name
 * something, since a slip in `!group` would run tasks where they must not run, and who has written it is there to mend it.
 *
 * Throws a Refusal `inventory-no-host` or `usage-file`.
 */
export const selectHosts = (inventory: Known, pattern: string, origin?: Origin): string[] => {
  const parts = split(pattern, origin).flatMap(part =>
    part.startsWith('@') ? partsOfFile(part.slice(1), origin) : [part],
  )
  return allNamed(inventory, matchParts(inventory, parts, origin), origin)
}
