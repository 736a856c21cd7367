import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { BUSYBOX_FILES, BUSYBOX_FOLDERS, buildBusybox } from './busybox-base.ts'
import { runOrRefuse } from './command.ts'
import { exclusively } from './lock.ts'
import { aptSources, mirrorIn } from './mirror.ts'
import { needPlainFolder } from './mounts-below.ts'
import { shortDigest } from './names.ts'

/** The bases that there are: three releases of Debian, one with further shells and servers, and one of BusyBox alone. */
export type BaseName = 'bookworm' | 'bullseye' | 'trixie' | 'shells' | 'busybox'
type DebianName = Exclude<BaseName, 'busybox'>

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

const RECIPES: Record<DebianName, { suite: string; packages: string }> = {
  bookworm: { suite: 'bookworm', packages: PACKAGES },
  bullseye: { suite: 'bullseye', packages: PACKAGES },
  trixie: { suite: 'trixie', packages: PACKAGES },
  shells: { suite: 'bookworm', packages: `${PACKAGES},fish,tcsh,busybox-static,dropbear-bin` },
}

const cacheFolder = (): string => process.env.XDG_CACHE_HOME || `${homedir()}/.cache`
const placeOf = (recipe: unknown, cache: string): string =>
  `${cache}/runbook/lab/base-${shortDigest(JSON.stringify(recipe), 12)}`

/** Where the root of this recipe lies: another recipe lies elsewhere, so a changed one is built anew. */
export const basePath = (name: BaseName = 'bookworm', cache = cacheFolder()): string => {
  if (name === 'busybox') return placeOf([basePath('shells', cache), BUSYBOX_FOLDERS, BUSYBOX_FILES], cache)
  const { suite, packages } = RECIPES[name]
  return placeOf([suite, packages, ADMIN, FILES, MASKED], cache)
}

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

const buildDebian = async (name: DebianName, half: string, say: (line: string) => void): Promise<void> => {
  const { suite, packages } = RECIPES[name]
  const mirror = mirrorIn(aptSources())
  say(`building the Debian ${suite} base ${basePath(name)}, once; this takes a minute or two`)
  const argv = ['debootstrap', '--variant=minbase', `--include=${packages}`, suite, half, ...(mirror ? [mirror] : [])]
  await runOrRefuse([...TIED, ...argv])
  await finish(half)
}

/**
 * The folder of the finished root; builds it first if need be, and only once however many ask.
 * @throws Refusal `lab-host` when debootstrap fails.
 */
export const ensureBase = async (say: (line: string) => void, name: BaseName = 'bookworm'): Promise<string> => {
  const base = basePath(name)
  if (existsSync(base)) return base
  const from = name === 'busybox' ? await ensureBase(say, 'shells') : undefined
  await exclusively(base, say, async () => {
    if (existsSync(base)) return
    const half = `${base}.new`
    mkdirSync(dirname(base), { recursive: true })
    needPlainFolder(half)
    rmSync(half, { recursive: true, force: true })
    if (from === undefined) await buildDebian(name as DebianName, half, say)
    else await buildBusybox(half, from)
    renameSync(half, base)
  })
  return base
}
