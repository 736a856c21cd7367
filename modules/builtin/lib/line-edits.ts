import { type FileAnswer, readWhole } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

/** What is to be true of one line of a text, in Ansible's terms. */
export type LineEdit = {
  state: 'present' | 'absent'
  line?: string
  regexp?: RegExp
  /** Behind (or before) the last line that matches; EOF and BOF are the end and the beginning. */
  insertafter?: RegExp | 'EOF' | 'BOF'
  insertbefore?: RegExp | 'BOF'
}

const split = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []
const bare = (line: string): string => line.replace(/[\r\n]+$/, '')

const last = (lines: string[], matches: (line: string) => boolean): number => lines.findLastIndex(l => matches(bare(l)))

/** Adds a line at an index; a text that does not end with a newline gets one first. */
const inserted = (lines: string[], at: number, line: string): string[] => {
  const before = lines.slice(0, at)
  const end = before.at(-1)
  if (end !== undefined && !end.endsWith('\n')) before[at - 1] = `${end}\n`
  return [...before, `${line}\n`, ...lines.slice(at)]
}

const placeOf = ({ insertafter, insertbefore }: LineEdit, lines: string[]): number => {
  if (insertbefore === 'BOF' || insertafter === 'BOF') return 0
  const anchor = insertafter === 'EOF' ? undefined : (insertafter ?? insertbefore)
  const found = anchor === undefined ? -1 : last(lines, line => anchor.test(line))
  if (found < 0) return lines.length
  return insertafter === undefined ? found : found + 1
}

/**
 * The text after the edit, as Ansible's lineinfile makes it: the last line that matches `regexp` is replaced; else
 * nothing is done where the line is there; else it is added. Absent takes every line out that matches or is the line.
 */
export const editLine = (text: string, edit: LineEdit): string => {
  const { state, line = '', regexp } = edit
  const lines = split(text)
  if (state === 'absent') return lines.filter(one => (regexp ? !regexp.test(bare(one)) : bare(one) !== line)).join('')
  const matching = regexp ? last(lines, one => regexp.test(one)) : -1
  const at = matching >= 0 ? matching : last(lines, one => one === line)
  if (at >= 0) return bare(lines[at]!) === line ? text : lines.toSpliced(at, 1, `${line}\n`).join('')
  return inserted(lines, placeOf(edit, lines), line).join('')
}

/** Why a file cannot be edited as text, and what to do. */
export const uneditable = (path: string, found: FileAnswer): Obstacle | undefined => {
  if (!found.exists) return undefined
  if (found.kind === 'link') return { why: `${path} is a link to ${found.target}`, fix: 'name the file it points to' }
  if (found.kind !== 'file') return undefined
  const { size } = found.content
  if (size > readWhole)
    return {
      why: `${path} is too large to be edited (${size} bytes)`,
      fix: 'use copy or template for all of it',
    }
  const { bytes } = found.content
  return Buffer.from(bytes.toString()).equals(bytes)
    ? undefined
    : { why: `${path} is not text in UTF-8`, fix: 'use copy for all of it' }
}
