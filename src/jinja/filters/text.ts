import { type Callable, callable } from '../callable.ts'
import { Iterable, iterate } from '../iterate.ts'
import { percentFormat } from '../percent-format.ts'
import { str } from '../repr.ts'
import { SPACE, stripped } from '../space.ts'
import { truth } from '../truth.ts'
import { Dict, tupleOf, typeName, usable, type Value, ValueFault } from '../value.ts'
import { textOnly, wholeNumber } from './argument.ts'

const onText = (change: (found: string) => Value): Callable => callable(['s'], (value: Value) => change(str(value)))

/** Letters that are two in one: as the first of a word they are half large. */
const TITLE: Record<string, string> = { ǆ: 'ǅ', Ǆ: 'ǅ', ǉ: 'ǈ', Ǉ: 'ǈ', ǌ: 'ǋ', Ǌ: 'ǋ', ǳ: 'ǲ', Ǳ: 'ǲ' }

const capitalize = (found: string): string => {
  const [first = '', ...rest] = found
  const [large = '', ...more] = TITLE[first] ?? first.toUpperCase()
  return large + more.join('').toLowerCase() + rest.join('').toLowerCase()
}

const title = (found: string): string =>
  found
    .split(/([-\s({[<]+)/u)
    .map(part => {
      const [first = '', ...rest] = part
      return first.toUpperCase() + rest.join('').toLowerCase()
    })
    .join('')

const escapedForSet = (chars: string): string => chars.replace(/[\\\]^-]/g, '\\$&')

const trim = (value: Value, chars: Value = null): Value => {
  const found = str(value)
  if (chars === null) return stripped(found)
  const set = textOnly(chars)
  if (set === '') return found
  const some = `[${escapedForSet(set)}]+`
  return found
    .replace(new RegExp(`^${some}`, 'u'), '')
    .replace(new RegExp(`(?<!${some.slice(0, -1)})${some}$`, 'u'), '')
}

/** Python's `replace`: an empty text is found between all characters. */
const replace = (value: Value, from: Value, to: Value, count: Value = null): Value => {
  const [found, old, by] = [str(value), str(from), str(to)]
  const most = count === null ? -1 : wholeNumber(count)
  const parts = old === '' ? ['', ...found, ''] : found.split(old)
  const joints = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1)
  return parts.map((part, at) => (at === 0 ? part : (at <= joints ? by : old) + part)).join('')
}

const split = (value: Value, by: Value = null, most: Value = -1n): Value => {
  const found = textOnly(value)
  const limit = wholeNumber(most)
  if (by !== null) return splitBy(found, textOnly(by), limit)
  const words: string[] = []
  const word = new RegExp(`${SPACE}*((?:(?!${SPACE})[\\s\\S])+)`, 'y')
  while (limit < 0 || words.length < limit) {
    const [, next] = word.exec(found) ?? []
    if (next === undefined) return words
    words.push(next)
  }
  const at = words.length === 0 ? 0 : word.lastIndex
  const rest = found.slice(at).replace(new RegExp(`^${SPACE}+`), '')
  return rest === '' ? words : [...words, rest]
}

const splitBy = (found: string, by: string, limit: number): string[] => {
  if (by === '') throw new ValueFault('empty separator')
  const parts = found.split(by)
  return limit < 0 || parts.length <= limit ? parts : [...parts.slice(0, limit), parts.slice(limit).join(by)]
}

/** Lines without their ends, as Python tells them apart. */
const lines = (found: string): string[] => {
  const all = found.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)
  if (all.at(-1) === '') all.pop()
  return all
}

const center = (value: Value, width: Value = 80n): Value => {
  const [found, wide] = [str(value), wholeNumber(width)]
  const pad = wide - [...found].length
  if (pad <= 0) return found
  const left = Math.floor(pad / 2) + (pad & wide & 1)
  return ' '.repeat(left) + found + ' '.repeat(pad - left)
}

const indent = (value: Value, width: Value = 4n, first: Value = false, blank: Value = false): Value => {
  const by = typeof width === 'string' ? width : ' '.repeat(Math.max(wholeNumber(width), 0))
  const [head = '', ...rest] = lines(`${textOnly(value)}\n`)
  const below = rest.map(line => (line === '' && !truth(blank) ? '\n' : `\n${by}${line}`))
  return (truth(first) ? by : '') + head + below.join('')
}

const truncate = (
  value: Value,
  length: Value = 255n,
  killwords: Value = false,
  end: Value = '...',
  leeway: Value = null,
): Value => {
  const most = wholeNumber(length)
  const more = leeway === null ? 5 : wholeNumber(leeway)
  const tail = textOnly(end)
  if (most < [...tail].length || more < 0) throw new ValueFault(`expected length >= ${[...tail].length}, got ${most}`)
  const there = usable(value)
  const isList = there instanceof Dict || Array.isArray(there) || there instanceof Iterable
  const chars = isList ? iterate(there) : [...textOnly(there)]
  if (chars.length <= most + more) return there
  const kept = [...textOnly(there)].slice(0, most - [...tail].length).join('')
  if (truth(killwords)) return kept + tail
  const at = kept.lastIndexOf(' ')
  return (at < 0 ? kept : kept.slice(0, at)) + tail
}

const WORD = /[\p{L}\p{N}_]+/gu

/** As a shell reads it as one word. */
const quote = (value: Value): Value => {
  const found = value === null ? '' : str(value)
  if (found === '') return "''"
  return /^[\w@%+=:,./-]+$/.test(found) ? found : `'${found.replaceAll("'", `'"'"'`)}'`
}

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }
const escapeHtml = (found: string): string => found.replace(/[&<>"']/g, char => HTML[char]!)

/** The styles of comments. What is not given follows from `decoration`. */
const STYLES: Record<string, Record<string, string>> = {
  plain: { decoration: '# ' },
  erlang: { decoration: '% ' },
  c: { decoration: '// ' },
  cblock: { beginning: '/*', decoration: ' * ', end: ' */' },
  xml: { beginning: '<!--', decoration: ' - ', end: '-->' },
}
const trimmedEnd = (found: string): string => found.replace(new RegExp(`${SPACE}+$`), '')

const comment = (value: Value, style: Value = 'plain', named: Dict): Value => {
  const known = STYLES[textOnly(style)]
  if (!known)
    throw new ValueFault(`Invalid style ${textOnly(style)}. Available styles: ${Object.keys(STYLES).join(', ')}`)
  const given = (name: string, otherwise: string): string => str(named.get(name) ?? known[name] ?? otherwise)
  const times = (name: string): number => Math.max(wholeNumber(named.get(name) ?? 1n), 0)
  const newline = given('newline', '\n')
  const decoration = given('decoration', '')
  const [beginning, end] = [given('beginning', ''), given('end', '')]
  const [prefix, postfix] = [given('prefix', trimmedEnd(decoration)), given('postfix', trimmedEnd(decoration))]
  const above = prefix === '' ? '' : prefix === newline ? newline : prefix + newline
  const body = (decoration + textOnly(value).replaceAll(newline, newline + decoration)).replaceAll(
    decoration + newline,
    trimmedEnd(decoration) + newline,
  )
  return [
    beginning === '' ? '' : beginning + newline,
    above.repeat(times('prefix_count')),
    body,
    (newline + postfix).repeat(times('postfix_count')),
    end === '' ? '' : newline + end,
  ].join('')
}

const striptags = (found: string): string => {
  const bare = found.replace(/<!--[\s\S]*?-->/g, '').replace(/<[^>]*>/g, '')
  return (split(bare) as string[])
    .join(' ')
    .replace(/&(amp|lt|gt|quot|#34|#39|nbsp);/g, (_, name: string) => ENTITIES[name]!)
}
const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#34': '"',
  '#39': "'",
  nbsp: '\u00a0',
}

const xmlattr = (value: Value, autospace: Value = true): Value => {
  const there = usable(value)
  if (!(there instanceof Dict)) throw new ValueFault(`'${typeName(there)}' object has no attribute 'items'`)
  const shown = there.entries().filter(([, one]) => one !== null)
  const parts = shown.map(([key, one]) => {
    if (/[\s/>=]/.test(textOnly(key))) throw new ValueFault(`Invalid character in attribute name: '${textOnly(key)}'`)
    return `${escapeHtml(textOnly(key))}="${escapeHtml(str(one))}"`
  })
  return (truth(autospace) && parts.length > 0 ? ' ' : '') + parts.join(' ')
}

const format = (value: Value, args: Value[], named: Dict): Value => {
  if (args.length > 0 && named.size > 0)
    throw new ValueFault("can't handle positional and keyword arguments at the same time")
  return percentFormat(str(value), named.size > 0 ? named : tupleOf(args))
}

/** Filters that change a text. */
export const textFilters: Record<string, Callable> = {
  string: onText(found => found),
  upper: onText(found => found.toUpperCase()),
  lower: onText(found => found.toLowerCase()),
  capitalize: onText(capitalize),
  title: onText(title),
  trim: callable(['value', 'chars?'], trim),
  replace: callable(['s', 'old', 'new', 'count?'], replace),
  split: callable(['value', 'sep?', 'maxsplit?'], split),
  center: callable(['value', 'width?'], center),
  indent: callable(['s', 'width?', 'first?', 'blank?'], indent),
  truncate: callable(['s', 'length?', 'killwords?', 'end?', 'leeway?'], truncate),
  wordcount: onText(found => BigInt(found.match(WORD)?.length ?? 0)),
  quote: callable(['a'], quote),
  comment: callable(['text', 'style?', '**'], comment),
  format: callable(['value', '*', '**'], format),
  escape: onText(escapeHtml),
  e: onText(escapeHtml),
  forceescape: onText(escapeHtml),
  safe: onText(found => found),
  striptags: onText(striptags),
  xmlattr: callable(['d', 'autospace?'], xmlattr),
}
