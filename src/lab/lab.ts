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
import { exclusively } from './lock.ts'
import { machinePid, machinesNamed } from './machine.ts'
import { needPlainFolder } from './mounts-below.ts'
import { handleOf, type Lab, labAt, nodeNames } from './names.ts'
import { dropBridge, ensureBridge, netnsNamed } from './network.ts'
import { installMissing, needRoot } from './packages.ts'
import {
  diskFolder,
  ensureKey,
  type Init,
  inventoryFile,
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

export type HostStatus = { node: string; address: string; pid?: number; state: 'up' | 'down' }
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

const withHosts = (record: LabRecord | undefined, nodes: string[]): Record<string, number> => {
  const hosts = { ...record?.hosts }
  for (const node of nodes) hosts[node] ??= pickNumber(new Set(Object.values(hosts)), node)
  return hosts
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

const stand = async (lab: Lab, nodes: string[], say: Say, wanted?: Init): Promise<void> => {
  const held = readRecord(lab)
  const init = held?.init ?? wanted ?? 'systemd'
  if (wanted !== undefined && wanted !== init)
    refuse('usage-option', `lab '${lab.name}' has hosts with --init ${init}`, {
      why: 'the hosts of one lab start alike',
      fix: `leave out --init, choose another --name, or take it down first: runbook lab down --name ${lab.name}`,
    })
  const toStart = Object.keys(withHosts(held, nodes)).filter(node => machinePid(handleOf(lab, node)) === undefined)
  const short = toStart.length === 0 ? [] : shortages(kernelState(), toStart.length)
  for (const text of short) say(`warning: ${text}`)
  const base = await ensureBase(say)
  const key = await ensureKey(lab)
  await needOverlays(lab.folder, base)
  const record = { slot: await ensureBridge(lab, held?.slot, say), hosts: withHosts(held, nodes), init }
  // Written before anything is started: what a killed command leaves half made is known to the next one.
  writeRecord(lab, record)
  enterLab(lab)
  const all = Object.entries(record.hosts)
  await together(all, async ([node]) => {
    const disk = await ensureDisk(diskFolder(lab, node), node, base, key)
    if (disk === 'lost') say(`${node}: the base of its disk is gone, so it starts afresh`)
  })
  publish(lab, record)
  await together(all, async ([node, number]) => {
    const began = Date.now()
    const how = await startHost(lab, { node, slot: record.slot, number, init })
    const took = how === 'started' ? `up after ${((Date.now() - began) / 1000).toFixed(1)} s` : how
    say(`${node} ${hostAddress(record.slot, number)} ${took}`)
  })
}

/**
 * Brings a lab up: `hosts` hosts named node0, node1, … and whichever were added since. What runs and answers is left
 * alone; whatever a crash, a kill or a reboot left behind is repaired. `init`: what their first process is, systemd
 * for a new lab if left out, and what it is already for one that is there.
 * @throws Refusal `usage-needs-root`, `usage-option`, or `lab-host` with the end of the console of each host that fails.
 */
export const up = async (which: Which & { hosts?: number; init?: Init; say: Say }): Promise<LabStatus> => {
  const lab = find(which)
  const nodes = nodeNames(which.hosts ?? 3)
  return owning(lab, which.say, async () => {
    await installMissing(which.say)
    await stand(lab, nodes, which.say, which.init)
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
export const add = async (which: Which & { node: string; say: Say }): Promise<LabStatus> => {
  const lab = find(which)
  handleOf(lab, which.node)
  return owning(lab, which.say, async () => {
    needRecord(lab)
    await stand(lab, [which.node], which.say)
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
    writeRecord(lab, { ...record, hosts })
    publish(lab, { ...record, hosts })
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
    return { node, address: ip, ...(pid === undefined ? {} : { pid }), state }
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
    await dropBridge(lab)
    needPlainFolder(lab.folder)
    rmSync(lab.folder, { recursive: true, force: true })
    strikeLab(lab)
    removeIfEmpty(dirname(lab.folder))
    dropEmptyWorkFolder(lab.base)
    which.say(there ? `lab '${lab.name}' is gone` : `there is no lab '${lab.name}' here: nothing to remove`)
  })
}
