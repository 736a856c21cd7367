import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { runOrRefuse } from './command.ts'

// A root with BusyBox and Dropbear and the libraries that this one needs: what Alpine, OpenWrt and the like are to those who
// speak to them, made of two packages of Debian.

const PROGRAMS = ['usr/sbin/dropbear', 'usr/bin/dropbearconvert']

export const BUSYBOX_FOLDERS: Record<string, number> = {
  ...Object.fromEntries(
    ['bin', 'dev', 'etc/ssh', 'home', 'opt', 'proc', 'run', 'sbin', 'srv', 'sys', 'usr/bin', 'usr/sbin', 'var/log'].map(
      path => [path, 0o755],
    ),
  ),
  root: 0o700,
  'home/admin': 0o700,
  tmp: 0o1777,
  'var/tmp': 0o1777,
}

export const BUSYBOX_FILES: Record<string, string> = {
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nadmin:x:1000:1000::/home/admin:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
  'etc/group': 'root:x:0:\nadmin:x:1000:\nnogroup:x:65534:\n',
  'etc/shadow': 'root:*:19000:0:99999:7:::\nadmin:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n',
  'etc/shells': '/bin/sh\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  'etc/os-release': 'ID=busybox\nVERSION_ID=1.35\n',
}

/** Fills a folder with such a root, taken from a Debian root that has both packages. */
export const buildBusybox = async (root: string, from: string): Promise<void> => {
  for (const [path, mode] of Object.entries(BUSYBOX_FOLDERS)) {
    mkdirSync(`${root}/${path}`, { recursive: true, mode: 0o755 })
    chmodSync(`${root}/${path}`, mode)
  }
  for (const [path, text] of Object.entries(BUSYBOX_FILES)) {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true })
    writeFileSync(`${root}/${path}`, text)
    chmodSync(`${root}/${path}`, path === 'etc/shadow' ? 0o600 : 0o644)
  }
  await runOrRefuse(['chown', '1000:1000', `${root}/home/admin`])
  await runOrRefuse(['cp', '-L', `${from}/bin/busybox`, `${root}/bin/busybox`])
  await runOrRefuse(['chroot', root, '/bin/busybox', '--install', '-s'])
  const needed = await runOrRefuse(['chroot', from, 'ldd', ...PROGRAMS.map(path => `/${path}`)])
  const libraries = [...needed.matchAll(/(?:=> |^\s+)\/(\S+)/gm)].map(([, path]) => path!)
  await runOrRefuse(['cp', '-L', '--parents', ...new Set([...PROGRAMS, ...libraries]), root], { cwd: from })
}
