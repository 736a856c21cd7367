import { existsSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Failure, Refusal, refuse } from '../core/failure.ts'
import { dropEmptyWorkFolder } from '../core/work-folder.ts'
import { hostAddress, pickNumber, subnet } from './addresses.ts'
import { answers } from './answer.ts'
import { ensureBase } from './base.ts'
import { cgroupsNamed } from './cgroup.ts'
import { ensureDisk, needOverlays } from './disk.ts'
import { removeHost, startHost } from './host.ts'
import { kernelState, shortages } from './kernel-limits.ts'
import { type HostKind, hostKind, type KindFile, type KindName } from './kind.ts'
import { exclusively } from './lock.ts'
import { type Boot, machinePid, machinesNamed, runInMachine } from './machine.ts'
import { needPlainFolder } from './mounts-below.ts'
import { handleOf, type Lab, labAt, nodeNames } from './names.ts'
import { dropBridge, ensureBridge, netnsNamed, routeOver } from './network.ts'
import { cacheSettings, dropPackageCache, ensurePackageCache, refuseBeyond } from './package-cache.ts'
import { CACHE_PROGRAMS, installMissing, needRoot } from './packages.ts'
import {
  diskFolder,
  ensureKey,
  type Init,
  inventoryFile,
  kindIn,
  type LabRecord,
  publish,
  readRecord,
  writeRecord,
} from './record.ts'
import { enterLab, strikeLab } from './register.ts'

/** Takes lines that tell what is going on. */
export type Say = (line: string) => void

/** Which lab: its name, `lab` if left out, in a working folder, the current one if left out. */
export type Which = { name?: string; folder?: string }

export type HostStatus = { node: string; address: string; pid?: number; kind?: KindName; state: 'up' | 'down' }
export type LabStatus = {
  name: string
  folder: string
  inventory?: string
  subnet?: string
  init?: Init
  hosts: HostStatus[]
}

const find = ({ name = 'lab', folder = process.cwd() }: Which): Lab => labAt(folder, name)

/** One command at a time works on a lab, and as root. */
const owning = <T>(lab: Lab, say: Say, inside: () => Promise<T>): Promise<T> => {
  needRoot()
  return exclusively(lab.folder, say, inside)
}

type Wanted = { nodes: string[]; init?: Init | undefined; kind?: KindName | undefined; packages?: true | undefined }

/** The record with the hosts that are wanted; those that are new are of the kind. */
const withHosts = (
  record: LabRecord | undefined,
  { nodes, kind = 'debian' }: Wanted,
): Pick<LabRecord, 'hosts' | 'kinds'> => {
  const hosts = { ...record?.hosts }
  const kinds = { ...record?.kinds }
  for (const node of nodes) {
    if (hosts[node] === undefined && kind !== 'debian') kinds[node] = kind
    hosts[node] ??= pickNumber(new Set(Object.values(hosts)), node)
  }
  return { hosts, ...(Object.keys(kinds).length > 0 ? { kinds } : {}) }
}

/** Hosts that are there keep what they are. */
const needSame = (lab: Lab, held: LabRecord | undefined, { nodes, init, kind, packages }: Wanted): void => {
  if (held === undefined) return
  const fix = (option: string): string =>
    `leave out ${option}, choose another --name, or take it down first: runbook lab down --name ${lab.name}`
  if (init !== undefined && init !== held.init)
    refuse('usage-option', `lab '${lab.name}' has hosts with --init ${held.init}`, {
      why: 'the hosts of one lab start alike',
      fix: fix('--init'),
    })
  if (packages && !held.packages)
    refuse('usage-option', `lab '${lab.name}' has hosts without --packages`, {
      why: 'where packages come from is on a disk from its beginning',
      fix: fix('--packages'),
    })
  const other = nodes.find(node => held.hosts[node] !== undefined && kind !== undefined && kindIn(held, node) !== kind)
  if (other !== undefined)
    refuse('usage-option', `host '${other}' of lab '${lab.name}' is there, and of kind ${kindIn(held, other)}`, {
      why: 'a host keeps its kind',
      fix: fix('--kind'),
    })
}

/** Does it for all at once, and reports every failure of any. */
const together = async <T>(items: T[], act: (item: T) => Promise<void>): Promise<void> => {
  const failures: Failure[] = []
  const ended = await Promise.allSettled(items.map(act))
  for (const end of ended) {
    if (end.status === 'fulfilled') continue
    if (!(end.reason instanceof Refusal)) throw end.reason
    failures.push(...end.reason.failures)
  }
  if (failures.length > 0) throw new Refusal(...failures)
}

const bootOf = ({ init, ...record }: LabRecord, node: string): Boot =>
  hostKind(kindIn(record, node)).base === 'busybox' ? 'busybox' : init

const withSettings = (kind: HostKind, settings: KindFile[]): HostKind => ({
  ...kind,
  files: [...(kind.files ?? []), ...settings],
})

const openPackages = async (lab: Lab, slot: number): Promise<void> => {
  await ensurePackageCache(lab, slot)
  await refuseBeyond(lab)
}

/** A host with a default route, and with the lists of packages that hosts have. */
const givePackages = async (lab: Lab, node: string, slot: number): Promise<void> => {
  await routeOver(lab, node, slot)
  const lists = 'ls /var/lib/apt/lists | grep -q Packages || apt-get -q update'
  await runInMachine(handleOf(lab, node), ['sh', '-c', lists])
}

const stand = async (lab: Lab, wanted: Wanted, say: Say): Promise<void> => {
  const held = readRecord(lab)
  needSame(lab, held, wanted)
  const listed = withHosts(held, wanted)
  const nodes = Object.keys(listed.hosts)
  const toStart = nodes.filter(node => machinePid(handleOf(lab, node)) === undefined)
  const short = toStart.length === 0 ? [] : shortages(kernelState(), toStart.length)
  for (const text of short) say(`warning: ${text}`)
  const baseNames = [...new Set(nodes.map(node => hostKind(kindIn(listed, node)).base))]
  const bases = new Map<string, string>()
  for (const name of baseNames) bases.set(name, await ensureBase(say, name))
  const key = await ensureKey(lab)
  await needOverlays(lab.folder, bases.values().next().value!)
  const init = held?.init ?? wanted.init ?? 'systemd'
  const slot = await ensureBridge(lab, held?.slot, say)
  const packages = held ? held.packages : wanted.packages
  const record: LabRecord = { slot, ...listed, init, ...(packages ? { packages } : {}) }
  // Written before anything is started: what a killed command leaves half made is known to the next one.
  writeRecord(lab, record)
  enterLab(lab)
  const all = Object.entries(record.hosts)
  await together(all, async ([node]) => {
    const kind = withSettings(hostKind(kindIn(record, node)), packages ? [cacheSettings(slot)] : [])
    const disk = await ensureDisk(diskFolder(lab, node), node, bases.get(kind.base)!, key, kind)
    if (disk === 'lost') say(`${node}: the base of its disk is gone, so it starts afresh`)
  })
  publish(lab, record)
  if (packages) await openPackages(lab, slot)
  await together(all, async ([node, number]) => {
    const began = Date.now()
    const how = await startHost(lab, { node, slot: record.slot, number, boot: bootOf(record, node) })
    if (packages) await givePackages(lab, node, slot)
    const took = how === 'started' ? `up after ${((Date.now() - began) / 1000).toFixed(1)} s` : how
    say(`${node} ${hostAddress(record.slot, number)} ${took}`)
  })
}

/**
 * Brings a lab up: `hosts` hosts named node0, node1, … and whichever were added since. What runs and answers is left
 * alone; whatever a crash, a kill or a reboot left behind is repaired. `init`: what their first process is, systemd
 * for a new lab if left out, and what it is already for one that is there. `kind`: what new hosts are made of. `packages`:
 * they install packages, by a cache on this machine.
 * @throws Refusal `usage-needs-root`, `usage-option`, or `lab-host` with the end of the console of each host that fails.
 */
export const up = async (
  which: Which & { hosts?: number; init?: Init; kind?: KindName; packages?: true; say: Say },
): Promise<LabStatus> => {
  const lab = find(which)
  const nodes = nodeNames(which.hosts ?? 3)
  const { init, kind, packages } = which
  return owning(lab, which.say, async () => {
    await installMissing(which.say, packages ? CACHE_PROGRAMS : {})
    await stand(lab, { nodes, init, kind, packages }, which.say)
    return status(which)
  })
}

const needRecord = (lab: Lab): LabRecord =>
  readRecord(lab) ??
  refuse('usage-option', `there is no lab '${lab.name}' here`, {
    why: `${lab.folder} does not hold one`,
    fix: `bring it up first: runbook lab up --name ${lab.name}`,
  })

/** Adds one host with a fresh root to a lab that was brought up, and to its inventory. Throws as `up` does. */
export const add = async (which: Which & { node: string; kind?: KindName; say: Say }): Promise<LabStatus> => {
  const lab = find(which)
  handleOf(lab, which.node)
  return owning(lab, which.say, async () => {
    needRecord(lab)
    await stand(lab, { nodes: [which.node], kind: which.kind }, which.say)
    return status(which)
  })
}

/**
 * Removes one host with its disk, as if its machine was lost, and from the inventory.
 * @throws Refusal `usage-needs-root`; `usage-option` if the lab has no such host; `lab-host` if it does not go away.
 */
export const remove = async (which: Which & { node: string; say: Say }): Promise<void> => {
  const lab = find(which)
  await owning(lab, which.say, async () => {
    const record = needRecord(lab)
    const { [which.node]: number, ...hosts } = record.hosts
    if (number === undefined)
      refuse('usage-option', `lab '${lab.name}' has no host '${which.node}'`, {
        why: `it has ${Object.keys(record.hosts).join(', ')}`,
      })
    await removeHost(lab, which.node)
    const { [which.node]: _, ...kinds } = record.kinds ?? {}
    writeRecord(lab, { ...record, hosts, kinds })
    publish(lab, { ...record, hosts, kinds })
    which.say(`${which.node} is gone`)
  })
}

/** What there is of a lab, asked of the machine; no hosts where there is no lab. Needs no root. */
export const status = async (which: Which): Promise<LabStatus> => {
  const lab = find(which)
  const record = readRecord(lab)
  const { name, folder } = lab
  if (!record) return { name, folder, hosts: [] }
  const host = async ([node, number]: [string, number]): Promise<HostStatus> => {
    const ip = hostAddress(record.slot, number)
    const pid = machinePid(handleOf(lab, node))
    const state = pid !== undefined && (await answers(ip, 1000)) ? 'up' : 'down'
    const kind = record.kinds?.[node]
    return { node, address: ip, ...(pid === undefined ? {} : { pid }), ...(kind === undefined ? {} : { kind }), state }
  }
  const hosts = await Promise.all(Object.entries(record.hosts).map(host))
  return { name, folder, inventory: inventoryFile(lab), subnet: subnet(record.slot), init: record.init, hosts }
}

/** The hosts of which anything is on this machine, whether the record knows them or not. */
const nodesLeft = (lab: Lab): string[] => {
  const { prefix } = lab
  const named = [...machinesNamed(prefix), ...cgroupsNamed(prefix), ...netnsNamed(prefix)]
  return [...new Set(named.map(name => name.slice(prefix.length)))]
}

const removeIfEmpty = (folder: string): void => {
  try {
    rmdirSync(folder)
  } catch {}
}

/**
 * Removes a lab with all it has on this machine, be it whole, half up, or gone already.
 * @throws Refusal `usage-needs-root`, or `lab-host` if something does not go away.
 */
export const down = async (which: Which & { say: Say }): Promise<void> => {
  const lab = find(which)
  await owning(lab, which.say, async () => {
    const there = existsSync(lab.folder)
    await together(nodesLeft(lab), node => removeHost(lab, node))
    await dropPackageCache(lab)
    await dropBridge(lab)
    needPlainFolder(lab.folder)
    rmSync(lab.folder, { recursive: true, force: true })
    strikeLab(lab)
    removeIfEmpty(dirname(lab.folder))
    dropEmptyWorkFolder(lab.base)
    which.say(there ? `lab '${lab.name}' is gone` : `there is no lab '${lab.name}' here: nothing to remove`)
  })
}
