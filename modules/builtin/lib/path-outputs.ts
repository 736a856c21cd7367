import { type Content, type FileAnswer, isUnknown, later, sha1, T } from '../../../src/module/module.ts'

/** What Ansible tells of a path behind every task that writes to it. */
export const pathOutputs = {
  owner: T.Optional(T.String({ description: 'The name of its owner.' })),
  group: T.Optional(T.String({ description: 'The name of its group.' })),
  uid: T.Optional(T.Integer({ description: 'The number of its owner.' })),
  gid: T.Optional(T.Integer({ description: 'The number of its group.' })),
  mode: T.Optional(T.String({ description: 'Its mode, octal, with a zero in front.' })),
  size: T.Optional(T.Integer({ description: 'Its size in bytes.' })),
  state: T.Optional(T.String({ description: 'file, directory, link, hard (a file with further names) or absent.' })),
}
export type PathOutputs = {
  owner?: string
  group?: string
  uid?: number
  gid?: number
  mode?: string
  size?: number
  state?: string
}

/** The same of what is there; what is not known yet stays so. */
export const outputsOf = (found: FileAnswer): PathOutputs => {
  if (!found.exists) return {}
  const names = later(() => found.ties?.links ?? 1)
  const kind = later(() => found.kind)
  return {
    owner: later(() => found.owner),
    group: later(() => found.group),
    uid: later(() => found.uid),
    gid: later(() => found.gid),
    mode: later(() => `0${found.mode.replace(/^0/, '')}`),
    size: later(() => found.size),
    state: kind === 'file' ? (names === 1 ? 'file' : 'hard') : kind === 'other' ? 'file' : kind,
  } as PathOutputs
}

export const checksumOutput = {
  checksum: T.Optional(T.String({ description: 'The SHA-1 digest of its content, where its bytes are at hand.' })),
}
/** The digest that Ansible gives. Of a large file it is left out: its bytes are not at hand. */
export const checksumOf = (wanted: () => Content): { checksum?: string } => {
  const what = later(wanted)
  if (isUnknown(what) || isUnknown(what.bytes) || what.bytes.length !== what.size) return {}
  return { checksum: sha1(what.bytes) }
}
