import { program, type Query, quote } from '../../../src/module/module.ts'

/** Whether two paths are names of one file, no link followed at the first. No process but for the question itself. */
export const sameFile = (path: string, other: string): Query<{ same: boolean }> =>
  program({
    key: `same:${path}#${other}`,
    sh: `[ ! -h ${quote(path)} ] && [ ${quote(path)} -ef ${quote(other)} ] && echo same; :`,
    looks: [`path:${path}`, `path:${other}`],
    parse: ({ stdout }) => ({ same: stdout.length > 0 }),
    subject: `${path} and ${other}`,
    touches: [`path:${path}`],
  })
