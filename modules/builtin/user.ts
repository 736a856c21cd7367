import {
  accountGroup,
  defineModule,
  exec,
  folder,
  folderAt,
  type GroupAnswer,
  later,
  program,
  type Static,
  type Step,
  stat,
  T,
  type UserAnswer,
  uncut,
  user,
  uses,
} from '../../src/module/module.ts'
import { missingFolder, type Obstacle, parentFolder, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    name: T.String({ minLength: 1, description: 'The login name.' }),
    uid: T.Optional(
      T.Integer({
        minimum: 0,
        description:
          'The number. Not given: the next free one, or what it has. It cannot change while processes of the user run.',
      }),
    ),
    group: T.Optional(
      T.String({ description: 'The primary group. Not given: a new user gets a group of its own name.' }),
    ),
    groups: T.Optional(
      T.Array(T.String(), { description: 'Further groups; with `append: false` these and no others.' }),
    ),
    append: T.Boolean({ default: false, description: 'Keep the groups it is in that `groups` does not list.' }),
    home: T.Optional(pathArgument('The home folder. Not given: a new user gets /home/NAME.')),
    create_home: T.Boolean({
      default: true,
      description: 'Make the home folder, filled from /etc/skel, if it is not there.',
    }),
    shell: T.Optional(pathArgument('The login shell. Not given: what the host gives to new users.')),
    comment: T.Optional(T.String({ pattern: '^[^:\\n]*$', description: 'The full name, or what the account is for.' })),
    system: T.Boolean({ default: false, description: 'A new user gets a number of the range for services.' }),
    state: T.Enum(['present', 'absent'], {
      default: 'present',
      description: 'Whether the user is to exist. The home folder of one that goes stays.',
    }),
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>
type Exists = Extract<UserAnswer, { exists: true }>

/** The files that hold the accounts, for a command that reads them. */
const files = ['passwd', 'shadow', 'group', 'gshadow'].map(name => `tree:/etc/${name}`)

const homeOf = ({ home, name }: Wanted): string => plainPath(home ?? (name === 'root' ? '/root' : `/home/${name}`))
const hasHome = (args: Wanted): boolean => args.state === 'present' && args.create_home
const groupsOf = ({ groups = [], append }: Wanted, now: string[]): string[] =>
  [...new Set([...groups, ...(append ? now : [])])].sort()

/** The names in /etc/skel: what a new home will hold, so that nothing else in it becomes uncertain. No process. */
const skeleton = program({
  key: 'skeleton',
  sh: "cd /etc/skel 2>/dev/null && printf '%s\\n' .[!.]* *",
  looks: ['tree:/etc/skel'],
  parse: ({ stdout, status }) => ({
    exists: status === 0,
    names: stdout
      .toString()
      .split('\n')
      .filter(name => name !== '' && name !== '*' && name !== '.[!.]*'),
  }),
  subject: '/etc/skel',
})

/** Members of an account that are not as wanted, as a patch, and the words of usermod that set them. */
const differences = (args: Wanted, now: Exists): { patch: Partial<Exists>; words: string[] } => {
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
  set('group', '-g', args.group)
  set('home', '-d', args.home === undefined ? undefined : plainPath(args.home))
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
const userAdd = (args: Wanted, hasGroup: boolean): Step => {
  const primary = args.group ?? args.name
  const makesGroup = args.group === undefined && !hasGroup
  const optional = (flag: string, value: string | number | undefined) =>
    value === undefined ? [] : [flag, String(value)]
  return uncut([
    'useradd',
    ...(args.system ? ['-r'] : []),
    ...optional('-u', args.uid),
    ...(makesGroup ? ['-U'] : ['-g', primary]),
    ...(args.groups === undefined ? [] : ['-G', groupsOf(args, []).join(',')]),
    '-d',
    homeOf(args),
    args.create_home ? '-m' : '-M',
    ...optional('-s', args.shell),
    ...optional('-c', args.comment),
    args.name,
  ])
}

/** useradd writes the user before its group. After a power cut in between the group has a number and no name. */
const namelessGroup = ({ group }: Wanted, now: Exists, own: GroupAnswer | undefined): boolean =>
  group === undefined && own?.exists === false && /^\d+$/.test(now.group)

/** A home that useradd would have made: beside its place first, so that it is there whole or not at all. */
const newHome = (name: string, home: string, fromSkeleton: boolean): Step[] => {
  if (!fromSkeleton) return [folder(home, '0755', { owner: name }), exec(['chown', `${name}:`, home])]
  const fresh = `${parentFolder(home)}/.${name}.runbook-new`
  return [
    { do: 'remove', path: fresh },
    exec(['cp', '-r', '-T', '--', '/etc/skel', fresh]),
    exec(['chown', '-R', `${name}:`, fresh]),
    { do: 'rename', from: fresh, to: home },
  ]
}

type Seen = {
  user: UserAnswer
  own: GroupAnswer | undefined
  group: GroupAnswer | undefined
  groups: GroupAnswer[]
  skeleton: { exists: boolean; names: string[] } | undefined
}

/** A group that is named and does not exist. */
const missingGroup = (args: Wanted, seen: Seen): Obstacle | undefined => {
  const missing = (args.groups ?? []).find((_, i) => seen.groups[i]?.exists === false)
  if (seen.group?.exists !== false && missing === undefined) return undefined
  return {
    why: `group ${missing ?? args.group} does not exist`,
    fix:
      args.group === args.name
        ? 'leave out group: a new user gets a group of its own name'
        : 'create it in an earlier task',
  }
}

/** What a home that is made will hold, so that nothing else in it becomes uncertain. */
const skeletonLabels = (args: Wanted, { skeleton }: Seen): string[] =>
  (skeleton?.names ?? []).map(entry => `tree:${homeOf(args)}/${entry}`)

/** The account as a new one, and the home that useradd makes with it. */
const creation = (args: Wanted, seen: Seen, makesHome: boolean) => {
  const { name, uid, groups, shell, comment } = args
  const group = args.group ?? name
  return {
    will: {
      user: {
        exists: true as const,
        group,
        home: homeOf(args),
        ...(uid === undefined ? {} : { uid }),
        ...(groups === undefined ? {} : { groups: groupsOf(args, []) }),
        ...(shell === undefined ? {} : { shell }),
        ...(comment === undefined ? {} : { comment }),
      },
      ...(seen.own?.exists === false ? { own: { exists: true as const } } : {}),
      ...(makesHome ? { home: { ...homeWill(name), group } } : {}),
    },
    steps: [userAdd(args, seen.own?.exists === true)],
    touches: [...files, ...(makesHome ? skeletonLabels(args, seen) : [])],
    reason: 'it does not exist',
  }
}

const homeWill = (owner: string) => ({ exists: true as const, kind: 'directory' as const, owner })

/** What an account that is there lacks; undefined: nothing. */
const adjustment = (args: Wanted, now: Exists, seen: Seen, makesHome: boolean) => {
  const { name } = args
  const home = homeOf(args)
  const { patch, words } = differences(args, now)
  const nameless = namelessGroup(args, now, seen.own)
  if (words.length === 0 && !makesHome && !nameless) return undefined
  return {
    will: {
      user: { ...patch, ...(nameless ? { group: name } : {}) },
      ...(nameless ? { own: { exists: true as const, gid: Number(now.group) } } : {}),
      ...(makesHome ? { home: homeWill(name) } : {}),
    },
    steps: [
      ...(nameless ? [uncut(['groupadd', '-g', now.group, name])] : []),
      ...(words.length === 0 ? [] : [uncut(['usermod', ...words, name])]),
      ...(makesHome ? newHome(name, home, seen.skeleton?.exists === true) : []),
    ],
    // usermod hands all files of the home over to a new number.
    touches: [...files, ...('uid' in patch ? [`tree:${home}`] : makesHome ? skeletonLabels(args, seen) : [])],
    reason: [
      ...(nameless ? ['its group has no name'] : []),
      ...Object.keys(patch).map(member => `its ${member} differs`),
      ...(makesHome ? ['its home is missing'] : []),
    ].join(', '),
  }
}

export default defineModule({
  name: 'user',
  about: 'A user account exists, with its groups, home and shell, or does not exist.',
  args,
  outputs: T.Object({
    name: T.String({ description: 'The login name.' }),
    uid: T.Integer({ description: 'The number; -1 where the user does not exist.' }),
    group: T.String({ description: 'The primary group.' }),
    home: T.String({ description: 'The home folder.' }),
  }),
  examples: [
    '- name: The account the application runs as\n  user:\n    name: app\n    system: true\n    home: /srv/app\n    shell: /usr/sbin/nologin',
    '- name: An operator\n  user:\n    name: ada\n    comment: Ada Lovelace\n    groups: [sudo, adm]\n    append: true',
  ],
  reads: args => ({
    user: user(args.name),
    own: args.state === 'present' && args.group === undefined ? accountGroup(args.name) : undefined,
    group: args.state === 'present' && args.group !== undefined ? uses(accountGroup(args.group)) : undefined,
    groups: (args.state === 'present' ? (args.groups ?? []) : []).map(name => uses(accountGroup(name))),
    home: hasHome(args) ? stat(homeOf(args)) : undefined,
    parent: hasHome(args) ? uses(folderAt(parentFolder(homeOf(args)))) : undefined,
    skeleton: hasHome(args) ? uses(skeleton) : undefined,
  }),
  touches: args => [`group:${args.name}`, ...files, ...(hasHome(args) ? [`tree:${homeOf(args)}`] : [])],
  plan: (args, seen, { ok, change, fail }) => {
    const { name } = args
    const now = seen.user
    if (args.state === 'absent') {
      if (!now.exists) return ok({ name, uid: -1, group: '', home: '' })
      return change({ will: { user: { exists: false } }, steps: [uncut(['userdel', name])], reason: 'it exists' })
    }
    const missing = missingGroup(args, seen)
    if (missing) return fail(missing.why, missing.fix)
    const home = homeOf(args)
    const makesHome = seen.home?.exists === false && (!now.exists || now.home === home || args.home !== undefined)
    const nowhere = makesHome && seen.parent ? missingFolder(parentFolder(home), seen.parent) : undefined
    if (nowhere) return fail(nowhere.why, nowhere.fix)
    if (!now.exists) return change(creation(args, seen, makesHome))
    const changed = adjustment(args, now, seen, makesHome)
    if (changed === undefined)
      return ok({ name, uid: later(() => now.uid), group: later(() => now.group), home: later(() => now.home) })
    return change(changed)
  },
})
