import { spawn } from 'node:child_process'
import { mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { refuse } from '../core/failure.ts'
import { gateway } from './addresses.ts'
import { runOrRefuse, toolEnv } from './command.ts'
import type { KindFile } from './kind.ts'
import { startedWith } from './machine.ts'
import type { Lab } from './names.ts'

// A lab whose hosts install Debian's packages: apt-cacher-ng on the lab's bridge, which they reach and nothing behind it.
// It is this machine that downloads, once for all labs: what was fetched before is served from the cache.

const PORT = 3177
const START_MS = 10_000

const cacheFolder = (): string => `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/runbook/lab/packages`
/** What the cache of a lab is told by among the processes of this machine. */
const mark = (lab: Lab): string => `PidFile=${lab.folder}/packages.pid`

/** What apt of a host is told: where packages come from. It asks for nothing, and is not told to fsync. */
export const cacheSettings = (slot: number): KindFile => ({
  path: '/etc/apt/apt.conf.d/10lab',
  text: `Acquire::http::Proxy "http://${gateway(slot)}:${PORT}";\n`,
})

const isOpen = (host: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ host, port: PORT })
    const end = (is: boolean): void => {
      socket.destroy()
      resolve(is)
    }
    socket
      .on('connect', () => end(true))
      .on('error', () => end(false))
      .setTimeout(1000, () => end(false))
  })

const start = (lab: Lab, slot: number): void => {
  const [cache, settings] = [cacheFolder(), `${lab.folder}/packages`]
  for (const folder of [cache, settings]) mkdirSync(folder, { recursive: true })
  writeFileSync(`${settings}/acng.conf`, '')
  const log = openSync(`${lab.folder}/packages.log`, 'a')
  const words = ['ForeGround=1', `BindAddress=${gateway(slot)}`, `Port=${PORT}`, `CacheDir=${cache}`]
  const argv = ['-c', settings, ...words, `LogDir=${settings}`, mark(lab), 'ReportPage=', 'ExThreshold=30']
  spawn('apt-cacher-ng', argv, { env: toolEnv(), detached: true, stdio: ['ignore', log, log] })
    .on('error', () => undefined)
    .unref()
}

/**
 * Starts the cache of a lab unless it runs; it outlives this process.
 * @throws Refusal `lab-host` where it does not answer within ten seconds.
 */
export const ensurePackageCache = async (lab: Lab, slot: number): Promise<void> => {
  if (startedWith(mark(lab)).length === 0) start(lab, slot)
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(50)) if (await isOpen(gateway(slot))) return
  refuse('lab-host', `the cache of packages does not answer at ${gateway(slot)}:${PORT}`, {
    fix: `see ${lab.folder}/packages.log, and whether something else has that port`,
  })
}

/**
 * Hosts have a default route, as hosts have, over the bridge; this machine tells each packet that goes further at once that
 * there is no way, where it would else drop it and let programs wait.
 */
export const refuseBeyond = async (lab: Lab): Promise<void> => {
  await allowBeyond(lab)
  await runOrRefuse(['ip', 'rule', 'add', 'iif', lab.bridge, 'unreachable'])
  // Only who forwards answers at all.
  writeFileSync(`/proc/sys/net/ipv4/conf/${lab.bridge}/forwarding`, '1')
}

const allowBeyond = async (lab: Lab): Promise<void> => {
  const rules = JSON.parse((await runOrRefuse(['ip', '-j', 'rule', 'list'])) || '[]') as { iif?: string }[]
  for (const { iif } of rules) if (iif === lab.bridge) await runOrRefuse(['ip', 'rule', 'del', 'iif', lab.bridge])
}

/** Ends what a lab with packages has on this machine besides its hosts. The cache is kept for the next. */
export const dropPackageCache = async (lab: Lab): Promise<void> => {
  for (const pid of startedWith(mark(lab))) {
    try {
      process.kill(pid, 'SIGTERM')
    } catch {}
  }
  rmSync(`${lab.folder}/packages`, { recursive: true, force: true })
  await allowBeyond(lab)
}
