import {
  defineModule,
  type FileAnswer,
  file,
  pattern,
  program,
  quote,
  readWhole,
  type Static,
  T,
  uses,
} from '../../src/module/module.ts'
import { type FolderWalk, type FoundEntry, folderWalk } from './lib/folder-walk.ts'
import { namePattern } from './lib/name-pattern.ts'
import { checksumAlgorithms } from './lib/path-details.ts'
import { plainPath } from './lib/paths.ts'
import { changedMode } from './lib/symbolic-mode.ts'
import { listedTexts, textListArgument } from './lib/text-list.ts'

const args = T.Object(
  {
    paths: textListArgument('The folders that are looked through.', { aliases: ['name', 'path'] }),
    patterns: T.Optional(
      textListArgument(
        'Names of which one has to fit, as `*.log`; regular expressions with use_regex. Not given: any.',
        {
          aliases: ['pattern'],
        },
      ),
    ),
    excludes: T.Optional(textListArgument('Names, in the same way, of which none may fit.', { aliases: ['exclude'] })),
    use_regex: T.Boolean({
      default: false,
      description:
        'patterns and excludes are regular expressions of Python, which have to fit from the first letter on.',
    }),
    file_type: T.Enum(['any', 'directory', 'file', 'link'], { default: 'file', description: 'What is looked for.' }),
    recurse: T.Boolean({ default: false, description: 'Look into the folders below, too.' }),
    depth: T.Optional(T.Integer({ description: 'How many folders deep, with recurse. Not given, or 0: all.' })),
    hidden: T.Boolean({ default: false, description: 'Names that begin with a dot count too.' }),
    follow: T.Boolean({ default: false, description: 'With recurse: look into folders behind links.' }),
    age: T.Optional(
      T.Unsafe<string | number>({
        type: ['string', 'integer'],
        pattern: '^-?\\d+[smhdwSMHDW]?$',
        description: 'At least so old, in seconds, or as 5m, 2h, 3d, 1w; with a minus: at most.',
      }),
    ),
    age_stamp: T.Enum(['atime', 'ctime', 'mtime'], { default: 'mtime', description: 'By which of its times.' }),
    size: T.Optional(
      T.Unsafe<string | number>({
        type: ['string', 'integer'],
        pattern: '^-?\\d+[bkmgtBKMGT]?$',
        description: 'At least so many bytes, or as 10k, 3m, 1g; with a minus: at most.',
      }),
    ),
    contains: T.Optional(
      T.String({
        description: 'A regular expression of Python that a line of a plain file has to fit from its first letter on.',
      }),
    ),
    read_whole_file: T.Boolean({
      default: false,
      description: '`contains` may fit anywhere in the text as a whole, over the ends of lines too.',
    }),
    encoding: T.Optional(
      T.Enum(['utf-8', 'utf8', 'latin1', 'latin-1', 'iso-8859-1', 'ascii'], {
        description: 'What the bytes of files are for `contains`. As it stands UTF-8.',
      }),
    ),
    mode: T.Optional(
      T.String({ pattern: '^[0-7ugoarwxXst=,+-]+$', description: 'Its mode, octal or in letters over none.' }),
    ),
    exact_mode: T.Boolean({ default: true, description: 'false: one of the bits of mode is enough.' }),
    get_checksum: T.Boolean({ default: false, description: 'Read the digests of plain files, too.' }),
    checksum_algorithm: T.Enum([...checksumAlgorithms], {
      default: 'sha1',
      aliases: ['checksum', 'checksum_algo'],
      description: 'Which digest.',
    }),
    limit: T.Optional(T.Integer({ minimum: 1, description: 'So many are enough.' })),
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const BYTES: Record<string, number> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** A number with its unit: `-2h`. */
const counted = (said: string | number, units: Record<string, number>): number => {
  const [, number = '0', unit = ''] = /^(-?\d+)([a-z]?)$/.exec(String(said).toLowerCase()) ?? []
  return Number(number) * (units[unit] ?? 1)
}
/** Not below what is asked for; not above, where that is negative. */
const isWithin = (value: number, asked: number): boolean => (asked >= 0 ? value >= asked : value <= -asked)

/** What a text has to fit; in words why that is none. */
type Fit = (text: string) => boolean
const regexFit = (text: string): Fit | string => {
  const made = pattern(text)
  return typeof made === 'string' ? made : name => made.exec(name)?.index === 0
}
const fitsAny = (words: string[], isRegex: boolean): Fit | string => {
  const fits = words.map(word => (isRegex ? regexFit(word) : (name: string) => namePattern(word).test(name)))
  const wrong = fits.find(fit => typeof fit === 'string')
  return wrong ?? (name => (fits as Fit[]).some(fit => fit(name)))
}

type Fits = { name: Fit; excluded: Fit; text: Fit | undefined }
const textFit = ({ contains, read_whole_file }: Wanted): Fit | string | undefined => {
  if (contains === undefined) return undefined
  const made = pattern(contains)
  if (typeof made === 'string') return made
  if (read_whole_file) return text => made.exec(text) !== null
  return text => (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).some(line => made.exec(line)?.index === 0)
}
const fitsOf = (args: Wanted): Fits | string => {
  const words = listedTexts(args.patterns)
  const name = words.length === 0 ? () => true : fitsAny(words, args.use_regex)
  const excluded = fitsAny(listedTexts(args.excludes), args.use_regex)
  const text = textFit(args)
  const wrong = [name, excluded, text].find(one => typeof one === 'string')
  return (wrong as string | undefined) ?? ({ name, excluded, text } as Fits)
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const hasMode = ({ mode: said, exact_mode }: Wanted, { mode }: FoundEntry): boolean => {
  if (said === undefined) return true
  const wanted = Number.parseInt(/^[0-7]+$/.test(said) ? said : changedMode(said, '0000', false), 8) & 0o7777
  return exact_mode ? (mode & 0o7777) === wanted : (mode & wanted) !== 0
}
const KINDS = { directory: 'isdir', file: 'isreg', link: 'islnk' } as const

/** How deep a path lies below a folder. */
const depthBelow = (root: string, path: string): number =>
  path.slice(root === '/' ? 0 : root.length).split('/').length - 1

/** Whether all but its content says that an entry is looked for. */
const isWanted = (args: Wanted, { name, excluded }: Fits, root: string, now: number, entry: FoundEntry): boolean => {
  const own = baseName(entry.path)
  const { file_type: kind } = args
  const isFile = entry.members.isreg === true
  return (
    (kind === 'any' || entry.members[KINDS[kind]] === true) &&
    (!args.recurse || !args.depth || depthBelow(root, entry.path) <= args.depth) &&
    (args.hidden || !own.startsWith('.')) &&
    name(own) &&
    !excluded(own) &&
    (args.age === undefined || isWithin(now - entry.times[args.age_stamp], counted(args.age, SECONDS))) &&
    (args.size === undefined || !isFile || kind === 'directory' || isWithin(entry.size, counted(args.size, BYTES))) &&
    hasMode(args, entry)
  )
}

const rootsOf = ({ paths }: Wanted): string[] => listedTexts(paths).map(plainPath)

/** One level more than asked for is looked at, as Ansible does, which shows in how many were examined. */
const walkDepth = ({ recurse, depth }: Wanted): number | undefined => {
  if (!recurse) return 1
  return depth ? depth + 1 : undefined
}

/** What fits but for its content, over all folders. */
const candidatesIn = (args: Wanted, fits: Fits, walks: FolderWalk[]): FoundEntry[] =>
  rootsOf(args).flatMap((root, i) => walks[i]!.entries.filter(one => isWanted(args, fits, root, walks[i]!.now, one)))

/** Whose content has to be looked into. */
const lookedInto = (args: Wanted, walks: FolderWalk[]): FoundEntry[] => {
  const fits = fitsOf(args)
  if (args.contains === undefined || args.file_type !== 'file' || typeof fits === 'string') return []
  return candidatesIn(args, fits, walks)
}

/** The digests of all files that may be found, by path: one process. */
const checksums = (algorithm: string, entries: FoundEntry[]) =>
  uses(
    program({
      key: `checksums:${algorithm}:${entries.map(({ path }) => path).join('\0')}`,
      sh: `for f in ${entries.map(({ path }) => quote(path)).join(' ')}; do s=$(${algorithm}sum <"$f" 2>/dev/null); echo "\${s%% *}"; done`,
      looks: entries.map(({ path }) => `path:${path}`),
      parse: ({ stdout }) => stdout.toString().split('\n').slice(0, entries.length),
      subject: `${algorithm} of ${entries.length} files`,
    }),
  )

const isPlain = ({ members }: FoundEntry): boolean => members.isreg === true
const digested = (args: Wanted, walks: FolderWalk[]): FoundEntry[] => {
  const fits = fitsOf(args)
  return !args.get_checksum || typeof fits === 'string' ? [] : candidatesIn(args, fits, walks).filter(isPlain)
}

const textOf = (found: FileAnswer | undefined, encoding = 'utf8'): string =>
  found?.exists && found.kind === 'file'
    ? found.content.bytes.toString(/^utf/.test(encoding) ? 'utf8' : 'latin1').replace(/\r\n?/g, '\n')
    : ''

export default defineModule({
  name: 'find',
  about: 'Looks through folders for files, folders or links, for later tasks. Changes nothing.',
  args,
  outputs: T.Object({
    files: T.Array(T.Unknown(), {
      description:
        'Each with its `path` and what stat tells of it: mode, size, uid, gid, pw_name, gr_name, mtime, atime, ctime, inode, isreg …; with get_checksum its `checksum`. In the order of their names, those of a folder before those below.',
    }),
    matched: T.Integer({ description: 'How many there are.' }),
    examined: T.Integer({ description: 'How many were looked at.' }),
    skipped_paths: T.Unknown({ description: 'Paths that were not looked into, each with why.' }),
    msg: T.String({ description: 'Whether all were looked at.' }),
  }),
  examples: [
    '- name: What is old\n  find:\n    paths: /var/log/app\n    patterns: "*.log"\n    age: 4w\n  register: old\n\n- name: Goes\n  file:\n    path: "{{ item.path }}"\n    state: absent\n  loop: "{{ old.files }}"',
  ],
  reads: args => ({ walks: rootsOf(args).map(root => folderWalk(root, walkDepth(args), args.follow)) }),
  more: (args, { walks }) => {
    const files = digested(args, walks)
    return {
      texts: lookedInto(args, walks)
        .filter(({ size }) => size <= readWhole)
        .map(({ path }) => uses(file(path))),
      digests: files.length === 0 ? undefined : checksums(args.checksum_algorithm, files),
    }
  },
  touches: () => [],
  warns: (args, { walks }) =>
    rootsOf(args).flatMap((root, i) => (walks[i]!.exists ? [] : [`${root} is not looked into: it is no folder`])),
  plan: (args, seen, { ok, fail }) => {
    const { walks } = seen
    const fits = fitsOf(args)
    if (typeof fits === 'string') return fail(`a regular expression is none: ${fits}`, 'write it as Python has it')
    const asked = lookedInto(args, walks)
    const large = asked.find(({ size }) => size > readWhole)
    if (large)
      return fail(
        `${large.path} has ${large.size} bytes, and contains looks into files of at most ${readWhole}`,
        `leave it out: size: -${readWhole}, or by excludes; or ask grep, with command and changed_when: false`,
      )
    const texts = new Map(asked.map(({ path }, i) => [path, seen.texts[i]]))
    const sums = new Map(digested(args, walks).map(({ path }, i) => [path, seen.digests?.[i]]))
    const hasText = ({ path }: FoundEntry): boolean =>
      fits.text === undefined || args.file_type !== 'file' || fits.text(textOf(texts.get(path), args.encoding))
    const found = candidatesIn(args, fits, walks).filter(hasText)
    const files = found.slice(0, args.limit).map(entry => ({
      path: entry.path,
      ...entry.members,
      ...(args.get_checksum && isPlain(entry) ? { checksum: sums.get(entry.path) } : {}),
    }))
    const skipped = Object.fromEntries(
      rootsOf(args).flatMap((root, i) => (walks[i]!.exists ? [] : [[root, `'${root}' is not a directory`]])),
    )
    const denied = Object.fromEntries(walks.flatMap(({ denied }) => denied.map(path => [path, 'Permission denied'])))
    const isLimited = args.limit !== undefined && found.length >= args.limit
    return ok({
      files,
      matched: files.length,
      examined: walks.reduce((sum, { entries }) => sum + entries.length, 0),
      skipped_paths: { ...skipped, ...denied },
      msg:
        Object.keys(skipped).length > 0
          ? 'Not all paths examined, check warnings for details'
          : isLimited
            ? 'Limit of matches reached'
            : 'All paths examined',
    })
  },
})
