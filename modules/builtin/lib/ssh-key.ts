import { program, type Query, quote, sha256, uses } from '../../../src/module/module.ts'

/** A public key, as it stands in a file `*.pub`: `TYPE BLOB COMMENT`. */
export type PublicKey = { type: string; blob: string; comment: string }

export const publicKeyIn = (text: string): PublicKey | undefined => {
  const [type, blob, ...comment] = text.trim().split(' ')
  return type === undefined || blob === undefined ? undefined : { type, blob, comment: comment.join(' ') }
}

/** The fields of a key's blob: each is a length of four bytes, and so many bytes (RFC 4253, 6.6). */
const fieldsIn = (blob: string): Buffer[] => {
  const bytes = Buffer.from(blob, 'base64')
  const fields: Buffer[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    fields.push(bytes.subarray(at + 4, end))
    at = end
  }
  return fields
}

const bitsOf = (number: Buffer): number => {
  const significant = number.subarray(
    Math.max(
      0,
      number.findIndex(byte => byte !== 0),
    ),
  )
  return significant.length * 8 - Math.clz32(significant[0] ?? 0) + 24
}

/** What kind of key it is, in the words of ssh-keygen, and how many bits it has. */
export const sshKeyKind = ({ type, blob }: PublicKey): { type: string; size: number } => {
  const fields = fieldsIn(blob)
  if (type === 'ssh-rsa') return { type: 'rsa', size: bitsOf(fields[2] ?? Buffer.alloc(0)) }
  if (type === 'ssh-dss') return { type: 'dsa', size: bitsOf(fields[1] ?? Buffer.alloc(0)) }
  if (type.startsWith('ecdsa-')) return { type: 'ecdsa', size: Number(/\d+$/.exec(type)?.[0]) }
  return type === 'ssh-ed25519' ? { type: 'ed25519', size: 256 } : { type, size: 0 }
}

export const sshFingerprint = ({ blob }: PublicKey): string =>
  `SHA256:${Buffer.from(sha256(Buffer.from(blob, 'base64')), 'hex')
    .toString('base64')
    .replace(/=+$/, '')}`

/** What ssh-keygen makes of a private key. */
export type PrivateKeyLook = {
  hasTool: boolean
  /** Undefined: there is none, or one that cannot be read, since it is damaged, has a passphrase, or may be read by others. */
  key?: PublicKey
}

export const privateKeyAt = (path: string): Query<PrivateKeyLook, false> =>
  uses(
    program({
      key: `ssh-key:${path}`,
      sh: `if command -v ssh-keygen >/dev/null; then echo tool; [ ! -f ${quote(path)} ] || ssh-keygen -y -P '' -f ${quote(path)} </dev/null 2>/dev/null; fi`,
      looks: [`path:${path}`],
      parse: ({ stdout }) => {
        const [tool, line = ''] = stdout.toString().split('\n')
        const key = publicKeyIn(line)
        return { hasTool: tool === 'tool', ...(key ? { key } : {}) }
      },
      subject: path,
    }),
  )
