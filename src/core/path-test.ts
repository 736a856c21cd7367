import { quote } from './quote.ts'

// Tests in POSIX sh of what stands at a path. A link is itself: one that leads nowhere is there. `word`: how the path is named
// there, where it is not by itself.

export const isThere = (path: string, word = quote(path)): string => `[ -e ${word} ] || [ -h ${word} ]`
export const isGone = (path: string, word = quote(path)): string => `[ ! -e ${word} ] && [ ! -h ${word} ]`
/** Whether `stat -c FORMAT` prints this text. */
export const statTest = (path: string, { format, text }: { format: string; text: string }): string =>
  `[ "$(stat -c ${quote(format)} -- ${quote(path)} 2>/dev/null)" = ${quote(text)} ]`
/** Whether a link leads there. The full stop keeps a line's end at the end of a target. */
export const targetTest = (path: string, target: string, word = quote(path)): string =>
  `[ "$(readlink -n -- ${word} 2>/dev/null && echo .)" = ${quote(`${target}.`)} ]`
