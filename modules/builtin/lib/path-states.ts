import {
  attributes,
  content,
  exec,
  type FileAnswer,
  folder,
  isUnknown,
  type Later,
  later,
  link,
  open,
  type Step,
} from '../../../src/module/module.ts'
import {
  attributeDifferences,
  attributesPatch,
  type FileAttributes,
  flagSteps,
  type NamedAccounts,
  ownerNames,
  type PresentFile,
  replacedOwner,
  withModeFrom,
} from './file-attributes.ts'
import { attributeSteps, chmodMode, newMode, writeStep } from './file-content.ts'
import type { PathTimes } from './path-times.ts'
import { foldersAbove, linkTarget, missingFolder, type Obstacle, unfinishedPath } from './paths.ts'
import { linksFollowed, type TreeAnswer, treeSteps } from './tree-attributes.ts'

// What the states of the module file make of a path.

export type WantedPath = FileAttributes & {
  src?: string
  force?: boolean
  follow?: boolean
  recurse?: boolean
  access_time?: string
}
export type SeenPath = NamedAccounts & {
  file: FileAnswer
  above: FileAnswer[] | undefined
  behind?: FileAnswer[] | undefined
  /** What `src` is. */
  source?: FileAnswer | undefined
  /** Whether path and `src` are names of one file. */
  same?: { same: boolean } | undefined
  /** What a folder holds that is to give way. */
  names?: { names: string[] } | undefined
  below?: TreeAnswer | undefined
  /** The arguments with the mode as it was written, which is another for each thing in a folder. */
  said?: FileAttributes
}

type Owners = ReturnType<typeof attributesPatch>
type Patch = { [member in keyof Owners]?: Owners[member] | Later } & Partial<Record<string, unknown>>
type Change = {
  is: 'change'
  file?: Patch
  source?: Patch
  same?: { same: true }
  below?: { strays: 0 }
  above?: (Patch | undefined)[]
  times?: PathTimes
  steps: Step[]
  reason: string
  /** It is another moment in each run. */
  always?: true
}
type Failed = { is: 'fail' } & Obstacle
export type PathOutcome = { is: 'ok' } | Failed | Change

/** Whether owner, mode or flags are said. */
export const isDressed = ({ mode, owner, group, attributes: flags }: FileAttributes): boolean =>
  [mode, owner, group, flags].some(one => one !== undefined)

const names: Record<string, string> = { file: 'a file', directory: 'a directory', other: 'a special file' }
const wrongKind = (at: string, found: FileAnswer, wanted: string, fix: string): Failed => {
  const what =
    found.exists && found.kind === 'link' ? `a link to ${found.target}` : names[found.exists ? found.kind : '']
  return { is: 'fail', why: `${at} is ${what}, a ${wanted} is wanted`, fix }
}
const keep = 'choose another path: what is there is kept'

/** Something is there, of the right kind: its mode and owner. */
const adjust = (at: string, args: WantedPath, seen: SeenPath): PathOutcome => {
  const there = seen.file
  if (!there.exists)
    return { is: 'fail', why: `${at} does not exist`, fix: 'make it with copy, template or state: touch' }
  if (there.kind === 'link' && args.mode !== undefined)
    return wrongKind(at, there, 'file', `name ${there.target}: a link has no mode of its own`)
  const strays = attributeDifferences(args, there, seen)
  if (strays.length === 0) return { is: 'ok' }
  return {
    is: 'change',
    file: attributesPatch(args, seen),
    steps: attributeSteps(at, args, there, seen),
    reason: `its ${strays.join(', its ')}`,
  }
}

const toFile = (at: string, args: WantedPath, seen: SeenPath): PathOutcome => {
  // A device, a pipe or a socket has mode and owner too.
  if (!seen.file.exists || seen.file.kind === 'file' || seen.file.kind === 'other') return adjust(at, args, seen)
  return wrongKind(at, seen.file, 'file', seen.file.kind === 'directory' ? 'set state: directory' : keep)
}

const toTouched = (at: string, args: WantedPath, seen: SeenPath): PathOutcome => {
  if (seen.file.exists) return adjust(at, args, seen)
  const empty = content('')
  return {
    is: 'change',
    file: {
      exists: true,
      kind: 'file',
      mode: '0644',
      // Who asks for the content reads it, and that is when it was read last.
      ...(args.access_time === undefined ? { content: empty } : {}),
      size: 0,
      ...attributesPatch(args, seen),
    },
    steps: [writeStep(at, empty, args, undefined), ...flagSteps(at, args)],
    reason: 'it does not exist',
  }
}

/** The links among the folders above a path. */
export const linksAbove = (at: string, folders: FileAnswer[]): string[] =>
  foldersAbove(at).filter((_, i) => {
    const folder = folders[i]!
    return folder.exists && later(() => folder.kind) === 'link'
  })

/**
 * The mode that `install -d` gives to folders on the way, whatever the umask: 0755, with the set-group-ID bit of the folder
 * they are made in. What a default access control list makes of it is left open: it may come from further above.
 */
const modeOnTheWay = (folders: FileAnswer[]): string | Later => {
  const there = folders.filter(folder => folder.exists)
  const lists = there.map(folder => later(() => folder.exists && folder.ties?.acl))
  if (lists.findLast(list => typeof list === 'boolean')) return open
  const nearest = there.at(-1)
  const mode = later(() => (nearest?.exists && nearest.kind === 'directory' ? nearest.mode : '0755'))
  return isUnknown(mode) ? mode : /^[2367]/.test(mode) ? '2755' : '0755'
}

/** With recurse: all that is in a folder besides. */
const withTree = (at: string, args: WantedPath, seen: SeenPath, own: PathOutcome): PathOutcome => {
  if (seen.below === undefined || own.is === 'fail') return own
  const followed = linksFollowed(at, args.follow, seen.below)
  if (followed) return { is: 'fail', ...followed }
  const { strays } = seen.below
  if (strays === 0) return own
  const words = `${strays} of what is in it ${strays === 1 ? 'is' : 'are'} not so`
  return {
    is: 'change',
    ...(own.is === 'change' && own.file ? { file: own.file } : {}),
    below: { strays: 0 },
    steps: [...treeSteps(at, seen.said ?? args, seen.below), ...(own.is === 'change' ? own.steps : [])],
    reason: [...(own.is === 'change' ? [own.reason] : []), words].join(', '),
  }
}

const toFolder = (at: string, args: WantedPath, seen: SeenPath): PathOutcome => {
  if (seen.file.exists) {
    if (seen.file.kind === 'directory') return withTree(at, args, seen, adjust(at, args, seen))
    return wrongKind(at, seen.file, 'directory', seen.file.kind === 'link' ? `name ${seen.file.target}` : keep)
  }
  const paths = foldersAbove(at)
  const folders = seen.above ?? []
  const blocked = folders.map((f, i) => (f.exists ? missingFolder(paths[i]!, f) : undefined)).find(b => b !== undefined)
  if (blocked) return { is: 'fail', ...blocked }
  const links = linksAbove(at, folders)
  const nowhere = links.find((_, i) => seen.behind?.[i]?.exists === false)
  if (nowhere)
    return {
      is: 'fail',
      why: `${nowhere} is a link that leads to no folder`,
      fix: 'make what it points to, or the link anew',
    }
  // Folders on the way that are new get what is said of the one that is meant.
  const patch = attributesPatch(args, seen)
  const onTheWay = { exists: true as const, kind: 'directory' as const, mode: modeOnTheWay(folders), ...patch }
  const made = [...(isDressed(args) ? paths.filter((_, i) => !folders[i]!.exists) : []), at]
  return {
    is: 'change',
    file: { exists: true, kind: 'directory', mode: '0755', ...patch },
    above: folders.map(f => (f.exists ? undefined : onTheWay)),
    steps: [
      ...made.map(path => folder(path, chmodMode('directory', args.mode ?? '0755'), ownerNames(args))),
      ...made.flatMap(path => flagSteps(path, args)),
    ],
    reason: 'it does not exist',
  }
}

/** What a link takes the place of where it is forced to. */
const givingWay = (at: string, args: WantedPath, seen: SeenPath): Step[] | Failed => {
  const there = seen.file
  if (!there.exists || there.kind === 'link') return []
  if (!args.force || there.kind === 'other')
    return wrongKind(at, there, 'link', there.kind === 'other' ? keep : `${keep}; or say force: true`)
  if (there.kind === 'file') return []
  const [first] = seen.names?.names ?? []
  if (first !== undefined)
    return { is: 'fail', why: `${at} is a directory that holds ${first}: no link takes its place`, fix: keep }
  return [exec(['rmdir', '--', at], { replaces: [at] })]
}

/** What a link points to is to be there, unless that is said not to matter; where it is not known, it may be. */
const danglingLink = (at: string, args: WantedPath, seen: SeenPath): Failed | undefined =>
  args.force || args.src === undefined || later(() => seen.source?.exists) !== false
    ? undefined
    : {
        is: 'fail',
        why: `${linkTarget(at, args.src)}, to which ${at} is to point, does not exist`,
        fix: 'make it in an earlier task, or say force: true: then the link leads nowhere for the time being',
      }

/** Owner and mode that are said of a link are those of what it leads to, but where it is not followed. */
const throughLink = (
  at: string,
  args: WantedPath,
  seen: SeenPath,
): Pick<Change, 'source' | 'steps' | 'reason'> | undefined => {
  const { source } = seen
  if (!isDressed(args) || !source?.exists || args.src === undefined) return undefined
  const target = linkTarget(at, args.src)
  const dressed = withModeFrom(args, source, { mode: newMode, isFolder: false })
  const strays = attributeDifferences(dressed, source, seen)
  if (strays.length === 0) return undefined
  return {
    source: attributesPatch(dressed, seen),
    steps: attributeSteps(target, dressed, source, seen),
    reason: `the ${strays.join(', its ')} of what it leads to`,
  }
}

const toLink = (at: string, args: WantedPath, seen: SeenPath): PathOutcome => {
  const { src } = args
  const there = seen.file
  if (src === undefined) return { is: 'fail', why: 'src is not given', fix: 'say what the link points to' }
  const nowhere = danglingLink(at, args, seen)
  if (nowhere) return nowhere
  const before = givingWay(at, args, seen)
  if (!Array.isArray(before)) return before
  const isThere = there.exists && there.kind === 'link' && there.target === src
  if (args.follow === false) return toLinkItself(at, args, seen, before)
  const beyond = throughLink(at, args, seen)
  if (isThere && beyond === undefined) return { is: 'ok' }
  const reasons = [isThere ? undefined : linkReason(there), beyond?.reason].filter(one => one !== undefined)
  return {
    is: 'change',
    ...(isThere ? {} : { file: { exists: true, kind: 'link', target: src, ...replacedOwner } }),
    ...(beyond ? { source: beyond.source! } : {}),
    steps: [...(isThere ? [] : [...before, ...link(at, src)]), ...(beyond?.steps ?? [])],
    reason: reasons.join(', '),
  }
}

const linkReason = (there: FileAnswer): string => {
  if (!there.exists) return 'it does not exist'
  return there.kind === 'link' ? `it points to ${there.target}` : `it is ${names[there.kind]}`
}

/** A link that is not followed: its owner is its own. */
const toLinkItself = (at: string, args: WantedPath, seen: SeenPath, before: Step[]): PathOutcome => {
  const src = args.src!
  const there = seen.file
  if (args.mode !== undefined) return { is: 'fail', why: 'a link has no mode of its own', fix: 'leave out mode' }
  if (args.attributes !== undefined) return { is: 'fail', why: 'a link has no flags', fix: 'leave out attributes' }
  if (there.exists && there.kind === 'link' && there.target === src) return adjust(at, args, seen)
  return {
    is: 'change',
    file: { exists: true, kind: 'link', target: src, ...replacedOwner, ...attributesPatch(args, seen) },
    steps: [...before, ...link(at, src), ...attributes(at, undefined, ownerNames(args))],
    reason: linkReason(there),
  }
}

/** One more name of a file that is there: both are the same from then on. */
const toHard = (at: string, args: WantedPath, seen: SeenPath): PathOutcome => {
  const { file: there, source } = seen
  if (args.src === undefined) {
    const isHard = there.exists && there.kind === 'file' && later(() => there.ties?.links ?? 1) !== 1
    return isHard
      ? adjust(at, args, seen)
      : { is: 'fail', why: 'src is not given', fix: 'say of which file it is to be a name' }
  }
  if (!args.src.startsWith('/'))
    return { is: 'fail', why: `${args.src} is no absolute path`, fix: 'write the whole path' }
  if (source?.exists === false)
    return { is: 'fail', why: `${args.src} does not exist`, fix: 'make it in an earlier task' }
  if (source?.exists && source.kind === 'directory')
    return { is: 'fail', why: `${args.src} is a directory, which has one name alone`, fix: 'use state: link' }
  if (there.exists && seen.same?.same) return adjust(at, args, seen)
  if (there.exists && (there.kind === 'directory' || there.kind === 'other' || (there.kind === 'file' && !args.force)))
    return wrongKind(at, there, 'name of another file', there.kind === 'file' ? 'say force: true, if it may go' : keep)
  const from =
    source?.exists && source.kind === 'link' && args.follow !== false ? linkTarget(args.src, source.target) : args.src
  const beside = unfinishedPath(at)
  const dressed = source?.exists && isDressed(args) ? attributeSteps(at, args, source, seen) : []
  return {
    is: 'change',
    file: {
      exists: true,
      kind: 'file',
      ...(source?.exists && source.kind === 'file' ? namesakePatch(source) : {}),
      ...attributesPatch(args, seen),
    },
    same: { same: true },
    steps: [
      ...(there.exists
        ? [exec(['ln', '-f', '--', from, beside]), { do: 'rename', from: beside, to: at } satisfies Step]
        : [exec(['ln', '--', from, at], { replaces: [at] })]),
      ...dressed,
    ],
    reason: there.exists ? `it is not a name of ${args.src}` : 'it does not exist',
  }
}

const namesakePatch = (source: PresentFile) => ({
  mode: later(() => source.mode),
  owner: later(() => source.owner),
  uid: later(() => source.uid),
  group: later(() => source.group),
  gid: later(() => source.gid),
})

const toNothing = (at: string, _: WantedPath, { file }: SeenPath): PathOutcome => {
  if (at === '/') return { is: 'fail', why: '/ cannot be removed', fix: 'name what is to go' }
  // rm goes the same way back when what is in there is gone: it finds nothing, says nothing, and leaves the folder.
  if (/\/\.\.?(\/|$)/.test(at))
    return { is: 'fail', why: `${at} may lead through what is removed`, fix: 'write the path without . and ..' }
  if (!file.exists) return { is: 'ok' }
  return { is: 'change', file: { exists: false }, steps: [{ do: 'remove', path: at }], reason: 'it is there' }
}

export const states = {
  file: toFile,
  touch: toTouched,
  directory: toFolder,
  link: toLink,
  hard: toHard,
  absent: toNothing,
}
