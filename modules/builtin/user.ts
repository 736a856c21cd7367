import {
  type AccountNumbers,
  accountGroup,
  accountNumbers,
  defineModule,
  type FileAnswer,
  folderAt,
  type GroupAnswer,
  isUnknown,
  later,
  open,
  program,
  quote,
  type Static,
  type Step,
  stat,
  T,
  type UserAnswer,
  uncut,
  user,
  uses,
} from '../../src/module/module.ts'
import { mailbox, rangeFiles, userFiles } from './lib/account-files.ts'
import {
  badField,
  badName,
  inUse,
  lastNumber,
  missingTool,
  nextUid,
  ownGid,
  processOf,
  removesOwnGroup,
  usedUid,
} from './lib/account-rules.ts'
import { isSomebodys, newHome } from './lib/new-home.ts'
import { foldersAbove, missingFolder, type Obstacle, parentFolder, pathArgument, plainPath } from './lib/paths.ts'
import {
  badPassword,
  passwordArguments,
  passwordChange,
  passwordReason,
  type ShadowAnswer,
  shadowOf,
  unlockable,
} from './lib/user-password.ts'
import { badKey, keyPath, keyReads, keySteps, sshKeyArguments } from './lib/user-ssh-key.ts'

const args = T.Object(
  {
    name: T.String({ minLength: 1, aliases: ['user'], description: 'The login name.' }),
    uid: T.Optional(
      T.Integer({
        minimum: 0,
        maximum: lastNumber,
        description:
          'The number. Not given: the next free one, or what it has. It cannot change while processes of the user run.',
      }),
    ),
    group: T.Optional(
      T.String({ description: 'The primary group. Not given: a new user gets a group of its own name.' }),
    ),
    non_unique: T.Optional(T.Boolean({ description: 'The number may be that of another user too.' })),
    groups: T.Optional(
      T.Unsafe<string | string[]>({
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description: 'Further groups, as a list or with commas; with `append: false` these and no others.',
      }),
    ),
    append: T.Boolean({ default: false, description: 'Keep the groups it is in that `groups` does not list.' }),
    home: T.Optional(pathArgument('The home folder. Not given: a new user gets /home/NAME.')),
    create_home: T.Boolean({
      default: true,
      aliases: ['createhome'],
      description: 'Make the home folder, filled from /etc/skel, if it is not there.',
    }),
    move_home: T.Optional(T.Boolean({ description: 'With another `home` what is in the old one goes there.' })),
    skeleton: T.Optional(pathArgument('What a new home is filled from, /etc/skel if not given.')),
    umask: T.Optional(
      T.String({ pattern: '^[0-7]{3,4}$', description: 'What a new home has not of the mode 0777, in octal digits.' }),
    ),
    shell: T.Optional(pathArgument('The login shell. Not given: what the host gives to new users.')),
    comment: T.Optional(T.String({ pattern: '^[^:\\n]*$', description: 'The full name, or what the account is for.' })),
    system: T.Boolean({ default: false, description: 'A new user gets a number of the range for services.' }),
    local: T.Optional(T.Boolean({ description: 'Accepted: accounts are made in the files of the host in any case.' })),
    ...passwordArguments,
    ...sshKeyArguments,
    state: T.Enum(['present', 'absent'], {
      default: 'present',
      description: 'Whether the user is to exist. The home folder of one that goes stays, but with remove.',
    }),
    remove: T.Optional(T.Boolean({ description: 'With state absent: home and mail go too.' })),
    force: T.Optional(T.Boolean({ description: 'With state absent: also while processes of the user run.' })),
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>
type Exists = Extract<UserAnswer, { exists: true }>

const homeOf = ({ home, name }: Wanted): string => plainPath(home ?? (name === 'root' ? '/root' : `/home/${name}`))
const hasHome = (args: Wanted): boolean => args.state === 'present' && args.create_home
const listed = ({ groups = [] }: Wanted): string[] =>
  (typeof groups === 'string' ? groups.split(',') : groups).map(name => name.trim()).filter(name => name !== '')
const groupsOf = (args: Wanted, now: string[]): string[] =>
  [...new Set([...listed(args), ...(args.append ? now : [])])].sort()

/** The names in a skeleton: what a new home will hold, so that nothing else in it becomes uncertain. No process. */
const skeletonAt = (path: string) =>
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
const differences = (args: Wanted, now: Exists, isBrought: boolean): { patch: Partial<Exists>; words: string[] } => {
  const patch: Partial<Exists> = {}
  const words: string[] = []
  const set = <K extends 'uid' | 'group' | 'home' | 'shell' | 'comment'>(
    member: K,
    flag: string,
    value?: Exists[K],
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
const userAdd = (args: Wanted, uid: number | undefined, hasGroup: boolean, makesHome: boolean): Step => {
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
const namelessGroup = ({ group }: Wanted, now: Exists, own: GroupAnswer | undefined): boolean =>
  group === undefined && own?.exists === false && /^\d+$/.test(now.group)

type Seen = {
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
const missingGroup = (args: Wanted, seen: Seen): Obstacle | undefined => {
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
const skeletonLabels = (args: Wanted, { skeleton }: Seen): string[] =>
  (skeleton?.names ?? []).map(entry => `tree:${homeOf(args)}/${entry}`)

/** Groups whose lines name a user of that name already, who is a member of them once there is one. */
const memberships = (name: string, { numbers }: Seen): string[] =>
  numbers.groups.filter(group => group.members.includes(name)).map(group => group.name)

/**
 * The account as a new one, and the home that useradd makes with it. The number is chosen here, so that what comes after
 * knows it; where not all accounts are known yet useradd finds one.
 */
const creation = (args: Wanted, seen: Seen, makesHome: boolean) => {
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
const handedOver = ({ name }: Wanted, now: Exists, patch: Partial<Exists>, { homeNow }: Seen): string[] => {
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
const adjustment = (args: Wanted, now: Exists, seen: Seen, makesHome: boolean) => {
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
const removal = ({ name, remove, force }: Wanted, seen: Seen) => {
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
const withCredentials = (args: Wanted, seen: Seen, base: Base | undefined) => {
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
const homeNowOf = (args: Wanted, now: UserAnswer): string =>
  now.exists && args.home === undefined ? now.home : homeOf(args)

const outputsOf = (args: Wanted, now: Exists, seen: Seen) => {
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
const isMoved = ({ state, uid, home }: Wanted, now: Exists): boolean =>
  state === 'absent' || (uid !== undefined && uid !== now.uid) || (home !== undefined && plainPath(home) !== now.home)

const isHandedOver = ({ state, uid, group }: Wanted, now: Exists): boolean =>
  state === 'present' && ((uid !== undefined && uid !== now.uid) || (group !== undefined && group !== now.group))

/** Why the tools would refuse what is wanted. */
const refusedAccount = (args: Wanted, seen: Seen): Obstacle | undefined => {
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

export default defineModule({
  name: 'user',
  about: 'A user account exists, with its groups, home and shell, or does not exist.',
  args,
  outputs: T.Object({
    name: T.String({ description: 'The login name.' }),
    state: T.String({ description: 'present or absent.' }),
    uid: T.Integer({ description: 'The number; -1 where the user does not exist.' }),
    group: T.String({ description: 'The primary group.' }),
    home: T.String({ description: 'The home folder.' }),
    shell: T.Optional(T.String({ description: 'The login shell.' })),
    comment: T.Optional(T.String({ description: 'The full name.' })),
    groups: T.Optional(T.String({ description: 'The groups that were asked for, with commas.' })),
    append: T.Optional(T.Boolean({ description: 'As it was asked for.' })),
    move_home: T.Optional(T.Boolean({ description: 'As it was asked for.' })),
    password: T.Optional(T.String({ description: 'That one was given, and no more of it.' })),
    ssh_key_file: T.Optional(T.String({ description: 'Where the key lies.' })),
    ssh_fingerprint: T.Optional(T.String({ description: 'Its fingerprint, as ssh-keygen has it.' })),
    ssh_public_key: T.Optional(T.String({ description: 'The public half of it.' })),
  }),
  examples: [
    '- name: The account the application runs as\n  user:\n    name: app\n    system: true\n    home: /srv/app\n    shell: /usr/sbin/nologin',
    '- name: An operator\n  user:\n    name: ada\n    comment: Ada Lovelace\n    groups: [sudo, adm]\n    append: true',
  ],
  reads: args => ({
    numbers: accountNumbers(args.uid === undefined ? {} : { uid: args.uid }),
    user: user(args.name),
    own: args.state === 'absent' || args.group === undefined ? accountGroup(args.name) : undefined,
    group: args.state === 'present' && args.group !== undefined ? uses(accountGroup(args.group)) : undefined,
    groups: (args.state === 'present' ? listed(args) : []).map(name => uses(accountGroup(name))),
    home: hasHome(args) ? stat(homeOf(args)) : undefined,
    homeAbove: hasHome(args) ? foldersAbove(homeOf(args)).map(path => uses(stat(path))) : [],
    parent: hasHome(args) ? uses(folderAt(parentFolder(homeOf(args)))) : undefined,
    shadow: args.state === 'present' ? shadowOf(args.name, args) : undefined,
    skeleton: hasHome(args) ? uses(skeletonAt(args.skeleton ?? '/etc/skel')) : undefined,
  }),
  more: (args, seen) => {
    const now = seen.user
    const key = keyReads(args.state === 'present' ? keyPath(args, homeNowOf(args, now)) : undefined)
    if (!now.exists) return { ...key, process: undefined, homeNow: undefined, oldHome: undefined }
    const uid = isMoved(args, now) ? later(() => now.uid) : undefined
    const isMoving = args.move_home && args.home !== undefined && now.home !== homeOf(args)
    return {
      ...key,
      oldHome: isMoving ? uses(stat(now.home)) : undefined,
      process: uid === undefined || isUnknown(uid) ? undefined : processOf(uid),
      homeNow: isHandedOver(args, now)
        ? uses(folderAt(args.home === undefined ? now.home : plainPath(args.home)))
        : undefined,
    }
  },
  touches: args => [
    `group:${args.name}`,
    ...userFiles(args.name),
    ...rangeFiles(args.name),
    `path:${mailbox(args.name)}`,
    ...(hasHome(args) ? [`tree:${homeOf(args)}`] : []),
    // Where the home of a user is that is there, nobody has looked yet.
    ...(args.remove || args.move_home || args.generate_ssh_key ? ['tree:/'] : []),
    ...(args.uid === undefined ? [] : [`owners:/#user:${args.name}`]),
    ...(args.group === undefined ? [] : [`owners:${homeOf(args)}#group:*`]),
  ],
  plan: (args, seen, { ok, change, fail }) => {
    const { name } = args
    const now = seen.user
    if (args.state === 'absent') {
      if (!now.exists) return ok({ name, state: 'absent', uid: -1, group: '', home: '' })
      const gone = removal(args, seen)
      const obstacle = (args.force ? undefined : inUse(name, seen.process)) ?? missingTool(seen.numbers, gone.steps)
      return obstacle ? fail(obstacle.why, obstacle.fix) : change(gone)
    }
    const refused = refusedAccount(args, seen)
    if (refused) return fail(refused.why, refused.fix)
    const home = homeOf(args)
    const isMoving = seen.oldHome?.exists === true
    const makesHome =
      seen.home?.exists === false && !isMoving && (!now.exists || now.home === home || args.home !== undefined)
    const nowhere = makesHome && seen.parent ? missingFolder(parentFolder(home), seen.parent) : undefined
    if (nowhere) return fail(nowhere.why, nowhere.fix)
    const base = now.exists ? adjustment(args, now, seen, makesHome) : creation(args, seen, makesHome)
    const changed = withCredentials(args, seen, base)
    if (changed === undefined) return ok(outputsOf(args, now as Exists, seen))
    const lacking = missingTool(seen.numbers, changed.steps)
    return lacking ? fail(lacking.why, lacking.fix) : change(changed)
  },
})
