import {
  type AptSimulation,
  aptSimulation,
  exec,
  isUnknown,
  later,
  type PackageAnswer,
  type PackageKeeper,
  packageNamed,
  type Reach,
  type Step,
  uses,
} from '../../../src/module/module.ts'
import { namePattern } from './name-pattern.ts'
import type { Obstacle } from './paths.ts'

// Packages by apt: what is asked for, whether it is so, and what apt-get is told. What comes along is asked of apt itself.

/** A package that is asked for: its name, perhaps with an architecture, and a version, in which * and ? stand for others. */
export type PackageSpec = { name: string; version?: string; relation?: string }

/** Names as they are given: a list, or a text with commas. Throws nothing: what is no name is told by `strangePackage`. */
export const specsOf = (names: string[]): PackageSpec[] =>
  names
    .flatMap(name => name.split(','))
    .map(name => name.trim())
    .filter(name => name !== '')
    .map(text => {
      const [, name = text, relation, version] = /^([^=<>]+?)\s*(>=|<=|=)\s*(.+)$/.exec(text) ?? []
      return { name, ...(version === undefined ? {} : { version }), ...(relation === undefined ? {} : { relation }) }
    })

/** Source: Debian Policy Manual, 5.6.1: names of packages. */
export const strangePackage = (specs: PackageSpec[]): Obstacle | undefined => {
  const strange = specs.find(({ name }) => !/^[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?$/.test(name))
  if (strange)
    return /[*?]/.test(strange.name)
      ? { why: `"${strange.name}" is a pattern and names no package`, fix: 'name each package' }
      : { why: `"${strange.name}" is no name of a package`, fix: 'names are of small letters, digits, and + - .' }
  const compared = specs.find(({ relation }) => relation === '>=' || relation === '<=')
  return compared
    ? {
        why: `${compared.name} is asked for with ${compared.relation}`,
        fix: `write ${compared.name}=VERSION, in which * stands for anything`,
      }
    : undefined
}

export type PackageState = 'present' | 'latest' | 'absent'
/** How apt-get is to go about it. `recommends` undefined: as the host is set. */
export type AptManner = {
  recommends?: boolean
  purge: boolean
  autoremove: boolean
  onlyUpgrade: boolean
  release?: string
  options: string[]
  /** Options of apt-get that allow what it would not do: `--allow-downgrades`. */
  allows: string[]
  lockTimeout: number
}

const isRight = ({ version }: PackageSpec, found: PackageAnswer): boolean =>
  version === undefined || (found.version !== undefined && namePattern(version).test(found.version))

/** What is to be changed of what is asked for. `latest` may be another version: only apt can tell. */
export const due = (specs: PackageSpec[], state: PackageState, seen: PackageAnswer[]): PackageSpec[] =>
  specs.filter((spec, i) => {
    const found = seen[i]!
    if (state === 'absent') return found.exists
    const isThere = found.exists || (found.providedBy !== undefined && spec.version === undefined)
    return !isThere || (found.exists && !isRight(spec, found))
  })

const mannerWords = (manner: AptManner): string[] => [
  ...(manner.recommends === undefined ? [] : ['-o', `APT::Install-Recommends=${manner.recommends ? 'yes' : 'no'}`]),
  ...(manner.release === undefined ? [] : ['-t', manner.release]),
  ...manner.allows,
]
const wordOf = ({ name, version }: PackageSpec): string => (version === undefined ? name : `${name}=${version}`)

/** What is asked of apt, and told to it but for how. */
export const requestOf = (specs: PackageSpec[], state: PackageState, manner: AptManner): string[] =>
  state === 'absent'
    ? [
        ...(manner.autoremove ? ['--auto-remove'] : []),
        manner.purge ? 'purge' : 'remove',
        ...specs.map(({ name }) => name),
      ]
    : [
        ...mannerWords(manner),
        ...(manner.onlyUpgrade ? ['--only-upgrade'] : []),
        ...(manner.autoremove ? ['--auto-remove'] : []),
        'install',
        ...specs.map(wordOf),
      ]

export const packageReads = (specs: PackageSpec[]) => specs.map(({ name }) => packageNamed(name))

/** What apt would do, asked only where something is to be done. */
export const simulationRead = (request: string[]) => uses(aptSimulation(request))

/** apt-get without a terminal: it asks nobody, waits for others who have its lock, and keeps settings that somebody has changed. */
export const aptGet = (words: string[], { options, lockTimeout }: Pick<AptManner, 'options' | 'lockTimeout'>): Step =>
  exec(
    [
      ...['apt-get', '-y', '-q', '-o', `DPkg::Lock::Timeout=${lockTimeout}`],
      ...options.flatMap(option => ['-o', `Dpkg::Options::=--${option}`]),
      ...words,
    ],
    { env: { DEBIAN_FRONTEND: 'noninteractive', DEBIAN_PRIORITY: 'critical' }, keep: true, uncut: true },
  )

/**
 * What an installation may change besides: whatever the programs of a package do, but not what the policy of the distribution
 * keeps them from. Source: Debian Policy Manual, 9.1 and 10.7; FHS 3.0.
 */
export const packageReach: Reach = {
  over: ['any'],
  except: [
    ...['/home', '/root', '/srv', '/opt', '/usr/local', '/tmp', '/var/tmp', '/mnt', '/media'].map(
      path => `tree:${path}`,
    ),
    'package:*',
    'apt-lists',
    'dpkg',
    'mounts',
    'live:sockets',
  ],
}

const listed = (names: string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')

/** What apt would do, in words: versions, what comes along, what goes. */
export const simulationReason = (simulation: AptSimulation, specs: PackageSpec[]): string => {
  if (simulation.is === 'refused') return ''
  const own = new Set(specs.map(({ name }) => name.replace(/:.*$/, '')))
  const told = ({ name, version, from }: { name: string; version: string; from?: string }): string =>
    from === undefined ? `${name} ${version}` : `${name} ${from} → ${version}`
  const asked = simulation.gets.filter(({ name }) => own.has(name.replace(/:.*$/, '')))
  const along = simulation.gets.filter(({ name }) => !own.has(name.replace(/:.*$/, '')))
  const gone = simulation.removes.filter(name => !own.has(name.replace(/:.*$/, '')))
  return [
    ...(asked.length > 0 ? [asked.map(told).join(', ')] : []),
    ...(along.length > 0 ? [`along with ${listed(along.map(told))}`] : []),
    ...(gone.length > 0 ? [`which takes away ${listed(gone)}`] : []),
  ].join(', ')
}

/** The packages that are another than before, as labels; of what is not known any. */
export const touchedPackages = (simulation: AptSimulation | undefined): string[] =>
  simulation?.is === 'done'
    ? [...simulation.gets.map(({ name }) => name), ...simulation.removes].map(
        name => `package:${name.replace(/:.*$/, '')}`,
      )
    : ['package:*']

/** Why nothing can be done with apt on a host: it has none, or dpkg has left something half done. */
export const interruption = ({ name, interrupted }: PackageKeeper): Obstacle | undefined => {
  if (name === 'none')
    return { why: 'the host has no dpkg: it is none of Debian’s kind', fix: 'packages of others cannot be managed yet' }
  return interrupted.length === 0
    ? undefined
    : {
        why: `dpkg was interrupted: ${listed(interrupted)} ${interrupted.length === 1 ? 'is' : 'are'} not set up`,
        fix: 'on the host: `dpkg --configure -a`, and if that does not help `apt-get -f install`',
      }
}

/** Why apt would refuse. Where its lists are to be brought first, or there are none, that says nothing. */
export const refusal = (simulation: AptSimulation | undefined, isRenewed: boolean): Obstacle | undefined => {
  if (simulation?.is !== 'refused' || isRenewed) return undefined
  const isUnknownName = /Unable to locate package|has no installation candidate|was not found/.test(simulation.why)
  if (isUnknownName && simulation.blind)
    return { why: `there are no lists of packages on the host: ${simulation.why}`, fix: 'set update_cache: true' }
  return {
    why: simulation.why,
    fix: isUnknownName
      ? 'check the name, and where packages come from; with update_cache: true the lists are brought first'
      : 'on the host, `apt-get -s install` says the same',
  }
}

/** The version of a package that apt gets; undefined for what is only a name for others, or where apt does not tell. */
export const versionGot = (simulation: AptSimulation | undefined, { name }: PackageSpec): string | undefined =>
  simulation?.is === 'done' ? simulation.gets.find(one => one.name === name.replace(/:.*$/, ''))?.version : undefined

/** A value, where it is known. */
export const known = <T>(read: () => T): T | undefined => {
  const value = later(read)
  return isUnknown(value) ? undefined : (value as T)
}
