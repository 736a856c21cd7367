import { type Cursor, isBlank, isBreakOrEnd, isGap, YamlFault } from './cursor.ts'

const NAME = /[\w-]/
const OF_TAG = /[\w\-;/?:@&=+$.%!~*'()]/
const OF_VERBATIM_TAG = /[\w\-;/?:@&=+$.%!~*'(),[\]]/

const passed = (cursor: Cursor, pattern: RegExp): string => {
  const { at } = cursor
  while (pattern.test(cursor.look() ?? '')) cursor.skip()
  return cursor.since(at)
}

const ENDS_NAME = new Set('?:,]}%@`')

/** The name behind `&` or `*`, which is passed too. */
export const anchorName = (cursor: Cursor): string => {
  const { spot } = cursor
  const sign = cursor.look()
  cursor.skip()
  const name = passed(cursor, NAME)
  const next = cursor.look()
  if (name === '' || !(isGap(next) || ENDS_NAME.has(next!)))
    throw new YamlFault(
      `the name behind "${sign}" has other signs than letters, digits, "-" and "_"`,
      spot,
      `If text is meant, put quotes around it.`,
    )
  return name
}

/** A tag before its handle is looked up: `!!str` has the handle `!!`, one that is written in full none. */
export type Tag = { handle: string; suffix: string }

const decoded = (cursor: Cursor, written: string): string => {
  try {
    return decodeURIComponent(written)
  } catch {
    throw new YamlFault('the "%" in a tag is not followed by the digits of a character', cursor.spot)
  }
}

/** `!`, `!name`, `!handle!name` or `!<name>`. */
export const tagHere = (cursor: Cursor, isFlow: boolean): Tag => {
  const { spot } = cursor
  const noTag = (what: string): never => {
    throw new YamlFault(what, spot, 'If text is meant, put quotes around it.')
  }
  let tag: Tag
  if (cursor.look(1) === '<') {
    cursor.skip(2)
    const suffix = passed(cursor, OF_VERBATIM_TAG)
    if (suffix === '' || cursor.look() !== '>') noTag('a tag that begins with "!<" wants a name and a ">"')
    cursor.skip()
    tag = { handle: '', suffix: decoded(cursor, suffix) }
  } else {
    cursor.skip()
    const name = passed(cursor, NAME)
    if (cursor.look() === '!') {
      cursor.skip()
      const suffix = passed(cursor, OF_TAG)
      if (suffix === '') noTag('a tag has no name')
      tag = { handle: `!${name}!`, suffix: decoded(cursor, suffix) }
    } else {
      const suffix = decoded(cursor, name + passed(cursor, OF_TAG))
      tag = suffix === '' ? { handle: '', suffix: '!' } : { handle: '!', suffix }
    }
  }
  const next = cursor.look()
  if (!isGap(next) && !(isFlow && next === ',')) noTag('a tag is not followed by a space')
  return tag
}

/** What a line says that begins with `%`: the version, or what a handle stands for. */
export type Directive = { version: string } | { handle: string; prefix: string }

const versionHere = (cursor: Cursor): string => {
  const written = passed(cursor, /[\d.]/)
  if (!/^\d{1,9}\.\d{1,9}$/.test(written))
    throw new YamlFault('"%YAML" wants a version', cursor.spot, 'Write %YAML 1.1.')
  return written
}

const handleHere = (cursor: Cursor): { handle: string; prefix: string } => {
  const { at, spot } = cursor
  if (cursor.look() === '!') cursor.skip()
  passed(cursor, NAME)
  if (cursor.look() === '!' && cursor.since(at) !== '') cursor.skip()
  const handle = cursor.since(at)
  const isBlankNext = isBlank(cursor.look())
  cursor.skipBlanks()
  const prefix = passed(cursor, OF_VERBATIM_TAG)
  if (!/^!(?:[\w-]*!)?$/.test(handle) || !isBlankNext || prefix === '' || !isGap(cursor.look()))
    throw new YamlFault('"%TAG" wants a handle between exclamation marks, and what it stands for', spot)
  return { handle, prefix: decoded(cursor, prefix) }
}

/** A line that begins with `%`. */
export const directiveHere = (cursor: Cursor): Directive => {
  const { spot } = cursor
  cursor.skip()
  const name = passed(cursor, NAME)
  if ((name !== 'YAML' && name !== 'TAG') || !isGap(cursor.look()))
    throw new YamlFault('a line begins with "%" and is no directive', spot, 'If text is meant, put quotes around it.')
  cursor.skipBlanks()
  const directive = name === 'YAML' ? { version: versionHere(cursor) } : handleHere(cursor)
  cursor.skipRest()
  if (!isBreakOrEnd(cursor.look())) throw new YamlFault('more stands in the line of a directive', cursor.spot)
  return directive
}
