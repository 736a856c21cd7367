import { quote } from './quote.ts'

// Tests in POSIX sh of what stands at a path. A link is itself: one that leads nowhere is there. `word`: how the path is named
// there, where it is not by itself.

export const isThere = (path: string, word = quote(path)): string => `[ -e ${word} ] || [ -h ${word} ]`
export const isGone = (path: string, word = quote(path)): string => `[ ! -e ${word} ] && [ ! -h ${word} ]`
/** Whether `stat -c FORMAT` prints this text. `said`: the text as a word of sh, where it is not only that. */
export const statTest = (
  path: string,
  { format, text }: { format: string; text: string },
  word = quote(path),
  said = quote(text),
): string => `[ "$(stat -c ${quote(format)} -- ${word} 2>/dev/null)" = ${said} ]`
/** Whether the content of a file has this SHA-256; `word` is how it is named there. */
export const digestTest = (digest: string, word: string): string => `[ "$(sha256sum <${word})" = '${digest}  -' ]`
/** Whether a link leads there. The full stop keeps a line's end at the end of a target. */
export const targetTest = (path: string, target: string, word = quote(path)): string =>
  `[ "$(readlink -n -- ${word} 2>/dev/null && echo .)" = ${quote(`${target}.`)} ]`
