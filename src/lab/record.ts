import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { readControllerFile } from '../core/controller-file.ts'
import { hasForm, mapForm, recordForm } from '../core/event-schema.ts'
import { Refusal, refuse } from '../core/failure.ts'
import type { Schema } from '../core/schema-fits.ts'
import { makeWorkFolder } from '../core/work-folder.ts'
import { hostAddress } from './addresses.ts'
import { runOrRefuse } from './command.ts'
import { hostKey } from './disk.ts'
import { hostKeyLine, inventoryText, knownHostsFile, labKeyFile } from './inventory.ts'
import { hostKind, type KindName, kindNames } from './kind.ts'
import { isHostLabel, type Lab } from './names.ts'

/** What runs as the first process of a lab's hosts: `none` starts an SSH server, cron and /etc/rc.local, no more. */
export type Init = 'systemd' | 'none'

/** What a lab remembers between commands. Whether its hosts run is not in here: that is asked of the machine. */
export type LabRecord = {
  /** Its subnet is 10.77.SLOT.0/24. */
  slot: number
  /** Each host with the last number of its address, in inventory order. */
  hosts: Record<string, number>
  init: Init
  /** Its hosts install Debian's packages, by a cache on this machine. */
  packages?: true
  /** Of what kind hosts are that are no plain Debian. */
  kinds?: Record<string, KindName>
}

export const kindIn = (record: Pick<LabRecord, 'kinds'>, node: string): KindName => record.kinds?.[node] ?? 'debian'

const recordFile = (lab: Lab): string => `${lab.folder}/lab.json`
export const inventoryFile = (lab: Lab): string => `${lab.folder}/inventory.json`
export const diskFolder = (lab: Lab, node: string): string => `${lab.folder}/hosts/${node}`

const write = (path: string, text: string): void => {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

/** The record of a lab, if there is one. */
export const readRecord = (lab: Lab): LabRecord | undefined => {
  if (!existsSync(recordFile(lab))) return undefined
  try {
    // A record of before there was a choice says nothing of it.
    const read: unknown = { init: 'systemd', ...JSON.parse(readControllerFile(recordFile(lab)).toString()) }
    return isLabRecord(read) ? read : refuseRecord(lab, 'It is not what is written there.')
  } catch (error) {
    if (error instanceof Refusal) throw error
    return refuseRecord(lab, String(error))
  }
}

const refuseRecord = (lab: Lab, why: string): never =>
  refuse('lab-host', `${recordFile(lab)} cannot be read`, {
    why,
    fix: 'remove the lab with `runbook lab down`, then bring it up anew',
    origin: { file: recordFile(lab), line: 1, column: 1 },
  })

const address: Schema = { type: 'integer', minimum: 0, maximum: 255 }
const form = recordForm(
  { slot: address, hosts: mapForm(address), init: { enum: ['systemd', 'none'] } },
  { kinds: mapForm({ enum: kindNames }), packages: { const: true } },
)
const isLabRecord = (value: unknown): value is LabRecord =>
  hasForm(form, value) && Object.keys((value as LabRecord).hosts).every(isHostLabel)

export const writeRecord = (lab: Lab, record: LabRecord): void => {
  makeWorkFolder(lab.base, `lab/${lab.name}/hosts`)
  write(recordFile(lab), `${JSON.stringify(record)}\n`)
}

/** The lab's public login key; makes the pair first if need be. */
export const ensureKey = async (lab: Lab): Promise<string> => {
  const key = labKeyFile(lab.folder)
  if (!existsSync(key)) {
    makeWorkFolder(lab.base, `lab/${lab.name}`)
    await runOrRefuse(['rm', '-f', `${key}.new`, `${key}.new.pub`])
    await runOrRefuse(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `lab ${lab.name}`, '-f', `${key}.new`])
    renameSync(`${key}.new.pub`, `${key}.pub`)
    renameSync(`${key}.new`, key)
  }
  return readFileSync(`${key}.pub`, 'utf8')
}

/** Writes what others read of a lab: the inventory, and the hosts' keys. All disks have to be there. */
export const publish = (lab: Lab, record: LabRecord): void => {
  const listed = Object.entries(record.hosts).map(([node, number]) => ({
    node,
    address: hostAddress(record.slot, number),
    user: hostKind(kindIn(record, node)).user ?? 'root',
  }))
  const known = listed.map(({ node, address }) => hostKeyLine(address, hostKey(diskFolder(lab, node))))
  write(knownHostsFile(lab.folder), known.join(''))
  write(inventoryFile(lab), inventoryText(lab.folder, listed))
}
