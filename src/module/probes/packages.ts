import { notAnAnswer, Refusal } from '../../core/failure.ts'
import { quote, quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import { isUnknown } from '../../core/unknown.ts'
import { isRecord } from '../../core/value.ts'
import type { Foreseen, Probe, ProbeItem, Query } from '../query.ts'
import { program } from './program.ts'

/** What the package manager of a host knows of a package by its name, as dpkg does. */
export type PackageAnswer = {
  /** Whether it is installed: its files are there, and it is set up. */
  exists: boolean
  version?: string
  /** It is to stay as it is: `apt-mark hold`. */
  held?: true
  /** An installed package that provides it, where none is called so. */
  providedBy?: string
  /** Its settings are still there, though it is removed. */
  leftovers?: true
}
/** Who keeps the packages of a host. `interrupted`: those that dpkg has begun with and not ended. */
export type PackageKeeper = { name: 'dpkg' | 'none'; interrupted: string[] }

type Listed = { version: string; want: string; status: string }

const PARTLY = ['half-installed', 'unpacked', 'half-configured', 'triggers-awaited']

/** `dpkg-query -W` of all that it knows; a name stands for that of the machine's own architecture. */
const listedIn = (text: string, native: string) => {
  const packages = new Map<string, Listed>()
  const provided = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [name = '', architecture = '', version = '', want = '', status = '', provides = ''] = line.split('\t')
    if (name === '') continue
    packages.set(`${name}:${architecture}`, { version, want, status })
    if (architecture === native || architecture === 'all' || !packages.has(name))
      packages.set(name, { version, want, status })
    if (status !== 'installed') continue
    for (const one of provides.split(',')) {
      const virtual = one.trim().replace(/[\s(:].*$/s, '')
      if (virtual !== '') provided.set(virtual, name)
    }
  }
  return { packages, provided }
}

/** Stands among the names of packages for who keeps them. */
const MANAGER = '*'

const packageIn = (name: string, { packages, provided }: ReturnType<typeof listedIn>): PackageAnswer => {
  const found = packages.get(name)
  const exists = found !== undefined && (found.status === 'installed' || found.status === 'triggers-pending')
  const providedBy = exists ? undefined : provided.get(name)
  return {
    exists,
    ...(exists ? { version: found.version } : {}),
    ...(found?.want === 'hold' ? { held: true as const } : {}),
    ...(providedBy === undefined ? {} : { providedBy }),
    ...(found?.status === 'config-files' ? { leftovers: true as const } : {}),
  }
}

/** Two processes, however many are asked for: one more name costs nothing. */
const packagesProbe: Probe<PackageAnswer | PackageKeeper> = {
  kind: 'packages',
  side: 'host',
  sh: () =>
    `if command -v dpkg-query >/dev/null; then dpkg --print-architecture; dpkg-query -W -f '\${Package}\\t\${Architecture}\\t\${Version}\\t\${db:Status-Want}\\t\${db:Status-Status}\\t\${Provides}\\n'; else echo none; fi`,
  read: ({ stdout }: Output, items: ProbeItem[]) => {
    const [native = '', ...lines] = stdout.toString().split('\n')
    if (!/^[a-z0-9-]+$/.test(native))
      throw new Refusal(
        notAnAnswer('what the host says of packages is no answer', 'it does not begin with its architecture'),
      )
    const name = native === 'none' ? 'none' : 'dpkg'
    const listed = listedIn(name === 'none' ? '' : lines.join('\n'), native)
    const interrupted = [...listed.packages]
      .flatMap(([one, { status }]) => (PARTLY.includes(status) && !one.includes(':') ? [one] : []))
      .sort()
    return items.map(({ item }) => (item === MANAGER ? { name, interrupted } : packageIn(item, listed)))
  },
}

/** Who keeps the packages of a host, and what was left half done there. */
export const packageKeeper: Query<PackageKeeper, false> = {
  key: 'package-keeper',
  looks: ['dpkg'],
  probe: packagesProbe,
  item: MANAGER,
  facets: [],
  parse: (raw: PackageKeeper) => raw,
  only: true,
  subject: 'package manager',
}

const installedTest = (name: string, exists: unknown, version: unknown): string | undefined => {
  const asked = `"$(dpkg-query -W -f '\${db:Status-Status} \${Version}' ${quote(name)} 2>/dev/null)"`
  if (exists === false) return `case ${asked} in installed\\ *) false;; esac`
  if (version !== undefined && typeof version !== 'string') return undefined
  return version === undefined
    ? `case ${asked} in installed\\ *) ;; *) false;; esac`
    : `[ ${asked} = ${quote(`installed ${version}`)} ]`
}

/** A package of a host by its name, which may be followed by an architecture: `libc6:i386`. */
export const packageNamed = (name: string): Query<PackageAnswer> => ({
  key: `package:${name}`,
  looks: [`package:${name.replace(/:.*$/, '')}`],
  probe: packagesProbe,
  item: name,
  facets: [],
  parse: (raw: PackageAnswer) => raw,
  only: false,
  holds: ({ exists, version, ...rest }) =>
    Object.keys(rest).length > 0 ? undefined : installedTest(name, exists, version),
  subject: `package ${name}`,
})

/**
 * What apt would do for some words: `install nginx`. What it gets or renews with its version, what it takes away, or why not;
 * `blind`: it has no lists of packages to look into.
 */
export type AptSimulation =
  | { is: 'done'; gets: { name: string; version: string; from?: string }[]; removes: string[] }
  | { is: 'refused'; why: string; blind: boolean }

const simulationIn = ({ status, stdout, stderr }: Output): AptSimulation => {
  const text = stdout.toString()
  if (status !== 0) {
    const errors = `${stderr}\n${text}`.split('\n').flatMap(line => /^E: (.*)/.exec(line)?.[1] ?? [])
    const why = errors.join('; ') || `apt-get ended with status ${status}`
    return { is: 'refused', why, blind: /^no lists$/m.test(text) }
  }
  const gets = [...text.matchAll(/^Inst (\S+)(?: \[(\S+)\])? \((\S+) /gm)].map(([, name, from, version]) => ({
    name: name!,
    version: version!,
    ...(from === undefined ? {} : { from }),
  }))
  return { is: 'done', gets, removes: [...text.matchAll(/^(?:Remv|Purg) (\S+)/gm)].map(([, name]) => name!) }
}

/** A cache that is older than what it was made of would be made anew, and written: then it is done without, which takes a second more. */
const SIMULATE = `d=/var/lib/apt/lists c=/var/cache/apt/srcpkgcache.bin; set -- "$d"/*Packages*; [ -e "$1" ] || echo 'no lists'
if [ -e $c ] && [ -z "$(find $d /etc/apt -type f -newer $c -print 2>/dev/null | head -n 1)" ]; then c=; else c='-o Dir::Cache::srcpkgcache='; fi
LC_ALL=C apt-get -s -q -o Debug::NoLocking=1 -o Dir::Cache::pkgcache= $c`

/** Once a change has brought about all that apt would do, it would do nothing: what it is told to get is promised, the rest touched. */
const done = (before: AptSimulation, words: string[], { patches, labels }: Foreseen): AptSimulation | undefined => {
  if (before.is === 'refused') return undefined
  const isMade = ({ name, version }: { name: string; version: string }): boolean => {
    const patch = patches.get(`package:${name}`)
    const asked = words.some(word => word.replace(/=.*$/, '') === name)
    return isRecord(patch)
      ? patch.exists === true && patch.version === version
      : !asked && labels.includes(`package:${name}`)
  }
  const isAll = before.gets.every(isMade) && before.removes.every(name => labels.includes(`package:${name}`))
  return isAll && before.gets.length + before.removes.length > 0 ? { is: 'done', gets: [], removes: [] } : undefined
}

/**
 * Asks apt what it would do. It locks nothing and writes nothing. The answer is that of the host as it is, so it is not known
 * behind another change of packages or of where they come from.
 */
export const aptSimulation = (words: string[]): Query<AptSimulation, false> => ({
  ...program({
    key: `apt-simulation:${words.join(' ')}`,
    sh: `${SIMULATE} ${quoted(words)}`,
    looks: ['package:*', 'apt-lists', 'tree:/etc/apt'],
    parse: simulationIn,
    subject: `apt-get ${words.join(' ')}`,
  }),
  derive: (_, before, foreseen) => (isUnknown(before) ? undefined : done(before, words, foreseen)),
  only: true,
})

/** The lists of packages that apt has: whether there are any, and when they were brought last, in seconds of the host's clock. */
export type AptLists = { exists: boolean; age?: number; at?: number }

/** Source of the moment: ansible lib/ansible/modules/apt.py, get_cache_mtime. */
export const aptLists: Query<AptLists> = program({
  key: 'apt-lists',
  sh: `d=/var/lib/apt/lists; s=/var/lib/apt/periodic/update-success-stamp; [ -e "$s" ] || s=$d
set -- "$d"/*Packages*; if [ -e "$1" ]; then echo "$(date +%s) $(stat -c %Y -- "$s")"; else echo none; fi`,
  looks: ['apt-lists'],
  parse: ({ stdout }): AptLists => {
    const [, now, at] = /^(\d+) (\d+)/.exec(stdout.toString()) ?? []
    return at === undefined ? { exists: false } : { exists: true, at: Number(at), age: Number(now) - Number(at) }
  },
  subject: 'lists of packages',
})
