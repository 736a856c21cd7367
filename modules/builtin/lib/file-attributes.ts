import {
  accountGroup,
  type FileAnswer,
  folderAt,
  type GroupAnswer,
  later,
  open,
  type Query,
  type Step,
  T,
  type UserAnswer,
  user,
  uses,
} from '../../../src/module/module.ts'
import { isAccountNumber, lastNumber } from './account-rules.ts'
import { missingFolder, type Obstacle, parentFolder } from './paths.ts'
import { type LabelSupport, labelSupport, unsetLabel } from './security-label.ts'
import { changedMode, symbolicPattern } from './symbolic-mode.ts'

/**
 * A mode: letters as chmod takes them, or octal digits, which YAML reads as a number where they stand without quotes. `octal` has the engine make the
 * digits of it again. A number of three digits that are octal, but were read as decimal, is no mode that anybody means: 644
 * would be 1204. `words`: what else it may be.
 */
export const modeArgument = (description: string, more: { words?: string[]; default?: string } = {}) => {
  const { words = [], ...rest } = more
  return T.Unsafe<string>({
    type: ['string', 'integer'],
    pattern: `^(${['0?[0-7]{3,4}', symbolicPattern, ...words].join('|')})$`,
    minimum: 0,
    maximum: 0o7777,
    not: { type: 'integer', minimum: 512, maximum: 777 },
    octal: true,
    ...rest,
    description,
  })
}

/** Arguments that every module which puts something at a path has. */
export const attributeArguments = {
  mode: T.Optional(
    modeArgument(
      'The mode in octal digits, e.g. "0644", or in letters, e.g. u=rw,g=r,o=. Not given: what is there keeps its mode.',
    ),
  ),
  owner: T.Optional(
    T.Unsafe<string | number>({
      type: ['string', 'integer'],
      description: 'The owner, by name (which has to exist) or by number. Not given: what is there keeps its owner.',
    }),
  ),
  group: T.Optional(
    T.Unsafe<string | number>({
      type: ['string', 'integer'],
      description: 'The group, by name (which has to exist) or by number. Not given: what is there keeps its group.',
    }),
  ),
}
const label = (what: string) =>
  T.Optional(
    T.String({
      description: `${what} of its SELinux label: without a meaning where SELinux is off, refused where it is on.`,
    }),
  )

/** Further ones, of files and folders alike. */
export const rareAttributeArguments = {
  attributes: T.Optional(
    T.String({
      pattern: '^[-+=]?[aAcCdDFijmPsStTux]+$',
      aliases: ['attr'],
      description: 'Flags of the file system, as letters of chattr: +i and -i for some of them, =i or i for all.',
    }),
  ),
  seuser: label('The user'),
  serole: label('The role'),
  setype: label('The type'),
  selevel: label('The level'),
}

/** Arguments with their mode in digits, over what is there; over nothing with the mode that it is made with. */
export const withModeFrom = <A extends FileAttributes>(
  args: A,
  there: PresentFile | undefined,
  made: { mode: string; isFolder: boolean },
): A => {
  const { mode } = args
  if (mode === undefined || isOctal(mode)) return args
  return {
    ...args,
    mode: there
      ? changedMode(mode, there.mode, there.kind === 'directory')
      : changedMode(mode, made.mode, made.isFolder),
  }
}
export type FileAttributes = {
  mode?: string
  owner?: string | number
  group?: string | number
  attributes?: string
  seuser?: string
  serole?: string
  setype?: string
  selevel?: string
}

const isOctal = (mode: string): boolean => /^[0-7]+$/.test(mode)
export const paddedMode = (mode: string): string => mode.slice(-4).padStart(4, '0')

const isName = (account: string | number | undefined): account is string =>
  typeof account === 'string' && !/^\d+$/.test(account)

export type NamedAccounts = {
  ownerIs: UserAnswer | undefined
  groupIs: GroupAnswer | undefined
  labels?: LabelSupport | undefined
}
type AccountReads = {
  ownerIs: Query<UserAnswer, false> | undefined
  groupIs: Query<GroupAnswer, false> | undefined
  labels: Query<LabelSupport, false> | undefined
}

/**
 * The accounts that are named: they have to exist, and their numbers are part of what a file will be. And whether there are
 * SELinux labels, where one is to be set.
 */
export const accountReads = (args: FileAttributes): AccountReads => ({
  ownerIs: isName(args.owner) ? uses(user(args.owner)) : undefined,
  groupIs: isName(args.group) ? uses(accountGroup(args.group)) : undefined,
  labels: labelSupport(args),
})

/** What is looked at to put something at a path: the folder it goes into, and the accounts. */
export const targetReads = (
  path: string,
  args: FileAttributes,
): AccountReads & { parent: Query<FileAnswer, false> } => ({
  parent: uses(folderAt(parentFolder(path))),
  ...accountReads(args),
})

/** An account that is named and does not exist, or a number that none can have. */
export const missingAccount = (
  args: FileAttributes,
  { ownerIs, groupIs, labels }: NamedAccounts,
): Obstacle | undefined => {
  const { owner, group } = args
  const beyond = [owner, group].find(one => one !== undefined && !isName(one) && !isAccountNumber(Number(one)))
  if (beyond !== undefined)
    return { why: `${beyond} is no number of an account`, fix: `numbers go from 0 to ${lastNumber}` }
  if (ownerIs?.exists === false)
    return { why: `user ${owner} does not exist`, fix: 'create it in an earlier task, with the module user' }
  if (groupIs?.exists === false)
    return { why: `group ${group} does not exist`, fix: 'create it in an earlier task, with the module group' }
  return unsetLabel(args, labels)
}

/** Whatever stands in the way of putting something at `path`, apart from what is there itself. */
export const targetObstacle = (
  path: string,
  args: FileAttributes,
  seen: NamedAccounts & { parent: FileAnswer },
): Obstacle | undefined => missingFolder(parentFolder(path), seen.parent) ?? missingAccount(args, seen)

const uidOf = (found: UserAnswer | undefined): number | undefined => (found?.exists ? found.uid : undefined)
const gidOf = (found: GroupAnswer | undefined): number | undefined => (found?.exists ? found.gid : undefined)

/** Owner and group as a patch. A name and its number go together, so that later tasks may compare either. */
const accountsPatch = ({ owner, group }: FileAttributes, seen: NamedAccounts) => ({
  ...(owner === undefined
    ? {}
    : isName(owner)
      ? { owner, uid: later(() => uidOf(seen.ownerIs)) as number }
      : { uid: Number(owner) }),
  ...(group === undefined
    ? {}
    : isName(group)
      ? { group, gid: later(() => gidOf(seen.groupIs)) as number }
      : { gid: Number(group) }),
})

/** What takes the place of something else belongs to whoever puts it there. */
export const replacedOwner = { owner: open, uid: open, group: open, gid: open }

/** Mode, owner and group as a patch: only what the arguments say. */
export const attributesPatch = (args: FileAttributes, seen: NamedAccounts) => ({
  ...(args.mode === undefined ? {} : { mode: paddedMode(args.mode) }),
  ...accountsPatch(args, seen),
  ...(args.attributes === undefined ? {} : { ties: open }),
})

export type PresentFile = Extract<FileAnswer, { exists: true }>

/** What has a number for its owner's name gets that of the account which an earlier task gives the number to. */
export const ownerDiffers = ({ owner }: FileAttributes, there: PresentFile, { ownerIs }: NamedAccounts): boolean => {
  if (owner === undefined) return false
  if (!isName(owner)) return there.uid !== Number(owner)
  return isName(there.owner) ? there.owner !== owner : there.uid !== uidOf(ownerIs)
}
export const groupDiffers = ({ group }: FileAttributes, there: PresentFile, { groupIs }: NamedAccounts): boolean => {
  if (group === undefined) return false
  if (!isName(group)) return there.gid !== Number(group)
  return isName(there.group) ? there.group !== group : there.gid !== gidOf(groupIs)
}
export const modeDiffers = ({ mode }: FileAttributes, there: PresentFile): boolean =>
  mode !== undefined && there.mode !== paddedMode(mode)

/**
 * Whether flags are to be changed that are there, or not. Where none were told (no lsattr, or a file system without any)
 * chattr says what is wrong. A file system sets some by itself, and shows them: they are nobody's to ask for.
 */
export const flagsDiffer = ({ attributes }: FileAttributes, there: PresentFile): boolean => {
  if (attributes === undefined) return false
  const [, operator, letters = ''] = /^([-+=]?)(.*)$/.exec(attributes)!
  const set = [...(there.ties?.flags ?? '')].filter(letter => 'aAcCdDFijmPsStTux'.includes(letter))
  if (operator === '-') return set.some(letter => letters.includes(letter))
  const isLacking = [...letters].some(letter => !set.includes(letter))
  return isLacking || (operator !== '+' && set.some(letter => !letters.includes(letter)))
}

/** Changes flags; behind all else, since one of them may keep a file from being changed. */
export const flagSteps = (path: string, { attributes }: FileAttributes): Step[] =>
  attributes === undefined
    ? []
    : [{ do: 'flags', path, change: /^[-+=]/.test(attributes) ? attributes : `=${attributes}` }]

/** Which of mode, owner, group and flags are not as the arguments say, in words; empty: all are. */
export const attributeDifferences = (args: FileAttributes, there: PresentFile, seen: NamedAccounts): string[] => [
  ...(modeDiffers(args, there) ? [`mode is ${there.mode}`] : []),
  ...(ownerDiffers(args, there, seen) ? [`owner is ${there.owner}`] : []),
  ...(groupDiffers(args, there, seen) ? [`group is ${there.group}`] : []),
  ...(flagsDiffer(args, there) ? [`flags are "${there.ties?.flags ?? ''}"`] : []),
]

const text = (account: string | number | undefined): string | undefined =>
  account === undefined ? undefined : String(account)

/** Owner and group in the form steps take. */
export const ownerNames = ({ owner, group }: FileAttributes): { owner?: string; group?: string } => ({
  owner: text(owner),
  group: text(group),
})
