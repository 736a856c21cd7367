import {
  attributes,
  type Content,
  content,
  type FileAnswer,
  isUnknown,
  type Later,
  later,
  type Step,
} from '../../../src/module/module.ts'
import { badCheck, type ContentArguments, onTheWay } from './content-arguments.ts'
import {
  attributeDifferences,
  attributesPatch,
  type FileAttributes,
  flagSteps,
  flagsDiffer,
  groupDiffers,
  modeDiffers,
  type NamedAccounts,
  ownerDiffers,
  ownerNames,
  type PresentFile,
  paddedMode,
  targetObstacle,
  withModeFrom,
} from './file-attributes.ts'
import { type Obstacle, unfinishedPath } from './paths.ts'

/** The mode of a file that is newly made, where nothing else is said. */
export const newMode = '0644'

const inTheWay = (path: string, found: FileAnswer): Obstacle | undefined => {
  if (!found.exists || found.kind === 'file' || found.kind === 'link') return undefined
  const what = found.kind === 'directory' ? 'a directory' : 'a special file'
  return { why: `${path} is ${what}, a file is wanted`, fix: 'choose another path: what is there is kept' }
}

/** The mode that a file will have: as said, else that of what it replaces. */
export const modeAfter = (args: FileAttributes, before: PresentFile | undefined): string =>
  args.mode !== undefined ? paddedMode(args.mode) : (before?.mode ?? newMode)

/** Whether an account that is named is the one of a file; what is not known yet is not. */
const isOf = (account: string | number | undefined, name: () => string, number: () => number): boolean =>
  account === undefined || [later(name), later(() => String(number()))].includes(String(account))

/** What a file is put in place by: who it is to belong to, and what it meets on its way. */
export type PutArguments = FileAttributes & ContentArguments

/** How a file is put at a path: mode and owner as said; a file that it replaces hands on what is not said. */
export const placement = (path: string, args: PutArguments, before: PresentFile | undefined) => ({
  path,
  mode: modeAfter(args, before),
  ...ownerNames(args),
  ...onTheWay(args),
  ...(before !== undefined &&
  before.mode === modeAfter(args, before) &&
  isOf(
    args.owner,
    () => before.owner,
    () => before.uid,
  ) &&
  isOf(
    args.group,
    () => before.group,
    () => before.gid,
  )
    ? { keeps: true }
    : {}),
})

/** Writes a whole file, which comes into place by rename. */
export const writeStep = (
  path: string,
  what: Content | Later,
  args: PutArguments,
  before: PresentFile | undefined,
): Step => ({ do: 'write', content: what, ...placement(path, args, before) })

/** All bits of a mode. Of a folder chmod leaves the set-ID bits alone unless it is told in five digits. */
export const chmodMode = (kind: PresentFile['kind'], mode: string): string =>
  kind === 'directory' ? `0${paddedMode(mode)}` : paddedMode(mode)

/** Mode and owner of what is there, only those that are not as the arguments say. */
export const attributeSteps = (path: string, args: FileAttributes, there: PresentFile, seen: NamedAccounts): Step[] => {
  const { owner, group } = ownerNames(args)
  const owners = {
    ...(ownerDiffers(args, there, seen) ? { owner } : {}),
    ...(groupDiffers(args, there, seen) ? { group } : {}),
  }
  // chown takes the set-ID bits away, so that the mode is set again behind it.
  const chowned = there.kind !== 'link' && Object.keys(owners).length > 0
  const before = chowned ? later(() => there.mode) : ''
  const special = typeof before === 'string' && /^[1-7]/.test(before)
  const mode = modeDiffers(args, there) || special ? (args.mode ?? there.mode) : undefined
  return [
    ...attributes(path, mode === undefined ? undefined : chmodMode(there.kind, mode), owners),
    ...(flagsDiffer(args, there) ? flagSteps(path, args) : []),
  ]
}

/** Digests of larger files are kept beside them, so that a check need not hash them again. */
const worthAReceipt = 5_000_000

/**
 * A file of the controller that is streamed. Where something is to be done with it on its way it comes beside its place first, and
 * is put there as a file of the host is.
 */
export const uploadSteps = (
  source: { file: string; size: number; digest: string },
  placing: ReturnType<typeof placement>,
): Step[] => {
  const { path } = placing
  const { digest, size } = source
  const { check, backup, inPlace } = placing
  const receipt: Step[] = size > worthAReceipt ? [{ do: 'receipt', path, digest }] : []
  if (!check && !backup && !inPlace) return [{ do: 'upload', ...source, ...placing }, ...receipt]
  const from = unfinishedPath(path)
  return [
    { do: 'upload', ...source, path: from, mode: '0600' },
    { do: 'duplicate', from, digest, spent: true, ...placing },
    ...receipt,
  ]
}

export type FileDecision =
  | { is: 'ok' }
  | ({ is: 'fail' } & Obstacle)
  | {
      is: 'change'
      will: ReturnType<typeof attributesPatch> & {
        exists?: true
        kind?: 'file'
        content?: Content | Later
        size?: number | Later
      }
      steps: Step[]
      reason: string
    }

/** How content comes to its place: written in one piece unless the module knows better (an upload). */
export type PutContent = (
  path: string,
  what: Content | Later,
  args: PutArguments,
  before: PresentFile | undefined,
) => Step[]
const putWhole: PutContent = (path, what, args, before) => [writeStep(path, what, args, before)]

/**
 * A file at `path` with a given content: what the modules that write files have in common. The content may be unknown
 * (then `wanted` throws): a file that is not there is written in any case, so only its content waits.
 */
export const decideFile = (
  path: string,
  wanted: () => Content,
  said: PutArguments,
  seen: NamedAccounts & { file: FileAnswer; parent: FileAnswer },
  put: PutContent = putWhole,
): FileDecision => {
  const { file } = seen
  const blocked = inTheWay(path, file) ?? targetObstacle(path, said, seen) ?? badCheck(said)
  if (blocked) return { is: 'fail', ...blocked }
  const there = file.exists && file.kind === 'file' ? file : undefined
  const args = withModeFrom(said, there, { mode: newMode, isFolder: false })
  const differs = there === undefined || there.content.digest !== wanted().digest
  const strays = there ? attributeDifferences(args, there, seen) : []
  if (!differs && strays.length === 0) return { is: 'ok' }

  const what = later(wanted)
  const attributes = attributesPatch(args, seen)
  if (there && !differs)
    return {
      is: 'change',
      will: attributes,
      steps: attributeSteps(path, args, there, seen),
      reason: `its ${strays.join(', its ')}`,
    }
  return {
    is: 'change',
    will: {
      ...(there ? {} : { exists: true as const, kind: 'file' as const, mode: newMode }),
      content: what,
      size: isUnknown(what) ? what : what.size,
      ...attributes,
    },
    steps: [...put(path, what, args, there), ...flagSteps(path, args)],
    reason: reasonOf(file, strays) + (args.backup && file.exists ? '; what is there is kept beside it' : ''),
  }
}

const reasonOf = (file: FileAnswer, strays: string[]): string => {
  if (!file.exists) return 'it does not exist'
  if (file.kind === 'link') return `a link to ${file.target} is there instead`
  return ['its content differs', ...strays.map(stray => `its ${stray}`)].join(', ')
}

/** Content that is known by its digest alone. */
export const contentOfDigest = (digest: string, size: number): Content => ({ digest, size, bytes: content('').bytes })
