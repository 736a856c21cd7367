/** What a unit asks for of others (`systemd.unit(5)`), by what follows from it. */
export type UnitNeeds = {
  /** It is stopped when one of these is. */
  stopsWith: string[]
  /** Its start starts these. */
  pulls: string[]
  /** It and these never run together. */
  conflicts: string[]
  /** It does not start unless these are active already. */
  requisites: string[]
}

/** What [Install] asks for: links to the unit (`multi-user.target.wants`, another name), other units, an instance. */
export type UnitInstall = { links: string[]; also: string[]; instance: string }

/** Units that are active on every host, or that nobody stops: what needs them needs nothing in particular. */
const standing =
  /\.slice$|\.mount$|^(basic|sysinit|shutdown|umount|final|local-fs|local-fs-pre|remote-fs|network|network-online|network-pre|multi-user|graphical|sockets|timers|paths|time-sync|nss-lookup|nss-user-lookup|default)\.target$|^systemd-|^dbus\.|^-$/
export const isStanding = (unit: string): boolean => standing.test(unit)

export const noNeeds: UnitNeeds = { stopsWith: [], pulls: [], conflicts: [], requisites: [] }

/** Needs from the lists of a unit file, or of what systemd shows, by their names there. */
export const needsOf = (listed: (name: string) => string[]): UnitNeeds => {
  const all = (...names: string[]): string[] => [...new Set(names.flatMap(listed))]
  return {
    stopsWith: all('Requires', 'Requisite', 'BindsTo', 'PartOf', 'StopPropagatedFrom'),
    pulls: all('Requires', 'BindsTo', 'Wants', 'Upholds'),
    conflicts: all('Conflicts', 'ConflictedBy').filter(unit => !isStanding(unit)),
    requisites: all('Requisite'),
  }
}

/** What stands in an instance's file for its own words (`systemd.unit(5)`, those that name units). */
const withSpecifiers = (text: string, unit: string): string => {
  const [, stem = '', at = '', type = ''] = /^([^@]*)(@.*)?\.(\w+)$/.exec(unit) ?? []
  const words: Record<string, string> = {
    n: unit,
    N: unit.slice(0, -type.length - 1),
    p: stem,
    P: stem,
    i: at.slice(1),
    I: at.slice(1),
    '%': '%',
  }
  return text.replace(/%(.)/g, (whole, letter: string) => words[letter] ?? whole)
}

/** The settings of a unit file by section: each name with all its values. A line that ends in `\` goes on. */
const settings = (text: string, unit: string): ((section: string, name: string) => string[]) => {
  const found = new Map<string, string[]>()
  let section = ''
  for (const line of text
    .replace(/\\\r?\n(?:[#;].*\n)*/g, ' ')
    .split('\n')
    .map(line => line.trim())) {
    const head = /^\[(.+)\]$/.exec(line)?.[1]
    if (head !== undefined) section = head
    const [, name, value = ''] = /^([A-Za-z0-9-]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === undefined) continue
    const key = `${section} ${name}`
    // An empty value takes back those before it.
    found.set(key, value === '' ? [] : [...(found.get(key) ?? []), withSpecifiers(value, unit)])
  }
  return (section, name) => found.get(`${section} ${name}`) ?? []
}

const words = (values: string[]): string[] => values.flatMap(value => value.split(/\s+/)).filter(Boolean)

/** What a unit file says that another unit, or its start at boot, depends on. */
export const unitText = (text: string, unit: string) => {
  const said = settings(text, unit)
  const listed = (section: string) => (name: string) => words(said(section, name))
  const install = listed('Install')
  const linked = (name: string, to: string): string[] => install(name).map(target => `${target}.${to}`)
  return {
    needs: needsOf(listed('Unit')),
    install: {
      links: [
        ...linked('WantedBy', 'wants'),
        ...linked('RequiredBy', 'requires'),
        ...linked('UpheldBy', 'upholds'),
        ...install('Alias'),
      ],
      also: install('Also'),
      instance: install('DefaultInstance').at(-1) ?? '',
    } satisfies UnitInstall,
    /** Of a oneshot that does not remain nothing is left when it is done. */
    stays:
      said('Service', 'Type').at(-1) !== 'oneshot' ||
      /^(yes|true|on|1)$/i.test(said('Service', 'RemainAfterExit').at(-1) ?? ''),
  }
}
