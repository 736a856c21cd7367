import { quote } from '../../../src/module/module.ts'
import { type Obstacle, parentFolder } from '../../builtin/lib/paths.ts'
import type { Asked, DaemonFound, Existing, Kind, RepoFound } from './existing.ts'
import { isOfSystem, isOwnUnit, nameOfUnit, type UnitSaid, unitSays } from './existing-unit.ts'
import { waysOut } from './existing-ways.ts'

/** What is asked for, by whom it is to be run, and what may stay beside it. */
export type Wanted = Asked & { user: string; keep: string[]; own: Record<Kind, { id: string; print: string }> }

/** What was found, read once: units that run one of the two programs, and what no unit of ours runs. */
type Seen = { wanted: Wanted; found: Existing; units: UnitSaid[]; foreign: DaemonFound[] }

const programs: Record<Kind, string> = { kubo: 'kubo', cluster: 'ipfs-cluster' }
export const askedPath = (kind: Kind, asked: Asked): string => (kind === 'kubo' ? asked.path : asked.cluster_path)
const askedUnit = (kind: Kind, { units }: Asked): string => units[kind === 'kubo' ? 0 : 1]!
const kinds: Kind[] = ['kubo', 'cluster']
const variables: Record<Kind, string> = { kubo: 'ipfs_path', cluster: 'ipfs_cluster_path' }

const short = (print: string): string => print.slice(0, 8)
const some = (...parts: (string | undefined | false)[]): string => parts.filter(Boolean).join(', ')

const state = ({ isActive, isEnabled }: UnitSaid): string =>
  isActive ? 'running' : isEnabled ? 'not running, started at boot' : 'not running'

/** Who runs a repo: units that name it, else the process. */
const holders = ({ path }: { path: string }, { units, foreign }: Seen): string | undefined => {
  const named = units.filter(one => one.repo === path)
  const bare = foreign.filter(one => one.repo === path && !named.some(unit => isRunBy(one, unit)))
  const texts = [
    ...named.map(unit => `${unit.file} (${unit.isOwn ? 'written by runbook, ' : ''}as ${unit.user}, ${state(unit)})`),
    ...bare.map(processOf),
  ]
  return texts.length === 0 ? undefined : `run by ${texts.join(' and ')}`
}

const processOf = ({ pid, user, unit, isContained }: DaemonFound): string =>
  `process ${pid} (as ${user}, ${isContained ? 'in a container' : unit === '' ? 'started by hand' : unit})`

const isRunBy = ({ unit }: DaemonFound, { name, file }: { name: string; file: string }): boolean =>
  unit === name || unit === file

/** A repo in words: what it is, its id, its key's fingerprint, its pins, who runs it. */
const describe = (repo: RepoFound, seen: Seen): string => {
  const { path, kind, id, print, pins, owner } = repo
  const whole = kind === 'kubo' ? 'a kubo repo' : 'an ipfs-cluster peer'
  const what = id === '' ? `what is left of ${whole}` : whole
  const key = kind === 'kubo' ? 'swarm key' : 'secret'
  const facts = some(
    id !== '' && `peer ${id}`,
    print === '' ? `no ${key}` : `${key} ${short(print)}`,
    kind === 'kubo' &&
      pinsIn(
        pins,
        seen.foreign.some(one => one.repo === path),
      ),
    owner !== '' && `of ${owner}`,
    holders(repo, seen),
  )
  return `${path} is ${what} (${facts})`
}

const pinsIn = (pins: number | undefined, runs: boolean): string | undefined => {
  if (pins !== undefined) return `${pins} ${pins === 1 ? 'pin' : 'pins'}`
  return runs ? undefined : 'its pins can only be counted while it runs'
}

const isThere = (kind: Kind, { found }: Seen): boolean => found.there.includes(kind)
const isKept = (path: string, { wanted }: Seen): boolean => wanted.keep.includes(path)

/** Units in force that are ours and run what is still there: another path would be another network. */
const moved = (seen: Seen): Obstacle | undefined => {
  const { units, wanted, found } = seen
  const there = units.flatMap(unit => {
    const path = askedPath(unit.kind, wanted)
    const repo = found.repos.find(one => one.path === unit.repo && one.path !== path && !isKept(one.path, seen))
    return unit.isOwn && repo && unit.file === askedUnit(unit.kind, wanted) ? [{ ...unit, path, repo }] : []
  })
  if (there.length === 0) return undefined
  const stay = there.map(one => `-e ${variables[one.kind]}=${one.repo.path}`).join(' ')
  const full = there.filter(one => isThere(one.kind, seen))
  const steps = [
    `systemctl stop ${wanted.units.map(nameOfUnit).reverse().join(' ')}`,
    ...there.map(one => `mv -T ${quote(one.repo.path)} ${quote(one.path)}`),
    ...there.filter(one => one.kind === 'kubo').map(one => `usermod -d ${quote(one.path)} ${quote(one.user)}`),
  ]
  return {
    why: there
      .map(({ file, path, repo }) => `${file} runs another one than ${path}: ${describe(repo, seen)}`)
      .join('; '),
    fix:
      full.length > 0
        ? `leave it: ${stay}; or, where ${full.map(one => `${one.path} is what ${one.repo.path} has become`).join(' and ')}, say so: -e ${quote(`{keep_apart: [${there.map(one => one.repo.path).join(', ')}]}`)}`
        : `leave it: ${stay}; or move it: on this host, \`${steps.join(' && ')}\`, then run this again (mv is for one disk: onto another one copy with \`cp -a\`, and rename the old folder when that is done)`,
  }
}

/** Whether a unit is, for the service manager, the one of that file: the same, or one that it hides or is hidden by. */
const isNamedLike = (one: string, file: string): boolean =>
  one === file || (isOfSystem(one) && isOfSystem(file) && nameOfUnit(one) === nameOfUnit(file))

/** A unit that is not ours and has the name of one of ours, with another repo, user or program than ours would have. */
const hidden = (seen: Seen): Obstacle | undefined => {
  const { wanted, found, units } = seen
  for (const [i, file] of wanted.units.entries())
    for (const unit of found.units.filter(one => isNamedLike(one.file, file) && !isOwnUnit(one.text))) {
      const says = units.find(one => one.file === unit.file)
      if (says && isTheSame(says, wanted)) continue
      const repo = found.repos.find(one => one.path === says?.repo)
      const what = says
        ? `runs ${says.program} as ${says.user} with ${says.repo || 'a repo that it does not name'} (${state(says)})`
        : 'runs something else'
      return {
        why: some(
          `${unit.file} is not runbook's and has the name of its unit for ${programs[kinds[i]!]}: it ${what}`,
          repo && describe(repo, seen),
        ),
        fix: waysOut(wanted, found, { names: true }),
      }
    }
  return undefined
}

const isTheSame = ({ kind, repo, user, program }: UnitSaid, wanted: Wanted): boolean =>
  repo === askedPath(kind, wanted) &&
  user === wanted.user &&
  program.replace(/^(?!\/)/, `${wanted.bin_dir}/`) ===
    `${wanted.bin_dir}/${kind === 'kubo' ? 'ipfs' : 'ipfs-cluster-service'}`

/** The repo at the path that is asked for, which the look itself passes over. */
const ownRepo = (kind: Kind, { wanted }: Seen): RepoFound => {
  const { id, print } = wanted.own[kind]
  return { path: askedPath(kind, wanted), kind, owner: '', id, print, pins: undefined }
}

/** The repo that is asked for is run by somebody else: two daemons would want it. */
const contested = (seen: Seen): Obstacle | undefined => {
  const { wanted, units, foreign, found } = seen
  for (const kind of kinds) {
    const path = askedPath(kind, wanted)
    const fix = waysOut(wanted, found, { taken: true })
    const unit = units.find(
      one => one.repo === path && !isNamedLike(one.file, askedUnit(kind, wanted)) && (one.isActive || one.isEnabled),
    )
    if (unit)
      return {
        why: `${describe(ownRepo(kind, seen), seen)}, and that is not the unit asked for`,
        fix: unit.isOwn ? `leave it: -e unit_dir=${parentFolder(unit.file)}; or ${fix}` : fix,
      }
    const daemon = foreign.find(
      one => one.repo === path && !wanted.units.some(file => isRunBy(one, { name: nameOfUnit(file), file })),
    )
    if (daemon)
      return {
        why: `${describe(ownRepo(kind, seen), seen)}, which no unit of runbook's has started`,
        fix:
          daemon.user === wanted.user && daemon.user !== 'root'
            ? `if it is this network's, end it on this host, \`kill ${daemon.pid}\`, and run this again; else ${fix}`
            : fix,
      }
  }
  return undefined
}

/** Repos beside those asked for, while there is none at the path asked for: which one is meant has to be said. */
const beside = (seen: Seen): Obstacle | undefined => {
  const { wanted, found } = seen
  const open = found.repos.filter(one => !isThere(one.kind, seen) && !isKept(one.path, seen))
  if (open.length === 0) return undefined
  const asked = [...new Set(open.map(({ kind }) => askedPath(kind, wanted)))].join(' and ')
  return {
    why: `there is one already, and a new one is to be made at ${asked}: ${open.map(one => describe(one, seen)).join('; ')}`,
    fix: waysOut(wanted, found, {}),
  }
}

/** The program of somebody else's daemon would give way to a link to ours. */
const replaced = ({ wanted, found }: Seen): Obstacle | undefined =>
  found.programs.length === 0 || !found.repos.some(one => wanted.keep.includes(one.path))
    ? undefined
    : {
        why: `a link to runbook's program would take the place of ${found.programs.join(', ')}, which what is kept apart may run`,
        fix: waysOut(wanted, found, {}),
      }

/** What stays as it is and nobody has said so, for the plan to name. */
const remaining = (seen: Seen): string[] => [
  ...seen.found.repos
    .filter(one => !isKept(one.path, seen))
    .map(one => `${describe(one, seen)}: it is nothing of this network, and left alone`),
  ...seen.foreign
    .filter(one => one.isContained || !seen.found.repos.some(({ path }) => path === one.repo))
    .filter(one => one.repo !== askedPath(one.kind, seen.wanted))
    .map(one => `${one.exe || programs[one.kind]}, ${processOf(one)}: left alone`),
  ...seen.found.programs.map(path => `${path} is not runbook's: a link to its own takes the place`),
]

/** What is in the way of what is asked for, worst first; and what is there besides and is left alone. */
export const findings = (found: Existing, wanted: Wanted): { obstacle: Obstacle | undefined; remaining: string[] } => {
  const units = found.units.flatMap(unit => unitSays(unit, found) ?? [])
  const own = units.filter(unit => unit.isOwn && wanted.units.includes(unit.file))
  const foreign = found.daemons.filter(one => one.isContained || !own.some(unit => isRunBy(one, unit)))
  const seen: Seen = { wanted, found, units, foreign }
  const obstacle = moved(seen) ?? hidden(seen) ?? contested(seen) ?? beside(seen) ?? replaced(seen)
  return { obstacle, remaining: remaining(seen) }
}
