import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { runOrRefuse } from './command.ts'
import { exclusively } from './lock.ts'
import { aptSources, mirrorIn } from './mirror.ts'
import { needPlainFolder } from './mounts-below.ts'
import { shortDigest } from './names.ts'

const SUITE = 'bookworm'
const PACKAGES = 'openssh-server,iproute2,systemd,systemd-sysv,dbus,ca-certificates,sudo,procps,cron'

/** The user that logs in without being root, for playbooks that become. */
export const ADMIN = { name: 'admin', id: 1000 }

// Files that the fresh root gets, and links to /dev/null for what only slows down a boot without a network.
const FILES: Record<string, { text: string; mode: number }> = {
  'etc/ssh/sshd_config.d/lab.conf': {
    text: 'PermitRootLogin prohibit-password\nUseDNS no\nMaxStartups 100:30:200\n',
    mode: 0o644,
  },
  // Without this an early login of a plain user meets "System is booting up".
  'etc/systemd/system/ssh.service.d/lab.conf': { text: '[Unit]\nAfter=systemd-user-sessions.service\n', mode: 0o644 },
  [`etc/sudoers.d/${ADMIN.name}`]: { text: `${ADMIN.name} ALL=(ALL:ALL) NOPASSWD: ALL\n`, mode: 0o440 },
  'etc/fstab': { text: '', mode: 0o644 },
  'etc/machine-id': { text: '', mode: 0o444 },
}
const MASKED = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'fstrim.timer',
]

/** Where the Debian root of this recipe lies: another recipe lies elsewhere, so a changed one is built anew. */
export const basePath = (cache = process.env.XDG_CACHE_HOME || `${homedir()}/.cache`): string =>
  `${cache}/runbook/lab/base-${shortDigest(JSON.stringify([SUITE, PACKAGES, ADMIN, FILES, MASKED]), 12)}`

const finish = async (root: string): Promise<void> => {
  await runOrRefuse(['chroot', root, 'useradd', '-m', '-s', '/bin/bash', '-u', String(ADMIN.id), ADMIN.name])
  for (const [path, { text, mode }] of Object.entries(FILES)) {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true, mode: 0o755 })
    // apt installs some of these read-only; writing anew keeps the mode exact.
    rmSync(`${root}/${path}`, { force: true })
    writeFileSync(`${root}/${path}`, text)
    chmodSync(`${root}/${path}`, mode)
  }
  await runOrRefuse(['chroot', root, 'systemctl', 'mask', '--quiet', ...MASKED])
  // Every host makes its own keys, and knows no name server of this machine.
  await runOrRefuse(['find', `${root}/etc/ssh`, '-name', 'ssh_host_*', '-delete'])
  rmSync(`${root}/etc/resolv.conf`, { force: true })
  rmSync(`${root}/var/cache/apt/archives`, { recursive: true, force: true })
}

// The program and all it starts die with this process and take their mounts along, whatever signal ends it.
const TIED = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child']

const build = async (base: string, say: (line: string) => void): Promise<void> => {
  const half = `${base}.new`
  mkdirSync(dirname(base), { recursive: true })
  needPlainFolder(half)
  rmSync(half, { recursive: true, force: true })
  const mirror = mirrorIn(aptSources())
  say(`building the Debian ${SUITE} base in ${base}, once; this takes a minute or two`)
  const argv = ['debootstrap', '--variant=minbase', `--include=${PACKAGES}`, SUITE, half, ...(mirror ? [mirror] : [])]
  await runOrRefuse([...TIED, ...argv])
  await finish(half)
  renameSync(half, base)
}

/**
 * The folder of the finished Debian root; builds it first if need be, and only once however many ask.
 * @throws Refusal `lab-host` when debootstrap fails.
 */
export const ensureBase = async (say: (line: string) => void): Promise<string> => {
  const base = basePath()
  if (existsSync(base)) return base
  await exclusively(base, say, async () => {
    if (!existsSync(base)) await build(base, say)
  })
  return base
}
