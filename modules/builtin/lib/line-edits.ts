import { type FileAnswer, readWhole } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'
import type { Replacement } from './replacement.ts'

/** What is to be true of one line of a text, in Ansible's terms. */
export type LineEdit = {
  state: 'present' | 'absent'
  line?: string
  /** Lines that are meant: those that match, or that hold the text. */
  meant?: RegExp | string
  /** What a line that matches becomes, where that is made of its groups; then nothing is added where none matches. */
  expanded?: Replacement
  /** Behind (or before) the last line that matches; EOF and BOF are the end and the beginning. */
  insertafter?: RegExp | 'EOF' | 'BOF'
  insertbefore?: RegExp | 'BOF'
  /** The first line that matches in place of the last one. */
  first?: boolean
}

const split = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []
const bare = (line: string): string => line.replace(/[\r\n]+$/, '')
const isMeant = (meant: RegExp | string, line: string): boolean =>
  typeof meant === 'string' ? line.includes(meant) : meant.test(bare(line))

const found = (lines: string[], matches: (line: string) => boolean, first = false): number =>
  first ? lines.findIndex(matches) : lines.findLastIndex(matches)

/** Adds a line at an index; a text that does not end with a newline gets one first. */
const inserted = (lines: string[], at: number, line: string): string[] => {
  const before = lines.slice(0, at)
  const end = before.at(-1)
  if (end !== undefined && !end.endsWith('\n')) before[at - 1] = `${end}\n`
  return [...before, `${line}\n`, ...lines.slice(at)]
}

const ended = (line: string): string => (line.endsWith('\n') ? line : `${line}\n`)

/** The lines with one more, where it is not there: behind (or before) one that it goes by, and is not itself. */
const added = (lines: string[], edit: LineEdit): string[] => {
  const { line = '', insertafter, insertbefore, first = false } = edit
  const anchor = insertafter ?? insertbefore
  const isAnchor = (one: string): boolean => anchor instanceof RegExp && bare(one) !== line && anchor.test(bare(one))
  const anchored = found(lines, isAnchor, first)
  // With the first match nobody looks further than that for the line.
  const looked = first && anchored >= 0 ? lines.slice(0, anchored) : lines
  const there = looked.findLastIndex(one => bare(one) === line)
  if (there >= 0) return lines.with(there, ended(line))
  if (insertbefore === 'BOF' || insertafter === 'BOF') return inserted(lines, 0, line)
  if (anchored < 0) return inserted(lines, lines.length, line)
  if (insertafter === undefined) return inserted(lines, anchored, line)
  const next = lines[anchored + 1]
  return next !== undefined && bare(next) === line ? lines : inserted(lines, anchored + 1, line)
}

/**
 * The text after the edit, as Ansible's lineinfile makes it: the last line that is meant is replaced; else nothing is done where
 * the line is there; else it is added. Absent takes every line out that is meant or is the line.
 */
export const editLine = (text: string, edit: LineEdit): string => {
  const { state, line = '', meant, expanded } = edit
  const lines = split(text)
  if (state === 'absent')
    return lines.filter(one => !(meant === undefined ? bare(one) === line : isMeant(meant, one))).join('')
  const at = meant === undefined ? -1 : found(lines, one => isMeant(meant, one), edit.first)
  if (at >= 0) {
    const match = expanded && meant instanceof RegExp ? meant.exec(bare(lines[at]!)) : null
    const becomes = expanded && match ? expanded(...match, match.groups) : line
    return lines.with(at, ended(becomes)).join('')
  }
  return expanded ? text : added(lines, edit).join('')
}

/** Bytes that stand for characters, under the name that Node has for it. */
export type Encoding = 'utf8' | 'latin1'

/** Why a file cannot be edited as text, and what to do. */
export const uneditable = (path: string, found: FileAnswer, encoding: Encoding = 'utf8'): Obstacle | undefined => {
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
  return Buffer.from(bytes.toString(encoding), encoding).equals(bytes)
    ? undefined
    : { why: `${path} is not text in UTF-8`, fix: 'use copy for all of it' }
}
