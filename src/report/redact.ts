import { type SecretKeeper, shortestSecret } from '../core/secret-keeper.ts'
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

/** Plain and URL-encoded, and any mixture of both: which characters are encoded differs between programs. */
const plainOrUrl = (secret: string): string =>
  [...secret]
    .map(char => {
      const encoded = hexOf(char).replace(/../g, pair => `%${anyCase(pair)}`)
      return `(?:${quote(char)}|${encoded}${char === ' ' ? '|\\+' : ''})`
    })
    .join('')

/** Both alphabets of base64 are in use; text broken into lines is not looked for. */
const anyAlphabet = (encoded: string): string => encoded.replace(/[+/]/g, char => (char === '+' ? '[+-]' : '[/_]'))

/**
 * A secret inside a longer base64 text: `before` bytes stand in front of it in its group of three. Only the digits that
 * are made of the secret alone are known; those at both ends, made in part of the neighbouring bytes, are replaced as
 * well.
 */
const base64 = (secret: Buffer, before: 0 | 1 | 2): string => {
  const bytes = Buffer.concat([Buffer.alloc(before), secret])
  const from = [0, 2, 3][before]!
  const to = Math.floor((bytes.length * 8) / 6)
  const rimBefore = before === 0 ? '' : '[\\w+/-]?'
  const rimAfter = bytes.length % 3 === 0 ? '' : '[\\w+/-]?=*'
  return rimBefore + anyAlphabet(bytes.toString('base64').slice(from, to)) + rimAfter
}

const encoded = (bytes: Buffer): string[] => [
  anyCase(bytes.toString('hex')),
  base64(bytes, 0),
  base64(bytes, 1),
  base64(bytes, 2),
]

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

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** As JSON, and JSON in JSON, would quote it; as a shell and YAML do within single quotes; as HTML does. */
const quotings = (secret: string): string[] => [
  inJson(secret),
  inJson(inJson(secret)),
  secret.replaceAll("'", `'\\''`),
  secret.replaceAll("'", "''"),
  secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
]

const patternsOf = (secret: string): RegExp[] => {
  const sources = [
    plainOrUrl(secret),
    ...writingsOf(secret).flatMap(encoded),
    ...quotings(secret)
      .filter(text => text !== secret)
      .map(quote),
  ]
  return [...new Set(sources)].map(source => new RegExp(source, 'g'))
}

const valuesOf = (secret: string): string[] => {
  const lines = secret.split('\n').map(line => line.trim())
  const whole = [secret, secret.trim()].filter(value => [...value].length >= SHORTEST)
  const isTold = (line: string): boolean =>
    line.length >= SHORTEST_KEY || (line.length >= SHORTEST_LINE && !/\s/.test(line) && /\w/.test(line))
  return lines.length === 1 ? whole : [...whole, ...lines.filter(isTold)]
}

type Range = { from: number; to: number }

/** Every place where the pattern matches, those that overlap included. */
const rangesOf = (pattern: RegExp, text: string): Range[] => {
  const ranges: Range[] = []
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    ranges.push({ from: match.index, to: match.index + match[0].length })
    pattern.lastIndex = match.index + 1
  }
  return ranges
}

/** Secrets may overlap each other; replacing one after the other would leave the rest of the second one. */
const united = (ranges: Range[]): Range[] => {
  const result: Range[] = []
  for (const range of ranges.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to)
    else result.push({ ...range })
  }
  return result
}

const cut = (text: string, ranges: Range[]): string => {
  const kept = ranges.map((range, at) => text.slice(at === 0 ? 0 : ranges[at - 1]!.to, range.from))
  return [...kept, text.slice(ranges.at(-1)?.to ?? 0)].join(MARK)
}

/** A redactor that knows no secret yet. */
export const createRedactor = (): Redactor => {
  const known = new Map<string, RegExp[]>()
  const add = (secret: string): void => {
    for (const value of valuesOf(secret)) if (!known.has(value)) known.set(value, patternsOf(value))
  }
  const text = (input: string): string => {
    if (input.length < SHORTEST || known.size === 0) return input
    const ranges = [...known.values()].flat().flatMap(pattern => rangesOf(pattern, input))
    return ranges.length === 0 ? input : cut(input, united(ranges))
  }
  const number = (input: number): number | string => (text(String(input)) === String(input) ? input : MARK)
  return { add, text, value: value => mapText(value, text, number) }
}
