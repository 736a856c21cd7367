import { existsSync, readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { Refusal } from '../core/failure.ts'
import { hostAddress } from './addresses.ts'
import { waitForAnswer } from './answer.ts'
import { tail } from './command.ts'
import { dropDisk } from './disk.ts'
import { type Boot, machinePid, startMachine, stopMachine } from './machine.ts'
import { handleOf, type Lab } from './names.ts'
import { unwire, wire } from './network.ts'
import { diskFolder } from './record.ts'

const BOOT_MS = 60_000
// A machine that runs may still be on its way up, started by a command that was killed since.
const PATIENCE_MS = 15_000

type LabHost = { node: string; slot: number; number: number; boot: Boot }

/** What its console tells to do. A systemd takes about six of the kernel's 128 watchers of files, and each host has one. */
export const fixFor = (words: string, log: string): string =>
  words.includes('inotify object: Too many open files')
    ? 'take another lab down, or allow more: sysctl fs.inotify.max_user_instances=1024'
    : `see all of ${log}; \`runbook lab up\` tries again`

const notUp = (lab: Lab, node: string, seen: string): Refusal => {
  const log = `${diskFolder(lab, node)}/console.log`
  const words = existsSync(log) ? tail(stripVTControlCharacters(readFileSync(log, 'utf8')), 20) : ''
  return new Refusal({
    reason: 'lab-host',
    what: `${node} does not come up: ${seen}`,
    why: words || 'its console is empty',
    fix: fixFor(words, log),
  })
}

/**
 * Makes sure that a host whose disk is there runs and answers by SSH; leaves it alone if it does.
 * @throws Refusal `lab-host` with the end of its console if it does not within a minute.
 */
export const startHost = async (lab: Lab, { node, slot, number, boot }: LabHost): Promise<'was up' | 'started'> => {
  const [machine, ip] = [handleOf(lab, node), hostAddress(slot, number)]
  const runs = () => machinePid(machine) !== undefined
  const wires = await wire(lab, node, slot, number)
  if (wires === 'kept' && runs() && (await waitForAnswer(ip, runs, PATIENCE_MS)) === 'answered') return 'was up'
  await stopMachine(machine)
  await startMachine(machine, diskFolder(lab, node), node, boot)
  // Until it has become systemd-nspawn, the process is not yet found as one.
  const starting = Date.now() + 2000
  const outcome = await waitForAnswer(ip, () => runs() || Date.now() < starting, BOOT_MS)
  if (outcome === 'answered') return 'started'
  throw notUp(lab, node, outcome === 'late' ? 'no SSH server answered within 60 s' : 'its container ended')
}

/** Removes all there is of a host: its processes, network and disk, whichever of them exist. */
export const removeHost = async (lab: Lab, node: string): Promise<void> => {
  await stopMachine(handleOf(lab, node))
  await unwire(lab, node)
  dropDisk(diskFolder(lab, node))
}
