/** Settings of a unit's service by name, each with all its values, as a unit file or systemd gives them. */
export type UnitSettings = Record<string, string[]>

/** What is asked of systemd besides: what a start runs, as whom, and what it may write (`systemd.exec(5)`). */
export const shownSettings: readonly string[] =
  'Type ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecStop ExecStopPost User DynamicUser WorkingDirectory RootDirectory RootImage StateDirectory CacheDirectory LogsDirectory RuntimeDirectory ReadWritePaths ReadOnlyPaths InaccessiblePaths BindPaths TemporaryFileSystem ProtectSystem ProtectHome PrivateTmp PIDFile'.split(
    ' ',
  )
const names = new Set([...shownSettings, 'StandardOutput', 'StandardError'])

/** `{ path=/bin/sh ; argv[]=/bin/sh -c true ; ignore_errors=no ; … }`, as systemd shows a command, in the words of a unit file. */
const commandIn = (value: string): string => /argv\[\]=(.*?) ; ignore_errors=/.exec(value)?.[1] ?? value

/** From lines of `systemctl show`: a setting without a value is not set, a command has a line of its own. */
export const settingsShown = (lines: [name: string, value: string][]): UnitSettings => {
  const found: UnitSettings = {}
  for (const [name, value] of lines)
    if (names.has(name) && value !== '') found[name] = [...(found[name] ?? []), commandIn(value)]
  return found
}

/** What stands in a unit file for its own words (`systemd.unit(5)`, those that paths are made of). */
const specified = (value: string, unit: string): string => {
  const [, stem = '', instance = ''] = /^([^@]*)(?:@(.*))?\.\w+$/.exec(unit) ?? []
  const words: Record<string, string> = {
    n: unit,
    N: unit.replace(/\.\w+$/, ''),
    p: stem,
    P: stem,
    i: instance,
    I: instance,
    S: '/var/lib',
    C: '/var/cache',
    L: '/var/log',
    t: '/run',
    E: '/etc',
    '%': '%',
  }
  return value.replace(/%(.)/g, (whole, letter: string) => words[letter] ?? whole)
}

/** From the text of a unit file, or of a drop-in over what came before: an empty value takes back those before it. */
export const settingsIn = (text: string, unit: string, before: UnitSettings = {}): UnitSettings => {
  const found = { ...before }
  let section = ''
  for (const line of text
    .replace(/\\\r?\n(?:[#;].*\n)*/g, ' ')
    .split('\n')
    .map(one => one.trim())) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section
    const [, name, value = ''] = /^([A-Za-z]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === undefined || section !== 'Service' || !names.has(name)) continue
    found[name] = value === '' ? [] : [...(found[name] ?? []), specified(value, unit)]
  }
  return found
}
