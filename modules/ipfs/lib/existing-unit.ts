import { sha256 } from '../../../src/module/module.ts'
import { earlierShapes, unitMark } from './earlier-units.ts'
import type { Existing, Kind, UnitFound } from './existing.ts'

/** What a unit that runs one of the two programs says, as far as its text tells. */
export type UnitSaid = {
  file: string
  name: string
  kind: Kind
  program: string
  user: string
  /** The repo that it runs; empty: its text does not tell. */
  repo: string
  /** It carries runbook's mark, or equals but for values what an earlier playbook wrote. */
  isOwn: boolean
  isActive: boolean
  isEnabled: boolean
}

/** Settings whose value is a variable of the playbook. */
const valued =
  /^(User|ExecStart|ReadWritePaths|BindPaths|AssertPathExists|Environment="?(?:IPFS_PATH|IPFS_CLUSTER_PATH|HOME))=.*/

/** A unit without its comments and the values that a playbook gives. */
export const unitShape = (text: string): string =>
  sha256(
    text
      .split('\n')
      .map(line => line.trim())
      .filter(line => line !== '' && !/^[#;]/.test(line))
      .map(line => line.replace(valued, '$1').replace('Environment="', 'Environment='))
      .join('\n'),
  )

export const isOwnUnit = (text: string): boolean =>
  text.split('\n').includes(unitMark) || earlierShapes.includes(unitShape(text))

/** The values of a setting of [Service]; an empty one takes back those before it. */
const settings = (text: string): ((name: string) => string[]) => {
  const found = new Map<string, string[]>()
  for (const line of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const [, name, value = ''] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) found.set(name, value === '' ? [] : [...(found.get(name) ?? []), value])
  }
  return name => found.get(name) ?? []
}

/** Words as systemd parts them: by blanks, but for those in quotes. */
const wordsOf = (text: string): string[] =>
  (text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map(word => word.replace(/["']/g, ''))

/** The program among the words of a command, also behind `env` or in what a shell is told to run. */
const programIn = (command: string): { kind: Kind; program: string } | undefined => {
  const words = wordsOf(command.replace(/^[-@:+!|]+/, '')).flatMap(word => word.split(/\s+/))
  if (!words.includes('daemon')) return undefined
  const program = words.find(word => /(^|\/)((go-)?ipfs|kubo|ipfs-cluster-service)([-_]?v?\d[\w.-]*)?$/.test(word))
  return program === undefined
    ? undefined
    : { kind: program.includes('ipfs-cluster-service') ? 'cluster' : 'kubo', program }
}

/** The home that a unit's paths begin with, where it is one of a user. */
const homeOfUnit = (file: string, homes: Existing['homes']) =>
  homes.filter(({ home }) => file.startsWith(`${home}/`)).sort((a, b) => b.home.length - a.home.length)[0]

const repoIn = (kind: Kind, command: string, environment: string[], home: string | undefined): string => {
  const words = wordsOf(command)
  const at = words.findIndex(word => /^--?(config|c|repo-dir)(=|$)/.test(word))
  const option = at < 0 ? undefined : words[at]!.includes('=') ? words[at]!.replace(/^[^=]*=/, '') : words[at + 1]
  const value = (name: string): string | undefined =>
    environment.findLast(one => one.startsWith(`${name}=`))?.slice(name.length + 1)
  const own = value('HOME') ?? home
  const [variable, folder] = kind === 'kubo' ? ['IPFS_PATH', '.ipfs'] : ['IPFS_CLUSTER_PATH', '.ipfs-cluster']
  const said = option ?? value(variable) ?? (own === undefined ? '' : `${own}/${folder}`)
  return said.replace(/^(%h|\$HOME|\$\{HOME\}|~)(?=\/)/, own ?? '').replace(/(?<=.)\/+$/, '')
}

/** Whether a file has its name in common with the units of the machine, so that one hides the other. */
export const isOfSystem = (file: string): boolean =>
  /^(\/etc|\/run|\/lib|\/usr\/lib|\/usr\/local\/lib)\/systemd\/system\/|^\/etc\/init\.d\//.test(file)

/** The name that systemd knows a unit's file by. */
export const nameOfUnit = (file: string): string =>
  `${file.slice(file.lastIndexOf('/') + 1).replace(/\.service$/, '')}.service`

/** What a unit says; undefined where it runs neither of the two. Where its text does not tell the repo, its daemon does. */
export const unitSays = (unit: UnitFound, { homes, daemons }: Existing): UnitSaid | undefined => {
  const said = settings(`${unit.text}\n${unit.dropIns}`)
  const isScript = unit.file.startsWith('/etc/init.d/')
  const command = isScript ? unit.text.replace(/^\s*#.*$/gm, '') : (said('ExecStart').at(-1) ?? '')
  const found = programIn(command)
  if (found === undefined) return undefined
  const name = nameOfUnit(unit.file)
  const home = isOfSystem(unit.file) ? undefined : homeOfUnit(unit.file, homes)
  const running = daemons.find(one => one.unit === name || one.unit === unit.file)
  const user = said('User').at(-1) ?? home?.user ?? running?.user ?? 'root'
  const environment = said('Environment').flatMap(wordsOf)
  const scripted = /IPFS_PATH=["']?([^"'\s;]+)/.exec(command)?.[1]
  const repo = repoIn(found.kind, command, environment, homes.find(one => one.user === user)?.home)
  const file = said('EnvironmentFile').length > 0 || isScript ? (running?.repo ?? scripted) : undefined
  return {
    file: unit.file,
    name,
    ...found,
    user,
    repo: file ?? repo,
    isOwn: isOwnUnit(unit.text),
    isActive: unit.active === 'active' || unit.active === 'activating' || running !== undefined,
    isEnabled: /^(enabled|generated)/.test(unit.enabled),
  }
}
