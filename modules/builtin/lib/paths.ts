import {
  accountGroup,
  type FileAnswer,
  folderAt,
  type GroupAnswer,
  later,
  open,
  type Query,
  T,
  type UserAnswer,
  user,
  uses,
} from '../../../src/module/module.ts'

/** Arguments that every module which puts something at a path has. */
export const placed = {
  mode: T.Optional(
    T.String({
      pattern: '^[0-7]{3,4}$',
      description: 'The mode in octal digits, quoted, e.g. "0644". Not given: what is there keeps its mode.',
    }),
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
export type Placed = { mode?: string; owner?: string | number; group?: string | number }

/** An argument that holds a path on the host. */
export const path = (description: string) =>
  T.String({ pattern: '^/', description: `${description} An absolute path.` })

/** An argument of what configures a daemon. */
export const stamp = T.Optional(
  path('A file that is touched when the daemon needs a restart; see `newer_than` of service.'),
)

/** An argument that holds a folder which the paths of other things are made of: no `/` at its end. */
export const home = (fallback: string, description: string) =>
  T.String({
    pattern: '^(/[^/]+)+$',
    default: fallback,
    description: `${description} An absolute path.`,
  })

/** The path without slashes that mean nothing. */
export const plain = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
/** Where a folder is made before it is renamed into place, whole: beside it. */
export const unfinished = (path: string): string => plain(`${folderOf(path)}/.${baseOf(path)}.new`)
export const padded = (mode: string): string => mode.padStart(4, '0')

const isName = (account: string | number | undefined): account is string =>
  typeof account === 'string' && !/^\d+$/.test(account)

export type Accounts = { ownerIs: UserAnswer | undefined; groupIs: GroupAnswer | undefined }
type AccountReads = { ownerIs: Query<UserAnswer, false> | undefined; groupIs: Query<GroupAnswer, false> | undefined }

/** The accounts that are named: they have to exist, and their numbers are part of what a file will be. */
export const accountsOf = ({ owner, group }: Placed): AccountReads => ({
  ownerIs: isName(owner) ? uses(user(owner)) : undefined,
  groupIs: isName(group) ? uses(accountGroup(group)) : undefined,
})

/** What is looked at to put something at a path: the folder it goes into, and the accounts. */
export const surroundings = (path: string, args: Placed): AccountReads & { parent: Query<FileAnswer, false> } => ({
  parent: uses(folderAt(folderOf(path))),
  ...accountsOf(args),
})

export type Obstacle = { why: string; fix: string }

/** An account that is named and does not exist. */
export const missingAccount = ({ owner, group }: Placed, { ownerIs, groupIs }: Accounts): Obstacle | undefined => {
  if (ownerIs?.exists === false)
    return { why: `user ${owner} does not exist`, fix: 'create it in an earlier task, with the module user' }
  if (groupIs?.exists === false)
    return { why: `group ${group} does not exist`, fix: 'create it in an earlier task, with the module group' }
  return undefined
}

/** A folder to put something into that is not there, or is none. */
export const missingFolder = (folder: string, found: FileAnswer): Obstacle | undefined => {
  if (!found.exists)
    return {
      why: `the folder ${folder} does not exist`,
      fix: 'create it in an earlier task, with file and state: directory',
    }
  const kind = later(() => found.kind)
  return kind === 'file' || kind === 'other'
    ? {
        why: `${folder} is a ${kind === 'file' ? 'file' : 'special file'}, a folder is wanted`,
        fix: 'remove it or choose another path',
      }
    : undefined
}

/** Whatever stands in the way of putting something at `path`, apart from what is there itself. */
export const obstacle = (path: string, args: Placed, seen: Accounts & { parent: FileAnswer }): Obstacle | undefined =>
  missingFolder(folderOf(path), seen.parent) ?? missingAccount(args, seen)

const uidOf = (found: UserAnswer | undefined): number | undefined => (found?.exists ? found.uid : undefined)
const gidOf = (found: GroupAnswer | undefined): number | undefined => (found?.exists ? found.gid : undefined)

/** Owner and group as a patch. A name and its number go together, so that later tasks may compare either. */
const accountsPatch = ({ owner, group }: Placed, seen: Accounts) => ({
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
export const replaced = { owner: open, uid: open, group: open, gid: open }

/** Mode, owner and group as a patch: only what the arguments say. */
export const attributesPatch = (args: Placed, seen: Accounts) => ({
  ...(args.mode === undefined ? {} : { mode: padded(args.mode) }),
  ...accountsPatch(args, seen),
})

export type There = Extract<FileAnswer, { exists: true }>

/** What has a number for its owner's name gets that of the account which an earlier task gives the number to. */
export const ownerDiffers = ({ owner }: Placed, there: There, { ownerIs }: Accounts): boolean => {
  if (owner === undefined) return false
  if (!isName(owner)) return there.uid !== Number(owner)
  return isName(there.owner) ? there.owner !== owner : there.uid !== uidOf(ownerIs)
}
export const groupDiffers = ({ group }: Placed, there: There, { groupIs }: Accounts): boolean => {
  if (group === undefined) return false
  if (!isName(group)) return there.gid !== Number(group)
  return isName(there.group) ? there.group !== group : there.gid !== gidOf(groupIs)
}
export const modeDiffers = ({ mode }: Placed, there: There): boolean =>
  mode !== undefined && there.mode !== padded(mode)

/** Which of mode, owner and group are not as the arguments say, in words; empty: all are. */
export const drift = (args: Placed, there: There, seen: Accounts): string[] => [
  ...(modeDiffers(args, there) ? [`mode is ${there.mode}`] : []),
  ...(ownerDiffers(args, there, seen) ? [`owner is ${there.owner}`] : []),
  ...(groupDiffers(args, there, seen) ? [`group is ${there.group}`] : []),
]

const text = (account: string | number | undefined): string | undefined =>
  account === undefined ? undefined : String(account)

/** Owner and group in the form steps take. */
export const ownerOf = ({ owner, group }: Placed): { owner?: string; group?: string } => ({
  owner: text(owner),
  group: text(group),
})
