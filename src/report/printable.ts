/** C0 and C1 controls but tab and newline, and the marks that turn the direction of what follows. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const escaped = (char: string): string => {
  if (char === '\r') return '\\r'
  const code = char.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
}

/**
 * Text from elsewhere, safe to print: a host could otherwise move the cursor, rewrite lines above, or retitle the
 * window. Controls are shown rather than dropped, since they may be what is wrong.
 */
export const printable = (text: string): string => text.replace(CONTROL, escaped)

/** For places that hold one line. */
export const oneLine = (text: string): string => text.trim().replaceAll('\n', '\\n').replaceAll('\t', ' ')

/** All lines but those that are blank at either end, each with blanks in front. */
export const indented = (text: string, by: number): string =>
  text
    .replace(/^(\s*\n)+|\s+$/g, '')
    .split('\n')
    .map(line => `${' '.repeat(by)}${line}`.trimEnd())
    .join('\n')
