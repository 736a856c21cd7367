/** A limit of PAM's, in the terms of Ansible's pam_limits. */
export type Limit = {
  domain: string
  limit_type: string
  limit_item: string
  value: string
  use_max: boolean
  use_min: boolean
  comment: string
}

const isNone = (value: string): boolean => ['unlimited', 'infinity', '-1'].includes(value)

export const isLimit = (item: string, value: string): boolean => {
  if (item !== 'nice' && item !== 'priority') return isNone(value) || /^\d+$/.test(value)
  return /^\s*[-+]?\d+\s*$/.test(value) && Math.abs(Number(value) + 0.5) < 20
}

/** Which of a limit that is there and one that is wanted is to be: the one that is wanted, unless the higher or the lower is. */
const chosen = ({ value, use_max, use_min }: Limit, there: string): string => {
  if (!use_max && !use_min) return value
  const height = (text: string): number => (isNone(text) ? Number.POSITIVE_INFINITY : Number(text))
  const [a, b] = [height(there), height(value)]
  if (a === b) return there
  return a > b === use_max ? there : value
}

/** A line as fields, and what stands behind `#` in it. Undefined: it is no limit. */
const fieldsIn = (line: string): { fields: string[]; comment: string } | undefined => {
  if (line.startsWith('#') || line.trim() === '') return undefined
  const at = line.indexOf('#')
  const fields = (at < 0 ? line : line.slice(0, at)).trim().split(/\s+/)
  return { fields, comment: at < 0 ? '' : line.slice(at + 1) }
}

const written = ({ domain, limit_type, limit_item }: Limit, value: string, comment: string): string =>
  `${[domain, limit_type, limit_item, value].join('\t')}${comment}\n`

/**
 * The text with the limit: its line gets another value, or it comes last. Or a line whose value is none. Ansible's to the letter: where no
 * comment is given a line that is written gets the first one that stands behind a limit above it, the end of that line included, so that
 * an empty line follows.
 */
export const editLimit = (text: string, limit: Limit): string | { wrong: string } => {
  let { comment } = limit
  let isFound = false
  const lines: string[] = []
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const found = fieldsIn(line)
    comment ||= found?.comment ?? ''
    const [domain, type, item, value, ...more] = found?.fields ?? []
    if (item === undefined || value === undefined || more.length > 0) {
      lines.push(line)
      continue
    }
    if (!isLimit(item, value)) return { wrong: line.trim() }
    const isIt = domain === limit.domain && type === limit.limit_type && item === limit.limit_item
    const wanted = isIt ? chosen(limit, value) : value
    isFound ||= isIt
    if (wanted !== value && comment !== '') comment = `\t#${comment}`
    lines.push(wanted === value ? line : written(limit, wanted, comment))
  }
  if (!isFound) {
    if (lines.length > 0 && !lines.at(-1)!.endsWith('\n')) lines.push('\n')
    lines.push(written(limit, limit.value, comment === '' ? '' : `\t#${comment}`))
  }
  return lines.join('')
}
