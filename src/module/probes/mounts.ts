import type { Output } from '../../core/transport.ts'
import type { Probe, Query } from '../query.ts'

/** A mount of a machine: where, and what is seen there. */
export type Mount = {
  at: string
  /** The kind of file system: `ext4`, `proc`. */
  type: string
  /** What is mounted there: `/dev/sda1`, of a bind mount `/srv/orig of /dev/sda1`. */
  source: string
  readOnly: boolean
}

/** The kernel writes a blank, a tab, a line's end and a backslash in octal digits. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

/** A line of /proc/self/mountinfo; see proc_pid_mountinfo(5). The fields before the hyphen are of no fixed number. */
const mountOf = (line: string): Mount[] => {
  const [before = '', after = ''] = line.split(' - ')
  const [, , , root = '/', at, options = ''] = before.split(' ')
  const [type = '', source = '', superOptions = ''] = after.split(' ')
  if (at === undefined) return []
  const isWhole = root === '/' || root.startsWith('/..')
  return [
    {
      at: unescaped(at),
      type,
      source: unescaped(isWhole ? source : `${root} of ${source}`),
      readOnly: [...options.split(','), ...superOptions.split(',')].includes('ro'),
    },
  ]
}

const mountsProbe: Probe<Mount[]> = {
  kind: 'mounts',
  side: 'host',
  sh: () => 'cat /proc/self/mountinfo 2>/dev/null',
  read: ({ stdout }: Output) => [stdout.toString().split('\n').flatMap(mountOf)],
}

/** All mounts of a machine, in the order in which they were made. None are told where there is no /proc. */
export const mounts: Query<Mount[], false> = {
  key: 'mounts',
  looks: [],
  // What mounts says so with this label; what may change anything does as well, and no unit that is only started.
  depends: () => ['mounts'],
  probe: mountsProbe,
  item: 'mounts',
  facets: [],
  parse: (raw: Mount[] | undefined) => raw ?? [],
  only: true,
  subject: 'mounts',
}
