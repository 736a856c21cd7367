import { program, type Query, quote } from '../../../src/module/module.ts'

/** The names in a folder, sorted; none where there is no folder. By the shell itself: no process is started. */
export const directoryEntries = (path: string): Query<{ names: string[] }> =>
  program({
    key: `children:${path}`,
    sh: `cd -- ${quote(path)} 2>/dev/null && for n in * .[!.]* ..?*; do if [ -e "$n" ] || [ -h "$n" ]; then printf '%s\\n' "$n"; fi; done`,
    looks: [`children:${path}`],
    parse: ({ stdout }) => ({
      names: stdout
        .toString()
        .split('\n')
        .filter(name => name !== '')
        .sort(),
    }),
    subject: path,
  })
