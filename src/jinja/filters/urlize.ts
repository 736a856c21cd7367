import { type Callable, callable } from '../callable.ts'
import { iterate } from '../iterate.ts'
import { str } from '../repr.ts'
import { SPACE } from '../space.ts'
import { truth } from '../truth.ts'
import { type Value, ValueFault } from '../value.ts'
import { textOnly, wholeNumber } from './argument.ts'

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' }
const escapedHtml = (text: string): string => text.replace(/[&<>'"]/g, char => ESCAPES[char]!)

const WORD = '[\\p{L}\\p{N}_%]'
const WEB = new RegExp(
  '^(?:(?:https?://|www\\.)' +
    `(?:(?:[\\p{L}\\p{N}_%-]+\\.)+)?(?:[a-z]{2,63}|xn--${WORD}{2,59})` +
    '|(?:[\\p{L}\\p{N}_%-]{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)' +
    '|https?://(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[(?:[\\da-f]{0,4}:){2}(?:[\\da-f]{0,4}:?){1,6}\\]))' +
    '(?::\\d{1,5})?(?:[/?#]\\S*)?$',
  'iu',
)
const MAIL = /^\S+@[\p{L}\p{N}_][\p{L}\p{N}_.-]*\.[\p{L}\p{N}_]+$/u

const countOf = (text: string, part: string): number => text.split(part).length - 1
const PAIRS: [begin: string, end: string][] = [
  ['(', ')'],
  ['<', '>'],
  ['&lt;', '&gt;'],
]

/** A word without the brackets before it, and the brackets and signs behind it. */
const parts = (word: string): { head: string; middle: string; tail: string } => {
  const head = /^(?:[(<]|&lt;)+/.exec(word)?.[0] ?? ''
  const inner = word.slice(head.length)
  let tail = /(?:[)>.,\n]|&gt;)+$/.exec(inner)?.[0] ?? ''
  let middle = inner.slice(0, inner.length - tail.length)
  for (const [begin, end] of PAIRS) {
    const open = countOf(middle, begin)
    if (open <= countOf(middle, end)) continue
    for (let left = Math.min(open, countOf(tail, end)); left > 0; left--) {
      const at = tail.indexOf(end) + end.length
      middle += tail.slice(0, at)
      tail = tail.slice(at)
    }
  }
  return { head, middle, tail }
}

type Linking = { attributes: string; shown(url: string): string; schemes: string[] }

const linked = (middle: string, { attributes, shown, schemes }: Linking): string => {
  if (WEB.test(middle)) {
    const url = /^https?:\/\//.test(middle) ? middle : `https://${middle}`
    return `<a href="${url}"${attributes}>${shown(middle)}</a>`
  }
  if (middle.startsWith('mailto:') && MAIL.test(middle.slice(7))) return `<a href="${middle}">${middle.slice(7)}</a>`
  const isMail = !/^www\.|^@|:/.test(middle) && MAIL.test(middle)
  if (isMail) return `<a href="mailto:${middle}">${middle}</a>`
  return schemes
    .filter(scheme => middle !== scheme && middle.startsWith(scheme))
    .reduce(text => `<a href="${text}"${attributes}>${text}</a>`, middle)
}

const urlize = (
  value: Value,
  limit: Value = null,
  nofollow: Value = false,
  target: Value = null,
  rel: Value = null,
  extraSchemes: Value = null,
): Value => {
  const relations = new Set(['noopener', ...(rel === null ? [] : textOnly(rel).split(/\s+/).filter(Boolean))])
  if (truth(nofollow)) relations.add('nofollow')
  const schemes = extraSchemes === null ? [] : iterate(extraSchemes).map(textOnly)
  const odd = schemes.find(scheme => !/^(?:[\w.+-]{2,}:(?:\/){0,2})$/.test(scheme))
  if (odd !== undefined) throw new ValueFault(`'${odd}' is not a valid URI scheme prefix.`)
  const most = limit === null ? undefined : wholeNumber(limit)
  const frame = target === null ? '' : ` target="${escapedHtml(textOnly(target))}"`
  const how: Linking = {
    attributes: ` rel="${escapedHtml([...relations].sort().join(' '))}"${frame}`,
    shown: url => (most !== undefined && [...url].length > most ? `${[...url].slice(0, most).join('')}...` : url),
    schemes,
  }
  return escapedHtml(str(value))
    .split(new RegExp(`(${SPACE}+)`))
    .map(word => {
      const { head, middle, tail } = parts(word)
      return head + linked(middle, how) + tail
    })
    .join('')
}

/** The filter that makes links of what looks like one. */
export const urlizeFilters: Record<string, Callable> = {
  urlize: callable(['value', 'trim_url_limit?', 'nofollow?', 'target?', 'rel?', 'extra_schemes?'], urlize),
}
