import { program, type Query, quote } from '../../src/module/module.ts'

/** The names in a folder, sorted; none where there is no folder. */
export const inside = (path: string): Query<{ names: string[] }> =>
  program({
    key: `children:${path}`,
    sh: `LC_ALL=C ls -A -- ${quote(path)} 2>/dev/null`,
    looks: [`children:${path}`],
    parse: ({ stdout }) => ({
      names: stdout
        .toString()
        .split('\n')
        .filter(name => name !== ''),
    }),
    subject: path,
  })
