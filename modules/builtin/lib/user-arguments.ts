import { type Static, T } from '../../../src/module/module.ts'
import { lastNumber } from './account-rules.ts'
import { pathArgument } from './paths.ts'
import { passwordArguments } from './user-password.ts'
import { sshKeyArguments } from './user-ssh-key.ts'

/** What a task says of a user account. */
export const userArguments = T.Object(
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
export type WantedUser = Static<typeof userArguments>
