import { spawnSync } from 'node:child_process'

// Lists of access and extended attributes are set and read by tar, which every host has; setfacl and setfattr few have.

const block = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])

const header = (name: string, type: string, size: number, mode: string): Buffer => {
  const bytes = Buffer.alloc(512)
  const fields: [number, string][] = [
    [0, name],
    [100, `${mode.padStart(7, '0')}\0`],
    [108, '0000000\x000000000\0'],
    [124, `${size.toString(8).padStart(11, '0')}\x0000000000000\0`],
    [148, '        '],
    [156, type],
    [257, 'ustar\x0000'],
  ]
  for (const [at, text] of fields) bytes.write(text, at)
  bytes.write(
    `${bytes
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return bytes
}

const record = (name: string, value: string): string => {
  const rest = ` ${name}=${value}\n`
  const size = Buffer.byteLength(rest)
  const whole = size + String(size + String(size).length).length
  return `${whole}${rest}`
}

/** What a file has besides mode and owner: lists of access in long form, extended attributes by name. */
export type Extras = { access?: string; default?: string; attributes?: Record<string, string> }

/** A tar archive with one empty file, or folder (`/` at the end of its name), that has such extras. */
export const tarWith = (name: string, mode: string, extras: Extras): Buffer => {
  const records = [
    ...(extras.access ? [record('SCHILY.acl.access', extras.access)] : []),
    ...(extras.default ? [record('SCHILY.acl.default', extras.default)] : []),
    ...Object.entries(extras.attributes ?? {}).map(([key, value]) => record(`SCHILY.xattr.${key}`, value)),
  ].join('')
  const said = Buffer.from(records)
  return Buffer.concat([
    header('extras', 'x', said.length, '644'),
    block(said),
    header(name, name.endsWith('/') ? '5' : '0', 0, mode),
    Buffer.alloc(1024),
  ])
}

/** Shell words that unpack such an archive from standard input into the folder they run in. */
export const unpackWords = ['--acls', '--xattrs', '--xattrs-include=*', '-pxf', '-']

/** Makes it in a folder of this machine. */
export const makeWith = (folder: string, name: string, mode: string, extras: Extras): void => {
  const { status, stderr } = spawnSync('tar', ['-C', folder, ...unpackWords], { input: tarWith(name, mode, extras) })
  if (status !== 0) throw new Error(stderr.toString())
}

/** What a file has besides its bytes, mode and owner, as lines of tar's own. */
export const extrasOf = (folder: string, name: string): string[] => {
  const { stdout } = spawnSync('tar', ['-C', folder, '--acls', '--xattrs', '--xattrs-include=*', '-cf', '-', name])
  const said = stdout.toString('latin1')
  return [...said.matchAll(/SCHILY\.(?:acl\.(?:access|default)=(?:[a-z]+:[^\n]*\n)+|xattr\.(?!system\.posix)[^\n]*)/g)]
    .map(([line]) => line)
    .sort()
}
