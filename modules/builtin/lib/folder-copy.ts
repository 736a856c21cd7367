import {
  attributes,
  type Content,
  content,
  exec,
  type FileAnswer,
  folderAt,
  later,
  link,
  digest as ofDigest,
  file as ofFile,
  type Query,
  quoted,
  type SourceEntry,
  type Step,
  stat,
  uses,
} from '../../../src/module/module.ts'
import { onTheWay } from './content-arguments.ts'
import {
  attributesPatch,
  groupDiffers,
  missingAccount,
  type NamedAccounts,
  ownerDiffers,
  ownerNames,
  paddedMode,
  replacedOwner,
  withModeFrom,
} from './file-attributes.ts'
import {
  chmodMode,
  contentOfDigest,
  decideFile,
  modeAfter,
  newMode,
  type PutArguments,
  placement,
  uploadSteps,
  writeStep,
} from './file-content.ts'
import { makingFunctions } from './making-in-closet.ts'
import { baseName, foldersAbove, type Obstacle, parentFolder, plainPath } from './paths.ts'

/** A folder of the controller as it is to be on a host. */
export type FolderCopy = {
  root: string
  entries: SourceEntry[]
  args: PutArguments & { directory_mode?: string; force: boolean }
}

/** Larger files are streamed, each by itself. */
const inOnePiece = 1_000_000
/** So much of the small files is put in place by one step: all of it is in memory at once, for each host. */
const inOneStep = 8_000_000
/** Of so many files at most the bytes are read too, for a difference that can be read: they come in one answer. */
const mostRead = 100
/** A mode for folders that are newly made. */
const newFolderMode = '0755'
/** So many folders are made by one program. */
const foldersAtOnce = 500

type Placed = Exclude<SourceEntry, { kind: 'directory' }>
type FileEntry = Extract<SourceEntry, { kind: 'file' }>
const isPlaced = (entry: SourceEntry): entry is Placed => entry.kind !== 'directory'
const placedOf = ({ entries }: FolderCopy): Placed[] => entries.filter(isPlaced)
/** All folders that have to be there, outermost first. */
const foldersOf = ({ root, entries }: FolderCopy): string[] => [
  ...foldersAbove(root),
  root,
  ...entries.flatMap(entry => (entry.kind === 'directory' ? [`${root}/${entry.path}`] : [])),
]

type FolderReads = {
  folders: Query<FileAnswer>[]
  leads: Query<FileAnswer, false>[]
  entries: Query<FileAnswer>[]
}

/** What is looked at: each folder, what it leads to where it is a link, and what stands where files and links go. */
export const folderReads = (copy: FolderCopy | undefined): FolderReads => {
  if (copy === undefined) return { folders: [], leads: [], entries: [] }
  const folders = foldersOf(copy)
  return {
    folders: folders.map(stat),
    leads: folders.map(folder => uses(folderAt(folder))),
    entries: placedOf(copy).map((entry, i) => {
      const at = plainPath(`${copy.root}/${entry.path}`)
      if (entry.kind === 'link') return stat(at)
      return entry.bytes !== undefined && i < mostRead ? ofFile(at) : ofDigest(at)
    }),
  }
}

type Seen = NamedAccounts & { folders: FileAnswer[]; leads: FileAnswer[]; entries: FileAnswer[] }

/**
 * What becomes of one thing: nothing, or what is promised of it and how it gets there: `small` files in one step with others,
 * any other by itself, `alone`.
 */
type Deed = { patch: object; alone?: Step[]; steps: Step[]; small?: FileEntry }

const contentOf = ({ file, size, sha256, bytes }: FileEntry): Content => ({
  ...(bytes === undefined ? contentOfDigest(sha256, size) : { digest: sha256, size, bytes }),
  at: { side: 'controller', path: file },
})

/** Arguments for one file: `preserve` is the mode that it has with the controller. */
const argsFor = ({ args }: FolderCopy, { mode }: FileEntry): PutArguments => ({
  ...args,
  ...(args.mode === 'preserve' ? { mode } : {}),
})

const anyFolder = { exists: true, kind: 'directory' } as FileAnswer

const fileDeed = (
  copy: FolderCopy,
  entry: FileEntry,
  found: FileAnswer,
  seen: Seen,
): Deed | ({ is: 'fail' } & Obstacle) | undefined => {
  const at = plainPath(`${copy.root}/${entry.path}`)
  const args = argsFor(copy, entry)
  const isAlone = entry.size > inOnePiece || Object.keys(onTheWay(args)).length > 0
  const what = contentOf(entry)
  const isWhole = entry.size <= inOnePiece && what.bytes.length === what.size
  const it = decideFile(
    at,
    () => what,
    args,
    { ...seen, file: found, parent: anyFolder },
    (path, _, own, before) => {
      if (!isAlone) return []
      if (isWhole) return [writeStep(path, what, own, before)]
      return uploadSteps({ file: entry.file, size: entry.size, digest: entry.sha256 }, placement(path, own, before))
    },
  )
  if (it.is === 'fail') return it
  if (it.is === 'ok') return undefined
  if (!('content' in it.will)) return { patch: it.will, steps: it.steps }
  return isAlone ? { patch: it.will, steps: [], alone: it.steps } : { patch: it.will, steps: it.steps, small: entry }
}

const linkDeed = (
  copy: FolderCopy,
  entry: Extract<SourceEntry, { kind: 'link' }>,
  found: FileAnswer,
  seen: Seen,
): Deed | ({ is: 'fail' } & Obstacle) | undefined => {
  const at = plainPath(`${copy.root}/${entry.path}`)
  const { args } = copy
  if (found.exists && (found.kind === 'directory' || found.kind === 'other'))
    return {
      is: 'fail',
      why: `${at} is a ${found.kind === 'other' ? 'special file' : 'directory'}, a link is wanted`,
      fix: keeps,
    }
  const { mode: _, ...owners } = attributesPatch({ ...args, mode: '0777' }, seen)
  const chown = attributes(at, undefined, ownerNames(args))
  const isThere = found.exists && found.kind === 'link' && found.target === entry.target
  if (isThere && !ownerDiffers(args, found, seen) && !groupDiffers(args, found, seen)) return undefined
  if (isThere) return { patch: owners, steps: chown }
  return {
    patch: { exists: true, kind: 'link', target: entry.target, ...replacedOwner, ...owners },
    steps: [...link(at, entry.target), ...chown],
  }
}

const keeps = 'choose another path: what is there is kept'

/** A folder that is none, or a link that leads to none. */
const blockedFolder = (path: string, found: FileAnswer, leads: FileAnswer): Obstacle | undefined => {
  if (!found.exists || later(() => found.kind) === 'directory') return undefined
  if (leads.exists && later(() => leads.kind) === 'directory') return undefined
  const what = found.kind === 'link' ? `a link to ${found.target}, which is no folder` : `a ${found.kind}`
  return { why: `${path} is ${what}; a folder is wanted`, fix: keeps }
}

/**
 * Makes folders, each with those in it that are new too, in a closet (see `making-in-closet.ts`): with mode and owner before anybody
 * else can put something in their place. The mode is set behind the owner, since chown takes set-ID bits away, and a folder
 * that has the set-group-ID bit hands it on to those made in it, whatever mkdir is told. Arguments: owner, or nothing, and
 * mode. On standard input `top FOLDER NAME BELOW…`, as words of sh.
 */
const making = `owner=$1 mode=$2
${makingFunctions}
below() { [ $# -eq 0 ] || printf '%s\\0' "$@" | xargs -0r "$act" "$with" --; }
top() { ( trap end EXIT; trap 'exit 1' HUP INT TERM; begin "$1" || exit; c=$2; shift 2; mkdir ./made && cd ./made && act=mkdir with=-p && below "$@" && { [ ! "$owner" ] || { act=chown with=$owner; below . "$@"; }; } && act=chmod with=$mode && below . "$@" && cd .. && mv -T -- ./made "../$c" ); }
all=$(cat; echo .); eval "\${all%.}"`

/** Folders that are made, by the outermost of them: each is in one that is there. */
const byOutermost = (paths: string[]): [top: string, below: string[]][] => {
  const made = new Set(paths)
  const outermost = (path: string): string => (made.has(parentFolder(path)) ? outermost(parentFolder(path)) : path)
  return [...Map.groupBy(paths, outermost)].map(([top, all]) => [
    top,
    all.filter(path => path !== top).map(path => `./${path.slice(top.length + 1)}`),
  ])
}

/** The mode of folders that are newly made. */
const folderMode = ({ directory_mode: mode = newFolderMode }: FolderCopy['args']): string =>
  paddedMode(withModeFrom({ mode }, undefined, { mode: newFolderMode, isFolder: true }).mode)

const folderSteps = (paths: string[], { args }: FolderCopy): Step[] => {
  if (paths.length === 0) return []
  const { owner, group } = ownerNames(args)
  const word = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  const mode = chmodMode('directory', folderMode(args))
  const all = byOutermost(paths)
  const lines = all.map(([top, below]) => `top ${quoted([parentFolder(top), baseName(top), ...below])} || exit\n`)
  const replaces = all.map(([top]) => top)
  return [exec(['sh', '-c', making, 'sh', word, mode], { stdin: content(lines.join('')), replaces })]
}

/** All their paths, so many at once. */
const portions = (steps: { paths: string[] }[]): string[][] => {
  const all = steps.flatMap(({ paths }) => paths)
  return Array.from({ length: Math.ceil(all.length / foldersAtOnce) }, (_, i) =>
    all.slice(i * foldersAtOnce, (i + 1) * foldersAtOnce),
  )
}

/** Steps that give the same owner, or the same mode, become one: owners before modes, and flags behind both. */
const together = (steps: Step[]): Step[] => {
  const owners = Map.groupBy(
    steps.filter(step => step.do === 'owner'),
    ({ owner }) => owner,
  )
  const modes = Map.groupBy(
    steps.filter(step => step.do === 'mode'),
    ({ mode }) => mode,
  )
  return [
    ...[...owners].flatMap(([owner, same]) => portions(same).map((paths): Step => ({ do: 'owner', paths, owner }))),
    ...[...modes].flatMap(([mode, same]) => portions(same).map((paths): Step => ({ do: 'mode', paths, mode }))),
    ...steps.filter(step => step.do === 'flags'),
  ]
}

/** Small files in as many steps as their bytes make. */
const writesOf = (copy: FolderCopy, small: { entry: FileEntry; found: FileAnswer }[]): Step[] => {
  const steps: Extract<Step, { do: 'writes' }>[] = []
  let left = 0
  for (const { entry, found } of small) {
    if (left < entry.size || steps.length === 0) {
      steps.push({ do: 'writes', below: copy.root, files: [] })
      left = inOneStep
    }
    left -= entry.size
    const there = found.exists && found.kind === 'file' ? found : undefined
    const args = withModeFrom(argsFor(copy, entry), there, { mode: newMode, isFolder: false })
    const { owner, group } = ownerNames(args)
    steps.at(-1)!.files.push({
      path: entry.path,
      content: contentOf(entry),
      mode: modeAfter(args, there),
      ...(there ? { replaces: true } : {}),
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
    })
  }
  return steps
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

const reasonOf = (made: string[], placed: Placed[], changed: Placed[], isNew: boolean): string => {
  const [first] = changed
  if (isNew)
    return `${made.at(-1) === undefined ? 'it' : 'the folder'} does not exist: ${counted(placed.length, 'file')}`
  const folders =
    made.length === 0
      ? []
      : [made.length === 1 ? `${made[0]} does not exist` : `${made.length} folders do not exist, first ${made[0]}`]
  const files =
    first === undefined
      ? []
      : [
          `${changed.length} of ${counted(placed.length, 'file')} ${changed.length === 1 ? 'is' : 'are'} not as in the folder, first ${first.path}`,
        ]
  return [...files, ...folders].join('; ')
}

type FolderDecision =
  | { is: 'ok' }
  | ({ is: 'fail' } & Obstacle)
  | {
      is: 'change'
      will: { folders: (object | undefined)[]; entries: (object | undefined)[] }
      steps: Step[]
      reason: string
    }

/**
 * A folder with all that is in it, as it is with the controller: what is right stays as it is, and so does what is there
 * besides. Mode and owner are those of files, and of folders that are newly made.
 */
export const decideFolder = (copy: FolderCopy, seen: Seen): FolderDecision => {
  const folders = foldersOf(copy)
  const obstacle =
    missingAccount(copy.args, seen) ??
    folders.map((path, i) => blockedFolder(path, seen.folders[i]!, seen.leads[i]!)).find(one => one !== undefined)
  if (obstacle) return { is: 'fail', ...obstacle }
  const made = folders.filter((_, i) => !seen.folders[i]!.exists)
  const placed = placedOf(copy)
  const deeds = placed.map((entry, i): Deed | ({ is: 'fail' } & Obstacle) | undefined => {
    const found = seen.entries[i]!
    if (found.exists && !copy.args.force) return undefined
    return entry.kind === 'file' ? fileDeed(copy, entry, found, seen) : linkDeed(copy, entry, found, seen)
  })
  const failed = deeds.find(deed => deed !== undefined && 'is' in deed)
  if (failed && 'is' in failed) return failed
  const done = deeds as (Deed | undefined)[]
  const changed = placed.filter((_, i) => done[i] !== undefined)
  if (made.length === 0 && changed.length === 0) return { is: 'ok' }
  const all = done.filter(deed => deed !== undefined)
  const small = done.flatMap((deed, i) => (deed?.small ? [{ entry: deed.small, found: seen.entries[i]! }] : []))
  const { mode: _, ...owners } = attributesPatch({ ...copy.args, mode: '0777' }, seen)
  const folderPatch = {
    exists: true,
    kind: 'directory',
    mode: folderMode(copy.args),
    ...owners,
  }
  return {
    is: 'change',
    will: {
      folders: folders.map(path => (made.includes(path) ? folderPatch : undefined)),
      entries: done.map(deed => deed?.patch),
    },
    steps: [
      ...folderSteps(made, copy),
      ...writesOf(copy, small),
      ...all.flatMap(({ alone }) => alone ?? []),
      ...together(all.flatMap(({ steps, patch }) => ('target' in patch ? [] : steps))),
      ...all.flatMap(({ steps, patch }) => ('target' in patch ? steps : [])),
    ],
    reason: reasonOf(made, placed, changed, made.includes(copy.root)),
  }
}
