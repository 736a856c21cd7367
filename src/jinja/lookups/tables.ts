import type { Context } from '../callable.ts'
import { patternOf } from '../filters/regex.ts'
import { str } from '../repr.ts'
import { Dict, type Value, ValueFault } from '../value.ts'
import { fileText } from './files.ts'
import { type IniSections, iniSections } from './ini-file.ts'
import type { Lookup, LookupTerms } from './lookup.ts'
import { flagOption, textOption, textTerm, wholeOption, writtenOptions } from './options.ts'

/** The rows of a file of comma-separated values; what stands in double quotes may hold commas and newlines. */
const rowsOf = (text: string, delimiter: string): string[][] => {
  const rows: string[][] = [[]]
  let cell = ''
  let isQuoted = false
  let isBegun = false
  const end = (): void => {
    rows.at(-1)!.push(cell)
    cell = ''
    isBegun = false
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (isQuoted && char === '"' && text[at + 1] === '"') cell += text[++at]
    else if (char === '"' && (isQuoted || !isBegun)) {
      isQuoted = !isQuoted
      isBegun = true
    } else if (isQuoted) cell += char
    else if (char === delimiter) end()
    else if (char === '\n') {
      if (isBegun || cell !== '' || rows.at(-1)!.length > 0) end()
      rows.push([])
    } else {
      cell += char
      isBegun = true
    }
  }
  if (isBegun || cell !== '' || rows.at(-1)!.length > 0) end()
  return rows
}

/** What is written beside a term counts more than what is named. */
const withWritten = (options: Dict, written: [string, string][], known: readonly string[]): Dict => {
  const stray = written.find(([name]) => !known.includes(name))
  if (stray) throw new ValueFault(`'${stray[0]}' is not a valid option`)
  return new Dict([...options.entries(), ...written])
}

const CSV = ['col', 'keycol', 'default', 'delimiter', 'file', 'encoding']

const cellOf = (context: Context, term: string, options: Dict): Value[] => {
  const { rest: key, written } = writtenOptions(term)
  if (key === '') throw new ValueFault('Search key is required but was not found')
  const all = withWritten(options, written, CSV)
  const delimiter = textOption(all, 'delimiter') ?? 'TAB'
  const name = textOption(all, 'file') ?? 'ansible.csv'
  const text = fileText(context, name).replace(/\r\n?/g, '\n')
  const [keyColumn, column] = [Number(wholeOption(all, 'keycol') ?? 0n), Number(wholeOption(all, 'col') ?? 1n)]
  for (const row of rowsOf(text, delimiter === 'TAB' ? '\t' : delimiter)) {
    if (row.length === 0) continue
    const found = row.at(keyColumn)
    if (found === undefined)
      throw new ValueFault(`A row of ${name} has no column ${keyColumn}: list index out of range`)
    if (found !== key) continue
    const cell = row.at(column)
    if (cell === undefined) throw new ValueFault(`The row of "${key}" in ${name} has no column ${column}.`)
    return [cell]
  }
  const other = all.get('default')
  return other === undefined || other === null ? [] : Array.isArray(other) ? other : [other]
}

const csvfile = (context: Context, { terms, options }: LookupTerms): Value[] => {
  if (terms.length === 0) throw new ValueFault('Search key is required but was not found')
  return terms.flatMap(term => cellOf(context, textTerm(term), options))
}

const INI = [
  'type',
  'file',
  'section',
  're',
  'encoding',
  'default',
  'case_sensitive',
  'allow_no_value',
  'allow_none',
  'interpolation',
]

/** `key name=value`: words without a sign of their own belong to the option before them. */
const iniTerm = (term: string): { key: string; written: [string, string][] } => {
  if (!term.includes('=') && !term.trim().includes(' ')) return { key: term, written: [] }
  const pieces: string[] = []
  for (const word of term.split(/\s+/).filter(Boolean)) {
    const isOption = INI.some(name => word.includes(`${name}=`))
    if (isOption || pieces.length === 0) pieces.push(word)
    else pieces.push(`${pieces.pop()} ${word}`)
  }
  const key = pieces.find(piece => !piece.includes('='))
  if (key === undefined)
    throw new ValueFault(`No key to look up was provided as first term within string inline options: ${term}`)
  const written = pieces
    .filter(piece => piece.includes('='))
    .map((piece): [string, string] => {
      const [name, value, ...more] = piece.split('=')
      if (more.length > 0) throw new ValueFault(`Could not use '${piece}'.`)
      return [name!, value!]
    })
  return { key, written }
}

const valuesOf = (
  sections: IniSections,
  { key, options, file }: { key: string; options: Dict; file: string },
): Value[] => {
  const isProperties = textOption(options, 'type') === 'properties'
  const section = isProperties ? 'java_properties' : (textOption(options, 'section') ?? 'global')
  if (flagOption(options, 're', false)) {
    const pattern = patternOf(key, {}, 'y')
    return [...sections.all(section, file)].filter(([name]) => matchesAt(pattern, name)).map(([, value]) => value)
  }
  const found = sections.value(section, key, file)
  if (found !== undefined) return found === null ? [] : [found]
  const other = options.get('default') ?? ''
  return other === null ? [] : Array.isArray(other) ? other : [other]
}
const matchesAt = (pattern: RegExp, name: string): boolean => {
  pattern.lastIndex = 0
  return pattern.test(name)
}

const ini = (context: Context, { terms, options }: LookupTerms): Value[] =>
  terms.flatMap(term => {
    const { key, written } = iniTerm(textTerm(term))
    const all = withWritten(options, written, INI)
    const file = textOption(all, 'file') ?? 'ansible.ini'
    const text = fileText(context, file)
    const sections = iniSections(textOption(all, 'type') === 'properties' ? `[java_properties]\n${text}` : text, {
      file: str(file),
      isExact: flagOption(all, 'case_sensitive', false),
      allowsNoValue: flagOption(all, all.has('allow_no_value') ? 'allow_no_value' : 'allow_none', false),
      interpolates: flagOption(all, 'interpolation', true),
    })
    return valuesOf(sections, { key, options: all, file })
  })

/** Lookups of one value in a file of many. */
export const tableLookups: Record<string, Lookup> = { csvfile: { run: csvfile }, ini: { run: ini } }
