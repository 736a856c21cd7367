import type { Origin } from '../core/failure.ts'
import { refuse } from '../core/failure.ts'
import { placeIn } from './located.ts'

/** A piece of a text: as it stands, or the inside of `{{ }}` with the offset at which it begins. */
export type Piece = { text: string } | { code: string; offset: number }

/** The offset behind a CEL string literal that begins at `start`. */
const behindQuote = (text: string, start: number): number => {
  const quote = text[start]!
  const fence = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote
  const raw = /[rR]$/.test(text.slice(0, start))
  let at = start + fence.length
  while (at < text.length && !text.startsWith(fence, at)) at += text[at] === '\\' && !raw ? 2 : 1
  return at + fence.length
}

/** The offset of the `}}` that closes what begins at `start`: not one in a string or at the end of mapping literals. */
const closing = (text: string, start: number): number => {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (char === '"' || char === "'") at = behindQuote(text, at) - 1
    else if (char === '{') depth++
    else if (char === '}' && depth > 0) depth--
    else if (char === '}' && text[at + 1] === '}') return at
  }
  return -1
}

/**
 * Cuts a text at its `{{ }}`.
 *
 * Throws a Refusal `playbook-expression` where braces are not closed or hold nothing.
 */
export const pieces = (text: string, origin: Origin): Piece[] => {
  const found: Piece[] = []
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('{{', at)
    if (open < 0) break
    const close = closing(text, open + 2)
    const place = placeIn(origin, text, open)
    if (close < 0) {
      refuse('playbook-expression', 'An expression begins with {{ and is never closed.', {
        origin: place,
        fix: 'Close it with }}. To write {{ as text: {{ "{{" }}.',
      })
    }
    const code = text.slice(open + 2, close)
    if (code.trim() === '') refuse('playbook-expression', 'There is nothing between {{ and }}.', { origin: place })
    if (open > at) found.push({ text: text.slice(at, open) })
    found.push({ code, offset: open + 2 })
    at = close + 2
  }
  if (at < text.length) found.push({ text: text.slice(at) })
  return found
}

/** Whether a text holds an expression. */
export const hasBraces = (text: string): boolean => text.includes('{{')
