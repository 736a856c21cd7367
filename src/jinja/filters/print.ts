import { type Callable, callable } from '../callable.ts'
import { repr } from '../repr.ts'
import { truth } from '../truth.ts'
import { type Value, ValueFault } from '../value.ts'
import { textOnly, wholeNumber } from './argument.ts'

const WHITE = '[\\t\\n\\v\\f\\r ]'
const DARK = '[^\\t\\n\\v\\f\\r ]'
const LETTER = '(?:(?!\\d)[\\p{L}\\p{N}_])'
const [WORD, PUNCTUATED] = ['[\\p{L}\\p{N}_]', '[\\p{L}\\p{N}_!"\'&.,?]']

/** Where a line may be broken: at white space, behind a hyphen within a word, at a dash. */
const CHUNKS = new RegExp(
  `(${WHITE}+|(?<=${PUNCTUATED})-{2,}(?=${WORD})|${DARK}+?(?:` +
    `-(?:(?<=${LETTER}{2}-)|(?<=${LETTER}-${PUNCTUATED}-))(?=${LETTER}-?${LETTER})|(?=${WHITE}|$)|(?<=${PUNCTUATED})(?=-{2,}${WORD})))`,
  'u',
)
const SIMPLE = new RegExp(`(${WHITE}+)`, 'u')

type Wrapping = { width: number; breaksWords: boolean; breaksAtHyphens: boolean }

/** How much of a word that is longer than a line goes into what is left of one. */
const cutOf = (word: string[], left: number, atHyphens: boolean): number => {
  const hyphen = atHyphens && word.length > left ? word.lastIndexOf('-', left - 1) : -1
  return hyphen > 0 && word.slice(0, hyphen).some(char => char !== '-') ? hyphen + 1 : left
}

const wrapped = (line: string, { width, breaksWords, breaksAtHyphens }: Wrapping): string[] => {
  const chunks = line
    .split(breaksAtHyphens ? CHUNKS : SIMPLE)
    .filter(chunk => chunk !== '')
    .map(chunk => [...chunk])
    .reverse()
  const isBlank = (chunk: string[] | undefined): boolean => chunk?.join('').trim() === ''
  const lines: string[] = []
  while (chunks.length > 0) {
    if (isBlank(chunks.at(-1)) && lines.length > 0) chunks.pop()
    const current: string[][] = []
    let length = 0
    while (chunks.length > 0 && length + chunks.at(-1)!.length <= width) {
      length += chunks.at(-1)!.length
      current.push(chunks.pop()!)
    }
    const long = chunks.at(-1)
    if (long && long.length > width) {
      const cut = cutOf(long, width - length, breaksAtHyphens)
      if (breaksWords) current.push(long.splice(0, cut))
      else if (current.length === 0) current.push(chunks.pop()!)
    }
    if (isBlank(current.at(-1))) current.pop()
    if (current.length > 0) lines.push(current.map(chunk => chunk.join('')).join(''))
  }
  return lines
}

const wordwrap = (
  value: Value,
  width: Value = 79n,
  breaksWords: Value = true,
  separator: Value = null,
  breaksAtHyphens: Value = true,
): Value => {
  const how = { width: wholeNumber(width), breaksWords: truth(breaksWords), breaksAtHyphens: truth(breaksAtHyphens) }
  if (how.width <= 0) throw new ValueFault(`invalid width ${how.width} (must be > 0)`)
  const between = separator === null ? '\n' : textOnly(separator)
  const paragraphs = textOnly(value).split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)
  if (paragraphs.at(-1) === '') paragraphs.pop()
  return paragraphs.map(line => wrapped(line, how).join(between)).join(between)
}

/** Filters that set texts for people to read. */
export const printFilters: Record<string, Callable> = {
  pprint: callable(['value'], (value: Value) => repr(value)),
  wordwrap: callable(['s', 'width?', 'break_long_words?', 'wrapstring?', 'break_on_hyphens?'], wordwrap),
}
