import { program, type Query, quote, quoted, temporaryBeside } from '../../../src/module/module.ts'
import { parentFolder } from '../../builtin/lib/paths.ts'
import { type Asked, type DaemonFound, type Existing, existing, type Kind } from './existing.ts'
import { isOfSystem, unitSays } from './existing-unit.ts'

// What a host has of kubo or of ipfs-cluster that somebody else has put there, as far as it can be adopted. Who runs what is
// found by the look at all that exists; what is told here besides is where it is to go.

/** Which of the two programs is adopted: what its folder is called, what proves it, what tells where it is. */
export type Adopted = {
  kind: Kind
  what: string
  /** The variable that says where it is to be. */
  place: string
  programs: string[]
  variable: string
  folder: string
  proof: string
  /** The folder of programs beside `bin_dir`, as the install modules have it. */
  collection: string
  /** The option that names its folder. */
  option: string
}

export const kubo: Adopted = {
  kind: 'kubo',
  what: 'kubo',
  place: 'ipfs_path',
  programs: ['ipfs'],
  variable: 'IPFS_PATH',
  folder: '.ipfs',
  proof: 'config',
  collection: 'kubo',
  option: '--repo-dir',
}
export const clusterPeer: Adopted = {
  kind: 'cluster',
  what: 'ipfs-cluster',
  place: 'ipfs_cluster_path',
  programs: ['ipfs-cluster-service', 'ipfs-cluster-ctl'],
  variable: 'IPFS_CLUSTER_PATH',
  folder: '.ipfs-cluster',
  proof: 'service.json',
  collection: 'ipfs-cluster',
  option: '--config',
}

type Found = { repo: string; isThere: boolean; user: string; exe: string }
/** A daemon that runs. `unit`: the service it is a part of. */
export type RunningDaemon = Found & { pid: string; unit: string; isApart: boolean }
/** A unit that starts one. `isOfSystem`: of the machine, not of a user's own manager. */
export type StartingUnit = Found & {
  name: string
  file: string
  active: string
  enabled: string
  isOfSystem: boolean
}
export type Folder = { path: string; id: string; pins: number | undefined }

/** What somebody else has set up: what no unit of runbook's own starts. */
export type Holders = { daemons: RunningDaemon[]; units: StartingUnit[]; folders: Folder[] }

export type ProgramFound = { name: string; state: 'linked' | 'file' | 'link' | 'none'; path: string }

/** Where it is to go. */
export type Destination = {
  /** What is there. `here`: a repo, or a cluster peer. */
  target: 'here' | 'absent' | 'empty' | 'mount' | 'link' | 'full' | 'other'
  /** Where an adoption that was begun and not ended takes it from. */
  begun: string
  programs: ProgramFound[]
  hasSystemd: boolean
}
export type Adoptable = Holders & Destination

/** The link that says where an adoption takes things from, as long as it lasts. */
export const mark = (path: string): string => temporaryBeside(path, '.adopting', '.')
/** The script that undoes it. */
export const wayBackFile = (path: string): string => `${path}.way-back`
/** Where the programs go that were there: beside those of the main playbook. */
export const formerPrograms = ({ collection }: Adopted, bin_dir: string): string =>
  `${parentFolder(bin_dir)}/lib/${collection}/by-hand`

const isThere = (repo: string, kind: Kind, asked: Asked, { repos, there }: Existing): boolean =>
  repos.some(one => one.path === repo) ||
  (there.includes(kind) && repo === (kind === 'kubo' ? asked.path : asked.cluster_path))

const daemonOf = (one: DaemonFound, asked: Asked, found: Existing): RunningDaemon => {
  const { pid, user, repo, unit, exe, kind, isContained } = one
  return { pid, user, repo, unit, exe, isThere: isThere(repo, kind, asked, found), isApart: isContained }
}

const holdersIn = (it: Adopted, asked: Asked, found: Existing): Holders => {
  const said = found.units.flatMap(unit => {
    const says = unitSays(unit, found)
    return says === undefined || says.kind !== it.kind ? [] : [{ ...says, state: unit }]
  })
  const own = said.filter(({ isOwn }) => isOwn).flatMap(({ name, file }) => [name, file])
  return {
    daemons: found.daemons
      .filter(({ kind, unit }) => kind === it.kind && !own.includes(unit))
      .map(one => daemonOf(one, asked, found)),
    units: said
      .filter(({ isOwn }) => !isOwn)
      .map(({ name, file, user, repo, program, isActive, state }) => ({
        ...{ name, file, user, repo },
        exe: program,
        active: state.active || (isActive ? 'active' : 'inactive'),
        enabled: state.enabled,
        isOfSystem: isOfSystem(file),
        isThere: isThere(repo, it.kind, asked, found),
      })),
    folders: found.repos
      .filter(({ kind, id }) => kind === it.kind && id !== '')
      .map(({ path, id, pins }) => ({ path, id, pins })),
  }
}

type Show = NonNullable<Query<Holders>['show']>
const line = (subject: string, was: string, is: string): ReturnType<Show>[number] => ({
  kind: 'value',
  subject,
  before: was,
  after: is,
})

/** What ends, and what becomes of the programs; the folder itself is told as a file. */
const shown: Show = (before, after) => {
  const gone = <One>(all: One[] = [], left: One[] = [], key: (one: One) => string): One[] =>
    all.filter(one => !left.some(other => key(other) === key(one)))
  return [
    ...gone(before?.daemons, after.daemons, one => one.pid).map(({ pid, user, repo }) =>
      line(`process ${pid} of ${user}`, `runs with ${repo}`, 'ended'),
    ),
    ...gone(before?.units, after.units, one => `${one.name} ${one.active} ${one.enabled}`).map(
      ({ name, active, enabled, file }) =>
        line(name, `${active}, ${enabled}, ${file}`, 'stopped, disabled, its file kept'),
    ),
  ]
}

/**
 * Who runs what. It is a function of itself alone: what other tasks do on the way to an adoption makes it no other one.
 * The words of the look are the same for both programs, so it is made once.
 */
export const holders = (it: Adopted, asked: Asked): Query<Holders> => {
  const all = existing(asked)
  return {
    ...(all as unknown as Query<Holders>),
    key: `adoptable:${it.what}`,
    looks: [`adoptable:${it.what}`],
    parse: raw => holdersIn(it, asked, all.parse(raw)),
    show: shown,
    subject: `${it.what} on this host`,
  }
}

const script = (it: Adopted, path: string, bin_dir: string): string => `(
tell() { printf '%s\\t' "$@"; echo; }
t=${quote(path)}; m=${quote(mark(path))}; b=${quote(bin_dir)}
[ -h "$m" ] && tell begun "$(readlink -- "$m")"
[ -d /run/systemd/system ] && tell systemd
if [ -f "$t/${it.proof}" ]; then tell target here; elif [ -h "$t" ]; then tell target link; elif [ ! -e "$t" ]; then tell target absent; elif [ ! -d "$t" ]; then tell target other; elif mountpoint -q -- "$t"; then tell target mount; elif [ -z "$(ls -A -- "$t")" ]; then tell target empty; else tell target full; fi
for p in ${quoted(it.programs)}; do
if [ -h "$b/$p" ]; then case $(readlink -- "$b/$p") in ${quote(`${parentFolder(bin_dir)}/lib/${it.collection}`)}/*) s=linked ;; *) s=link ;; esac; elif [ -f "$b/$p" ]; then s=file; else s=none; fi
tell program "$p" $s "$(readlink -f -- "$b/$p" || command -v "$p")"; done
)`

/** Programs that are kept. What becomes of the folder is told as a file. */
const shownThere: NonNullable<Query<Destination>['show']> = (before, after) =>
  after.programs.flatMap(({ name, state, path }) => {
    const was = before?.programs.find(one => one.name === name)
    return was === undefined || was.state === state ? [] : [line(was.path || name, name, `kept as ${path}`)]
  })

export const destination = (it: Adopted, { path, bin_dir }: { path: string; bin_dir: string }): Query<Destination> => ({
  ...program<Destination>({
    key: `adoption:${path}`,
    sh: script(it, path, bin_dir),
    looks: [`adoption:${path}`],
    parse: ({ stdout }) => {
      const lines = stdout
        .toString()
        .split('\n')
        .map(one => one.split('\t'))
      const of = (kind: string): string[][] => lines.flatMap(([first, ...rest]) => (first === kind ? [rest] : []))
      return {
        target: (of('target')[0]?.[0] ?? 'absent') as Destination['target'],
        begun: of('begun')[0]?.[0] ?? '',
        programs: of('program').map(([name = '', state = 'none', at = '']) => ({
          name,
          state: state as ProgramFound['state'],
          path: at,
        })),
        hasSystemd: of('systemd').length > 0,
      }
    },
    subject: path,
  }),
  show: shownThere,
})

/** What has to be known of the folder that is taken. */
export type SourceFound = {
  isThere: boolean
  /** Behind links. */
  real: string
  /** Of the folders that are told to be in use those that are this one, by whatever name. */
  names: string[]
  owner: string
  /** It can be renamed to where it goes: both are on one filesystem, and nothing is mounted in it. */
  canRename: boolean
  isMount: boolean
  /** Mount points below it. */
  mounts: string[]
  /** Bytes, and those that are free where it goes; counted only where it has to be copied. */
  size: number
  free: number
}

export const sourceFound = (it: Adopted, source: string, path: string, used: string[]): Query<SourceFound, false> => ({
  ...program<SourceFound>({
    key: `adoptable-source:${it.what}:${source}`,
    sh: `(
s=${quote(source)}; t=${quote(path)}; p=\${t%/*}; while [ ! -d "\${p:-/}" ]; do p=\${p%/*}; done; p=\${p:-/}
echo "real $(readlink -m -- "$s")"
for u in ${quoted(used)}; do [ "$u" -ef "$s" ] && echo "name $u"; done
s=$(readlink -m -- "$s")
[ -f "$s/${it.proof}" ] && echo "there $(stat -c %U:%G -- "$s")"
grep -F " $s/" /proc/self/mountinfo | cut -d' ' -f5 | sed 's/^/below /'
if [ -d "$s" ]; then mountpoint -q -- "$s" && echo mount
if [ "$s" = "$t" ] || [ "$(stat -c '%d %m' -- "$s")" = "$(stat -c '%d %m' -- "$p")" ]; then echo rename
else echo "size $(du -sb -- "$s" | cut -f1)"; echo "free $(( $(stat -f -c '%a * %S' -- "$p") ))"; fi; fi
)`,
    looks: [`adoption:${path}`],
    parse: ({ stdout }) => {
      const lines = stdout.toString().split('\n')
      const words = (name: string): string[] =>
        lines.flatMap(line => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []))
      const word = (name: string): string | undefined => words(name)[0]
      return {
        names: words('name'),
        isThere: word('there') !== undefined,
        real: word('real') ?? source,
        owner: word('there') ?? '',
        canRename: lines.includes('rename'),
        isMount: lines.includes('mount'),
        mounts: words('below'),
        size: Number(word('size') ?? 0),
        free: Number(word('free') ?? 0),
      }
    },
    subject: source,
  }),
  only: true,
})
