import { program, type Query, quote, uses } from '../../../src/module/module.ts'
import { modeMembers } from './path-details.ts'

/** What stands at a path below a folder, as the host tells it; times in seconds. */
export type FoundEntry = {
  path: string
  mode: number
  size: number
  members: Record<string, unknown>
  times: { atime: number; mtime: number; ctime: number }
}
/** All that is below a folder, each folder's entries before those of the folders in it, as os.walk of Python goes; and the host's time. */
export type FolderWalk = { exists: boolean; now: number; entries: FoundEntry[]; denied: string[] }

const FIELDS = '%f %d %i %h %s %u %g %U %G'

/** Two processes and what stat needs for all names. BusyBox's tells whole seconds, and no name with a line end in it. */
const script = (path: string, depth: number | undefined, follow: boolean): string => {
  const limit = depth === undefined ? '' : ` -maxdepth ${depth}`
  const at = quote(path === '/' ? '/' : `${path}/`)
  return `p=${at}; [ -d "$p" ] || { echo none; exit 0; }
date +%s; if stat --version >/dev/null 2>&1; then find ${follow ? '-L ' : ''}"$p" -mindepth 1${limit} -exec stat --printf '${FIELDS} %.9X %.9Y %.9Z %n\\0' -- {} +
else find ${follow ? '-L ' : ''}"$p" -mindepth 1${limit} -exec stat -c '${FIELDS} %X %Y %Z %n' -- {} + | tr '\\n' '\\0'; fi; exit 0`
}

const entryIn = (line: string): FoundEntry | undefined => {
  const [, fields, path] = /^((?:\S+ ){12})([\s\S]+)$/.exec(line) ?? []
  if (fields === undefined || path === undefined) return undefined
  const [raw = '', ...rest] = fields.split(' ')
  const [dev, inode, nlink, size = 0, uid, gid] = rest.slice(0, 6).map(Number)
  const [owner = '', group = ''] = rest.slice(6, 8)
  const [atime = 0, mtime = 0, ctime = 0] = rest.slice(8, 11).map(Number)
  const mode = Number.parseInt(raw, 16)
  const times = { atime, mtime, ctime }
  const members = {
    ...modeMembers(mode),
    mode: (mode & 0o7777).toString(8).padStart(4, '0'),
    ...{ dev, inode, nlink, size, uid, gid, ...times },
    pw_name: owner === 'UNKNOWN' ? '' : owner,
    gr_name: group === 'UNKNOWN' ? '' : group,
  }
  return { path: path.replace(/\/{2,}/g, '/'), mode, size, members, times }
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
const isFolder = ({ members }: FoundEntry): boolean => members.isdir === true

/** In the order that they are walked in, files before folders, names in the order of their letters: the host's own says nothing. */
const inOrder = (root: string, entries: FoundEntry[]): FoundEntry[] => {
  const below = Map.groupBy(entries, ({ path }) => parentOf(path))
  const walk = (folder: string): FoundEntry[] => {
    const own = (below.get(folder) ?? []).toSorted((a, b) => (a.path < b.path ? -1 : 1))
    const isTree = (entry: FoundEntry): boolean => isFolder(entry) || below.has(entry.path)
    const trees = own.filter(isTree)
    return [...own.filter(entry => !isTree(entry)), ...trees, ...trees.flatMap(({ path }) => walk(path))]
  }
  return walk(root)
}

/** All that is below a folder, down to a depth, behind links to folders too where they are followed. */
export const folderWalk = (path: string, depth: number | undefined, follow: boolean): Query<FolderWalk, false> =>
  uses({
    ...program({
      key: `walk:${path}#${depth ?? ''}${follow ? 'L' : ''}`,
      sh: script(path, depth, follow),
      looks: [`tree:${path}`],
      parse: ({ stdout, stderr }): FolderWalk => {
        const text = stdout.toString()
        if (text === 'none\n') return { exists: false, now: 0, entries: [], denied: [] }
        const end = text.indexOf('\n')
        const entries = text
          .slice(end + 1)
          .split('\0')
          .flatMap(line => entryIn(line) ?? [])
        const denied = [...stderr.toString().matchAll(/'([^']+)': Permission denied/g)].map(([, name]) => name!)
        return { exists: true, now: Number(text.slice(0, end)), entries: inOrder(path, entries), denied }
      },
      subject: path,
    }),
    theirs: true,
  })
