import { program, type Query, quote, uses } from '../../../src/module/module.ts'

// What stat of Ansible tells of a path besides what the plan foresees: it is known of what is there, and of what a task
// changes only when that has happened.

export const checksumAlgorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const
type Algorithm = (typeof checksumAlgorithms)[number]
/** What is asked of a path: `follow` a link to what it leads to. */
export type DetailsWanted = { follow: boolean; checksum?: Algorithm; mime: boolean; flags: boolean }
/** Members as Ansible names them; of what is not there, or may not be looked at, none. */
export type PathDetails = Record<string, unknown>

/** What lsattr's letters are called. Source: ansible lib/ansible/module_utils/common/file.py, FILE_ATTRIBUTES. */
const flagNames: Record<string, string> = {
  A: 'noatime',
  a: 'append',
  c: 'compressed',
  C: 'nocow',
  d: 'nodump',
  D: 'dirsync',
  e: 'extents',
  E: 'encrypted',
  h: 'blocksize',
  i: 'immutable',
  I: 'indexed',
  j: 'journalled',
  N: 'inline',
  s: 'zero',
  S: 'synchronous',
  t: 'notail',
  T: 'blockroot',
  u: 'undelete',
  X: 'compressedraw',
  Z: 'compresseddirty',
}

/** One process for all that stat knows, and one more for each of checksum, type, flags and the end of a link. */
const script = (path: string, { follow, checksum, mime, flags }: DetailsWanted): string => {
  const at = quote(path)
  return [
    `p=${at}; [ -e "$p" ] ${follow ? '' : '|| [ -h "$p" ] '}|| exit 0`,
    `stat ${follow ? '-L ' : ''}-c 'stat %f %d %i %h %b %o %t %T %.9X %.9Y %.9Z %s %u %g %U %G' -- "$p" || exit 0`,
    `for a in r w x; do [ -$a "$p" ] && echo "may $a"; done`,
    ...(follow ? [] : ['[ ! -h "$p" ] || { printf "source %s\\n" "$(readlink -f -- "$p")"; }']),
    ...(checksum === undefined
      ? []
      : [
          `[ ! -f "$p" ] || [ ! -r "$p" ] ${follow ? '' : '|| [ -h "$p" ] '}|| echo "checksum $(${checksum}sum <"$p")"`,
        ]),
    ...(mime
      ? ['! command -v file >/dev/null || printf "mime %s\\n" "$(file --mime-type --mime-encoding -b -- "$p")"']
      : []),
    ...(flags ? ['! command -v lsattr >/dev/null || printf "flags %s\\n" "$(lsattr -vd -- "$p" 2>/dev/null)"'] : []),
    'exit 0',
  ].join('\n')
}

const kinds: Record<number, string> = {
  1: 'isfifo',
  2: 'ischr',
  4: 'isdir',
  6: 'isblk',
  8: 'isreg',
  10: 'islnk',
  12: 'issock',
}
/** Whether a member says of what kind something is. */
export const isKind = (member: string): boolean => Object.values(kinds).includes(member)
const classes = { usr: 6, grp: 3, oth: 0 }
const rights = { r: 4, w: 2, x: 1 }

/** The kind and the rights that a raw mode says. */
export const modeMembers = (mode: number): PathDetails => ({
  ...Object.fromEntries(Object.entries(kinds).map(([kind, name]) => [name, mode >> 12 === Number(kind)])),
  ...Object.fromEntries(
    Object.entries(classes).flatMap(([who, shift]) =>
      Object.entries(rights).map(([right, bit]) => [`${right}${who}`, ((mode >> shift) & bit) !== 0]),
    ),
  ),
  isuid: (mode & 0o4000) !== 0,
  isgid: (mode & 0o2000) !== 0,
})

const statMembers = (text: string): PathDetails => {
  const [raw = '', ...rest] = text.split(' ')
  const [dev, inode, nlink, blocks, blockSize] = rest.map(Number)
  const [major = 0, minor = 0] = rest.slice(5, 7).map(one => Number.parseInt(one, 16))
  const [atime, mtime, ctime, size, uid, gid] = rest.slice(7, 13).map(Number)
  const [owner = '', group = ''] = rest.slice(13)
  const mode = Number.parseInt(raw, 16)
  return {
    ...modeMembers(mode),
    mode: (mode & 0o7777).toString(8).padStart(4, '0'),
    ...{ dev, inode, nlink, blocks, block_size: blockSize, atime, mtime, ctime, size, uid, gid },
    device_type: major * 256 + (minor & 255) + (minor >> 8) * 0x100000,
    ...(owner === 'UNKNOWN' ? {} : { pw_name: owner }),
    ...(group === 'UNKNOWN' ? {} : { gr_name: group }),
  }
}

const flagMembers = (text: string | undefined): PathDetails => {
  const [version = null, letters = ''] = (text ?? '').trim() === '' ? [] : text!.trim().split(/\s+/)
  const flags = letters.replaceAll('-', '')
  return {
    version,
    attr_flags: flags,
    attributes: [...flags].flatMap(letter => flagNames[letter] ?? []),
  }
}

const mimeMembers = (text: string | undefined): PathDetails => {
  const [, mimetype, charset] = /^\s*([^;]+);\s*charset=(\S+)/.exec(text ?? '') ?? []
  return { mimetype: mimetype ?? 'unknown', charset: charset ?? 'unknown' }
}

const parsed = (text: string, { mime, flags }: DetailsWanted): PathDetails => {
  const lines = text.split('\n').map(line => /^(\w+) (.*)$/.exec(line))
  const told = new Map(lines.flatMap(line => (line ? [[line[1]!, line[2]!] as const] : [])))
  const stat = told.get('stat')
  if (stat === undefined) return {}
  const may = new Set(lines.flatMap(line => (line?.[1] === 'may' ? [line[2]] : [])))
  const checksum = told.get('checksum')?.split(' ')[0]
  return {
    ...statMembers(stat),
    readable: may.has('r'),
    writeable: may.has('w'),
    executable: may.has('x'),
    ...(told.has('source') ? { lnk_source: told.get('source') } : {}),
    ...(checksum === undefined ? {} : { checksum }),
    ...(mime ? mimeMembers(told.get('mime')) : {}),
    ...(flags ? flagMembers(told.get('flags')) : {}),
  }
}

/** What is there, as the task's user sees it. */
export const pathDetails = (path: string, wanted: DetailsWanted): Query<PathDetails, false> =>
  uses({
    ...program({
      key: `details:${path}#${JSON.stringify(wanted)}`,
      sh: script(path, wanted),
      looks: [`path:${path}`],
      parse: ({ stdout }) => parsed(stdout.toString(), wanted),
      subject: path,
    }),
    theirs: true,
  })
