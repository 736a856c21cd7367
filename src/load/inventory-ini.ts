import { type Origin, refuse } from '../core/failure.ts'
import { losesDigits } from './digits.ts'
import { draftGroup, draftHosts, type GroupDraft, type InventoryDraft, type Vars } from './inventory-draft.ts'
import { locatedAt } from './located.ts'
import { givesPassword, nameFault } from './names.ts'

/** Reads the escapes of a Python string literal that inventories use; others stay as written, as in Python. */
const unescaped = (inside: string): string =>
  inside.replace(/\\([\\'"nrt])/g, (_, char: string) => ({ n: '\n', r: '\r', t: '\t' })[char] ?? char)

const numbers = [
  /^[+-]?(0|[1-9]\d*(_\d+)*)$/,
  /^0[xX][0-9a-fA-F]+$|^0[oO][0-7]+$|^0[bB][01]+$/,
  /^[+-]?((\d+\.\d*|\.\d+)([eE][+-]?\d+)?|\d+[eE][+-]?\d+)$/,
]

/** Where a comment begins: ` #` outside of quotes. A quote that is not closed is a character like any other. */
const commentAt = (text: string): number => {
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '#') return at > 0 && /\s/.test(text[at - 1]!) ? at : -1
    if (char !== "'" && char !== '"') continue
    at = text.indexOf(char, at + 1)
    if (at < 0) return -1
  }
  return -1
}

/** Lists in lists: nobody writes more into one line. */
const DEEPEST_LIST = 20

/**
 * A value as Python's literal reader sees it, which is what Ansible uses: numbers, True, False, None, quoted text and
 * plain lists are that, everything else is text; so is a number with more digits than a number keeps.
 */
export const pythonLiteral = (text: string, depth = 0): unknown => {
  const comment = commentAt(text)
  // Behind a literal ` #` begins a comment; in any other text it is a part of the text.
  if (comment >= 0) {
    const bare = text.slice(0, comment).trimEnd()
    const value = pythonLiteral(bare, depth)
    return value === bare ? text : value
  }
  if (numbers.some(one => one.test(text))) {
    const written = text.replaceAll('_', '')
    return losesDigits(written, Number(written)) ? written : Number(written)
  }
  if (text === 'True') return true
  if (text === 'False') return false
  if (text === 'None') return null
  const quoted = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/s.exec(text)
  if (quoted) return unescaped(quoted[1] ?? quoted[2] ?? '')
  const list = depth < DEEPEST_LIST ? /^\[(.*)\]$/s.exec(text) : null
  if (list) {
    const items = list[1]!.match(/'[^']*'|"[^"]*"|[^,\s][^,]*/g) ?? []
    const values = items.map(item => pythonLiteral(item.trim(), depth + 1))
    return values.every((value, index) => value !== items[index]!.trim()) ? values : text
  }
  return text
}

/** A word of a line, and where it is written there. */
type Word = { text: string; at: number; length: number }

/** The words of a line as a shell splits them: quotes group and go away, a `#` at the beginning of a word ends it. */
const words = (line: string): Word[] => {
  const found: Word[] = []
  for (const { 0: word, index: at } of line.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g)) {
    if (word.startsWith('#')) break
    const text = word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
      (_, double?: string, single?: string, char?: string) =>
        double !== undefined ? double.replace(/\\(["\\])/g, '$1') : (single ?? char ?? ''),
    )
    found.push({ text, at, length: word.length })
  }
  return found
}

const shape = (what: string, origin: Origin, fix?: string): never => refuse('inventory-shape', what, { origin, fix })

const assignment = (text: string, origin: Origin): [name: string, value: unknown] => {
  const equals = text.indexOf('=')
  // It may be the rest of a password that has a blank in it.
  if (equals < 1)
    shape(`${origin.unquoted ? 'A word of this line' : `"${text.slice(0, 80)}"`} is no name=value.`, origin)
  const name = text.slice(0, equals).trim()
  const fault = nameFault(name)
  if (fault) refuse('inventory-variable', `The variable "${name}" ${fault}.`, { origin })
  return [name, pythonLiteral(text.slice(equals + 1).trim())]
}

type Section = { group: GroupDraft; kind: 'hosts' | 'children' | 'vars' }
type Wish = { name: string; origin: Origin }

const sectionOf = (draft: InventoryDraft, line: string, origin: Origin): Section & Wish => {
  const found = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(#.*)?$/.exec(line)
  if (!found)
    return shape(
      `"${line.slice(0, 80)}" is no valid section.`,
      origin,
      'Write [group], [group:children] or [group:vars].',
    )
  const [, name = '', kind = 'hosts'] = found
  if (kind !== 'hosts' && kind !== 'children' && kind !== 'vars') {
    return shape(
      `A section cannot be of the kind "${kind}".`,
      origin,
      'Write [group], [group:children] or [group:vars].',
    )
  }
  return { group: draftGroup(draft, name, origin), kind, name, origin }
}

const readHost = (draft: InventoryDraft, group: GroupDraft, line: string, origin: Origin): void => {
  const [first, ...rest] = words(line)
  if (first === undefined) return
  const host = first.text
  if (/^[^[\]]*:$/.test(host)) shape(`"${host}" ends in a colon.`, origin, 'Is this a YAML inventory? Call it .yml.')
  const vars: Vars = Object.fromEntries(
    rest.map(({ text, at, length }) => {
      const place = { ...origin, column: origin.column + at, length }
      const [name, value] = assignment(text, place)
      return [name, locatedAt(value, place)]
    }),
  )
  draftHosts(draft, group, host, origin, vars)
}

/**
 * Reads an INI inventory into the draft: hosts, [group], [group:children] and [group:vars], values as Python literals.
 * Source of the rules: ansible lib/ansible/plugins/inventory/ini.py.
 *
 * Throws a Refusal `inventory-shape` or `inventory-variable` with the line.
 */
export const readIniInventory = (draft: InventoryDraft, text: string, file: string): void => {
  const declared = new Set(draft.groups.keys())
  const wished: Wish[] = []
  let section: Section = { group: draftGroup(draft, 'ungrouped', { file, line: 1, column: 1 }), kind: 'hosts' }
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    const origin: Origin = {
      file,
      line: index + 1,
      column: raw.length - raw.trimStart().length + 1,
      length: line.length,
      ...(givesPassword(line) && { unquoted: true }),
    }
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    if (line.startsWith('[')) {
      const begun = sectionOf(draft, line, origin)
      if (begun.kind === 'vars') wished.push(begun)
      else declared.add(begun.name)
      section = begun
    } else if (section.kind === 'vars') {
      const [name, value] = assignment(line, origin)
      section.group.vars[name] = locatedAt(value, origin)
    } else if (section.kind === 'children') {
      const comment = line.search(/\s#/)
      const child = comment < 0 ? line : line.slice(0, comment).trimEnd()
      section.group.children.add(child)
      draftGroup(draft, child, origin)
      wished.push({ name: child, origin })
    } else readHost(draft, section.group, line, origin)
  }
  for (const { name, origin } of wished) {
    if (!declared.has(name) && name !== 'all' && name !== 'ungrouped') {
      shape(`The group "${name}" is used but never declared.`, origin, `Add a section [${name}].`)
    }
  }
}
