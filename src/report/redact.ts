import { shortestSecret } from '../core/hidden.ts'
import type { SecretKeeper } from '../core/secret-keeper.ts'
import {
  type EncodedSearch,
  encodedSearch,
  encodedViews,
  placesOf,
  type Stretch,
  seenView,
  type View,
} from './encoded-secret.ts'
import { mapText } from './map-text.ts'

/** Replaces secrets by `<secret>` in whatever is about to leave the program. */
export type Redactor = SecretKeeper

const SHORTEST = shortestSecret
/** From this length on a text of digits is taken for a key. */
const SHORTEST_KEY = 32
/** A single line of a secret of several lines counts by itself, as logs come line by line: one word of some length. */
const SHORTEST_LINE = 8
const MARK = '<secret>'

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

const anyCase = (hex: string): string =>
  hex.replace(/[a-f]/gi, letter => `[${letter.toLowerCase()}${letter.toUpperCase()}]`)

const hexOf = (text: string): string => Buffer.from(text).toString('hex')

const named: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }
/** What shells and YAML make of a single quote within single quotes. */
const requoted: readonly string[] = ["'\\''", "'\"'\"'", "''"]
const letters: Record<string, string> = { '\n': 'n', '\t': 't', '\r': 'r' }

/** The ways in which programs write a sign that means something to them. */
const escapesOf = (char: string): string[] => {
  const code = char.codePointAt(0)!
  const units = [...Array(char.length).keys()].map(i => char.charCodeAt(i).toString(16).padStart(4, '0'))
  const octal = [...Buffer.from(char)].map(byte => `\\\\{1,4}${byte.toString(8).padStart(3, '0')}`)
  return [
    // Escaped by a shell or in JSON, and once more in JSON.
    `\\\\{1,4}${quote(char)}`,
    ...(letters[char] ? [`\\\\{1,4}${letters[char]}`] : []),
    units.map(unit => `\\\\{1,4}u${anyCase(unit)}`).join(''),
    octal.join(''),
    [...Buffer.from(char)].map(byte => `\\\\{1,4}x${anyCase(byte.toString(16).padStart(2, '0'))}`).join(''),
    `&#(?:0*${code}|[xX]0*${anyCase(code.toString(16))});`,
    ...(named[char] ? [`&${named[char]};`] : []),
    ...(char === "'" ? requoted.map(quote) : []),
    ...(char === ' ' ? ['\\+'] : []),
  ]
}

/** Plain, URL-encoded and escaped, and any mixture of these: which signs are encoded, and how, differs between programs. */
const anyWriting = (secret: string): RegExp => {
  const signs = [...secret].map(char => {
    const encoded = hexOf(char).replace(/../g, pair => `%${anyCase(pair)}`)
    const ways = /[A-Za-z0-9]/.test(char) ? [] : escapesOf(char)
    return `(?:${[...ways, quote(char), encoded].join('|')})`
  })
  return new RegExp(signs.join(''), 'g')
}

/** A key that is written in hex or base64 is the same secret in any other writing: capitals, or encoded once more. */
const writingsOf = (secret: string): Buffer[] => {
  const isHex = secret.length >= SHORTEST_KEY && /^([0-9a-f]{2})+$/i.test(secret)
  if (isHex)
    return [secret, secret.toLowerCase(), secret.toUpperCase()]
      .map(text => Buffer.from(text))
      .concat(Buffer.from(secret, 'hex'))
  const isBase64 = secret.length >= SHORTEST_KEY && /^[\w+/-]+={0,2}$/.test(secret)
  return [Buffer.from(secret), ...(isBase64 ? [Buffer.from(secret, 'base64')] : [])]
}

/**
 * Longer ones are looked for as each program writes the whole of it: their patterns cost 0.1 s for 1,000 signs, and
 * 30,000 overflow the stack of the engine.
 */
const LONGEST = 200
/** So many lines of one secret are looked for with a pattern. */
const MOST_LINES = 20

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** As it stands, and as JSON, JSON in JSON, URLs, the quotes of a shell and of YAML, and HTML have it. */
const usualWritings = (secret: string): string[] => [
  ...new Set([
    secret,
    inJson(secret),
    inJson(inJson(secret)),
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams({ '': secret }).toString().slice(1),
    ...requoted.map(quotes => secret.replaceAll("'", quotes)),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ]),
]

const anyOf = (texts: string[]): Find => {
  return input => texts.flatMap(text => placesOf(text, input).map(from => ({ from, to: from + text.length })))
}

/** Finds a secret where it stands as it is, or escaped. */
type Find = (text: string) => Stretch[]
const findOf = (value: string, isOneOfMany: boolean): Find => {
  if (isOneOfMany || value.length > LONGEST) return anyOf(usualWritings(value))
  const pattern = anyWriting(value)
  return text => rangesOf(pattern, text)
}

/** What of a secret is looked for by itself: the whole, and lines. */
const valuesOf = (secret: string): { whole: string[]; lines: string[] } => {
  const lines = secret.split('\n').map(line => line.trim())
  const whole = [secret, secret.trim()].filter(value => [...value].length >= SHORTEST)
  const isTold = (line: string): boolean =>
    line.length >= SHORTEST_KEY || (line.length >= SHORTEST_LINE && !/\s/.test(line) && /\w/.test(line))
  return { whole, lines: lines.length === 1 ? [] : lines.filter(isTold) }
}

/** Every place where the pattern matches, those that overlap included. */
const rangesOf = (pattern: RegExp, text: string): Stretch[] => {
  const ranges: Stretch[] = []
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    ranges.push({ from: match.index, to: match.index + match[0].length })
    pattern.lastIndex = match.index + 1
  }
  return ranges
}

/** Secrets may overlap each other; replacing one after the other would leave the rest of the second one. */
const united = (ranges: Stretch[]): Stretch[] => {
  const result: Stretch[] = []
  for (const range of ranges.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to)
    else result.push({ ...range })
  }
  return result
}

const cut = (text: string, ranges: Stretch[]): string => {
  const kept = ranges.map((range, at) => text.slice(at === 0 ? 0 : ranges[at - 1]!.to, range.from))
  return [...kept, text.slice(ranges.at(-1)?.to ?? 0)].join(MARK)
}

/** Where a secret stands in what is seen of a text, as stretches of the text itself. */
const foundIn = ({ text, at }: View, find: Find): Stretch[] =>
  find(text).map(({ from, to }) => ({ from: at(from), to: at(to - 1) + 1 }))

/** How a secret is looked for: as it stands or is escaped, and where it is encoded. */
type Search = { find: Find; encoded: EncodedSearch }

/** A redactor that knows no secret yet. */
export const createRedactor = (): Redactor => {
  const known = new Map<string, Search>()
  const learn = (value: string, isOneOfMany: boolean): void => {
    if (known.has(value)) return
    known.set(value, { find: findOf(value, isOneOfMany), encoded: encodedSearch(writingsOf(value)) })
  }
  const add = (secret: string): void => {
    const { whole, lines } = valuesOf(secret)
    for (const value of whole) learn(value, false)
    for (const [i, line] of lines.entries()) learn(line, i >= MOST_LINES)
  }
  const text = (input: string): string => {
    if (input.length < SHORTEST || known.size === 0) return input
    const views = encodedViews(input)
    const seen = seenView(input)
    const ranges = [...known.values()].flatMap(({ find, encoded }) => [
      ...find(input),
      ...(seen ? foundIn(seen, find) : []),
      ...encoded(views),
    ])
    return ranges.length === 0 ? input : cut(input, united(ranges))
  }
  const number = (input: number): number | string => (text(String(input)) === String(input) ? input : MARK)
  return { add, text, value: value => mapText(value, text, number) }
}
