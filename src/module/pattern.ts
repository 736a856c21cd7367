/** The engine of expressions tells what is wrong by throwing; there is no other way to ask it. */
const rejected = (source: string): string | undefined => {
  try {
    new RegExp(source)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * A regular expression that a user wrote, or in words why it is none. `(?i)` at its front works as in Python; `more` are flags besides. Here and
 * not in a module, because modules have no `try`: it would swallow unknowns.
 */
export const pattern = (text: string, more = ''): RegExp | string => {
  const [, flags = '', source = text] = /^\(\?([ims]+)\)(.*)$/s.exec(text) ?? []
  return rejected(source) ?? new RegExp(source, [...new Set(flags + more)].join(''))
}
