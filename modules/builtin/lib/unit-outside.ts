import { type ManagerEnvironment, quote, type UnitSurroundings } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

// What is set for a service elsewhere than in its unit file: by drop-ins, by files that they name, by systemd itself; and
// whether the process that runs was started as all of that says now.

/** What runs, as whom and where: where a drop-in says something else it is another service. */
const DECIDING = new Set(
  'Type ExecStart User Group DynamicUser WorkingDirectory RootDirectory RootImage ExecCondition'.split(' '),
)

type Line = { section: string; name: string; value: string; at: number }

/** The settings of a unit file or a drop-in, each with the number of its line; one that ends in `\` goes on. */
const linesOf = (text: string): Line[] => {
  const found: Line[] = []
  let [section, rest, from] = ['', '', 0]
  for (const [i, raw] of text.split('\n').entries()) {
    const isComment = /^\s*[#;]/.test(raw)
    if (isComment) continue
    if (rest === '') from = i + 1
    const line = rest + raw.trim()
    rest = ''
    if (line.endsWith('\\')) {
      rest = `${line.slice(0, -1)} `
      continue
    }
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section
    const [, name, value = ''] = /^([A-Za-z0-9-]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (name !== undefined) found.push({ section, name, value, at: from })
  }
  return found
}

/** The words of a value, with quotes as systemd knows them. */
export const unitWords = (value: string): string[] =>
  [...value.matchAll(/(?:"(?:\\.|[^"])*"|'[^']*'|\\.|[^\s"'\\])+/g)].map(([word]) =>
    word.replaceAll(/"((?:\\.|[^"])*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, escaped?: string) =>
      double === undefined ? (single ?? escaped ?? '') : double.replaceAll(/\\(.)/g, '$1'),
    ),
  )

/** The variables that a value of Environment gives. */
const variablesIn = (value: string): [name: string, value: string][] =>
  unitWords(value).flatMap(word => (word.includes('=') ? [word.split(/=(.*)/s) as [string, string]] : []))

type Own = { environment: Map<string, string>; command: string | undefined; settings: Map<string, string> }

/** What the unit file itself says. */
const ownOf = (text: string): Own => {
  const own: Own = { environment: new Map(), command: undefined, settings: new Map() }
  for (const { section, name, value } of linesOf(text)) {
    if (section !== 'Service') continue
    if (name !== 'Environment') own.settings.set(name, value)
    else if (value === '') own.environment.clear()
    else for (const [variable, is] of variablesIn(value)) own.environment.set(variable, is)
  }
  own.command = own.settings.get('ExecStart')
  return own
}

/**
 * Whether a variable is one that the unit alone may set: it does, or the last pattern that fits (`NAME`, `NAME_*`) has no
 * `!` in front.
 */
const isOwned = (name: string, own: Own, patterns: string[]): boolean => {
  const last = patterns.findLast(pattern => {
    const one = pattern.replace(/^!/, '')
    return one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one
  })
  return own.environment.has(name) || (last !== undefined && !last.startsWith('!'))
}

/** A line of a file that counts more than the unit: `what` it does, `where` it stands. */
type Foreign = { what: string; path: string; at: number }

/** What a line of a drop-in changes of what the unit alone may say; undefined: nothing. */
const foreignIn = (
  { section, name, value }: Line,
  own: Own,
  patterns: string[],
  files: UnitSurroundings['environmentFiles'],
): string | undefined => {
  if (section !== 'Service') return undefined
  const owned = (names: string[]): string[] => names.filter(one => isOwned(one, own, patterns))
  const sets = (names: string[]): string | undefined => (names.length > 0 ? `sets ${names.join(', ')}` : undefined)
  switch (name) {
    case 'Environment':
      if (value === '') return own.environment.size > 0 ? 'takes all variables of the unit back' : undefined
      return sets(
        variablesIn(value).flatMap(([one, is]) =>
          owned([one]).length > 0 && own.environment.get(one) !== is ? one : [],
        ),
      )
    case 'EnvironmentFile': {
      const path = value.replace(/^-/, '')
      const found = files.filter(one => one.path === path && owned([one.name]).length > 0)
      return found.length > 0
        ? `reads ${path}, which sets ${found.map(one => `${one.name} (line ${one.line})`).join(', ')}`
        : undefined
    }
    case 'PassEnvironment':
      return sets(owned(unitWords(value)))
    case 'UnsetEnvironment': {
      const names = owned(unitWords(value).map(one => one.replace(/=.*/s, '')))
      return names.length > 0 ? `takes away ${names.join(', ')}` : undefined
    }
  }
  if (!DECIDING.has(name) || value === '' || own.settings.get(name) === value) return undefined
  const is = own.settings.get(name)
  return `says ${name}=${value}${is === undefined ? '' : `, where the unit says ${is}`}`
}

const isPackaged = (path: string): boolean => /^\/(usr\/)?lib\//.test(path)

/** Commands that take lines out of a drop-in: all of it where nothing else is left. */
const takingOut = (path: string, lines: Line[], out: number[]): string => {
  if (isPackaged(path)) {
    const [folder, name] = path.split('/').slice(-2) as [string, string]
    const over = `/etc/systemd/system/${folder}`
    return `mkdir -p ${quote(over)} && ln -s /dev/null ${quote(`${over}/${name}`)}`
  }
  return lines.every(({ at }) => out.includes(at))
    ? `rm ${quote(path)}`
    : `sed -i ${out.map(at => `-e ${at}d`).join(' ')} ${quote(path)}`
}

/** What systemd itself gives to every service, where the unit does not say otherwise. */
const managerObstacle = (
  { names, configured }: ManagerEnvironment,
  own: Own,
  patterns: string[],
): Obstacle | undefined => {
  const found = names.filter(name => !own.environment.has(name) && isOwned(name, own, patterns))
  if (found.length === 0) return undefined
  const lines = configured.filter(({ name }) => found.includes(name))
  const where = lines.map(({ path, line }) => `${path}:${line}`)
  const edits = lines.map(({ path, line }) => `sed -i ${line}d ${quote(path)}`)
  return {
    why: `systemd gives ${found.join(', ')} to every service it starts${where.length > 0 ? ` (${[...new Set(where)].join(', ')})` : ''}, and that counts more than what this playbook writes`,
    fix: `as root there: ${[...new Set(edits), `systemctl unset-environment ${found.join(' ')}`].join(' && ')}`,
  }
}

/** Why the unit would not be what its file says: what counts more, where it stands, and the command that takes it out. */
export const outsideObstacle = (
  name: string,
  text: string,
  patterns: string[],
  { dropIns, environmentFiles }: UnitSurroundings,
  manager: ManagerEnvironment,
): Obstacle | undefined => {
  const own = ownOf(text)
  const found: Foreign[] = []
  const fixes: string[] = []
  for (const { path, text } of dropIns) {
    const lines = linesOf(text)
    const foreign = lines.flatMap(line => {
      const what = foreignIn(line, own, patterns, environmentFiles)
      return what === undefined ? [] : [{ what, path, at: line.at }]
    })
    if (foreign.length === 0) continue
    found.push(...foreign)
    // `ExecStart=` before one with a value belongs to it.
    const names = new Set(lines.filter(({ at }) => foreign.some(one => one.at === at)).map(line => line.name))
    const empty = lines.filter(line => line.value === '' && names.has(line.name)).map(({ at }) => at)
    fixes.push(
      takingOut(
        path,
        lines,
        [...new Set([...empty, ...foreign.map(({ at }) => at)])].sort((a, b) => a - b),
      ),
    )
  }
  if (found.length === 0) return managerObstacle(manager, own, patterns)
  return {
    why: found
      .map(({ what, path, at }) => `${path}:${at} ${what}`)
      .concat(`it counts more for ${name} than what this playbook writes`)
      .join('\n'),
    fix: `as root there: ${[...fixes, 'systemctl daemon-reload'].join(' && ')}\nor set what it is for by the variables of this playbook`,
  }
}

/**
 * What drop-ins set besides, which is kept: their files and settings, without values that may be secret. Those that a
 * distribution ships are its own business.
 */
export const untouchedDropIns = ({ dropIns }: UnitSurroundings): string[] =>
  dropIns.flatMap(({ path, text }) => {
    if (isPackaged(path)) return []
    const said = linesOf(text).flatMap(({ name, value }) =>
      value === '' ? [] : /Environment|Credential/.test(name) ? [name] : [`${name}=${value}`],
    )
    return said.length === 0 ? [] : [`${path} (${said.join(', ')})`]
  })

/** Words in which systemd would put something of its own are not compared. */
const isPlain = (value: string): boolean => !/[%$]/.test(value)

/** Why the process that runs is not as its unit says now, so that only a restart makes it so; undefined: it is. */
export const processDue = (text: string, patterns: string[], { process }: UnitSurroundings): string | undefined => {
  const own = ownOf(text)
  if (!process) return undefined
  const { environment, command } = process
  const names = new Set([...own.environment.keys(), ...Object.keys(environment)])
  const other = [...names].filter(
    name =>
      isOwned(name, own, patterns) &&
      isPlain(own.environment.get(name) ?? '') &&
      environment[name] !== own.environment.get(name),
  )
  if (other.length > 0) return `it runs with another ${other.join(', ')} than its unit gives it`
  const user = own.settings.get('User')
  if (user !== undefined && environment.USER !== undefined && environment.USER !== user && !/^\d+$/.test(user))
    return `it runs as ${environment.USER}, not as ${user}`
  if (own.command === undefined || !isPlain(own.command) || /^[-@:+!|]/.test(own.command)) return undefined
  const words = unitWords(own.command)
  // A script is run by its interpreter, whose words come first.
  const runs = command.slice(-words.length)
  return runs.length === words.length && runs.every((word, i) => word === words[i])
    ? undefined
    : 'it runs by another command line than its unit says'
}

/** The first drop-in, or folder of them, that has changed since a moment. */
export const changedDropIn = ({ dropIns, foldersChanged }: UnitSurroundings, since: number): string | undefined =>
  [...dropIns, ...foldersChanged].find(({ changed }) => changed > since)?.path
