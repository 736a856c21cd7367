import { UNSEEN } from './printable.ts'

/** A stretch of a text. */
export type Stretch = { from: number; to: number }

/** A text as an encoding is read, and where each of its signs stands in the text itself. */
export type View = { text: string; at: (index: number) => number }

/** Texts of programs are short, and most have nothing to be left out: then nothing is mapped. */
const viewOf = (text: string, between: RegExp, alike: (text: string) => string): View => {
  const kept = text.replace(between, '')
  if (kept.length === text.length) return { text: alike(text), at: index => index }
  const left = [...text.matchAll(between)].map(match => ({ from: match.index, length: match[0].length }))
  const at = new Uint32Array(kept.length)
  for (let i = 0, to = 0, next = 0; i < text.length; ) {
    const gap = left[next]
    if (gap?.from === i) {
      i += gap.length
      next += 1
    } else at[to++] = i++
  }
  return { text: alike(kept), at: index => at[index]! }
}

/** Both alphabets of base64 are in use, and programs break its lines. */
const inBase64 = (text: string): View => viewOf(text, /\r?\n/g, kept => kept.replaceAll('-', '+').replaceAll('_', '/'))
/** Bytes are written in capitals or not, apart, with colons, and in lines. */
const inHex = (text: string): View => viewOf(text, /[\s:]+/g, kept => kept.toLowerCase())

/** A sequence that a terminal obeys (ECMA-48: CSI, OSC, and the short ones), or a sign that is not seen. */
const BETWEEN = new RegExp(
  `\\x1b\\[[0-?]*[ -\\/]*[@-~]|\\x1b\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)|\\x1b[ -\\/]*[0-~]|${UNSEEN.source}`,
  'gv',
)

/**
 * The text as an eye reads it, and where each of its signs stands in the text itself; undefined where that is the text: a
 * program that colours what it prints puts sequences into a secret.
 */
export const seenView = (text: string): View | undefined => {
  const view = viewOf(text, BETWEEN, kept => kept)
  return view.text.length === text.length ? undefined : view
}

/** What of an encoded secret is the same wherever it stands, and how many signs at its ends are made of others as well. */
type Needle = { core: string; before: number; after: number }

/**
 * A secret inside a longer base64 text: `before` bytes stand in front of it in its group of three. Only the digits that
 * are made of the secret alone are known; those at both ends, made in part of the neighbouring bytes, are replaced as
 * well.
 */
const base64 = (secret: Buffer, before: 0 | 1 | 2): Needle => {
  const bytes = Buffer.concat([Buffer.alloc(before), secret])
  const to = Math.floor((bytes.length * 8) / 6)
  const core = bytes.toString('base64').slice([0, 2, 3][before]!, to)
  return { core, before: before === 0 ? 0 : 1, after: bytes.length % 3 === 0 ? 0 : 1 }
}

const isDigit = (sign: string | undefined): boolean => sign !== undefined && /[\w+/]/.test(sign)

/** Where a text stands in another one, each time that it does. */
export const placesOf = (wanted: string, text: string): number[] => {
  const places: number[] = []
  for (let i = text.indexOf(wanted); i >= 0; i = text.indexOf(wanted, i + 1)) places.push(i)
  return places
}

/** Every place of a needle in a view, as stretches of the text itself. */
const found = ({ text, at }: View, { core, before, after }: Needle): Stretch[] => {
  return placesOf(core, text).map(i => {
    let to = i + core.length
    if (after > 0 && isDigit(text[to])) to += 1
    while (after > 0 && text[to] === '=') to += 1
    return { from: at(before > 0 && isDigit(text[i - 1]) ? i - 1 : i), to: at(to - 1) + 1 }
  })
}

/** The two ways in which a text is read for encoded secrets. */
export type EncodedViews = { digits: View; bytes: View }
export const encodedViews = (text: string): EncodedViews => ({ digits: inBase64(text), bytes: inHex(text) })

/** Finds the bytes of a secret, in each of its writings, where a text has them in base64 or hex. */
export type EncodedSearch = (views: EncodedViews) => Stretch[]
export const encodedSearch = (writings: Buffer[]): EncodedSearch => {
  const digits = writings.flatMap(bytes => [base64(bytes, 0), base64(bytes, 1), base64(bytes, 2)])
  const bytes = writings.map(one => ({ core: one.toString('hex'), before: 0, after: 0 }))
  return views => [
    ...digits.flatMap(needle => found(views.digits, needle)),
    ...bytes.flatMap(needle => found(views.bytes, needle)),
  ]
}
