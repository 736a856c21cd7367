import { isUnknown, program, type Query, user } from '../../../src/module/module.ts'
import { plainPath } from './paths.ts'

/** The user that a task runs as, and the home of that one; empty where there is none. */
export type TaskHome = { name: string; path: string }

const taskHome: Query<TaskHome, false> = {
  ...program({
    key: 'task home',
    sh: `u=$(id -un) && eval "printf '%s\\n' $u ~$u"`,
    looks: ['task-user', 'user:*'],
    parse: ({ stdout }): TaskHome => {
      const [name = '', path = ''] = stdout.toString().split('\n')
      return { name, path: path.startsWith('/') ? plainPath(path) : '' }
    },
    subject: 'the home of the user that tasks run as',
  }),
  only: true,
  theirs: true,
  // Another user's account changes nothing of it.
  derive: (ask, before) => {
    if (isUnknown(before)) return undefined
    const found = ask(user(before.name))
    return found.exists ? { name: before.name, path: plainPath(found.home) } : undefined
  },
}

/** Asked only for a path that begins with `~/`. */
export const homeFor = (path: string): Query<TaskHome, false> | undefined =>
  path.startsWith('~/') ? taskHome : undefined

/** The path with the home in place of `~`. */
export const atHome = (path: string, home: TaskHome | undefined): string =>
  plainPath(home ? path.replace('~', () => home.path) : path)
