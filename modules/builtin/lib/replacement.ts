import { escapedCharacters } from '../../../src/module/module.ts'

/** What takes the place of a match, from its groups: a whole match first, then those by number, then those by name. */
export type Replacement = (...found: unknown[]) => string
type Part = string | { group: string } | { wrong: string }

const words = /\\(?:g<(\w+)>|([0-3][0-7]{2}|0[0-7]?)|([1-9]\d?)|([\s\S]?))/g

const partOf = ([whole, named, octal, numbered, char]: (string | undefined)[]): Part => {
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
  const group = named ?? numbered
  if (group !== undefined) return { group }
  if (char === '\\') return '\\'
  if (char === 'b') return '\b'
  if (char !== '' && !/[a-zA-Z]/.test(char!)) return whole!
  return escapedCharacters[char!] ?? { wrong: `${whole} is not understood` }
}

/** The groups that a pattern has, by number and by name. */
const groupsOf = ({ source, flags }: RegExp): Set<string> => {
  const all = new RegExp(`${source}|`, flags).exec('')!
  return new Set([...all.keys(), ...Object.keys(all.groups ?? {})].map(String))
}

/**
 * A replacement in Python's spelling, which Ansible has: `\1`, `\g<name>`, `\n`, `\t`, `\\`. In words what is wrong with
 * it: an escape that Python does not know, a group that the pattern does not have.
 */
export const replacement = (text: string, of: RegExp): Replacement | string => {
  const groups = groupsOf(of)
  const parts: Part[] = []
  let from = 0
  for (const found of text.matchAll(words)) {
    parts.push(text.slice(from, found.index), partOf(found))
    from = found.index + found[0].length
  }
  parts.push(text.slice(from))
  for (const part of parts) {
    if (typeof part === 'string') continue
    if ('wrong' in part) return part.wrong
    if (!groups.has(part.group)) return `there is no group ${part.group} in regexp`
  }
  return (...found) => {
    const named = found.at(-1) as Record<string, string | undefined>
    return parts
      .map(part => {
        if (typeof part === 'string') return part
        const { group } = part as { group: string }
        return (/^\d+$/.test(group) ? found[Number(group)] : named[group]) ?? ''
      })
      .join('')
  }
}
