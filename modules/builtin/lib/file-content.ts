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
import {
  attributeDifferences,
  attributesPatch,
  type FileAttributes,
  groupDiffers,
  modeDiffers,
  type NamedAccounts,
  ownerDiffers,
  ownerNames,
  type PresentFile,
  paddedMode,
  targetObstacle,
} from './file-attributes.ts'
import type { Obstacle } from './paths.ts'

/** The mode of a file that is newly made, where nothing else is said. */
const newMode = '0644'

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

/** How a file is put at a path: mode and owner as said; a file that it replaces hands on what is not said. */
export const placement = (path: string, args: FileAttributes, before: PresentFile | undefined) => ({
  path,
  mode: modeAfter(args, before),
  ...ownerNames(args),
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
  args: FileAttributes,
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
  return attributes(path, mode === undefined ? undefined : chmodMode(there.kind, mode), owners)
}

type FileDecision =
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
  args: FileAttributes,
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
  args: FileAttributes,
  seen: NamedAccounts & { file: FileAnswer; parent: FileAnswer },
  put: PutContent = putWhole,
): FileDecision => {
  const { file } = seen
  const blocked = inTheWay(path, file) ?? targetObstacle(path, args, seen)
  if (blocked) return { is: 'fail', ...blocked }
  const there = file.exists && file.kind === 'file' ? file : undefined
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
    steps: put(path, what, args, there),
    reason: there
      ? ['its content differs', ...strays.map(s => `its ${s}`)].join(', ')
      : file.exists
        ? `a link to ${file.kind === 'link' ? file.target : ''} is there instead`
        : 'it does not exist',
  }
}

/** Content that is known by its digest alone. */
export const contentOfDigest = (digest: string, size: number): Content => ({ digest, size, bytes: content('').bytes })
