/** What one has to know of a text before it is written as YAML 1.1, as libyaml finds out. */
export type Scalar = {
  text: string
  isMultiline: boolean
  /** In which styles it reads as itself: without quotes in a flow or in a block, and in single quotes. */
  plainInFlow: boolean
  plainInBlock: boolean
  singleQuoted: boolean
}

const isBlankOrEnd = (char: string | undefined): boolean =>
  char === undefined || /[ \t\n\r\x85\u2028\u2029\0]/.test(char)
const isBreak = (char: string): boolean => /[\n\r\x85\u2028\u2029]/.test(char)
/** Libyaml writes what is beyond the first 65536 characters as escapes, and tabs too. */
export const isPrintable = (char: string): boolean =>
  /[\n -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/.test(char) && char.length === 1

const FIRST_ALWAYS = new Set('#,[]{}&*!|>\'"%@`')
const INSIDE_FLOW = new Set(',?[]{}')

/** Signs that a reader would take for more than text, inside a flow and in a block. */
const indicators = (chars: string[]): { flow: boolean; block: boolean } => {
  const begins = /^(---|\.\.\.)/.test(chars.slice(0, 3).join(''))
  const found = { flow: begins, block: begins }
  chars.forEach((char, at) => {
    const isBeforeBlank = isBlankOrEnd(chars[at + 1])
    if (at === 0) {
      const isAlways = FIRST_ALWAYS.has(char) || (char === '-' && isBeforeBlank)
      if (isAlways || char === '?' || char === ':') found.flow = true
      if (isAlways || ((char === '?' || char === ':') && isBeforeBlank)) found.block = true
      return
    }
    const isComment = char === '#' && isBlankOrEnd(chars[at - 1])
    if (INSIDE_FLOW.has(char) || char === ':' || isComment) found.flow = true
    if ((char === ':' && isBeforeBlank) || isComment) found.block = true
  })
  return found
}

/** Looks at a text as a whole. */
export const scalarOf = (text: string): Scalar => {
  if (text === '') return { text, isMultiline: false, plainInFlow: false, plainInBlock: true, singleQuoted: true }
  const chars = [...text]
  const isMultiline = chars.some(isBreak)
  const isSpecial = chars.some(char => !isPrintable(char))
  const spaceBeforeBreak = / [\n\r\x85\u2028\u2029]/.test(text)
  const breakBeforeSpace = /[\n\r\x85\u2028\u2029] /.test(text)
  const isHard = isSpecial || spaceBeforeBreak || breakBeforeSpace
  const [first, last] = [chars[0]!, chars.at(-1)!]
  const hasBlankEnds = [first, last].some(char => char === ' ' || isBreak(char))
  const { flow, block } = indicators(chars)
  const isPlain = !isHard && !hasBlankEnds && !isMultiline
  return { text, isMultiline, plainInFlow: isPlain && !flow, plainInBlock: isPlain && !block, singleQuoted: !isHard }
}

/** What YAML 1.1 takes a plain word for, other than a text. */
const MEANINGS = [
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  /^(?:~|null|Null|NULL|)$/,
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/,
  /^(?:<<|=|[!&*])$/,
]
export const meansMore = (text: string): boolean => MEANINGS.some(meaning => meaning.test(text))
