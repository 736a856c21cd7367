import {
  accountGroup,
  accountNumbers,
  defineModule,
  folderAt,
  isUnknown,
  later,
  stat,
  T,
  user,
  uses,
} from '../../src/module/module.ts'
import { mailbox, rangeFiles, userFiles } from './lib/account-files.ts'
import { inUse, missingTool, processOf } from './lib/account-rules.ts'
import { foldersAbove, missingFolder, parentFolder, plainPath } from './lib/paths.ts'
import { userArguments as args } from './lib/user-arguments.ts'
import {
  adjustment,
  creation,
  hasHome,
  homeNowOf,
  homeOf,
  isHandedOver,
  isMoved,
  listed,
  type PresentUser,
  refusedAccount,
  skeletonAt,
  userOutputs,
  userRemoval,
  withCredentials,
} from './lib/user-changes.ts'
import { shadowOf } from './lib/user-password.ts'
import { keyPath, keyReads } from './lib/user-ssh-key.ts'

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
      const gone = userRemoval(args, seen)
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
    if (changed === undefined) return ok(userOutputs(args, now as PresentUser, seen))
    const lacking = missingTool(seen.numbers, changed.steps)
    return lacking ? fail(lacking.why, lacking.fix) : change(changed)
  },
})
