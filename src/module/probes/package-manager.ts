import { quote } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import { isUnknown } from '../../core/unknown.ts'
import type { Label } from '../label.ts'
import type { Probe, ProbeItem, Query } from '../query.ts'

/** A package by its name, as the host's database of packages has it. */
export type PackageAnswer = {
  /** Whether it is there as a whole: unpacked and configured. */
  installed: boolean
  /** Of one that is installed; else empty. */
  version: string
  /** What dpkg says of it: `installed`, `config-files`, `half-configured`, …; `none` of one it does not know. */
  status: string
  isHeld: boolean
}

/** Who installs packages on a host, and how much it knows of what there is. */
export type PackageManager = {
  name: 'apt' | 'dnf' | 'apk' | 'none'
  /** No list of what can be installed is there. */
  isWithoutLists: boolean
  /** When the lists were last got, in seconds; 0: never. */
  updated: number
  /** How long ago that was, in seconds by the host's own clock; less than a minute counts as 0. */
  age: number
  /** Whether a file tells of each update that has succeeded, so that its time moves with each. */
  isStamped: boolean
  /** dpkg was cut off, and refuses everything until that is made good. */
  isInterrupted: boolean
  /** Packages that were begun with and not brought to an end. */
  halfway: string[]
  /** Whether any source of packages is configured, so that lists come where they are got. */
  hasSources: boolean
}

/** The keys of what a package manager would do begin so. */
export const runPrefix = 'package-run:'

/** What answers of packages look at besides: the lists of what there is, and where they come from. */
export const listLabels: Label[] = ['package-lists', 'tree:/etc/apt']

/** A look at both databases of dpkg is one process and 15 ms, whatever the number of names. */
const sh = (items: ProbeItem[]): string => {
  const names = items.filter(({ item }) => item !== 'manager').map(({ item }) => quote(item))
  return `export LC_ALL=C
if [ -x /usr/bin/apt-get ]; then m=apt; elif [ -x /usr/bin/dnf ] || [ -x /usr/bin/dnf5 ]; then m=dnf; elif [ -x /sbin/apk ]; then m=apk; else m=none; fi
printf 'manager\\t%s\\t' $m; date +%s
t() { s=$(stat -c %Y "$2" 2>/dev/null) && printf '%s\\t%s\\n' "$1" "$s"; }
case $m in apt) t stamp /var/lib/apt/periodic/update-success-stamp; t lists /var/lib/apt/lists
set -- /var/lib/apt/lists/*Packages*; [ -e "$1" ] || [ -h "$1" ] || echo without
cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null | grep -q '^ *\\(deb\\|Types:\\)' && echo sources
set -- /var/lib/dpkg/updates/[0-9]*; [ ! -e "$1" ] || echo interrupted
dpkg-query -W -f='\${db:Status-Status}\\t\${Package}\\n' 2>/dev/null | sed -n 's/^\\(half-[a-z]*\\|unpacked\\|triggers-awaited\\)\\t/halfway\\t/p';;
dnf) for f in /var/cache/libdnf5/*/repodata /var/cache/dnf/*/repodata; do [ ! -d "$f" ] || t lists "$f"; done;;
apk) set -- /var/cache/apk/APKINDEX.*; [ ! -e "$1" ] || t lists "$1";; esac
${names.length === 0 ? '' : asked(names)}`
}

const FIELDS = '${Package}\\t${Architecture}\\t${Version}\\t${db:Status-Want}\\t${db:Status-Status}\\n'

/** Name, architecture, version, what is wanted of it and what it is, a line each. */
const asked = (names: string[]): string => `case $m in
apt) printf 'native\\t'; dpkg --print-architecture; dpkg-query -W -f='${FIELDS}' ${names.join(' ')} 2>/dev/null;;
dnf) rpm -q --qf '%{NAME}\\t%{ARCH}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\tinstall\\tinstalled\\n' ${names.join(' ')} 2>/dev/null | grep '	installed$';;
apk) awk -F: 'BEGIN { for (i = 1; i < ARGC - 1; i++) { want[ARGV[i]] = 1; ARGV[i] = "" } } /^P:/ { p = $2 } /^V:/ { v = $2 } /^A:/ { a = $2 } /^$/ { if (p in want) printf "%s\\t%s\\t%s\\tinstall\\tinstalled\\n", p, a, v }' ${names.join(' ')} /lib/apk/db/installed;;
esac; :`

type Row = { name: string; architecture: string; version: string; want: string; status: string }

/** Less than a minute counts as none, so that it can be promised of lists that are still to be got. */
const ageOf = (seconds: number): number => (seconds < 60 ? 0 : seconds)

const managerIn = (lines: string[][]): PackageManager => {
  const of = (word: string): string[] | undefined => lines.find(([first]) => first === word)
  const [, name = 'none', now = '0'] = of('manager') ?? []
  const times = lines.filter(([word]) => word === 'lists').map(([, time]) => Number(time))
  const stamp = of('stamp')?.[1]
  const updated = stamp === undefined ? Math.max(0, ...times) : Number(stamp)
  return {
    name: name as PackageManager['name'],
    isWithoutLists: name === 'apt' ? of('without') !== undefined : times.length === 0,
    updated,
    age: ageOf(Number(now) - updated),
    isStamped: stamp !== undefined,
    isInterrupted: of('interrupted') !== undefined,
    halfway: lines.flatMap(([word, name = '']) => (word === 'halfway' ? [name] : [])),
    hasSources: of('sources') !== undefined,
  }
}

const absent: PackageAnswer = { installed: false, version: '', status: 'none', isHeld: false }

/** Of several architectures the host's own counts, where none is named. */
const packageIn = (rows: Row[], item: string, native: string): PackageAnswer => {
  const [name, architecture] = item.split(':') as [string, string?]
  const own = architecture === undefined || architecture === 'native' ? native : architecture
  const found =
    rows.find(row => row.name === name && [own, 'all', 'noarch'].includes(row.architecture)) ??
    (native === '' ? rows.find(row => row.name === name) : undefined)
  if (found === undefined) return absent
  const { version, want, status } = found
  const installed = status === 'installed'
  return { installed, version: installed ? version : '', status, isHeld: want === 'hold' }
}

export const packagesProbe: Probe<PackageManager | PackageAnswer> = {
  kind: 'packages',
  side: 'host',
  sh,
  read: ({ stdout }: Output, items: ProbeItem[]) => {
    const lines = stdout
      .toString()
      .split('\n')
      .map(line => line.split('\t'))
    const native = lines.find(([word]) => word === 'native')?.[1] ?? ''
    const rows = lines
      .filter(line => line.length === 5)
      .map(([name = '', architecture = '', version = '', want = '', status = '']) => ({
        name,
        architecture,
        version,
        want,
        status,
      }))
    return items.map(({ item }) => (item === 'manager' ? managerIn(lines) : packageIn(rows, item, native)))
  },
}

/** Whether what is foreseen is what a manager has told of packages, and nothing of its lists. */
const isRunAlone = (patches: ReadonlyMap<string, unknown>): boolean =>
  !patches.has('package-lists') && [...patches.keys()].some(key => key.startsWith(runPrefix))

/**
 * Who installs packages there, and the state of its lists. An installation leaves both as they are: it is told by the
 * promises that it makes of packages.
 */
export const packageLists: Query<PackageManager> = {
  key: 'package-lists',
  looks: ['package-lists', 'tree:/etc/apt'],
  probe: packagesProbe,
  item: 'manager',
  facets: [],
  parse: (raw: PackageManager) => raw,
  only: false,
  derive: (_ask, before, { patches }) => (isUnknown(before) || !isRunAlone(patches) ? undefined : before),
  touched: () => ['package-lists'],
  privileged: () => true,
  show: (before, after) => {
    const time: unknown = after.updated
    const word = (at: unknown): string => (typeof at === 'number' && at > 0 ? new Date(at * 1000).toISOString() : '-')
    return [
      {
        kind: 'value',
        subject: 'lists of packages',
        before: word(before?.updated),
        after: isUnknown(time) ? 'got anew' : word(time),
      },
    ]
  },
  subject: 'the lists of packages',
}
