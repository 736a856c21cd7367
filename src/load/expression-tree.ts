import { EndingPattern } from '../core/ending-pattern.ts'
import { type Syntax, syntaxBelow } from './references.ts'

/** So many parts of an expression may lie in one another; a chain of `a + b + c` lies as deep as it is long. */
export const DEEPEST_EXPRESSION = 250

/** What `matches` is called in a tree: CEL's own would not end, and cannot be replaced under its name. */
export const ENDING_MATCHES = 'matches_that_ends'

const patterns = new Map<string, EndingPattern>()

/** `text.matches(pattern)` as CEL has it, but that it ends. Throws a RangeError with a sentence. */
export const matchesThatEnds = (text: string, source: string): boolean => {
  let pattern = patterns.get(source)
  if (!pattern) {
    // The engine of expressions tells what is wrong by throwing; there is no other way to ask it.
    try {
      pattern = new EndingPattern(source)
    } catch {
      throw new RangeError(`Invalid regular expression: ${source}.`)
    }
    patterns.set(source, pattern)
  }
  return pattern.test(text)
}

/**
 * Makes the tree of an expression one that can be evaluated whatever it says: `matches` ends. Returns where it is nested too
 * deeply, as an offset; else undefined. Without recursion, as it is there to find what is too deep for that.
 */
export const endingTree = (root: Syntax): number | undefined => {
  const open: [Syntax, number][] = [[root, 1]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth] = next
    if (depth > DEEPEST_EXPRESSION) return node.start
    const { op, args } = node
    if (op === 'rcall' && Array.isArray(args) && args[0] === 'matches') args[0] = ENDING_MATCHES
    for (const inner of syntaxBelow(args)) open.push([inner, depth + 1])
  }
  return undefined
}
