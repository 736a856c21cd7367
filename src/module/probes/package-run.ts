import type { Difference } from '../../core/event.ts'
import { quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import { isUnknown } from '../../core/unknown.ts'
import type { Probe, ProbeItem, Query } from '../query.ts'
import { listLabels, runPrefix } from './package-manager.ts'

/** What is asked of a package manager: a verb of ours, the words of packages, and options that count for what comes of it. */
export type PackageWish = {
  manager: 'apt' | 'dnf' | 'apk'
  verb:
    | 'install'
    | 'latest'
    | 'remove'
    | 'purge'
    | 'autoremove'
    | 'autoclean'
    | 'upgrade'
    | 'dist-upgrade'
    | 'build-dep'
  names: string[]
  options: string[]
}

/** A package that comes, or goes: its name as the manager says it, and the version that is there before, if any. */
export type PackageMove = { name: string; version: string; before?: string }

/**
 * What a manager says that it would do. `done`: nothing; `known`: this; `refused`: it would not, and why; `open`: that cannot be
 * told together with what lines before it do.
 */
export type PackageRun = {
  is: 'done' | 'known' | 'refused' | 'open'
  comes: PackageMove[]
  goes: PackageMove[]
  /** What it says, of what is refused. */
  said: string
  /** Names that begin like one that there is not. */
  near: string[]
  /** The runs that it was simulated behind, and those that it will really come behind, by their keys. */
  simulatedBehind: string[]
  behind: string[]
  /** It has happened, or there was nothing to do. */
  isOver: boolean
}

const keyOf = (item: string): string => `${runPrefix}${item}`

/** What managers are foreseen to do, among what is promised. */
export const runsIn = (patches: ReadonlyMap<string, unknown>): PackageWish[] =>
  [...patches.keys()].flatMap(key => (key.startsWith(runPrefix) ? [wishOf(key.slice(runPrefix.length))] : []))

// `-s` changes nothing by itself but three files, which are named here: two caches and a log of what the planner was given. A
// cache of sources that is newer than what it was made of is taken as it is, which saves half of the 1.4 s that it costs to make.
const CACHED = `c=/var/cache/apt/srcpkgcache.bin
if [ -e $c ] && [ -z "$(find /var/lib/apt/lists /etc/apt /var/lib/dpkg/arch -type f -newer $c -print 2>/dev/null | head -n 1)" ]; then c=; else c='-o Dir::Cache::srcpkgcache='; fi
c="-o Dir::Cache::pkgcache= $c"`
const APT = 'apt-get -s -q -y $c -o Debug::NoLocking=1 -o Dir::Log::Planner=/dev/null'

/**
 * A wish is tried together with those before it that come to something: `acc` are their words, `I` what would be installed
 * behind them (` name=version`, an empty version for one that goes). To be asked again are only wishes that come to something,
 * for a try costs a second where the lists are those of all of Debian.
 */
const aptScript = `${CACHED}
try() { out=$(${APT} "$@" 2>&1); rc=$?; }
I0=$(dpkg-query -W -f='\${db:Status-Status} \${Package} \${Architecture} \${Version}\\n' | awk -v n="$(dpkg --print-architecture)" '$1 == "installed" { printf "%s:%s=%s ", $2, $3, $4; if ($3 == n || $3 == "all") printf "%s=%s ", $2, $4 }')
I=" $I0"; acc=; with=; stuck=
have() { case $I in *" $1="*) v=\${I#*" $1="}; v=\${v%% *};; *) v=;; esac; }
said() { printf '== %s\\n' "$1"; shift; [ $# -eq 0 ] || printf '%s\\n' "$@"; }
moved() { printf '%s\\n' "$out" | awk '$1 == "Inst" { for (i = 3; i <= NF; i++) if (substr($i, 1, 1) == "(") { a = $NF; for (j = i; j <= NF; j++) if ($j ~ /\\)$/) a = $j; gsub(/[][)]/, "", a); v = substr($i, 2); printf "%s=%s %s:%s=%s ", $2, v, $2, a, v; break } } $1 == "Remv" || $1 == "Purg" { printf "%s= ", $2 }'; }
near() { for w; do case $out in *"Unable to locate package $w"*|*"Package '$w' has no"*|*"Couldn't find any package"*) p=\${w%"\${w#??}"}; apt-cache $c pkgnames "$p" | head -n 2000 | sed 's/^/near /'; return;; esac; done; }
wish() { verb=$1 o=$2; shift 2; todo=
case $verb in install|latest|remove|purge)
for w; do n=\${w%%=*}; have "$n"
case $verb in
install) case $w in *=*) case $v in '') ;; \${w#*=}) continue;; esac;; *) [ -z "$v" ] || continue;; esac; todo="$todo $w";;
latest) todo="$todo $w";;
remove) [ -z "$v" ] || todo="$todo $n-";;
purge) todo="$todo $n-";;
esac; done
[ "$todo" ] || { said done; return; }
if [ "$stuck" ] || { [ "$acc" ] && [ "$o" != "$with" ]; }; then stuck=1; said open; return; fi
try $o install $acc $todo;;
*) if [ "$stuck$acc" ]; then stuck=1; said open; return; fi; try $o $verb "$@";; esac
if [ $rc -ne 0 ]; then said refused "$out"; near "$@"; return; fi
said known "$out"
case $verb in install|latest|remove|purge) acc="$acc $todo" with=$o; I=" $(moved)$I0";; *) case $out in *Inst\\ *|*Remv\\ *|*Purg\\ *) stuck=1;; esac;; esac; }`

/** What is to be done is printed, or why it is not: dnf plans, and ends where it would begin; apk simulates. One at a time. */
const otherScripts = {
  dnf: `try() { out=$(dnf -C -q --assumeno "$@" 2>&1); rc=$?; }
stuck=; said() { printf '== %s\\n' "$1"; shift; [ $# -eq 0 ] || printf '%s\\n' "$@"; }
wish() { verb=$1 o=$2; shift 2; if [ "$stuck" ]; then said open; return; fi
case $verb in latest) set -- upgrade "$@";; purge) set -- remove "$@";; dist-upgrade) set -- upgrade;; *) set -- $verb "$@";; esac
try $o "$@"; case $out in *'Nothing to do'*) said done; return;; *'Transaction Summary'*) said known "$out"; stuck=1;; *) if [ $rc -eq 0 ]; then said done; else said refused "$out"; fi;; esac; }`,
  apk: `try() { out=$(apk --no-progress -s --no-network "$@" 2>&1); rc=$?; }
stuck=; said() { printf '== %s\\n' "$1"; shift; [ $# -eq 0 ] || printf '%s\\n' "$@"; }
wish() { verb=$1 o=$2; shift 2; if [ "$stuck" ]; then said open; return; fi
case $verb in install) set -- add "$@";; latest) set -- add -u "$@";; remove|purge) set -- del "$@";; dist-upgrade) set -- upgrade;; *) set -- $verb "$@";; esac
try $o "$@"; if [ $rc -ne 0 ]; then said refused "$out"; return; fi
case $out in *'('*'/'*') '*) said known "$out"; stuck=1;; *) said done;; esac; }`,
}

const wishOf = (item: string): PackageWish => JSON.parse(item)

/** Wishes in the order of the playbook, those of each manager by themselves. */
const sh = (items: ProbeItem[]): string => {
  const wishes = items.map(({ item }) => wishOf(item))
  const managers = Map.groupBy(wishes, ({ manager }) => manager)
  const parts = [...managers].map(([manager, all]) => {
    const script = manager === 'apt' ? aptScript : otherScripts[manager]
    const calls = all.map(({ verb, names, options }) => quoted(['wish', verb, options.join(' '), ...names]))
    return `( set -f; export LC_ALL=C DEBIAN_FRONTEND=noninteractive\n${script}\n${calls.join('\n')} )`
  })
  return parts.join('\n')
}

const aptMoves = (lines: string[]): Pick<PackageRun, 'comes' | 'goes'> => ({
  comes: lines.flatMap(line => {
    const [, name, before, version] = /^Inst (\S+)(?: \[([^\]]*)\])? \((\S+)/.exec(line) ?? []
    return name === undefined ? [] : [{ name, version: version!, ...(before ? { before } : {}) }]
  }),
  goes: lines.flatMap(line => {
    const [, name, before] = /^(?:Remv|Purg) (\S+)(?: \[([^\]]*)\])?/.exec(line) ?? []
    return name === undefined ? [] : [{ name, version: '', ...(before ? { before } : {}) }]
  }),
})

/** `(1/2) Installing NAME (VERSION)`, `Upgrading NAME (OLD -> NEW)`, `Purging NAME (VERSION)`. */
const apkMoves = (lines: string[]): Pick<PackageRun, 'comes' | 'goes'> => {
  const moves = lines.flatMap(line => {
    const [, verb, name = '', before, version = ''] =
      /^\(\s*\d+\/\d+\) (\w+) (\S+) \((?:(\S+) -> )?(\S+)\)/.exec(line) ?? []
    return verb === undefined ? [] : [{ verb, move: { name, version, ...(before ? { before } : {}) } }]
  })
  const isGoing = (verb: string): boolean => verb === 'Purging' || verb === 'Deleting'
  return {
    comes: moves.filter(({ verb }) => !isGoing(verb)).map(({ move }) => move),
    goes: moves
      .filter(({ verb }) => isGoing(verb))
      .map(({ move: { name, version } }) => ({ name, version: '', before: version })),
  }
}

/** The table of dnf: below its heads a line each, `NAME ARCH VERSION REPOSITORY SIZE`, of which a long name has one to itself. */
const dnfMoves = (lines: string[]): Pick<PackageRun, 'comes' | 'goes'> => {
  const comes: PackageMove[] = []
  const goes: PackageMove[] = []
  let into: PackageMove[] | undefined
  let long = ''
  for (const line of lines) {
    if (/^Transaction Summary/.test(line)) break
    if (/^(Install|Upgrad|Downgrad|Reinstall)/.test(line)) into = comes
    else if (/^Remov/.test(line)) into = goes
    else if (/^ \S+$/.test(line)) long = line.trim()
    else if (/^ +\S/.test(line) && into) {
      const words = line.trim().split(/\s+/)
      const [name = '', , version = ''] = long === '' ? words : [long, ...words]
      long = ''
      into.push(into === goes ? { name, version: '', before: version } : { name, version })
    }
  }
  return { comes, goes }
}

const movesBy = { apt: aptMoves, apk: apkMoves, dnf: dnfMoves }

/** Whether all that was to happen before still happens, in the same way: then what is more is what this one adds. */
const addsTo = (before: PackageRun | undefined, { comes, goes }: Pick<PackageRun, 'comes' | 'goes'>): boolean =>
  before === undefined ||
  (before.comes.every(one => comes.some(({ name, version }) => name === one.name && version === one.version)) &&
    before.goes.every(one => goes.some(({ name }) => name === one.name)))

/** Words by which a manager refuses whatever comes before. */
const isCertain = (said: string): boolean =>
  /Unable to locate package|has no installation candidate|was not found|No match for argument/.test(said)

type Part = { status: string; lines: string[] }

const partsIn = (text: string): Part[] =>
  text
    .split(/^== /m)
    .slice(1)
    .map(part => {
      const [status = '', ...lines] = part.split('\n')
      return { status, lines }
    })

/** What was tried together, as what each wish adds to those before it. */
const runsOf = (items: string[], parts: Part[], movesIn: (lines: string[]) => Pick<PackageRun, 'comes' | 'goes'>) => {
  const simulatedBehind: string[] = []
  let whole: PackageRun | undefined
  let isOpen = false
  return items.map((item, i): PackageRun => {
    const { status = 'open', lines = [] } = parts[i] ?? {}
    const near = lines.flatMap(line => (line.startsWith('near ') ? [line.slice(5)] : []))
    const said = status === 'refused' ? lines.filter(line => !line.startsWith('near ')).join('\n') : ''
    const own = { comes: [], goes: [], said, near, simulatedBehind: [...simulatedBehind], behind: [], isOver: false }
    if (status === 'done') return { ...own, is: 'done', isOver: true }
    if (status === 'refused')
      return { ...own, is: (isOpen || simulatedBehind.length > 0) && !isCertain(said) ? 'open' : 'refused' }
    const moves = movesIn(lines)
    const before = whole
    simulatedBehind.push(keyOf(item))
    if (status !== 'known' || isOpen || !addsTo(before, moves)) {
      isOpen = true
      return { ...own, is: 'open' }
    }
    const isNew = (of: 'comes' | 'goes') => (one: PackageMove) =>
      !before?.[of].some(({ name, version }) => name === one.name && version === one.version)
    whole = { ...own, is: 'known', ...moves }
    const [comes, goes] = [moves.comes.filter(isNew('comes')), moves.goes.filter(isNew('goes'))]
    const isOver =
      comes.length + goes.length === 0 && !(isCleaning(item) && lines.some(line => line.startsWith('Del ')))
    return { ...own, is: isOver ? 'done' : 'known', comes, goes, isOver }
  })
}

const isCleaning = (item: string): boolean => wishOf(item).verb === 'autoclean'

export const packageRunProbe: Probe<PackageRun> = {
  kind: 'package-run',
  side: 'host',
  sh,
  read: ({ stdout }: Output, items: ProbeItem[]) => {
    const parts = partsIn(stdout.toString())
    const managers = Map.groupBy(items, ({ item }) => wishOf(item).manager)
    const found = new Map<string, PackageRun>()
    let at = 0
    for (const [manager, own] of managers) {
      const runs = runsOf(
        own.map(({ item }) => item),
        parts.slice(at, at + own.length),
        movesBy[manager],
      )
      for (const [i, run] of runs.entries()) found.set(own[i]!.item, run)
      at += own.length
    }
    return items.map(({ item }) => found.get(item)!)
  },
}

/** Whether what lies before is simulated so: the first of them, in their order. */
const isBegun = (simulated: string[], behind: string[]): boolean => behind.every((key, i) => simulated[i] === key)

/** Where nothing was asked. */
const nothing: PackageRun = {
  is: 'open',
  comes: [],
  goes: [],
  said: '',
  near: [],
  simulatedBehind: [],
  behind: [],
  isOver: false,
}

/** What comes along with the packages that are named, or goes because of them. */
const movesShown = (before: PackageRun | undefined, names: string[]): Difference[] =>
  [...(before?.comes ?? []), ...(before?.goes ?? [])]
    .filter(({ name }) => !names.some(word => word.replace(/=.*/, '') === name))
    .map(one => ({
      kind: 'value',
      subject: `package ${one.name}`,
      before: one.before ?? '-',
      after: one.version || '-',
    }))

/**
 * What a package manager would do if it were asked this, behind all that the lines before ask of it. All wishes of a pass are
 * tried in one go, in the order of the playbook; where it turns out that one comes behind others than it was tried behind, that
 * is not known. A line that asks promises of this that nothing is left to do.
 */
export const packageRun = ({ manager, verb, names, options }: PackageWish): Query<PackageRun> => {
  const item = JSON.stringify({ manager, verb, names, options })
  return {
    key: keyOf(item),
    looks: [keyOf(item), 'packages', 'package:*', ...listLabels],
    probe: packageRunProbe,
    item,
    facets: [],
    parse: (raw: PackageRun | undefined) => raw ?? nothing,
    only: false,
    derive: (_ask, before, { patches }) => {
      const runs = runsIn(patches).map(run => keyOf(JSON.stringify(run)))
      if (isUnknown(before) || before.is === 'open' || runs.length === 0) return undefined
      const behind = [...before.behind, ...runs]
      return isBegun(before.simulatedBehind, behind) ? { ...before, behind } : undefined
    },
    touched: () => ['packages'],
    // That nothing is left to do is what the packages say that it is about.
    holds: () => ':',
    privileged: () => true,
    show: before => movesShown(before, names),
    subject: `what ${manager} would do`,
  }
}

/** Whether it was simulated behind just what it comes behind. */
export const isInPlace = ({ is, simulatedBehind, behind }: PackageRun): boolean =>
  is !== 'open' && simulatedBehind.length === behind.length
