/**
 * What a file has besides its bytes, mode and owner that a change may tear: further names, an access control list, a flag
 * that keeps it as it is (`chattr`). Of a folder no names are told. `flags`: all of them, as letters of lsattr; where it is not
 * installed, or the file system has none, nothing.
 */
export type FileTies = { links: number; acl: boolean; fixed?: 'immutable' | 'append-only'; flags?: string }

/**
 * Two processes for any number of paths with GNU tools (see `other-tools.ts`). `ls` marks an access control list, of a folder also one for what is made in it.
 * Where lsattr is not installed, no flags are told: then who tries hears of them.
 */
export const tiesScript = (paths: string): string =>
  `listed ${paths} 2>/dev/null; printf '\\0'
command -v lsattr >/dev/null && lsattr -d -- ${paths} 2>/dev/null; printf '\\0'`

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`
const named: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', ' ': '\\ ', '\\': '\\\\' }

/** A name as `ls -b` prints it in plain English. */
const asListed = (path: string): string =>
  [...Buffer.from(path)]
    .map(byte => {
      const letter = String.fromCharCode(byte)
      return named[letter] ?? (byte < 0x20 || byte > 0x7e ? octal(byte) : letter)
    })
    .join('')

/** Mode, names, and the path, behind it maybe what a link points to. */
const listedLine = /^(\S+) +(\d+) +\d+ +\d+ +\S+ +(.*)$/

/** The ties of each path, given both sections of what was printed. */
export const tiesIn = (listed: string, flagged: string): ((path: string) => FileTies) => {
  const lines = listed.split('\n').map(line => listedLine.exec(line))
  const shown = new Map(lines.flatMap(line => (line ? [[line[3]!, line] as const] : [])))
  const flags = new Map(flagged.split('\n').map(line => [line.slice(line.indexOf(' ') + 1), line.split(' ')[0]!]))
  return path => {
    const [, mode = '', links = '1'] = shown.get(asListed(path)) ?? shown.get(path) ?? []
    const told = flags.get(path)?.replaceAll('-', '')
    const flag = told ?? ''
    const fixed = flag.includes('i') ? 'immutable' : flag.includes('a') ? 'append-only' : undefined
    return {
      links: mode.startsWith('-') ? Number(links) : 1,
      acl: mode[10] === '+',
      ...(fixed ? { fixed } : {}),
      ...(told === undefined ? {} : { flags: told }),
    }
  }
}
