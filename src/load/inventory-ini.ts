import { type Origin, refuse } from '../core/failure.ts'
import {
  draftGroup,
  draftGroupVars,
  draftHosts,
  type GroupDraft,
  type InventoryDraft,
  type Vars,
} from './inventory-draft.ts'
import { type Located, locatedValue } from './located.ts'
import { givesPassword } from './names.ts'
import { pythonLiteral } from './python-literal.ts'

/** A word of a line, and where it is written there. */
type Word = { text: string; at: number; length: number }

const shape = (what: string, origin: Origin, fix?: string): never => refuse('inventory-shape', what, { origin, fix })

/**
 * The words of a line as Python's `shlex` splits them: quotes group and go away, `\` takes the next sign as it is, and a `#`
 * outside of quotes ends the line, in the midst of a word too.
 */
const words = (line: string, origin: Origin): Word[] => {
  const found: Word[] = []
  let at = 0
  while (at < line.length && line[at] !== '#') {
    if (/[ \t\r\n]/.test(line[at]!)) {
      at += 1
      continue
    }
    const begin = at
    let text = ''
    while (at < line.length && !/[ \t\r\n#]/.test(line[at]!)) {
      const part = wordPart(line, at)
      if (part === undefined)
        return shape('A quote of this line is not closed.', origin, 'Close it, or write \\ in front of it.')
      text += part.text
      at = part.end
    }
    found.push({ text, at: begin, length: at - begin })
  }
  return found
}

/** One sign of a word, or what stands in quotes there; undefined where that does not end. */
const wordPart = (line: string, at: number): { text: string; end: number } | undefined => {
  const sign = line[at]!
  if (sign === '\\') return at + 1 < line.length ? { text: line[at + 1]!, end: at + 2 } : undefined
  if (sign === "'") {
    const end = line.indexOf("'", at + 1)
    return end < 0 ? undefined : { text: line.slice(at + 1, end), end: end + 1 }
  }
  if (sign !== '"') return { text: sign, end: at + 1 }
  const found = /"((?:[^"\\]|\\[\s\S])*)"/y
  found.lastIndex = at
  const quoted = found.exec(line)
  return quoted ? { text: quoted[1]!.replace(/\\(["\\])/g, '$1'), end: at + quoted[0].length } : undefined
}

const literalAt = (text: string, origin: Origin): Located => locatedValue(pythonLiteral(text), origin)

const assignment = (text: string, origin: Origin): [name: string, value: string] => {
  const equals = text.indexOf('=')
  // It may be the rest of a password that has a blank in it.
  if (equals < 1)
    shape(`${origin.unquoted ? 'A word of this line' : `"${text.slice(0, 80)}"`} is no name=value.`, origin)
  return [text.slice(0, equals), text.slice(equals + 1)]
}

const KINDS = 'Write [group], [group:children] or [group:vars].'

type Section = { name: string; kind: 'hosts' | 'children' | 'vars' }

/** The section that a line begins; undefined for any other line. */
const sectionOf = (line: string, origin: Origin): Section | undefined => {
  const found = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(#.*)?$/.exec(line)
  if (!found)
    return line.startsWith('[') && line.endsWith(']')
      ? shape(`"${line.slice(0, 80)}" is no valid section.`, origin, KINDS)
      : undefined
  const [, name = '', kind = 'hosts'] = found
  if (kind !== 'hosts' && kind !== 'children' && kind !== 'vars')
    return shape(`A section cannot be of the kind "${kind}".`, origin, KINDS)
  return { name, kind }
}

/** A group that is used before it is declared: as a child of others, or for its variables. */
type Wish = { origin: Origin; parents: string[] | undefined }

const readHost = (draft: InventoryDraft, group: GroupDraft, line: string, origin: Origin): void => {
  const [first, ...rest] = words(line, origin)
  if (first === undefined) return
  const host = first.text
  if (host === '---' || /:\s*$/.test(host))
    shape(
      `"${host}" is no name of a host.`,
      origin,
      'A colon at its end begins a port. Is this a YAML inventory? Call it .yml.',
    )
  const vars: Vars = Object.fromEntries(
    rest.map(({ text, at, length }) => {
      const place = { ...origin, column: origin.column + at, length }
      const [name, value] = assignment(text, place)
      return [name, literalAt(value, place)]
    }),
  )
  draftHosts(draft, group, host, origin, vars)
}

const readVariable = (draft: InventoryDraft, group: GroupDraft, line: string, origin: Origin): void => {
  const [name, value] = assignment(line, origin)
  draftGroupVars(draft, group, { [name.trim()]: literalAt(value.trim(), origin) })
}

/** Everything that one file has said so far. */
class Reader {
  readonly #draft: InventoryDraft
  readonly #wishes = new Map<string, Wish>()
  #section: Section = { name: 'ungrouped', kind: 'hosts' }
  constructor(draft: InventoryDraft) {
    this.#draft = draft
  }

  /** A group that was wished for as a child gets to its parents, and these to theirs, where it is declared. */
  #fulfil(name: string): void {
    const wish = this.#wishes.get(name)
    if (!wish) return
    this.#wishes.delete(name)
    for (const parent of wish.parents ?? []) {
      this.#draft.groups.get(parent)!.children.add(name)
      if (this.#wishes.get(parent)?.parents) this.#fulfil(parent)
    }
  }

  #begin(section: Section, origin: Origin): void {
    const { name, kind } = section
    this.#section = section
    if (kind === 'vars' && !this.#draft.groups.has(name) && !this.#wishes.has(name))
      this.#wishes.set(name, { origin, parents: undefined })
    draftGroup(this.#draft, name, origin)
    if (kind !== 'vars') this.#fulfil(name)
  }

  #child(line: string, origin: Origin): void {
    const name =
      /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line)?.[1] ?? shape(`"${line.slice(0, 80)}" is no name of a group.`, origin)
    const parent = this.#section.name
    if (this.#draft.groups.has(name)) this.#draft.groups.get(parent)!.children.add(name)
    else {
      const wish = this.#wishes.get(name)
      if (wish) wish.parents = [...(wish.parents ?? []), parent]
      else this.#wishes.set(name, { origin, parents: [parent] })
    }
  }

  line(line: string, origin: Origin): void {
    const section = sectionOf(line, origin)
    const group = this.#draft.groups.get(this.#section.name)!
    if (section) this.#begin(section, origin)
    else if (this.#section.kind === 'vars') readVariable(this.#draft, group, line, origin)
    else if (this.#section.kind === 'children') this.#child(line, origin)
    else readHost(this.#draft, group, line, origin)
  }

  end(): void {
    for (const [name, { origin }] of this.#wishes)
      shape(`The group "${name}" is used but never declared.`, origin, `Add a section [${name}].`)
  }
}

/**
 * Reads an INI inventory into the draft: hosts, [group], [group:children] and [group:vars], values as Python literals.
 * Source of the rules: ansible lib/ansible/plugins/inventory/ini.py.
 *
 * Throws a Refusal `inventory-shape` or `inventory-variable` with the line.
 */
export const readIniInventory = (draft: InventoryDraft, text: string, file: string): void => {
  const reader = new Reader(draft)
  for (const [index, raw] of text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    reader.line(line, {
      file,
      line: index + 1,
      column: raw.length - raw.trimStart().length + 1,
      length: line.length,
      ...(givesPassword(line) && { unquoted: true }),
    })
  }
  reader.end()
}
