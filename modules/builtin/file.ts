import {
  defineModule,
  type FileAnswer,
  file,
  folderAt,
  isUnknown,
  type Later,
  later,
  type Static,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import { directoryEntries } from './lib/directory-entries.ts'
import {
  accountReads,
  attributeArguments,
  missingAccount,
  rareAttributeArguments,
  withModeFrom,
} from './lib/file-attributes.ts'
import { newMode } from './lib/file-content.ts'
import { isSomebodys } from './lib/new-home.ts'
import { outputsOf, type PathOutputs, pathOutputs } from './lib/path-outputs.ts'
import { isDressed, linksAbove, type PathOutcome, type SeenPath, states } from './lib/path-states.ts'
import { badTime, type PathTimes, pathTimes, timeArguments, timeChange } from './lib/path-times.ts'
import {
  foldersAbove,
  linkTarget,
  missingFolder,
  type Obstacle,
  parentFolder,
  pathArgument,
  plainPath,
} from './lib/paths.ts'
import { sameFile } from './lib/same-file.ts'
import { treeOf } from './lib/tree-attributes.ts'

const args = T.Object(
  {
    path: pathArgument('What this is about, also called `dest` or `name`.', { aliases: ['dest', 'name'] }),
    state: T.Optional(
      T.Enum(['file', 'directory', 'link', 'hard', 'absent', 'touch'], {
        description:
          'file: a file that is there has this mode and owner (it is not made). directory: a folder, its parents too. ' +
          'link: a symbolic link to `src`. hard: one more name of the file `src`. absent: nothing, a folder goes with all ' +
          'that is in it. touch: an empty file where nothing is; what is there keeps its content, and its times unless ' +
          'they are said. Not given: what is there stays of its kind.',
      }),
    ),
    src: T.Optional(
      T.String({
        description:
          'What a link points to, absolute or from the folder the link is in; of which file it is to be a name.',
      }),
    ),
    recurse: T.Optional(
      T.Boolean({
        description: 'Owner and mode are those of all in the folder too. What a link in it leads to is left alone.',
      }),
    ),
    force: T.Optional(
      T.Boolean({
        description:
          'A link may point to what is not there, and takes the place of a file or an empty folder; a further name takes that of another file.',
      }),
    ),
    follow: T.Optional(
      T.Boolean({ description: 'false: a link that is there is itself meant, and not what it leads to.' }),
    ),
    ...timeArguments,
    ...attributeArguments,
    ...rareAttributeArguments,
  },
  { additionalProperties: false },
)
type Arguments = Static<typeof args>
type State = keyof typeof states

/** What is to be, where it is not said: of the kind that is there. */
const stateOf = (
  { state, recurse }: Pick<Arguments, 'recurse'> & { state?: State | undefined },
  found: FileAnswer,
): State => {
  if (state !== undefined) return state
  if (!found.exists) return recurse ? 'directory' : 'file'
  return found.kind === 'directory' || found.kind === 'link' ? found.kind : 'file'
}

/** Whether what a link leads to is meant, and not the link. */
const goesThrough = (args: Arguments, found: FileAnswer): boolean =>
  args.follow !== false &&
  // First what is asked for: of what is only to go nobody need know what it is.
  (args.state === 'file' ||
    args.state === 'directory' ||
    args.state === 'touch' ||
    (args.src === undefined && args.state !== 'absent' && args.state !== 'hard')) &&
  found.exists &&
  found.kind === 'link'

/** Whose owner or mode may be another besides that of the path: of what a link there leads to; of whatever, where nobody has looked. */
const ownersBeyond = (args: Arguments, found: FileAnswer | Later | undefined): string[] => {
  if (args.follow === false || !isDressed(args)) return []
  if (found === undefined || isUnknown(found)) return ['owners:/#*']
  const target = later(() => (goesThrough(args, found) && found.exists && found.kind === 'link' ? found.target : ''))
  if (isUnknown(target)) return ['owners:/#*']
  return target === '' ? [] : [`attributes:${linkTarget(plainPath(args.path), target)}`]
}

/** Whether names in a folder are root's alone to change, though all may make some: only who made them takes them away. */
const isSticky = (folder: FileAnswer): boolean =>
  later(() => folder.exists && folder.uid === 0 && (Number.parseInt(folder.mode, 8) & 0o1000) !== 0) === true

/**
 * A link in a folder of somebody else's leads to what belongs to that one, or nobody is to follow it. So it is with one anywhere
 * below such a folder: who may change names there puts another folder in the place of that of the link between two looks.
 */
const isPlanted = (folders: FileAnswer[], target: FileAnswer): boolean =>
  folders.some(
    (folder, i) =>
      isSomebodys(folder) &&
      (i === folders.length - 1 || !isSticky(folder)) &&
      later(() => folder.exists && target.exists && folder.uid === target.uid) !== true,
  )

/** What a link points to that stays as it is, whatever becomes of what it leads to. */
const keptLink = (args: Arguments, found: FileAnswer): string | undefined =>
  goesThrough(args, found) &&
  (args.state === undefined || args.state === 'link') &&
  found.exists &&
  found.kind === 'link'
    ? found.target
    : undefined

/** States that put something at the path itself. */
const putsNew: ReadonlySet<State> = new Set(['link', 'touch', 'hard'])
const shownOf = (found: FileAnswer): PathOutputs => (found.exists ? outputsOf(found) : { state: 'absent' })

/** Why a link that is there is not followed. */
const wrongLink = (
  path: string,
  at: string,
  seen: { target?: FileAnswer | undefined; linkFolders?: FileAnswer[] | undefined },
): Obstacle | undefined => {
  if (seen.target === undefined) return undefined
  if (seen.linkFolders && isPlanted(seen.linkFolders, seen.target))
    return {
      why: `${path} is a link to ${at}, and lies in a folder where somebody else may have put it`,
      fix: `name ${at} if that is meant, or say follow: false`,
    }
  return seen.target.exists
    ? undefined
    : {
        why: `${path} is a link to ${at}, which does not exist`,
        fix: 'make that, or say follow: false if the link itself is meant',
      }
}

const wrongWords = (args: Arguments, state: State): Obstacle | undefined => {
  const isOther = state !== 'link' && state !== 'hard'
  if (args.src !== undefined && isOther)
    return { why: `src is given, but state is ${state}`, fix: 'set state: link or hard, or leave out src' }
  if (args.recurse && state !== 'directory')
    return { why: `recurse is for folders, but state is ${state}`, fix: 'set state: directory, or leave out recurse' }
  return badTime(args)
}

/** Times are set behind all else, and in every run where they are to be now. */
const withTimes = (at: string, args: Arguments, times: PathTimes | undefined, it: PathOutcome): PathOutcome => {
  if (it.is === 'fail' || args.state === 'absent') return it
  const set = timeChange(at, args, times)
  if (set.steps.length === 0) return it
  const before = it.is === 'change' ? it : { is: 'change' as const, steps: [] }
  const reasons = [...(it.is === 'change' ? [it.reason] : []), ...set.reasons]
  return {
    ...before,
    ...(Object.keys(set.will).length === 0 ? {} : { times: set.will }),
    steps: [...before.steps, ...set.steps],
    reason: reasons.join(', '),
    ...(set.always ? { always: true as const } : {}),
  }
}

/** What is known of a change before it has happened: its path, under the name that Ansible has for it then. */
const named = (args: Arguments, state: State) => ({
  path: args.path,
  ...(state === 'link' || state === 'hard' || state === 'touch' ? { dest: args.path } : {}),
  ...(state === 'link' || state === 'hard' ? { src: args.src, state } : {}),
})

export default defineModule({
  name: 'file',
  about: 'Sets mode and owner of a file, makes folders and links, or removes what is there.',
  args,
  outputs: T.Object({
    path: T.String({ description: 'The path, as it was given.' }),
    dest: T.Optional(T.String({ description: 'The same, of links and of what is touched.' })),
    src: T.Optional(T.String({ description: 'What a link points to.' })),
    ...pathOutputs,
  }),
  examples: [
    '- name: A folder for the application\n  file:\n    path: /srv/app\n    state: directory\n    mode: "0750"\n    owner: app\n    group: app',
    '- name: Point to the current release\n  file:\n    path: /srv/app/current\n    src: releases/42\n    state: link',
    '- name: Remove the old configuration\n  file:\n    path: /etc/app.conf.old\n    state: absent',
    '- name: All of it belongs to the application\n  file:\n    path: /srv/app\n    state: directory\n    owner: app\n    mode: u=rwX,g=rX,o=\n    recurse: true',
  ],
  reads: args => {
    const at = plainPath(args.path)
    const { src, state } = args
    const isLink = state === 'link' && src !== undefined
    return {
      file: state === 'touch' && args.access_time === undefined ? file(at) : stat(at),
      above: state === 'directory' ? foldersAbove(at).map(stat) : undefined,
      parent: state === undefined || state === 'file' || at === '/' ? undefined : uses(folderAt(parentFolder(at))),
      source: isLink && isDressed(args) && args.follow !== false ? stat(linkTarget(at, src)) : undefined,
      pointed: isLink && !args.force ? uses(stat(linkTarget(at, src))) : undefined,
      origin: state === 'hard' && src?.startsWith('/') ? uses(stat(plainPath(src))) : undefined,
      same: state === 'hard' && src?.startsWith('/') ? sameFile(at, plainPath(src)) : undefined,
      times: state === 'absent' ? undefined : pathTimes(at, args),
      ...accountReads(state === 'absent' ? {} : args),
    }
  },
  // What a link that is there leads to; a folder that is to be made through a link; what is in a folder.
  more: (args, seen) => {
    const at = plainPath(args.path)
    const { file: found } = seen
    const isSure = found.exists || seen.above === undefined || seen.parent?.exists
    const isLink = goesThrough(args, found) && found.exists && found.kind === 'link'
    const folder = isLink ? linkTarget(at, found.target) : at
    const isTree = args.recurse && found.exists && (isLink || found.kind === 'directory')
    return {
      behind: isSure ? undefined : linksAbove(at, seen.above!).map(link => uses(folderAt(link))),
      target: isLink ? stat(linkTarget(at, found.target)) : undefined,
      linkFolders: isLink ? foldersAbove(at).map(folder => uses(folderAt(folder))) : undefined,
      below: isTree ? treeOf(folder, args) : undefined,
      names:
        args.state === 'link' && args.force && found.exists && found.kind === 'directory'
          ? uses(directoryEntries(at))
          : undefined,
    }
  },
  // What is removed takes all below it along, and a link changes all that is reached through it.
  touches: (args, seen) => {
    const at = plainPath(args.path)
    if (args.state === 'absent' || args.state === 'link') return [`tree:${at}`]
    return [
      ...ownersBeyond(
        args,
        later(() => seen.file),
      ),
      ...(args.recurse ? [`owners:${at}#*`] : []),
      ...(args.state === 'hard' && args.src !== undefined ? [`attributes:${plainPath(args.src)}`] : []),
    ]
  },
  plan: (args, seen, { ok, change, fail }) => {
    const path = plainPath(args.path)
    const kept = keptLink(args, seen.file)
    if (kept !== undefined && seen.target?.exists === false) return ok({ ...named({ ...args, src: kept }, 'link') })
    const state = kept !== undefined && seen.target ? stateOf({}, seen.target) : stateOf(args, seen.file)
    const found = seen.target ?? seen.file
    const at = seen.target && seen.file.exists && seen.file.kind === 'link' ? linkTarget(path, seen.file.target) : path
    const nowhere = putsNew.has(state) && seen.parent ? missingFolder(parentFolder(path), seen.parent) : undefined
    const blocked = wrongWords(args, state) ?? wrongLink(path, at, seen) ?? nowhere ?? missingAccount(args, seen)
    if (blocked) return fail(blocked.why, blocked.fix)
    const isFolder = state === 'directory'
    const made = { mode: isFolder ? '0755' : newMode, isFolder }
    const dressed = state === 'link' ? args : withModeFrom(args, found.exists ? found : undefined, made)
    const subject: SeenPath = { ...seen, file: found, said: args, source: seen.source ?? seen.pointed ?? seen.origin }
    const it = withTimes(path, args, seen.times, states[state](at, dressed, subject))
    if (it.is === 'fail') return fail(it.why, it.fix)
    const told = kept === undefined ? named(args, state) : named({ ...args, src: kept }, 'link')
    if (it.is === 'ok') return ok({ ...shownOf(kept === undefined ? found : seen.file), ...told })
    const { is: _, file: own, steps, reason, always, ...rest } = it
    const will = { ...(own === undefined ? {} : seen.target ? { target: own } : { file: own }), ...rest }
    const touches = state === 'hard' && isDressed(args) ? [`attributes:${plainPath(args.src ?? path)}`] : []
    return change({ will, touches, steps, reason, ...(always ? { always } : {}), outputs: told })
  },
})
