import { accessSync, constants, existsSync, globSync, readFileSync, readlinkSync } from 'node:fs'
import { hierarchies } from './cgroup.ts'

/** What is in use of something that the kernel has only so much of. */
export type Usage = { used: number; limit: number }

/** What hosts of a lab share with this machine; what cannot be read is left out. Memory in MB. */
export type KernelState = Partial<Record<'inotify' | 'rootKeys' | 'userKeys' | 'files' | 'tasks' | 'memory', Usage>> & {
  cgroups: 'writable' | 'read-only' | 'none'
}

type Need = {
  of: Exclude<keyof KernelState, 'cgroups'>
  name: string
  perHost: number
  mend: (limit: number) => string
}

/** The control group's file of tasks, without its ending: of the unified hierarchy, or of the older one. */
const pidsGroup = (): string | undefined =>
  ['/sys/fs/cgroup/pids', '/sys/fs/cgroup/pids/pids'].find(path => existsSync(`${path}.max`))

const sysctl =
  (key: string) =>
  (limit: number): string =>
    `sysctl -w ${key}=${limit}`

/**
 * What one host is given of each limit. It is more than was measured on hosts with systemd and the stand-ins for kubo
 * and ipfs-cluster: 8 inotify instances, 1 key of root's and none of other users', 138 open files, 24 tasks, 43 MB.
 */
const NEEDS: Need[] = [
  { of: 'inotify', name: 'inotify instances', perHost: 8, mend: sysctl('fs.inotify.max_user_instances') },
  { of: 'rootKeys', name: 'kernel keys of root', perHost: 4, mend: sysctl('kernel.keys.root_maxkeys') },
  { of: 'userKeys', name: 'kernel keys of one user', perHost: 2, mend: sysctl('kernel.keys.maxkeys') },
  { of: 'files', name: 'open files', perHost: 250, mend: sysctl('fs.file-max') },
  {
    of: 'tasks',
    name: 'tasks of this control group',
    perHost: 60,
    mend: limit => `echo ${limit} >${pidsGroup() ?? '/sys/fs/cgroup/pids'}.max`,
  },
  { of: 'memory', name: 'MB of memory', perHost: 64, mend: () => 'runbook lab list, and take down what is not needed' },
]

/** The next power of two that leaves room for as much again. */
const roomier = (wanted: number): number => 2 ** Math.ceil(Math.log2(wanted * 1.5))

const shortOf = ({ of, name, perHost, mend }: Need, state: KernelState, hosts: number): string[] => {
  const usage = state[of]
  if (!usage) return []
  const [left, wanted] = [Math.max(0, usage.limit - usage.used), perHost * hosts]
  if (left >= wanted) return []
  const who = hosts === 1 ? 'one more host takes' : `${hosts} more hosts take`
  return [
    `short of ${name}: ${who} about ${wanted}, ${left} of ${usage.limit} are left; to mend it: ${mend(roomier(usage.used + wanted))}`,
  ]
}

const CGROUPS: Record<KernelState['cgroups'], string[]> = {
  writable: [],
  'read-only': [
    'the control groups cannot be written, and each host needs one; to mend it: mount -o remount,rw /sys/fs/cgroup',
  ],
  none: ['there are no control groups, and each host needs one; to mend it: mount -t cgroup2 none /sys/fs/cgroup'],
}

/** A sentence for each thing that so many more hosts are likely to be short of, with the command that mends it. */
export const shortages = (state: KernelState, hosts: number): string[] =>
  hosts === 0 ? [] : [...CGROUPS[state.cgroups], ...NEEDS.flatMap(need => shortOf(need, state, hosts))]

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

const numberIn = (path: string): number | undefined => {
  const text = textOf(path)
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

const usage = (used: number | undefined, limit: number | undefined): Usage | undefined =>
  used === undefined || limit === undefined ? undefined : { used, limit }

const isInotify = (path: string): boolean => {
  try {
    return readlinkSync(path) === 'anon_inode:inotify'
  } catch {
    return false
  }
}

/** Keys by the text of /proc/key-users, `UID: usage nkeys/nikeys KEYS/MAX bytes/max`: root's, and those of the user nearest to the limit. */
export const keysIn = (text: string): { root?: Usage; user?: Usage } => {
  const rows = [...text.matchAll(/^\s*(\d+):\s+\d+\s+\S+\s+(\d+)\/(\d+)/gm)].map(([, uid, used, limit]) => ({
    uid,
    usage: { used: Number(used), limit: Number(limit) },
  }))
  const root = rows.find(({ uid }) => uid === '0')?.usage
  const users = rows.filter(({ uid }) => uid !== '0').map(({ usage }) => usage)
  const user = users.sort((a, b) => a.limit - a.used - (b.limit - b.used))[0]
  return { ...(root ? { root } : {}), ...(user ? { user } : {}) }
}

/** Free memory of this machine, or of the control group that all of it lies in where that has less. In MB. */
export const memoryIn = (meminfo: string, groupLimit: number | undefined, groupUsed = 0): Usage | undefined => {
  const kb = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? Number.NaN)
  const [total, free] = [kb('MemTotal') >> 10, kb('MemAvailable') >> 10]
  if (Number.isNaN(kb('MemAvailable'))) return undefined
  const [limit, used] = [(groupLimit ?? Number.POSITIVE_INFINITY) / 2 ** 20, groupUsed / 2 ** 20]
  return limit - used < free
    ? { used: Math.ceil(used), limit: Math.floor(limit) }
    : { used: total - free, limit: total }
}

/** Memory of the control group without the pages of files that it gives back when there is need, in bytes. */
const groupMemory = (): number | undefined => {
  const used = numberIn('/sys/fs/cgroup/memory.current')
  const [, files = '0'] = /^inactive_file (\d+)$/m.exec(textOf('/sys/fs/cgroup/memory.stat') ?? '') ?? []
  return used === undefined ? undefined : Math.max(0, used - Number(files))
}

const cgroups = (): KernelState['cgroups'] => {
  const all = hierarchies()
  if (all.length === 0) return 'none'
  try {
    for (const path of all) accessSync(path, constants.W_OK)
    return 'writable'
  } catch {
    return 'read-only'
  }
}

/** What the kernel says now. Only root sees the files of all processes, and only root makes hosts. */
export const kernelState = (): KernelState => {
  const [open, , most] = (textOf('/proc/sys/fs/file-nr') ?? '').split(/\s+/).map(Number)
  const keys = keysIn(textOf('/proc/key-users') ?? '')
  const userKeys = keys.user ?? usage(0, numberIn('/proc/sys/kernel/keys/maxkeys'))
  const group = pidsGroup()
  const found = {
    inotify: usage(
      globSync('/proc/[0-9]*/fd/*').filter(isInotify).length,
      numberIn('/proc/sys/fs/inotify/max_user_instances'),
    ),
    rootKeys: keys.root,
    userKeys,
    files: usage(open, most),
    tasks: group === undefined ? undefined : usage(numberIn(`${group}.current`), numberIn(`${group}.max`)),
    memory: memoryIn(textOf('/proc/meminfo') ?? '', numberIn('/sys/fs/cgroup/memory.max'), groupMemory()),
  }
  const known = Object.entries(found).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(known), cgroups: cgroups() }
}
