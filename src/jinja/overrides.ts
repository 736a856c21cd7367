import type { Delimiters } from './delimiters.ts'
import { SyntaxFault } from './syntax-fault.ts'

const HEADER = '#jinja2:'

type Setting = { member: keyof Delimiters; kind: 'boolean' | 'string' }
const SETTINGS: Record<string, Setting> = {
  block_start_string: { member: 'blockStart', kind: 'string' },
  block_end_string: { member: 'blockEnd', kind: 'string' },
  variable_start_string: { member: 'variableStart', kind: 'string' },
  variable_end_string: { member: 'variableEnd', kind: 'string' },
  comment_start_string: { member: 'commentStart', kind: 'string' },
  comment_end_string: { member: 'commentEnd', kind: 'string' },
  trim_blocks: { member: 'trimBlocks', kind: 'boolean' },
  lstrip_blocks: { member: 'lstripBlocks', kind: 'boolean' },
  keep_trailing_newline: { member: 'keepTrailingNewline', kind: 'boolean' },
  newline_sequence: { member: 'newline', kind: 'string' },
}

const NEWLINES: Record<string, string> = { '\\n': '\n', '\\r': '\r', '\\r\\n': '\r\n' }

const settingOf = (written: string, at: number): [keyof Delimiters, string | boolean] => {
  const colon = written.indexOf(':')
  const key = written.slice(0, Math.max(0, colon)).trim()
  const known = Object.keys(SETTINGS)
  const length = Math.max(1, written.length)
  if (colon < 0) throw new SyntaxFault('A setting of this header is written as name: value.', at, length)
  if (!Object.hasOwn(SETTINGS, key))
    throw new SyntaxFault(`There is no setting "${key}" of templates.`, at, length, undefined, { name: key, known })
  const { member, kind } = SETTINGS[key]!
  const value = written.slice(colon + 1).trim()
  const quoted = /^(['"])(.+)\1$/.exec(value)?.[2]
  if (kind === 'boolean' && /^(True|False)$/.test(value)) return [member, value === 'True']
  if (kind === 'string' && quoted !== undefined)
    return [member, member === 'newline' ? (NEWLINES[quoted] ?? '\n') : quoted]
  throw new SyntaxFault(kind === 'boolean' ? `"${key}" is True or False.` : `"${key}" is a text in quotes.`, at, length)
}

/** Whether a text has anything in it that makes it a template; what has not is left as it is, byte for byte. */
export const isWrittenAsTemplate = (text: string, how: Delimiters): boolean =>
  text.startsWith(HEADER) || [how.blockStart, how.variableStart, how.commentStart].some(one => text.includes(one))

/**
 * What the header of a template (`#jinja2: trim_blocks: False`) says of how it is written, and what follows it. Throws a
 * SyntaxFault for a setting that does not exist.
 */
export const withoutHeader = (text: string, how: Delimiters): { text: string; how: Delimiters; skipped: number } => {
  if (!text.startsWith(HEADER)) return { text, how, skipped: 0 }
  const end = text.indexOf('\n')
  if (end < 0) throw new SyntaxFault(`A line has to follow the header "${HEADER}".`, 0, HEADER.length)
  let at = HEADER.length
  const settings = text
    .slice(at, end)
    .split(',')
    .map(written => {
      const setting = settingOf(written, at)
      at += written.length + 1
      return setting
    })
  return { text: text.slice(end + 1), how: { ...how, ...Object.fromEntries(settings) }, skipped: end + 1 }
}
