import type { Query } from '../query.ts'
import { program } from './program.ts'

/** The user that a task runs as. Root may do everything. */
export type TaskUser = { uid: number; gids: number[]; name: string }

/** Asked as the user that the task runs as. For root no process is started: the kernel tells. */
export const taskUser: Query<TaskUser | undefined, false> = {
  ...program<TaskUser | undefined>({
    key: 'task user',
    sh: `u=; while read -r k v; do case $k in Uid:) u=\${v%%[!0-9]*}; printf '%s\\n' "$u";; Gid:|Groups:) printf '%s\\n' "$v";; esac; done </proc/self/status
[ "\${u:-0}" = 0 ] || id -un`,
    looks: ['task-user'],
    parse: output => {
      const [uid = '', gid = '', groups = '', name = 'root'] = (output?.stdout ?? '').toString().split('\n')
      const gids = [gid.split(/\s+/)[1] ?? gid, ...groups.split(/\s+/)].filter(Boolean).map(Number)
      return uid === '' ? undefined : { uid: Number(uid), gids, name: name || 'root' }
    },
    subject: 'the user that tasks run as',
  }),
  only: true,
  theirs: true,
}
