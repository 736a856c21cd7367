import { tooLittleSpace } from '../../builtin/lib/free-space.ts'
import { baseName, type Obstacle, parentFolder } from '../../builtin/lib/paths.ts'
import type { Adoptable, Adopted, RunningDaemon, SourceFound, StartingUnit } from './adoptable.ts'

// Which folder of a host is adopted, and what keeps it from being.

/** What is taken: nothing, a folder, or why that cannot be told. */
export type Choice = { is: 'nothing' } | { is: 'take'; from: string } | ({ is: 'fail' } & Obstacle)

const fail = (why: string, fix: string): Choice => ({ is: 'fail', why, fix })
const unique = (all: string[]): string[] => [...new Set(all)]

/** Who uses a folder, for people. */
const holder = (from: string, { daemons, units }: Adoptable): string => {
  const running = daemons.filter(({ repo }) => repo === from).map(({ pid, user }) => `process ${pid} of ${user}`)
  const starting = units.filter(({ repo }) => repo === from).map(({ name, active }) => `${name}, ${active}`)
  const by = [...running, ...starting]
  return by.length === 0 ? from : `${from} (${by.join('; ')})`
}

/** The folders that something here uses: daemons that run before units that would start one, before what only lies there. */
const candidates = ({ daemons, units, folders }: Adoptable): string[] => {
  const used = (all: (RunningDaemon | StartingUnit)[]): string[] =>
    unique(all.flatMap(({ repo, isThere }) => (isThere ? [repo] : [])))
  const [running, starting] = [used(daemons), used(units)]
  return running.length > 0 ? running : starting.length > 0 ? starting : folders.map(({ path }) => path)
}

/**
 * Which folder is taken, told from the host alone: one that an adoption has begun with; where nothing is in its place yet,
 * the one that is used; where something is, only what somebody else runs there.
 * @param given the folder that the inventory names, if it does
 * @param option the variable to name it with
 */
export const chooseSource = (it: Adopted, path: string, given: string, option: string, found: Adoptable): Choice => {
  if (found.begun !== '') return { is: 'take', from: found.begun }
  const apart = found.daemons.find(({ isApart, isThere }) => isApart || !isThere)
  if (apart && found.target !== 'here' && given === '')
    return fail(
      `${it.what} runs here (process ${apart.pid}) with ${apart.repo}, which is no folder of this host: a container, perhaps`,
      `stop it, copy its folder onto this host, and name that one for this host: ${option}: /the/copy in the inventory`,
    )
  const all = candidates(found)
  if (found.target === 'here') {
    const inPlace = [...found.daemons, ...found.units].some(({ repo }) => repo === path)
    const other = unique(found.daemons.filter(({ isThere }) => isThere).map(({ repo }) => repo)).find(r => r !== path)
    if (other !== undefined)
      return fail(
        `there are two of ${it.what} on this host: ${path}, and ${holder(other, found)}`,
        `if ${other} is none of this network, leave it: -e '{keep_apart: [${other}]}'; if it is the one that is meant, adopt it to a place of its own: -e ${it.place}=${path}-adopted`,
      )
    return inPlace ? { is: 'take', from: path } : { is: 'nothing' }
  }
  if (given !== '') return { is: 'take', from: given }
  if (all.length > 1)
    return fail(
      `several folders of ${it.what} are on this host: ${all.map(one => holder(one, found)).join(', ')}`,
      `say which for this host: ${option}: ${all[0]} in the inventory`,
    )
  return all[0] === undefined ? { is: 'nothing' } : { is: 'take', from: all[0] }
}

const gigabytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`

const inTheWay = (it: Adopted, path: string, target: Adoptable['target']): Obstacle | undefined => {
  const elsewhere = `see what it is: \`ls -la ${path}\`; or choose another place: -e ${it.place}=${path}-adopted`
  switch (target) {
    case 'here':
    case 'absent':
    case 'empty':
      return undefined
    case 'mount':
      return { why: `${path} is a mount point`, fix: `choose a folder in it: -e ${it.place}=${path}/${baseName(path)}` }
    case 'link':
      return {
        why: `${path} is a link`,
        fix: `choose the folder that it leads to, see \`readlink -f ${path}\`: -e ${it.place}=PATH`,
      }
    case 'full':
      return { why: `${path} holds something else already`, fix: elsewhere }
    case 'other':
      return { why: `${path} is no folder`, fix: elsewhere }
  }
}

/** What keeps a folder from being put in its place. Where it is there already nothing does. */
export const obstacleTo = (
  it: Adopted,
  { path, from, copy, bin_dir }: { path: string; from: string; copy: boolean; bin_dir: string },
  found: Adoptable,
  source: SourceFound,
): Obstacle | undefined => {
  if (!found.hasSystemd)
    return {
      why: 'there is no systemd on this host, and what is adopted is run by it',
      fix: 'adopt it by hand, four commands for each host: docs/hosts-with-a-past.md',
    }
  const lacking = found.programs.find(({ state, name }) => state === 'none' && programPath(name, found) === '')
  if (lacking)
    return {
      why: `the program ${lacking.name} is not on this host`,
      fix: `put the one that was used there: ${bin_dir}/${lacking.name}`,
    }
  const own = found.units.find(
    one => !one.isOfSystem && one.active === 'active' && (one.repo === from || source.names.includes(one.repo)),
  )
  if (own)
    return {
      why: `${own.file} is a unit of ${own.user}'s own, which only that user ends`,
      fix: `as ${own.user} on this host: systemctl --user disable --now ${own.name}`,
    }
  if (found.target === 'here') return undefined
  const blocked = inTheWay(it, path, found.target)
  if (blocked) return blocked
  if (!source.isThere)
    return {
      why: `${from} has no ${it.proof}: it is no folder of ${it.what}`,
      fix: found.begun === from ? `see where it went: ls -d ${from}* ${path}*` : 'name the right one',
    }
  if (source.mounts.length > 0)
    return {
      why: `${source.mounts.join(' and ')} is mounted in ${from}: it would not go with it after the next boot`,
      fix: `unmount it, and mount it below ${path} afterwards (/etc/fstab)`,
    }
  if (source.canRename) return undefined
  if (!copy)
    return {
      why: `${from} (${gigabytes(source.size)}) is on another filesystem than ${parentFolder(path)}, so it cannot be moved in one step`,
      fix: `choose a place on its filesystem, or let it be copied while ${it.what} is stopped, checked, and the old one kept: -e adopt_copy=true`,
    }
  return tooLittleSpace(path, source, source.size)
}

/** Where a program is: in its place, or with what runs; empty: nowhere. */
export const programPath = (name: string, { programs, daemons, units }: Adoptable): string => {
  const found = programs.find(one => one.name === name)
  if (found && (found.state !== 'none' || found.path !== '')) return found.path
  const exe = [...daemons, ...units].map(one => one.exe).find(exe => exe.startsWith('/'))
  return exe === undefined ? '' : `${parentFolder(exe)}/${name}`
}

/** What uses a folder, by whatever name of it. */
export type Users = { daemons: RunningDaemon[]; units: StartingUnit[] }

/** Daemons and units that end: those that use what is taken, and a unit that has the name of ours. */
export const usersOf = (from: string, unit: string, { daemons, units }: Adoptable, { names }: SourceFound): Users => {
  const isTaken = ({ repo }: { repo: string }): boolean => repo === from || names.includes(repo)
  return {
    daemons: daemons.filter(isTaken),
    units: units.filter(one => one.isOfSystem && (isTaken(one) || one.name === unit)),
  }
}
