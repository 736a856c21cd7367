import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { Refusal } from '../core/failure.ts'
import { ADMIN } from './base.ts'
import { runOrRefuse, runProgram } from './command.ts'
import { type HostKind, type KindFile, SHARED_KEYS } from './kind.ts'
import { needPlainFolder } from './mounts-below.ts'

const HOST_KEY = 'etc/ssh/ssh_host_ed25519_key'

/** The public key of the host on this disk. */
export const hostKey = (folder: string): string => readFileSync(`${folder}/upper/${HOST_KEY}.pub`, 'utf8')

// Modes are set apart from the making: what the umask leaves out of a layer is missing in the host's own root.
const folderOf = (path: string, mode: number, owner = 0): void => {
  mkdirSync(path, { recursive: true })
  chmodSync(path, mode)
  chownSync(path, owner, owner)
}

const file = (path: string, text: string, mode: number, owner = 0): void => {
  writeFileSync(path, text)
  chmodSync(path, mode)
  chownSync(path, owner, owner)
}

const authorize = (home: string, key: string, owner: number): void => {
  folderOf(`${home}/.ssh`, 0o700, owner)
  file(`${home}/.ssh/authorized_keys`, key, 0o600, owner)
}

/** The accounts of a kind: other login shells, and further users. Each database is the base's with lines behind it. */
const accounts = (upper: string, base: string, { shell, users = [] }: HostKind): void => {
  const numbered = users.map((name, i) => ({ name, id: 1001 + i }))
  const text = (path: string): string => readFileSync(`${base}${path}`, 'utf8')
  const lines = (line: (one: { name: string; id: number }) => string): string => numbered.map(line).join('')
  const known = text('/etc/passwd').replaceAll(/^(root|admin):(.*):[^:\n]*$/gm, (all, name: string, rest: string) =>
    shell === undefined ? all : `${name}:${rest}:${shell}`,
  )
  file(
    `${upper}/etc/passwd`,
    known + lines(({ name, id }) => `${name}:x:${id}:${id}::/home/${name}:/bin/bash\n`),
    0o644,
  )
  file(`${upper}/etc/group`, text('/etc/group') + lines(({ name, id }) => `${name}:x:${id}:\n`), 0o644)
  file(`${upper}/etc/shadow`, text('/etc/shadow') + lines(({ name }) => `${name}:*:19000:0:99999:7:::\n`), 0o640)
}

const kindFile = (upper: string, { path, text, mode = 0o644, owner = 0 }: KindFile): void => {
  const at = Buffer.concat([Buffer.from(upper), Buffer.from(path)])
  const folder = String(at.subarray(0, at.lastIndexOf('/')))
  if (!existsSync(folder)) folderOf(folder, 0o755)
  writeFileSync(at, text)
  chmodSync(at, mode)
  chownSync(at, owner, owner)
}

const fill = async (upper: string, node: string, base: string, kind: HostKind, publicKey: string): Promise<void> => {
  for (const path of ['', '/etc', '/etc/ssh', '/home']) folderOf(upper + path, 0o755)
  folderOf(`${upper}/root`, 0o700)
  folderOf(`${upper}/home/${ADMIN.name}`, 0o700, ADMIN.id)
  authorize(`${upper}/root`, publicKey, 0)
  authorize(`${upper}/home/${ADMIN.name}`, publicKey, ADMIN.id)
  file(`${upper}/etc/hostname`, `${node}\n`, 0o644)
  // sudo looks its own host's name up; without this line it would ask a name server that is not there.
  file(`${upper}/etc/hosts`, `127.0.0.1 localhost\n127.0.1.1 ${node}\n::1 localhost\n`, 0o644)
  // What a host without systemd runs at boot; systemd runs it too.
  file(`${upper}/etc/rc.local`, `#!/bin/sh -e\n${kind.boot === undefined ? '' : `${kind.boot}\n`}exit 0\n`, 0o755)
  file(`${upper}/etc/machine-id`, `${randomUUID().replaceAll('-', '')}\n`, 0o444)
  if (kind.shell !== undefined || kind.users !== undefined) accounts(upper, base, kind)
  for (const one of kind.files ?? []) kindFile(upper, one)
  if (kind.sharedKeys) file(`${upper}${SHARED_KEYS}`, publicKey, 0o644)
  await runOrRefuse(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', node, '-f', `${upper}/${HOST_KEY}`])
}

/** Removes a disk, whole or half made. */
export const dropDisk = (folder: string): void => {
  for (const path of [folder, `${folder}.new`]) {
    needPlainFolder(path)
    rmSync(path, { recursive: true, force: true })
  }
}

/**
 * Makes the disk of a host, a layer over the base, unless it is there: what a playbook did to a host stays through
 * crashes and reboots. Returns `lost` when a disk was there whose base is gone, and is now a fresh one.
 */
export const ensureDisk = async (
  folder: string,
  node: string,
  base: string,
  publicKey: string,
  kind: HostKind,
): Promise<'kept' | 'made' | 'lost'> => {
  const was = existsSync(folder)
  if (was && existsSync(`${folder}/base/etc`)) return 'kept'
  dropDisk(folder)
  // Filled beside its place and then moved there: a disk that is there is complete.
  const half = `${folder}.new`
  for (const path of ['upper', 'work', 'root']) folderOf(`${half}/${path}`, 0o755)
  symlinkSync(base, `${half}/base`)
  await fill(`${half}/upper`, node, base, kind, publicKey)
  renameSync(half, folder)
  return was ? 'lost' : 'made'
}

/**
 * Tries an overlay in this folder.
 * @throws Refusal `lab-host` where its file system cannot hold one.
 */
export const needOverlays = async (folder: string, base: string): Promise<void> => {
  const trial = `${folder}/.trial`
  rmSync(trial, { recursive: true, force: true })
  for (const path of ['upper', 'work', 'root']) mkdirSync(`${trial}/${path}`, { recursive: true })
  symlinkSync(base, `${trial}/base`)
  const options = 'lowerdir=base,upperdir=upper,workdir=work'
  const tried = await runProgram(['unshare', '--mount', 'mount', '-t', 'overlay', 'overlay', '-o', options, 'root'], {
    cwd: trial,
  })
  const kind = (await runProgram(['stat', '-f', '-c', '%T', trial])).out.trim()
  rmSync(trial, { recursive: true, force: true })
  if (tried.code !== 0)
    throw new Refusal({
      reason: 'lab-host',
      what: `${folder} cannot hold the hosts' disks: its file system (${kind}) does not take overlays`,
      why: tried.err.trim(),
      fix: 'start the lab from a folder on ext4, xfs, btrfs or tmpfs',
    })
}
