import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'

const TOP = '/sys/fs/cgroup'

/** The hierarchies in which systemd keeps its units here: one on a pure cgroup2 machine, else those that exist. */
export const hierarchies = (exists: (path: string) => boolean = existsSync): string[] =>
  exists(`${TOP}/cgroup.controllers`) ? [TOP] : [`${TOP}/systemd`, `${TOP}/unified`].filter(exists)

const listed = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return []
  }
}

const tree = (folder: string): string[] => [...listed(folder).flatMap(name => tree(`${folder}/${name}`)), folder]

const trees = (name: string): string[] =>
  hierarchies().flatMap(top => (existsSync(`${top}/${name}`) ? tree(`${top}/${name}`) : []))

/** Makes the cgroup in every hierarchy; returns the files to write a pid into to join it. */
export const makeCgroups = (name: string): string[] =>
  hierarchies().map(top => {
    mkdirSync(`${top}/${name}`, { recursive: true })
    return `${top}/${name}/cgroup.procs`
  })

/** The processes of a cgroup and of all below it. */
export const cgroupMembers = (name: string): number[] => {
  const pids = trees(name).flatMap(folder => {
    try {
      return readFileSync(`${folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number)
    } catch {
      return []
    }
  })
  // A process of another pid namespace reads as 0: not ours to signal.
  return [...new Set(pids)].filter(pid => pid > 0)
}

/** Removes the cgroup with all below it, as far as it is empty; tells whether nothing is left. */
export const dropCgroups = (name: string): boolean => {
  for (const folder of trees(name)) {
    try {
      rmdirSync(folder)
    } catch {}
  }
  return trees(name).length === 0
}

/** The cgroups whose names start so. */
export const cgroupsNamed = (prefix: string): string[] =>
  hierarchies()
    .flatMap(listed)
    .filter(name => name.startsWith(prefix))
