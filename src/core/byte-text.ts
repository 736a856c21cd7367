import { isUtf8 } from 'node:buffer'

/** How many bytes of a character begin at a place; 0: none that is UTF-8. */
const lengthAt = (bytes: Buffer, at: number): number =>
  [1, 2, 3, 4].find(length => at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) ?? 0

/**
 * Bytes as text, so that different bytes are different texts: each byte that is part of no UTF-8 character stands as a lone
 * surrogate, U+DC80 and up, as Python has it (PEP 383). No text of a person's holds these, so it equals none. The text of a
 * path is that of its parts.
 */
export const byteText = (bytes: Buffer): string => {
  if (isUtf8(bytes)) return bytes.toString()
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at)
    text += length === 0 ? String.fromCharCode(0xdc00 + bytes[at]!) : bytes.toString('utf8', at, at + length)
    at += length || 1
  }
  return text
}

const isByte = (unit: number): boolean => unit >= 0xdc80 && unit <= 0xdcff

/** Whether bytes stand in a text that are no UTF-8: it is no text that could be written as it is. */
export const hasRawBytes = (text: string): boolean => /[\u{dc80}-\u{dcff}]/u.test(text)

/** The bytes that `byteText` has made a text of. */
export const bytesOfText = (text: string): Buffer =>
  hasRawBytes(text)
    ? Buffer.concat(
        Array.from(text, unit => {
          const code = unit.charCodeAt(0)
          return unit.length === 1 && isByte(code) ? Buffer.from([code - 0xdc00]) : Buffer.from(unit)
        }),
      )
    : Buffer.from(text)
