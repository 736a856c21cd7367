import { pattern } from '../../../src/module/module.ts'

/** From where to where: behind the first match of `after`, up to the first match of `before` from there on. */
export const textSection = (
  text: string,
  { after, before }: { after: string | undefined; before: string | undefined },
): { between: [number, number] } | { wrong: string } => {
  const first = after === undefined ? undefined : pattern(after, 'ms')
  const last = before === undefined ? undefined : pattern(before, 'ms')
  if (typeof first === 'string') return { wrong: `after is no regular expression: ${first}` }
  if (typeof last === 'string') return { wrong: `before is no regular expression: ${last}` }
  const opens = first?.exec(text)
  // Where a bound is nowhere, neither is what lies within it.
  if (first && !opens) return { between: [0, 0] }
  const from = opens ? opens.index + opens[0].length : 0
  const closes = last?.exec(text.slice(from))
  if (last && !closes) return { between: [0, 0] }
  return { between: [from, closes ? from + closes.index : text.length] }
}
