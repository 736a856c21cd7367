import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../core/failure.ts'
import { cgroupMembers, dropCgroups, makeCgroups } from './cgroup.ts'
import { runOrRefuse, toolEnv } from './command.ts'
import type { Init } from './record.ts'

const argvOf = (pid: number): string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
  } catch {
    return []
  }
}

const allPids = (): number[] => readdirSync('/proc').map(Number).filter(Number.isInteger)

/** The processes that were started with exactly this word: asked of the kernel, so no pid file can be stale. */
export const startedWith = (word: string): number[] => allPids().filter(pid => argvOf(pid).includes(word))

const flag = (machine: string): string => `--machine=${machine}`

/** The pid of the systemd-nspawn that runs this machine, if it runs. */
export const machinePid = (machine: string): number | undefined =>
  startedWith(flag(machine)).find(pid => basename(argvOf(pid)[0] ?? '') === 'systemd-nspawn')

/**
 * Runs a program in a machine, as its root.
 * @throws Refusal `lab-host` with the program's last words.
 */
export const runInMachine = async (machine: string, argv: string[]): Promise<string> => {
  const keeper = machinePid(machine)
  const first =
    keeper === undefined ? '' : readFileSync(`/proc/${keeper}/task/${keeper}/children`, 'utf8').split(' ')[0]!
  return runOrRefuse(['nsenter', '--target', first, '--all', ...argv])
}

/** The machines with such names that have a process, be it only on its way up. */
export const machinesNamed = (prefix: string): string[] =>
  allPids().flatMap(pid =>
    argvOf(pid).flatMap(word => (word.startsWith(flag(prefix)) ? [word.slice(flag('').length)] : [])),
  )

/** The folders of the disks of all machines of labs that run here, whoever has started them. */
export const machineDisks = (): string[] =>
  allPids().flatMap(pid => {
    const argv = argvOf(pid)
    if (basename(argv[0] ?? '') !== 'systemd-nspawn') return []
    return argv.flatMap(word => /^--directory=(.+\/\.runbook\/lab\/.+)\/root$/.exec(word)?.[1] ?? [])
  })

// Two steps need a shell, as they change the process that then becomes the container's: it joins a cgroup of its own
// in each hierarchy (hosts that share a tree fail with 219/CGROUP now and then), and mounts the overlay in its own
// mount namespace, so the mount ends with the machine. Names in the mount options are relative: a comma or a colon in
// the folder's path would split them.
const LAUNCH = `set -e
while [ "$1" != -- ]; do echo $$ >"$1"; shift; done
shift
mount -t overlay overlay -o lowerdir=base,upperdir=upper,workdir=work root
exec "$@"`

// A host without systemd boots like this: what its administrator wants started, cron, and the SSH server for as long as
// it runs. PID 1 is systemd-nspawn's own, which does no more than to reap what nobody else waits for.
const BOOT = `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p -m 0755 /run/sshd
[ ! -x /etc/rc.local ] || /etc/rc.local
cron
exec /usr/sbin/sshd -D -e`

// The same of a host that has BusyBox and Dropbear; its key is the one that OpenSSH would have.
const BOOT_BUSYBOX = `export PATH=/usr/sbin:/usr/bin:/sbin:/bin
[ ! -x /etc/rc.local ] || /etc/rc.local
dropbearconvert openssh dropbear /etc/ssh/ssh_host_ed25519_key /run/dropbear_key
exec dropbear -F -E -r /run/dropbear_key`

/** How a host boots: as its lab's hosts do, or in the one way that BusyBox has. */
export type Boot = Init | 'busybox'

const boots: Record<Boot, { flags: string[]; argv: string[] }> = {
  systemd: { flags: ['--boot'], argv: [] },
  none: { flags: ['--as-pid2'], argv: ['/bin/sh', '-c', BOOT] },
  busybox: { flags: ['--as-pid2'], argv: ['/bin/sh', '-c', BOOT_BUSYBOX] },
}

const nspawn = (machine: string, folder: string, hostname: string, boot: Boot): string[] => [
  ...['systemd-nspawn', '--quiet', `--directory=${folder}/root`, flag(machine), `--hostname=${hostname}`],
  ...[`--network-namespace-path=/run/netns/${machine}`, '--register=no', '--keep-unit', '--link-journal=no'],
  // A firewall of its own is a host's own matter: it is in its own network.
  '--capability=CAP_NET_ADMIN',
  ...['--resolv-conf=off', '--timezone=off', '--suppress-sync=yes', ...boots[boot].flags],
  ...boots[boot].argv,
]

/** Starts the machine whose disk lies in `folder`; it outlives this process and writes to `folder`/console.log. */
export const startMachine = async (machine: string, folder: string, hostname: string, boot: Boot): Promise<void> => {
  const join = makeCgroups(machine)
  const argv = ['--mount', '--propagation', 'slave', 'sh', '-c', LAUNCH, 'sh', ...join, '--']
  const console = openSync(`${folder}/console.log`, 'w')
  try {
    const child = spawn('unshare', [...argv, ...nspawn(machine, folder, hostname, boot)], {
      cwd: folder,
      // Its own lock on the folder is one more file that a killed one leaves; a lab has its lock already.
      env: toolEnv({ SYSTEMD_NSPAWN_LOCK: '0' }),
      detached: true,
      stdio: ['ignore', console, console],
    })
    await new Promise((resolve, reject) => child.on('spawn', resolve).on('error', reject))
    child.unref()
  } finally {
    closeSync(console)
  }
}

const kill = (pids: number[]): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {}
  }
}

const gone = async (left: () => number[], forMs: number): Promise<boolean> => {
  for (const end = Date.now() + forMs; Date.now() < end; await sleep(20)) if (left().length === 0) return true
  return left().length === 0
}

/**
 * Ends the machine and all its processes at once, as a power cut does, and removes its cgroups.
 * @throws Refusal `lab-host` if something survives.
 */
export const stopMachine = async (machine: string): Promise<void> => {
  const nspawns = () => startedWith(flag(machine))
  const everything = () => [...new Set([...cgroupMembers(machine), ...nspawns()])]
  // First what runs inside: its systemd-nspawn then ends by itself and tidies up in /run.
  const keeper = new Set(nspawns())
  kill(everything().filter(pid => !keeper.has(pid)))
  await gone(nspawns, keeper.size > 0 ? 1500 : 0)
  const end = Date.now() + 10_000
  while (everything().length > 0 && Date.now() < end) {
    kill(everything())
    await gone(everything, 500)
  }
  while (!dropCgroups(machine) && Date.now() < end) await sleep(20)
  for (const kind of ['propagate', 'unix-export'])
    rmSync(`/run/systemd/nspawn/${kind}/${machine}`, { recursive: true, force: true })
  const left = everything()
  if (left.length > 0 || !dropCgroups(machine))
    throw new Refusal({
      reason: 'lab-host',
      what: `machine ${machine} does not go away`,
      why: left.length > 0 ? `processes ${left.join(', ')} survived SIGKILL` : 'its cgroup is still in use',
    })
}
