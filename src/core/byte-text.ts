import { isUtf8 } from 'node:buffer'

/**
 * Bytes as text, so that different bytes are different texts: of what is no UTF-8 each byte that is no ASCII stands as a
 * lone surrogate, U+DC80 and up, as Python has it (PEP 383). No text of a person's holds these, so it equals none.
 */
export const byteText = (bytes: Buffer): string =>
  isUtf8(bytes)
    ? bytes.toString()
    : Array.from(bytes, byte => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('')
