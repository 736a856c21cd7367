import { SyntaxFault } from './syntax-fault.ts'

const SINGLE: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
}
const ESCAPE = /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\s\S])/g

/** A text as written between quotes, with Python's escapes read; one that Python does not know is left as it is. */
export const unescapeText = (written: string, at: number): string =>
  written.replace(ESCAPE, (whole, code: string, offset: number) => {
    const first = code[0]!
    if (/[0-7]/.test(first)) return String.fromCharCode(Number.parseInt(code, 8))
    const point = /^[xuU]./.test(code) ? Number.parseInt(code.slice(1), 16) : undefined
    if (point !== undefined && point <= 0x10ffff) return String.fromCodePoint(point)
    if (/[xuUN]/.test(first)) throw new SyntaxFault('This escape is not complete.', at + offset, whole.length)
    return SINGLE[code] ?? whole
  })
