/** What is to be true of an option in a text of sections, in the terms of Ansible's ini_file. */
export type IniEdit = {
  state: 'present' | 'absent'
  /** None: what stands before the first one. */
  section?: string
  /** Of sections with this name, the first one that has these options; no values: any. */
  having: { option: string; values: string[] }[]
  option?: string
  values: string[]
  /** Other lines of the option go. */
  exclusive: boolean
  /** Spaces stand around `=`. */
  isSpaced: boolean
  /** A line that differs in spaces alone stays. */
  ignoresSpaces: boolean
  /** An option may stand without a value. */
  allowsNoValue: boolean
  /** A line in a comment is taken for one that is to be changed. */
  modifiesInactive: boolean
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

type Found = { isInactive: boolean; value: string }
/** What a line says of an option; undefined: nothing. */
const optionIn = (line: string, option: string, inactiveToo: boolean): Found | undefined => {
  const sign = inactiveToo ? '([#;]?)' : '()'
  const made = new RegExp(`^[ \\t]*${sign}[ \\t]*${escaped(option)}[ \\t]*(?:=|$)[ \\t]*([^\\n]*)`)
  const [found, inactive, value = ''] = made.exec(line.replace(/\n$/, '')) ?? []
  return found === undefined ? undefined : { isInactive: inactive !== '', value }
}

/** From the line of its name up to that of the next one. Undefined: there is none. */
const sectionIn = (lines: string[], { section, having }: IniEdit): [from: number, to: number] | undefined => {
  const fits = (from: number, to: number): boolean =>
    having.every(({ option, values }) =>
      lines.slice(from, to).some(line => {
        const found = optionIn(line, option, true)
        return found && (values.length === 0 || values.includes(found.value))
      }),
    )
  const name = section === undefined ? undefined : new RegExp(`^\\[\\s*${escaped(section.trim())}\\s*\\]`)
  let from = name === undefined ? 0 : -1
  for (let i = 0; i <= lines.length; i++) {
    const line = lines[i] ?? '['
    if (from >= 0 && line.startsWith('[')) {
      if (fits(from, i)) return [from, i]
      from = -1
    }
    if (name?.test(line)) from = i
  }
  return undefined
}

/** A section while it is edited: which lines have what they are to have, and which values have no line yet. */
type Draft = { lines: { text: string; isSettled: boolean }[]; values: string[]; hasBare: boolean }

const assigned = ({ isSpaced }: IniEdit, option: string, value: string): string =>
  `${option}${isSpaced ? ' = ' : '='}${value}\n`

/** A line gets a new text, unless it differs in spaces alone and these do not count. */
const settle = (line: Draft['lines'][number], option: string, text: string, { ignoresSpaces }: IniEdit): void => {
  const was = optionIn(line.text, option, true)!
  const stays = ignoresSpaces && !was.isInactive && was.value === optionIn(text, option, true)!.value
  if (!stays) line.text = text
  line.isSettled = true
}

/** Lines that have one of the values already. */
const keepValues = (draft: Draft, option: string, edit: IniEdit): void => {
  for (const line of draft.lines) {
    const found = optionIn(line.text, option, edit.modifiesInactive)
    if (!found) continue
    if (draft.values.includes(found.value)) {
      const isBare = found.value === '' && edit.allowsNoValue
      settle(line, option, isBare ? `${option}\n` : assigned(edit, option, found.value), edit)
      draft.hasBare ||= isBare
      draft.values = draft.values.toSpliced(draft.values.indexOf(found.value), 1)
    } else if (draft.values.length === 0 && edit.allowsNoValue) {
      settle(line, option, `${option}\n`, edit)
      draft.hasBare = true
      return
    }
  }
}

/** Further lines of the option get a value; those that are left over go. */
const replaceOthers = (draft: Draft, option: string, edit: IniEdit): void => {
  const isOther = (line: Draft['lines'][number]): boolean =>
    !line.isSettled && optionIn(line.text, option, edit.modifiesInactive) !== undefined
  for (const line of draft.lines) {
    if (draft.values.length === 0) break
    if (!isOther(line)) continue
    const [value = '', ...rest] = draft.values
    draft.values = rest
    settle(line, option, assigned(edit, option, value), edit)
  }
  draft.lines = draft.lines.filter(line => !isOther(line))
}

const addMissing = (draft: Draft, option: string, edit: IniEdit): void => {
  const texts = draft.values.map(value => assigned(edit, option, value))
  if (draft.values.length === 0 && edit.allowsNoValue && !draft.hasBare) texts.push(`${option}\n`)
  // Behind the last line that says something; the name of the section is one, and before the first section there is none.
  const last = draft.lines.findLastIndex(({ text }) => !/^[ \t]*([#;].*)?$/.test(text.replace(/\n$/, '')))
  const added = texts.map(text => ({ text, isSettled: true }))
  draft.lines = draft.lines.toSpliced(last + 1, 0, ...added)
}

const present = (section: string[], edit: IniEdit): string[] => {
  const { option, values } = edit
  if (option === undefined) return section
  const draft: Draft = { lines: section.map(text => ({ text, isSettled: false })), values, hasBare: false }
  keepValues(draft, option, edit)
  if (edit.exclusive && !edit.allowsNoValue) replaceOthers(draft, option, edit)
  addMissing(draft, option, edit)
  return draft.lines.map(({ text }) => text)
}

const absent = (section: string[], { option, values, exclusive }: IniEdit): string[] => {
  if (option === undefined) return []
  return section.filter(line => {
    const found = optionIn(line, option, false)
    return !found || !(exclusive || values.includes(found.value))
  })
}

/** A section that is new, with the options that it is to be known by. */
const newSection = (edit: IniEdit): string[] => {
  const { section, having, option, exclusive, allowsNoValue } = edit
  const values = [...edit.values]
  const known = having.flatMap(one => {
    if (one.option === option) {
      if (!exclusive) values.push(...one.values.filter(value => !values.includes(value)))
      return []
    }
    if (one.values.length === 0) return allowsNoValue ? [`${one.option}\n`] : []
    return one.values.map(value => assigned(edit, one.option, value))
  })
  const own =
    option === undefined
      ? []
      : values.length > 0
        ? values.map(value => assigned(edit, option, value))
        : allowsNoValue
          ? [`${option}\n`]
          : []
  return [`[${section}]\n`, ...known, ...own]
}

/**
 * The text after the edit, as Ansible's ini_file makes it. A new text begins with an empty line, and a mark of bytes' order and
 * line ends of another system go, but only where something else is changed.
 */
export const editIni = (text: string, edit: IniEdit): string => {
  const plain = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  const lines = plain.match(/[^\n]*\n|[^\n]+$/g) ?? ['\n']
  const ended = lines.with(-1, lines.at(-1)!.replace(/\n?$/, '\n'))
  const found = sectionIn(ended, edit)
  const made = (): string[] => {
    if (!found) return edit.state === 'present' ? [...ended, ...newSection(edit)] : ended
    const [from, to] = found
    const section = (edit.state === 'present' ? present : absent)(ended.slice(from, to), edit)
    return [...ended.slice(0, from), ...section, ...ended.slice(to)]
  }
  const after = made().join('')
  return after === (plain === '' ? '\n' : plain) ? text : after
}
