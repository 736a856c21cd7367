import { type Origin, refuse } from '../core/failure.ts'

/** A value of an INI file, as one text, and the line that it begins in. */
export type IniValue = { section: string; key: string; value: string; origin: Origin }

const SECTION = /^\[(.+)\]/
const SETTING = /^(.*?)\s*[=:]\s*(.*)$/s

/** Where a comment begins in a line: at `#` or `;` in front of anything else, and at `;` behind a blank. */
const uncommented = (line: string): string => {
  if (/^\s*[#;]/.test(line)) return ''
  const at = line.search(/\s;/)
  return at < 0 ? line : line.slice(0, at)
}

/**
 * Reads an INI file by the rules that Ansible reads its own by (Python's configparser, comments behind `;` too, nothing
 * interpolated): keys in lower case, `=` or `:` between, a line that is indented deeper than its key goes on with the value,
 * also behind an empty one; nothing stands twice.
 *
 * @throws Refusal `usage-file` with the line.
 */
export const parseIni = (text: string, file: string): IniValue[] => {
  const found: IniValue[] = []
  const sections = new Set<string>()
  let section: string | undefined
  let current: { lines: string[]; value: IniValue } | undefined
  let depth = 0
  const finish = (): void => {
    if (current) current.value.value = current.lines.join('\n').trimEnd()
    current = undefined
  }
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const origin: Origin = { file, line: index + 1, column: 1 }
    const wrong = (what: string, fix: string): never => refuse('usage-file', `${file}: ${what}`, { origin, fix })
    const content = uncommented(line).trim()
    if (content === '') {
      // A comment is no part of a value, an empty line may be.
      if (line.trim() === '') current?.lines.push('')
      continue
    }
    const indent = line.search(/\S/)
    if (current && indent > depth) {
      current.lines.push(content)
      continue
    }
    finish()
    depth = indent
    const header = SECTION.exec(content)?.[1]
    if (header !== undefined) {
      if (sections.has(header)) wrong(`[${header}] stands twice`, 'put its settings together')
      sections.add(header)
      section = header
      continue
    }
    if (section === undefined)
      return wrong(`"${content}" stands in front of every section`, 'write [defaults] above it')
    const [, name = '', value = ''] = SETTING.exec(content) ?? []
    const key = name.toLowerCase()
    if (key === '') return wrong(`"${content}" is no setting`, 'write `name = value`')
    if (found.some(one => one.section === section && one.key === key))
      return wrong(`${key} stands twice in [${section}]`, 'take one of them out')
    current = { lines: [value], value: { section, key, value, origin } }
    found.push(current.value)
  }
  finish()
  return found
}
