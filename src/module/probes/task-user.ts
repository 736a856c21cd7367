import type { Query } from '../query.ts'
import { program } from './program.ts'

/** The user that a task runs as. Root may do everything. `lacks`: programs that steps on files cannot do without. */
export type TaskUser = { uid: number; gids: number[]; name: string; lacks?: string[] }

/** What every step on files starts to see that nobody else can change its names; see pinned-folder.ts. */
const NEEDED = 'ln mktemp mv rm stat'

/** Asked as the user that the task runs as. For root no process is started: the kernel tells. */
export const taskUser: Query<TaskUser | undefined, false> = {
  ...program<TaskUser | undefined>({
    key: 'task user',
    sh: `u=; while read -r k v; do case $k in Uid:) u=\${v%%[!0-9]*}; printf '%s\\n' "$u";; Gid:|Groups:) printf '%s\\n' "$v";; esac; done </proc/self/status
[ "\${u:-0}" = 0 ] || id -un
for t in ${NEEDED}; do command -v $t >/dev/null || echo "lacks $t"; done`,
    looks: ['task-user'],
    parse: output => {
      const lines = (output?.stdout ?? '').toString().split('\n')
      const [uid = '', gid = '', groups = '', name = 'root'] = lines.filter(line => !line.startsWith('lacks '))
      const lacks = lines.flatMap(line => (line.startsWith('lacks ') ? [line.slice(6)] : []))
      const gids = [gid.split(/\s+/)[1] ?? gid, ...groups.split(/\s+/)].filter(Boolean).map(Number)
      return uid === ''
        ? undefined
        : { uid: Number(uid), gids, name: name || 'root', ...(lacks.length > 0 && { lacks }) }
    },
    subject: 'the user that tasks run as',
  }),
  only: true,
  theirs: true,
}
