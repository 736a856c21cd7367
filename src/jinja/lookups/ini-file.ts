import { ValueFault } from '../value.ts'

type Reading = { file: string; isExact: boolean; allowsNoValue: boolean; interpolates: boolean }

/** What an INI file holds, as Python's configparser reads it. */
export type IniSections = {
  /** A value, null where the file has the name alone; undefined where it has none. */
  value(section: string, key: string, file: string): string | null | undefined
  /** All names of a section with their values, those of DEFAULT among them. */
  all(section: string, file: string): Map<string, string | null>
}

type Lines = Map<string, string[] | null>

/** Names and values: a value goes on in lines that are further in than its name. */
const read = (text: string, { file, isExact, allowsNoValue }: Reading): Map<string, Lines> => {
  const sections = new Map<string, Lines>([['DEFAULT', new Map()]])
  let section: Lines | undefined
  let current: { lines: string[]; indent: number } | undefined
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const trimmed = line.trim()
    const fault = (what: string): never => {
      throw new ValueFault(`${file}:${index + 1}: ${what}`)
    }
    if (/^[#;]/.test(trimmed)) continue
    if (trimmed === '') {
      current?.lines.push('')
      continue
    }
    const indent = line.length - line.trimStart().length
    if (current && indent > current.indent) {
      current.lines.push(trimmed)
      continue
    }
    current = undefined
    const [, header] = /^\[(.+)\]/.exec(trimmed) ?? []
    if (header !== undefined) {
      if (sections.has(header) && header !== 'DEFAULT') fault(`The section "${header}" is there twice.`)
      section = sections.get(header) ?? new Map()
      sections.set(header, section)
      continue
    }
    if (!section) return fault('A section such as [global] has to come first.')
    const [, written, sign, value] = /^(.*?)\s*(?:([=:])\s*(.*))?$/.exec(trimmed)!
    if (sign === undefined && !allowsNoValue) fault('This is no "name = value".')
    const key = isExact ? written! : written!.toLowerCase()
    if (section.has(key)) fault(`Duplicate option in '${file}'.`)
    const lines = sign === undefined ? null : [value!]
    section.set(key, lines)
    if (lines) current = { lines, indent }
  }
  return sections
}

const DEEPEST = 10

/** `%(name)s` is another value of the section. */
const interpolated = (value: string, values: Map<string, string | null>, depth = 1): string => {
  if (depth > DEEPEST) throw new ValueFault('Values of this INI file refer to each other too deeply.')
  return value.replace(/%(%|\(([^)]+)\)s)?/g, (_, whole?: string, name?: string) => {
    if (whole === '%') return '%'
    const other = name === undefined ? undefined : values.get(name.toLowerCase())
    if (other === undefined)
      throw new ValueFault(
        name === undefined
          ? `'%' must be followed by '%' or '(', found: ${value}`
          : `There is no "${name}" for ${value}.`,
      )
    return interpolated(other ?? '', values, depth + 1)
  })
}

export const iniSections = (text: string, how: Reading): IniSections => {
  const sections = read(text, how)
  const raw = (section: string, file: string): Map<string, string | null> => {
    const own = sections.get(section)
    if (!own) throw new ValueFault(`No section '${section}' in '${file}'.`)
    return new Map(
      [...sections.get('DEFAULT')!, ...own].map(([key, lines]) => [key, lines?.join('\n').trimEnd() ?? null]),
    )
  }
  const made = (value: string | null, values: Map<string, string | null>): string | null =>
    value !== null && how.interpolates ? interpolated(value, values) : value
  return {
    all: (section, file) => {
      const values = raw(section, file)
      return new Map([...values].map(([key, value]) => [key, made(value, values)]))
    },
    value: (section, key, file) => {
      const values = raw(section, file)
      const value = values.get(how.isExact ? key : key.toLowerCase())
      return value === undefined ? undefined : made(value, values)
    },
  }
}
