import { execFileSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// A root folder in which nothing but BusyBox is: what a script says there it says on Alpine, OpenWrt and the like. It is
// entered by chroot in a mount namespace of its own, so that only root can. Temporary folders of this machine are seen in it
// under the same names.

const program = ['/bin/busybox', '/usr/bin/busybox'].find(path => existsSync(path))

/** Why nothing can be tried on BusyBox here, as words behind the name of a test; empty where it can be. */
export const noBusybox =
  program === undefined
    ? ' (skipped: no busybox here; apt-get install busybox-static)'
    : process.getuid?.() !== 0
      ? ' (skipped: no root here)'
      : ''

const shared = [tmpdir(), '/dev/shm'].filter(path => existsSync(path))

const ENTER = `set -e; root=$1; shift
mount --rbind /dev "$root/dev"; mount -t proc proc "$root/proc"; mount -t tmpfs tmpfs "$root/run"
for d in ${shared.join(' ')}; do case $d in /dev/*) ;; *) mkdir -p "$root$d"; mount --bind "$d" "$root$d";; esac; done
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"`

let made: string | undefined
const root = (): string => {
  if (made !== undefined) return made
  // Not below a folder that is seen inside: it would be seen twice.
  const at = mkdtempSync('/var/tmp/runbook-busybox-')
  chmodSync(at, 0o755)
  process.on('exit', () => rmSync(at, { recursive: true, force: true }))
  for (const folder of ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'etc', 'proc', 'dev', 'run', 'root', 'tmp', 'home'])
    mkdirSync(join(at, folder), { recursive: true })
  cpSync(program!, join(at, 'bin/busybox'))
  execFileSync('chroot', [at, '/bin/busybox', '--install', '-s'])
  writeFileSync(join(at, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000:Ada:/home/ada:/bin/sh\n')
  writeFileSync(join(at, 'etc/group'), 'root:x:0:\nada:x:1000:\nstaff:x:50:ada\n')
  accessSync(join(at, 'bin/sh'), constants.X_OK)
  made = at
  return at
}

/** A program and its arguments there, as a command of this machine. */
export const inBusybox = (...argv: string[]): [program: string, ...args: string[]] => [
  'unshare',
  '--mount',
  '/bin/sh',
  '-c',
  ENTER,
  'sh',
  root(),
  ...argv,
]
