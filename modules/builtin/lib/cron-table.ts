/** A crontab line by line, edited as Ansible's cron does: a job stands behind a line that names it. Source: ansible-core 2.19, cron.py. */
export type CronLines = readonly string[]

const marker = '#Ansible: '
const markerOf = (name: string): string => `${marker}${name}`

export const cronLines = (text: string): string[] =>
  text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .filter((_, i, all) => all.length > 1 || all[i] !== '')
export const cronText = (lines: CronLines): string => {
  const text = lines.join('\n').replace(/[\r\n]+$/, '')
  return text === '' ? '' : `${text}\n`
}
export const isEmptyTable = (lines: CronLines): boolean => lines.every(line => line.trim() === '')

/** The line behind the one that names a job; undefined: it is nowhere, or the last line names it. */
const jobNamed = (lines: CronLines, name: string): string | undefined => {
  let named: string | undefined
  for (const line of lines) {
    if (named !== undefined) {
      if (named === name) return line
      named = undefined
    } else if (line.startsWith(marker)) named = line.slice(marker.length)
  }
  return undefined
}

/** A job that nobody has named, which is the same as one that is wanted, is given its name. */
const withNamed = (lines: CronLines, name: string, job: string): string[] | undefined => {
  const at = lines.indexOf(job)
  if (at < 0) return undefined
  // Above the first line stands none; Ansible looks at the last one there.
  const above = lines.at(at - 1)!
  if (!above.startsWith(marker)) return lines.toSpliced(at, 0, markerOf(name))
  return above === markerOf('None') ? lines.with((at === 0 ? lines.length : at) - 1, markerOf(name)) : undefined
}

/** Every line that bears the name, with the line behind it, becomes these. */
const replaced = (lines: CronLines, name: string, by: string[]): string[] => {
  const found: string[] = []
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] !== markerOf(name)) found.push(lines[at]!)
    // A name without a line behind it goes.
    else if (++at < lines.length) found.push(...by)
  }
  return found
}

export const withJob = (lines: CronLines, name: string, job: string): CronLines => {
  const is = jobNamed(lines, name)
  if (is === job) return lines
  if (is !== undefined) return replaced(lines, name, [markerOf(name), job])
  const named = withNamed(lines, name, job)
  return named === undefined ? [...lines, markerOf(name), job] : replaced(named, name, [markerOf(name), job])
}
export const withoutJob = (lines: CronLines, name: string): CronLines =>
  jobNamed(lines, name) === undefined ? lines : replaced(lines, name, [])

const variableAt = (lines: CronLines, name: string): number => lines.findIndex(line => line.startsWith(`${name}=`))

/** Where a new variable goes: `after` or `before` another one, or else first. */
export type VariablePlace = { after?: string; before?: string }

/** Undefined: the one that it is to stand by is not there. */
export const withVariable = (
  lines: CronLines,
  name: string,
  line: string,
  { after, before }: VariablePlace,
): CronLines | undefined => {
  if (variableAt(lines, name) >= 0)
    return lines[variableAt(lines, name)] === line ? lines : lines.map(one => (one.startsWith(`${name}=`) ? line : one))
  const other = after ?? before
  if (other === undefined) return [line, ...lines]
  const at = variableAt(lines, other)
  return at < 0 ? undefined : lines.toSpliced(after === undefined ? at : at + 1, 0, line)
}
export const withoutVariable = (lines: CronLines, name: string): CronLines =>
  variableAt(lines, name) < 0 ? lines : lines.filter(line => !line.startsWith(`${name}=`))

export const jobNames = (lines: CronLines): string[] =>
  lines.filter(line => line.startsWith(marker)).map(line => line.slice(marker.length))
export const variableNames = (lines: CronLines): string[] =>
  lines.filter(line => /^\S+=/.test(line)).map(line => line.slice(0, line.indexOf('=')))
