import { program, type Query, sha256, uses } from '../../../src/module/module.ts'

/** What tells a host from all others, and that nobody can guess who has not been on it; empty where it has none. */
export type HostMark = { text: string }

export const hostMark: Query<HostMark, false> = uses(
  program({
    key: 'machine-id',
    sh: 'cat /etc/machine-id 2>/dev/null',
    looks: ['path:/etc/machine-id'],
    parse: ({ stdout }) => ({ text: stdout.toString().trim() }),
    subject: '/etc/machine-id',
  }),
)

/**
 * A salt of a number of bytes, at most 32, for something that is told by these words. It is the same each time, so that a plan is what an apply does,
 * and nobody can make tables for it beforehand. Nothing secret may be among the words: who knows the salt could try it out.
 */
export const saltOf = ({ text }: HostMark, words: string[], bytes: number): Buffer =>
  Buffer.from(sha256(JSON.stringify([text, ...words])), 'hex').subarray(0, bytes)
