/**
 * What a terminal obeys, what turns the text around it, what ends a line for some programs, and what is not seen at all:
 * controls, marks of direction, separators, joiners, fillers, tags, halves of signs. Tab and newline are ours, and the two
 * selectors that say how the sign before them is drawn hide nothing.
 */
export const UNSEEN =
  /[[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\t\n\ufe0e\ufe0f]]/gv

/** By its UTF-16 units, as JSON has it: `\u{e0041}` is `\udb40\udc41`. */
export const inUnits = (char: string): string =>
  Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')

const escaped = (char: string): string => {
  if (char === '\r') return '\\r'
  const code = char.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : inUnits(char)
}

/**
 * Text from elsewhere, safe to print: a host could otherwise move the cursor, rewrite lines above, or retitle the
 * window. Controls are shown rather than dropped, since they may be what is wrong.
 */
export const printable = (text: string): string => text.replace(UNSEEN, escaped)

/** For places that hold one line. */
export const oneLine = (text: string): string => text.trim().replaceAll('\n', '\\n').replaceAll('\t', ' ')

/** All lines but those that are blank at either end, each with blanks in front. */
export const indented = (text: string, by: number): string =>
  text
    .replace(/^(\s*\n)+|\s+$/g, '')
    .split('\n')
    .map(line => `${' '.repeat(by)}${line}`.trimEnd())
    .join('\n')
