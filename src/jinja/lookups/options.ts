import { textOnly } from '../filters/argument.ts'
import { integerFrom } from '../filters/number-text.ts'
import { str } from '../repr.ts'
import { Dict, typeName, usable, type Value, ValueFault } from '../value.ts'

const WORDS: Record<string, boolean> = Object.fromEntries([
  ...['y', 'yes', 'on', '1', 'true', 't'].map(word => [word, true]),
  ...['n', 'no', 'off', '0', 'false', 'f'].map(word => [word, false]),
])

/** An option that is yes or no, as Ansible takes words for it. */
export const flagOption = (options: Dict, name: string, usual: boolean): boolean => {
  const given = options.get(name)
  if (given === undefined) return usual
  const there = usable(given)
  if (typeof there === 'boolean') return there
  const word = WORDS[str(there).toLowerCase()]
  if (word === undefined) throw new ValueFault(`The option "${name}" is yes or no, not ${str(there)}.`)
  return word
}

export const textOption = (options: Dict, name: string): string | undefined => {
  const given = options.get(name)
  return given === undefined || given === null ? undefined : str(given)
}

export const wholeOption = (options: Dict, name: string): bigint | undefined => {
  const given = options.get(name)
  if (given === undefined || given === null) return undefined
  const there = usable(given)
  if (typeof there === 'bigint') return there
  if (typeof there === 'number' && Number.isInteger(there)) return BigInt(there)
  const read = typeof there === 'string' ? integerFrom(there, 10) : undefined
  if (read === undefined) throw new ValueFault(`The option "${name}" is a whole number, not ${str(there)}.`)
  return read
}

/** A list; a text is its parts between commas. */
export const listOption = (options: Dict, name: string): Value[] => {
  const given = options.get(name)
  if (given === undefined || given === null) return []
  const there = usable(given)
  if (Array.isArray(there)) return there
  if (typeof there === 'string') return there.split(',').map(one => one.trim())
  return [there]
}

export const mappingOption = (options: Dict, name: string): Dict => {
  const given = options.get(name)
  if (given === undefined || given === null) return new Dict()
  const there = usable(given)
  if (there instanceof Dict) return there
  throw new ValueFault(`The option "${name}" is a mapping, not '${typeName(there)}'.`)
}

export const textTerm = (term: Value): string => textOnly(term)

/** One word, or what stands in quotes. */
const PIECE = /(?:[^\s"']|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|["'])+/g
const unquoted = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text

/** `name key=value`: what stands before and between the options, and those. */
export const writtenOptions = (term: string): { rest: string; written: [string, string][] } => {
  const pieces = term.match(PIECE) ?? []
  const isOption = (piece: string): boolean => /^[^"'=]+=/.test(piece)
  return {
    rest: pieces.filter(piece => !isOption(piece)).join(' '),
    written: pieces.filter(isOption).map(piece => {
      const at = piece.indexOf('=')
      return [piece.slice(0, at).trim(), unquoted(piece.slice(at + 1).trim())]
    }),
  }
}
