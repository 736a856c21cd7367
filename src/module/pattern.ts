import { fromPython } from './python-pattern.ts'

/**
 * A regular expression that a user wrote, as Python reads it, or in words why it is none. `(?ims)` may stand at its front;
 * `more` are flags besides. Here and not in a module, because modules have no `try`: it would swallow unknowns.
 */
export const pattern = (text: string, more = ''): RegExp | string => {
  const [, own = '', source = text] = /^\(\?([ims]+)\)(.*)$/s.exec(text) ?? []
  const flags = new Set(own + more)
  const passed = [...flags].filter(flag => flag !== 'm' && flag !== 's').join('')
  // The engine of expressions tells what is wrong by throwing; there is no other way to ask it.
  try {
    return new RegExp(fromPython(source, { m: flags.has('m'), s: flags.has('s') }), `v${passed}`)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const { message } = error
    return message.startsWith('Invalid regular expression: ') ? message.replace(/^.*: /s, '') : message
  }
}
