import { program, type Query } from '../../../src/module/module.ts'
import { plainPath } from './paths.ts'

/** The home folder of the user that a task runs as; empty where that has none. */
const taskHome: Query<{ path: string }, false> = {
  ...program({
    key: 'task home',
    sh: `u=$(id -un) && eval "printf %s ~$u"`,
    looks: ['task-user', 'user:*'],
    parse: ({ stdout }) => {
      const path = stdout.toString()
      return { path: path.startsWith('/') ? plainPath(path) : '' }
    },
    subject: 'the home of the user that tasks run as',
  }),
  only: true,
  theirs: true,
}

/** Asked only for a path that begins with `~/`. */
export const homeFor = (path: string): Query<{ path: string }, false> | undefined =>
  path.startsWith('~/') ? taskHome : undefined

/** The path with the home in place of `~`. */
export const atHome = (path: string, home: { path: string } | undefined): string =>
  plainPath(home ? path.replace('~', () => home.path) : path)
