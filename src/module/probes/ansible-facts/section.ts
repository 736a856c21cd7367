import type { Json } from '../../../core/value.ts'

/** Facts by the names that Ansible gives them, without the `ansible_` in front. */
export type FactValues = { [name: string]: Json }

/** A piece of the script that looks at one thing: its name, and POSIX sh whose output is read. Each runs in a subshell. */
export type Section = { name: string; sh: string }

/** What sections have printed, by their names; what was not asked or says nothing is empty. */
export type Printed = (section: Section) => string

/** Some facts that are made of the same sections. */
export type Subset = {
  /** The names of its facts; a subset with `open` has others besides, which the host alone knows. */
  facts: readonly string[]
  sections: readonly Section[]
  open?: true
  make(printed: Printed): FactValues
}

/** A mapping with names that a host says: none of them is a member of every object. */
export const namedValues = <V extends Json>(entries: Iterable<readonly [string, V]> = []): { [key: string]: V } => {
  const made: { [key: string]: V } = Object.create(null)
  for (const [key, value] of entries) made[key] = value
  return made
}

export const linesOf = (text: string): string[] => {
  const lines = text.split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

export const wordsOf = (text: string): string[] => text.split(/\s+/).filter(word => word !== '')

/** A whole number as a host writes it; undefined where it is none, or larger than can be counted. */
export const numberIn = (text: string | undefined): number | undefined => {
  const trimmed = text?.trim() ?? ''
  const number = Number(trimmed)
  return /^[+-]?\d+$/.test(trimmed) && Number.isSafeInteger(number) ? number : undefined
}

/** Lines `key=value` as the function `r` of the script prints them: what is empty is not there. */
export const valuesIn = (text: string): Map<string, string> => {
  const values = new Map<string, string>()
  for (const line of linesOf(text)) {
    const at = line.indexOf('=')
    const value = line.slice(at + 1).trim()
    if (at > 0 && value !== '') values.set(line.slice(0, at), value)
  }
  return values
}

/** Programs of administrators are found too, whoever has logged in. */
export const administratorsPath = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin'

/** `r KEY FILE` prints the first line of a file as `KEY=LINE`, without a process; nothing where it cannot be read. */
export const readLine =
  'r() { v=; { IFS= read -r v <"$2" || [ -n "$v" ]; } 2>/dev/null && printf "%s=%s\\n" "$1" "$v"; :; }'

/** All of some files, each behind a line `\\035PATH`; those that are not there, or are no files, are left out. */
export const filesSection = (name: string, paths: readonly string[]): Section => ({
  name,
  sh: `for f in ${paths.join(' ')}; do [ -f "$f" ] && [ -r "$f" ] && printf '\\n\\035%s\\n' "$f" && cat "$f"; done; :`,
})

/** The files that such a section has printed, by their paths. */
export const filesIn = (text: string): Map<string, string> => {
  const files = new Map<string, string>()
  for (const part of text.split('\n\x1d').slice(1)) {
    const end = part.indexOf('\n')
    files.set(part.slice(0, end), part.slice(end + 1))
  }
  return files
}
