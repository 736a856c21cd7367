import {
  type AccountNumbers,
  type FileAnswer,
  type GroupAnswer,
  isUnknown,
  later,
  open,
  program,
  quote,
  type Step,
  type UserAnswer,
  uncut,
} from '../../../src/module/module.ts'
import { mailbox, rangeFiles, userFiles } from './account-files.ts'
import { badField, badName, inUse, nextUid, ownGid, removesOwnGroup, usedUid } from './account-rules.ts'
import { isSomebodys, newHome } from './new-home.ts'
import { type Obstacle, parentFolder, plainPath } from './paths.ts'
import type { WantedUser } from './user-arguments.ts'
import { badPassword, passwordChange, passwordReason, type ShadowAnswer, unlockable } from './user-password.ts'
import { badKey, keyPath, keySteps } from './user-ssh-key.ts'

// What becomes of a user account: how it is made, adjusted and removed, and why the tools would refuse that.

export type PresentUser = Extract<UserAnswer, { exists: true }>

export const homeOf = ({ home, name }: WantedUser): string =>
  plainPath(home ?? (name === 'root' ? '/root' : `/home/${name}`))
export const hasHome = (args: WantedUser): boolean => args.state === 'present' && args.create_home
export const listed = ({ groups = [] }: WantedUser): string[] =>
  (typeof groups === 'string' ? groups.split(',') : groups).map(name => name.trim()).filter(name => name !== '')
const groupsOf = (args: WantedUser, now: string[]): string[] =>
  [...new Set([...listed(args), ...(args.append ? now : [])])].sort()

/** The names in a skeleton: what a new home will hold, so that nothing else in it becomes uncertain. No process. */
export const skeletonAt = (path: string) =>
  program({
    key: `skeleton:${path}`,
    sh: `cd ${quote(path)} 2>/dev/null && printf '%s\\n' .[!.]* *`,
    looks: [`tree:${path}`],
    parse: ({ stdout, status }) => ({
      exists: status === 0,
      names: stdout
        .toString()
        .split('\n')
        .filter(name => name !== '' && name !== '*' && name !== '.[!.]*'),
    }),
    subject: path,
  })

/** Members of an account that are not as wanted, as a patch, and the words of usermod that set them. */
const differences = (
  args: WantedUser,
  now: PresentUser,
  isBrought: boolean,
): { patch: Partial<PresentUser>; words: string[] } => {
  const patch: Partial<PresentUser> = {}
  const words: string[] = []
  const set = <K extends 'uid' | 'group' | 'home' | 'shell' | 'comment'>(
    member: K,
    flag: string,
    value?: PresentUser[K],
  ) => {
    if (value === undefined || now[member] === value) return
    patch[member] = value
    words.push(flag, String(value))
  }
  set('uid', '-u', args.uid)
  if ('uid' in patch && args.non_unique) words.push('-o')
  set('group', '-g', args.group)
  set('home', '-d', args.home === undefined ? undefined : plainPath(args.home))
  if ('home' in patch && isBrought) words.push('-m')
  set('shell', '-s', args.shell)
  set('comment', '-c', args.comment)
  if (args.groups !== undefined) {
    const groups = groupsOf(args, now.groups)
    if (groups.join() !== [...now.groups].sort().join()) {
      patch.groups = groups
      words.push('-G', groups.join(','))
    }
  }
  return { patch, words }
}

/** Every choice that the host's defaults would make otherwise is made here, so that the plan can tell it. */
const userAdd = (args: WantedUser, uid: number | undefined, hasGroup: boolean, makesHome: boolean): Step => {
  const primary = args.group ?? args.name
  const makesGroup = args.group === undefined && !hasGroup
  const optional = (flag: string, value: string | number | undefined) =>
    value === undefined ? [] : [flag, String(value)]
  return uncut([
    'useradd',
    ...(args.system ? ['-r'] : []),
    ...optional('-u', uid),
    ...(args.uid !== undefined && args.non_unique ? ['-o'] : []),
    ...(makesGroup ? ['-U'] : ['-g', primary]),
    ...(args.groups === undefined ? [] : ['-G', groupsOf(args, []).join(',')]),
    '-d',
    homeOf(args),
    makesHome ? '-m' : '-M',
    ...(makesHome ? optional('-k', args.skeleton) : []),
    ...(makesHome && args.umask !== undefined ? ['-K', `UMASK=${args.umask}`] : []),
    ...optional('-s', args.shell),
    ...optional('-c', args.comment),
    args.name,
  ])
}

/** useradd writes the user before its group. After a power cut in between the group has a number and no name. */
const namelessGroup = ({ group }: WantedUser, now: PresentUser, own: GroupAnswer | undefined): boolean =>
  group === undefined && own?.exists === false && /^\d+$/.test(now.group)

type SeenUser = {
  numbers: AccountNumbers
  user: UserAnswer
  own: GroupAnswer | undefined
  group: GroupAnswer | undefined
  groups: GroupAnswer[]
  home?: FileAnswer | undefined
  skeleton: { exists: boolean; names: string[] } | undefined
  homeAbove?: FileAnswer[]
  parent?: FileAnswer | undefined
  process?: { text: string } | undefined
  homeNow?: FileAnswer | undefined
  /** The home that is to be moved. */
  oldHome?: FileAnswer | undefined
  shadow?: ShadowAnswer | undefined
  key?: FileAnswer | undefined
  publicKey?: FileAnswer | undefined
  fingerprint?: { text: string } | undefined
}

/** A group that is named and does not exist. */
const missingGroup = (args: WantedUser, seen: SeenUser): Obstacle | undefined => {
  const missing = listed(args).find((_, i) => seen.groups[i]?.exists === false)
  if (seen.group?.exists !== false && missing === undefined) return undefined
  const name = missing ?? args.group
  return {
    why: `group ${name} does not exist`,
    fix: /^\d+$/.test(name!)
      ? 'a group is meant by its name here: write that instead of its number'
      : args.group === args.name
        ? 'leave out group: a new user gets a group of its own name'
        : 'create it in an earlier task',
  }
}

/** What a home that is made will hold, so that nothing else in it becomes uncertain. */
const skeletonLabels = (args: WantedUser, { skeleton }: SeenUser): string[] =>
  (skeleton?.names ?? []).map(entry => `tree:${homeOf(args)}/${entry}`)

/** Groups whose lines name a user of that name already, who is a member of them once there is one. */
const memberships = (name: string, { numbers }: SeenUser): string[] =>
  numbers.groups.filter(group => group.members.includes(name)).map(group => group.name)

/**
 * The account as a new one, and the home that useradd makes with it. The number is chosen here, so that what comes after
 * knows it; where not all accounts are known yet useradd finds one.
 */
export const creation = (args: WantedUser, seen: SeenUser, makesHome: boolean) => {
  const { name, shell, comment } = args
  const group = args.group ?? name
  const numbers = (): AccountNumbers => seen.numbers
  const isOwn = seen.own?.exists === false
  const uid = args.uid ?? nextUid(numbers, args.system, isOwn)
  const gid = isOwn ? ownGid(numbers, uid, args.system) : undefined
  const there = later(() => memberships(name, seen))
  const isStray = !isUnknown(there) && there.some(one => !groupsOf(args, []).includes(one))
  const isExact = args.groups !== undefined && !args.append
  const groups = isUnknown(there) ? there : groupsOf(args, isExact ? [] : there)
  const named = later(() => (seen.group?.exists ? seen.group.gid : undefined))
  const folders = [...(seen.homeAbove ?? []), ...(seen.parent ? [seen.parent] : [])]
  const isOpen = makesHome && folders.some(isSomebodys)
  return {
    will: {
      user: {
        exists: true as const,
        group,
        home: homeOf(args),
        groups,
        uid: uid ?? open,
        ...(shell === undefined ? {} : { shell }),
        ...(comment === undefined ? {} : { comment }),
      },
      ...(isOwn ? { own: { exists: true as const, gid: gid ?? open } } : {}),
      ...(makesHome ? { home: { ...homeWill(name, uid), group, ...numberOf(gid ?? named) } } : {}),
    },
    steps: [
      userAdd(args, uid, seen.own?.exists === true, args.create_home && !isOpen),
      ...(isExact && isStray ? [uncut(['usermod', '-G', groupsOf(args, []).join(','), name])] : []),
      ...(isOpen ? [newHome(args, homeOf(args), seen.skeleton?.exists === true)] : []),
    ],
    touches: [
      ...userFiles(name),
      ...(args.system ? [] : rangeFiles(name)),
      `path:${mailbox(name)}`,
      ...(makesHome ? skeletonLabels(args, seen) : []),
    ],
    reason: 'it does not exist',
  }
}

const numberOf = (gid: unknown) => (typeof gid === 'number' ? { gid } : {})
const homeWill = (owner: string, uid: number | undefined) => ({
  exists: true as const,
  kind: 'directory' as const,
  owner,
  ...(uid === undefined ? {} : { uid }),
})

/**
 * What usermod hands over with a new number: what the user owns in the home, if the home is the user's. A new primary
 * group is handed over in the same way.
 */
const handedOver = (
  { name }: WantedUser,
  now: PresentUser,
  patch: Partial<PresentUser>,
  { homeNow }: SeenUser,
): string[] => {
  const home = patch.home ?? now.home
  const isTheirs = later(() => homeNow?.exists === true && homeNow.uid === now.uid)
  const of = [
    ...('uid' in patch ? [`user:${name}`] : []),
    ...('group' in patch ? [`group:${now.group}:${patch.group}`] : []),
  ]
  const mail = 'uid' in patch ? [`owners:${mailbox(name)}#user:${name}`] : []
  if (isTheirs === false) return mail
  return [...mail, ...of.map(account => `owners:${home}#${isUnknown(isTheirs) ? '*' : account}`)]
}

/** What an account that is there lacks; undefined: nothing. */
export const adjustment = (args: WantedUser, now: PresentUser, seen: SeenUser, makesHome: boolean) => {
  const { name } = args
  const home = homeOf(args)
  const { patch, words } = differences(args, now, seen.oldHome?.exists === true)
  const nameless = namelessGroup(args, now, seen.own)
  const isBrought = seen.oldHome?.exists === true && hasHome(args)
  if (words.length === 0 && !makesHome && !nameless) return undefined
  const uid = later(() => patch.uid ?? now.uid)
  return {
    will: {
      user: { ...patch, ...(nameless ? { group: name } : {}) },
      ...(nameless ? { own: { exists: true as const, gid: Number(now.group) } } : {}),
      ...(makesHome || (isBrought && seen.home?.exists === false)
        ? { home: homeWill(name, isUnknown(uid) ? undefined : uid) }
        : {}),
    },
    steps: [
      ...(nameless ? [uncut(['groupadd', '-g', now.group, name])] : []),
      ...(words.length === 0 ? [] : [uncut(['usermod', ...words, name])]),
      ...(makesHome ? [newHome(args, home, seen.skeleton?.exists === true)] : []),
    ],
    touches: [
      ...userFiles(name),
      ...handedOver(args, now, patch, seen),
      ...('home' in patch && args.move_home ? [`tree:${now.home}`, `tree:${patch.home}`] : []),
      ...(makesHome ? skeletonLabels(args, seen) : []),
    ],
    reason: [
      ...(nameless ? ['its group has no name'] : []),
      ...Object.keys(patch).map(member => `its ${member} differs`),
      ...(makesHome ? ['its home is missing'] : []),
    ].join(', '),
  }
}

/** The account as one that goes, with its memberships; its own group too, where nobody else is in it. */
export const userRemoval = ({ name, remove, force }: WantedUser, seen: SeenUser) => {
  const goes = seen.own?.exists === true && later(() => removesOwnGroup(seen.numbers, name))
  return {
    will: { user: { exists: false as const }, ...(goes === true ? { own: { exists: false as const } } : {}) },
    steps: [uncut(['userdel', ...(force ? ['-f'] : []), ...(remove ? ['-r'] : []), name])],
    touches: [
      ...userFiles(name),
      ...rangeFiles(name),
      ...(isUnknown(goes) ? [`group:${name}`] : []),
      ...(remove && seen.user.exists ? [`tree:${seen.user.home}`, `path:${mailbox(name)}`] : []),
    ],
    reason: 'it exists',
  }
}

type Base = NonNullable<ReturnType<typeof creation | typeof adjustment>>

/** Password and key besides: of an account that is made, or of one that is there and else as it should be. */
export const withCredentials = (args: WantedUser, seen: SeenUser, base: Base | undefined) => {
  const { name } = args
  const set = passwordChange(name, args, seen.shadow, !seen.user.exists)
  const key = seen.key?.exists === false ? keyPath(args, homeNowOf(args, seen.user)) : undefined
  if (base === undefined && set.steps.length === 0 && key === undefined) return undefined
  const reasons = [
    ...(base === undefined ? [] : [base.reason]),
    ...(seen.user.exists ? passwordReason(set.will) : []),
    ...(key === undefined || !seen.user.exists ? [] : [`${key} does not exist`]),
  ]
  return {
    will: {
      ...base?.will,
      ...(seen.shadow === undefined ? {} : { shadow: set.will }),
      ...(key === undefined ? {} : { key: { exists: true as const, kind: 'file' as const, owner: name } }),
    },
    steps: [...(base?.steps ?? []), ...set.steps, ...(key === undefined ? [] : keySteps(name, args, key))],
    touches: [
      ...(base?.touches ?? userFiles(name)),
      ...(key === undefined ? [] : [`path:${key}.pub`, `tree:${parentFolder(key)}`]),
    ],
    reason: reasons.join(', '),
  }
}

/** Where the home is, or will be. */
export const homeNowOf = (args: WantedUser, now: UserAnswer): string =>
  now.exists && args.home === undefined ? now.home : homeOf(args)

export const userOutputs = (args: WantedUser, now: PresentUser, seen: SeenUser) => {
  const at = keyPath(args, homeNowOf(args, now))
  return {
    name: args.name,
    state: 'present' as const,
    uid: later(() => now.uid),
    group: later(() => now.group),
    home: later(() => now.home),
    shell: later(() => now.shell),
    comment: later(() => now.comment),
    ...(args.groups === undefined ? {} : { groups: listed(args).join(',') }),
    append: args.append,
    move_home: args.move_home ?? false,
    ...(args.password === undefined ? {} : { password: 'NOT_LOGGING_PASSWORD' }),
    ...(at === undefined
      ? {}
      : {
          ssh_key_file: at,
          ssh_fingerprint: later(() => seen.fingerprint!.text),
          ssh_public_key: later(() => publicText(seen.publicKey)),
        }),
  }
}

const publicText = (found: FileAnswer | undefined): string =>
  found?.exists && found.kind === 'file' ? found.content.bytes.toString().trimEnd() : ''

/** Whether usermod or userdel looks for processes of the user: the number or the home is to be another. */
export const isMoved = ({ state, uid, home }: WantedUser, now: PresentUser): boolean =>
  state === 'absent' || (uid !== undefined && uid !== now.uid) || (home !== undefined && plainPath(home) !== now.home)

export const isHandedOver = ({ state, uid, group }: WantedUser, now: PresentUser): boolean =>
  state === 'present' && ((uid !== undefined && uid !== now.uid) || (group !== undefined && group !== now.group))

/** Why the tools would refuse what is wanted. */
export const refusedAccount = (args: WantedUser, seen: SeenUser): Obstacle | undefined => {
  const { name, uid, non_unique } = args
  const now = seen.user
  const fields = badField('home', args.home) ?? badField('shell', args.shell) ?? badPassword(args) ?? badKey(args)
  if (fields) return fields
  if (!now.exists)
    return (
      badName('user', name) ??
      missingGroup(args, seen) ??
      (uid === undefined || non_unique ? undefined : usedUid(seen.numbers, uid, name))
    )
  return (
    missingGroup(args, seen) ??
    unlockable(args, seen.shadow) ??
    (uid === undefined || uid === now.uid || non_unique ? undefined : usedUid(seen.numbers, uid, name)) ??
    inUse(name, seen.process)
  )
}
