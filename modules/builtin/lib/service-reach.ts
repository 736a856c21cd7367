import type { Reach, UnitSettings } from '../../../src/module/module.ts'

/** Words of a list of paths, as `systemd.exec(5)` writes them: quoted, with `-` or `+` in front. */
const pathsIn = (values: string[] = []): string[] =>
  values
    .flatMap(value => value.match(/"[^"]*"|\S+/g) ?? [])
    .map(word => word.replace(/^"|"$/g, '').replace(/^[-+!]+/, ''))
    .map(path => path.replace(/\/+$/, '') || '/')
    .filter(path => path.startsWith('/'))

const last = (values: string[] = []): string => values.at(-1) ?? ''
const isYes = (values?: string[]): boolean => /^(yes|true|on|1)$/i.test(last(values))

/** What the sandbox of a unit leaves it to write, and what not. Within each other the longer path counts. */
type Sandbox = { open: string[]; shut: string[] }

/** The settings where no sandbox is made of them, as our own manager makes none. */
export const withoutSandbox = ({ ProtectSystem, ProtectHome, PrivateTmp, ...rest }: UnitSettings): UnitSettings => {
  const { DynamicUser, ReadOnlyPaths, InaccessiblePaths, TemporaryFileSystem, RootDirectory, RootImage, ...bare } = rest
  return bare
}

const ownFolders = (settings: UnitSettings): string[] =>
  (
    [
      ['StateDirectory', '/var/lib'],
      ['CacheDirectory', '/var/cache'],
      ['LogsDirectory', '/var/log'],
      ['RuntimeDirectory', '/run'],
    ] as const
  ).flatMap(([name, folder]) =>
    (settings[name] ?? [])
      .flatMap(value => value.split(/\s+/))
      .flatMap(word => (word ? [`${folder}/${word.split(':')[0]}`] : [])),
  )

const protectedBySystem = (settings: UnitSettings): string[] => {
  const said = isYes(settings.DynamicUser) ? 'strict' : last(settings.ProtectSystem)
  if (said === 'strict') return ['/']
  const system = ['/usr', '/boot', '/efi', '/bin', '/sbin', '/lib']
  return said === 'full' ? [...system, '/etc'] : isYes([said]) ? system : []
}

const sandboxOf = (settings: UnitSettings): Sandbox => {
  const isDynamic = isYes(settings.DynamicUser)
  const home = last(settings.ProtectHome)
  // What is bound in from elsewhere is written where it comes from; a file system of its own hides what is there.
  const bound = (settings.BindPaths ?? []).flatMap(value => value.split(/\s+/)).map(word => word.split(':')[0]!)
  const hidden = (settings.TemporaryFileSystem ?? [])
    .flatMap(value => value.split(/\s+/))
    .map(word => word.split(':')[0]!)
  const isHomeShut = isDynamic || isYes([home]) || home === 'read-only' || home === 'tmpfs'
  return {
    open: [...pathsIn(settings.ReadWritePaths), ...pathsIn(bound), ...ownFolders(settings)],
    shut: [
      ...protectedBySystem(settings),
      ...(isHomeShut ? ['/home', '/root', '/run/user'] : []),
      ...(isDynamic || isYes(settings.PrivateTmp) ? ['/tmp', '/var/tmp'] : []),
      ...pathsIn(settings.ReadOnlyPaths),
      ...pathsIn(settings.InaccessiblePaths),
      ...pathsIn(hidden),
    ],
  }
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)

const isOpen = (path: string, { open, shut }: Sandbox): boolean => {
  const longest = (folders: string[]): number =>
    Math.max(0, ...folders.filter(f => isWithin(path, f)).map(f => f.length))
  return longest(open) >= longest(shut)
}

/** Paths that a command line names, in what it gives to a shell too; its program is not written by being started. */
const namedPaths = (command: string): string[] => {
  const [, rest = ''] = /^\s*[-@:+!|]*(?:"[^"]*"|\S+)\s*(.*)$/s.exec(command) ?? []
  return [...rest.matchAll(/(?<![\w.$}~/-])\/[^\s'"`;:,|&<>()${}*?[\]\\]*/g)]
    .map(([path]) => path.replace(/[/.]+$/, ''))
    .filter(path => path !== '' && !/^\/(dev|proc|sys)(\/|$)/.test(path))
}

/** Files that its output goes to. */
const outputFiles = (settings: UnitSettings): string[] =>
  [...(settings.StandardOutput ?? []), ...(settings.StandardError ?? [])].flatMap(
    value => /^(?:file|append|truncate):(\/.*)$/.exec(value)?.[1] ?? [],
  )

/** Verbs for the service manager, by what they run of a unit. */
const starting = ['start', 'restart', 'reload-or-restart']
const stopping = ['stop', 'restart', 'reload-or-restart']

/** Whether commands run that are no daemon: they may do anything, and are done when the unit is. */
const runsCommands = (settings: UnitSettings, verbs: string[]): boolean => {
  const has = (...names: string[]): boolean => names.some(name => (settings[name] ?? []).length > 0)
  const starts = verbs.some(verb => starting.includes(verb))
  const stops = verbs.some(verb => stopping.includes(verb))
  return (
    (starts &&
      (last(settings.Type) === 'oneshot' || has('ExecCondition', 'ExecStartPre', 'ExecStartPost', 'ExecReload'))) ||
    ((starts || stops) && has('ExecStopPost')) ||
    (stops && has('ExecStop'))
  )
}

/** What may be anything: where it is not known what a start runs. */
export const anything: Reach = { over: ['any'], except: [] }

/**
 * What may change when this is told to the service manager. A oneshot unit, or commands around a daemon, may do anything
 * that their sandbox allows; a daemon writes its user's home, its folders, and what its command line names.
 */
export const serviceReach = (settings: UnitSettings, verbs: string[], home: string | undefined): Reach | undefined => {
  if (!verbs.some(verb => starting.includes(verb) || stopping.includes(verb))) return undefined
  const sandbox = sandboxOf(settings)
  const tree = (path: string): string => `tree:${path}`
  const except = sandbox.shut.map(tree)
  if (last(settings.RootDirectory) !== '' || last(settings.RootImage) !== '') return { ...anything, except }
  if (runsCommands(settings, verbs)) return { over: ['any', ...sandbox.open.map(tree)], except }
  const commands = Object.entries(settings).flatMap(([name, values]) => (name.startsWith('Exec') ? values : []))
  const paths = [
    ...(home === undefined || home === '/' ? [] : [home]),
    ...pathsIn(settings.WorkingDirectory).filter(path => path !== '/'),
    ...sandbox.open,
    ...commands.flatMap(namedPaths),
    ...outputFiles(settings),
    ...pathsIn(settings.PIDFile),
  ]
  return { over: [...new Set(paths)].filter(path => isOpen(path, sandbox)).map(tree), except }
}
