import { program, type Query, quote } from '../../../src/module/module.ts'

export type WritableParent = { closed: string; to: string }

/**
 * Whether something can be made at a path: the nearest folder above it that is there, if who looks may not write to it.
 * By the shell itself. It looks at nothing that a run changes: who may make a folder may write to it.
 */
export const writableParent = (path: string): Query<WritableParent> =>
  program({
    key: `room:${path}`,
    sh: `p=${quote(path)}; p=\${p%/*}; while [ ! -e "\${p:-/}" ]; do p=\${p%/*}; done
[ -w "\${p:-/}" ] && [ -x "\${p:-/}" ] || { printf '%s\\n' "\${p:-/}"; id -un; }`,
    looks: [],
    parse: ({ stdout }) => {
      const [closed = '', to = ''] = stdout.toString().split('\n')
      return { closed, to }
    },
    subject: path,
  })

/** The two halves of a failure: what is in the way, and the ways out. */
export const notWritable = (what: string, { closed, to }: WritableParent): [string, string] => [
  `${what} cannot be put there: ${to} may not write to ${closed}`,
  to === 'root'
    ? `choose another path: root may write to every folder but one that is mounted read-only (findmnt -T ${closed})`
    : `let the task run as root (become: true), or choose a path that ${to} may write to`,
]
