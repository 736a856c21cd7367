/** So deep may blocks, and functions in brackets, lie in one another: the parser's time grows with the square of it. */
export const DEEPEST_BLOCKS = 200

const MARK = /\{\{~?(?:([#^](?!~?\}\}))|(\/)|else\s+[^\s~}])|(\()|(\))|\}\}/g

/**
 * Where blocks of a template lie too deep in one another, as an offset; else undefined. What is an `else if` counts too: it is
 * a block in the one before. Without a parser, as it is there to find what is too deep for one.
 */
export const tooDeepBlock = (text: string): number | undefined => {
  /** Of each open block how many it is by its `else if`. */
  const open: number[] = []
  let deep = 0
  let brackets = 0
  for (const { 0: mark, 1: opens, 2: closes, index } of text.matchAll(MARK)) {
    if (mark === '(') brackets += 1
    else if (mark === ')') brackets -= 1
    else if (mark === '}}') brackets = 0
    else if (closes) deep -= open.pop() ?? 0
    else {
      deep += 1
      if (opens || open.length === 0) open.push(1)
      else open[open.length - 1]! += 1
    }
    if (deep > DEEPEST_BLOCKS || brackets > DEEPEST_BLOCKS) return index
  }
  return undefined
}
