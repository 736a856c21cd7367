import { posix } from 'node:path'

/** One import as the text says it. A type import costs nothing when the program runs. */
export type Import = { from: string; what: string; isType: boolean }

const STATIC = /^\s*(?:import|export)\s+(?:(type\s+)?[^'"()]*?\s+from\s+)?'([^']+)'/gm
const DYNAMIC = /\bimport\(\s*'([^']+)'/g

/** What a file imports: packages by name, files by their path in the repository. */
export const importsOf = (file: string, text: string): Import[] => {
  const place = (what: string): string => (what.startsWith('.') ? posix.join(posix.dirname(file), what) : what)
  return [
    ...[...text.matchAll(STATIC)].map(([, type, what]) => ({ from: file, what: place(what!), isType: !!type })),
    ...[...text.matchAll(DYNAMIC)].map(([, what]) => ({ from: file, what: place(what!), isType: false })),
  ]
}

/** The room of a file: the folder below src/ or modules/, or one of the rooms in these. Packages and Node's own are in none. */
export const roomOf = (file: string): string | undefined => {
  const folder = /^(?:src\/)?(.+)\/[^/]+$/.exec(file)?.[1]
  return folder && Object.keys(MAY).findLast(room => folder === room || folder.startsWith(`${room}/`))
}

/** All rooms but cli/, which wires them together. */
const BELOW_CLI =
  'core vault yaml jinja load lint module settings connection host report lab artifact graph world plan planfile drift run'.split(
    ' ',
  )

/** Which rooms each room may import, besides itself. */
const MAY: Record<string, string[]> = {
  core: [],
  yaml: [],
  jinja: ['core', 'yaml', 'vault'],
  load: ['core', 'yaml', 'jinja'],
  lint: ['core', 'jinja', 'load'],
  module: ['core'],
  vault: ['core'],
  settings: ['core'],
  connection: ['core', 'settings'],
  host: ['core', 'settings', 'connection'],
  report: ['core'],
  lab: ['core'],
  artifact: ['core'],
  graph: ['core', 'load'],
  world: ['core', 'module'],
  plan: ['core', 'load', 'graph', 'module', 'world'],
  planfile: ['core', 'load', 'graph', 'module', 'world', 'plan'],
  drift: ['core', 'graph', 'module', 'world', 'plan'],
  run: ['core', 'graph', 'module', 'world', 'plan'],
  'modules/builtin': ['modules/builtin/lib'],
  'modules/builtin/lib': [],
  'modules/ipfs': ['modules/ipfs/lib', 'modules/builtin/lib'],
  'modules/ipfs/lib': ['modules/builtin/lib'],
  // A command line that is wrong is told like all else.
  cli: ['core', 'report', 'cli/commands'],
  'cli/commands': ['cli/app', ...BELOW_CLI],
  'cli/app': BELOW_CLI,
}

/** The one door of the contract that modules are written against. */
const CONTRACT = 'src/module/module.ts'

const isAllowed = ({ from, what }: Import): boolean => {
  const [here, there] = [roomOf(from), roomOf(what)]
  if (here === undefined || there === undefined || here === there) return true
  if (here.startsWith('modules') && what === CONTRACT) return true
  return MAY[here]?.includes(there) ?? false
}

export const strayRooms = (imports: Import[]): string[] =>
  imports.filter(one => !isAllowed(one)).map(({ from, what }) => `${from} imports ${what}`)

/** The doors of each package: a file, or a folder. One marked `type` may take the package's types only. */
const DOORS: Record<string, string[]> = {
  esbuild: ['build/build.ts'],
  ajv: ['src/load/schema.ts'],
  commander: [
    'src/cli/main.ts',
    'type src/cli/author-commands.ts',
    'type src/cli/inventory-command.ts',
    'type src/cli/lab-command.ts',
    'type src/cli/vault-commands.ts',
  ],
  diff: ['src/report/difference.ts'],
  handlebars: ['src/load/template.ts'],
  'fast-check': ['test/chance.ts'],
  listr2: ['src/report/tty.ts'],
  'p-queue': ['src/host/pool.ts'],
  ssh2: ['src/connection/ssh-library.ts'],
  undici: ['src/artifact/http.ts'],
  typebox: ['src/module/', 'type src/load/schema.ts', 'type src/load/check.ts', 'type src/load/check-reference.ts'],
}

const isPackage = (what: string): boolean => !/^(node:|src\/|modules\/|test\/|build\/|package\.json$)/.test(what)

/** Imports of packages that are not at their door. Tests may use any, and chance comes from one place. */
export const strayPackages = (imports: Import[]): string[] =>
  imports
    .filter(({ from, what }) => isPackage(what) && (!from.startsWith('test/') || what === 'fast-check'))
    .filter(({ from, what, isType }) => {
      const asked = isType ? [from, `type ${from}`] : [from]
      return !(DOORS[what] ?? []).some(door => asked.some(one => one.startsWith(door)))
    })
    .map(({ from, what, isType }) => `${from} imports ${isType ? 'types of ' : ''}${what}`)
