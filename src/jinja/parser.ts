import type { Delimiters } from './delimiters.ts'
import { normalized, type Token, templateTokens } from './lexer.ts'
import { parseExpression } from './parse-expression.ts'
import { parseBody } from './parse-statement.ts'
import { SyntaxFault } from './syntax-fault.ts'
import { TokenStream } from './token-stream.ts'
import type { ExpressionNode, StatementNode } from './tree.ts'

/**
 * The statements of a template. Offsets in them are in the text with every end of a line as one character.
 *
 * Throws a SyntaxFault with the offset of what cannot be read.
 */
export const parseTemplate = (text: string, how: Delimiters): StatementNode[] =>
  parseBody(new TokenStream(templateTokens(normalized(text, how), how)))

/** One expression without braces around it, as a condition is written. */
export const parseBareExpression = (text: string, how: Delimiters): ExpressionNode => {
  // Read as if it stood in a tag, so that offsets are those of the text.
  // A space, since a sign right behind the tag would be one of the tag.
  const begin = `${how.variableStart} `
  const shifted = bareTokens(begin, text, how).map(token => ({
    ...token,
    at: Math.min(token.at - begin.length, text.length),
  }))
  const stream = new TokenStream(shifted.slice(1))
  const expression = parseExpression(stream)
  if (!stream.isKind('variable_end') || stream.following.kind !== 'end') stream.unexpected()
  return expression
}

const bareTokens = (begin: string, text: string, how: Delimiters): Token[] => {
  try {
    return templateTokens(normalized(`${begin}${text} ${how.variableEnd}`, how), how)
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    const { message, at, length, fix, near } = error
    if (at >= begin.length) throw new SyntaxFault(message, at - begin.length, length, fix, near)
    throw new SyntaxFault('A bracket or a text is not closed.', 0, length)
  }
}
