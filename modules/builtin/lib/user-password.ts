import {
  exec,
  program,
  type Query,
  quote,
  type Step,
  secretContent,
  sha256,
  T,
  uncut,
} from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

// What /etc/shadow says of a user: the hash of the password, whether it is locked, and when it runs out. The hash stays on the host:
// what is read is a digest of it, and one that is to be set goes through standard input, never an argument.

const days = (description: string) => T.Optional(T.Integer({ description }))

export const passwordArguments = {
  password: T.Optional(
    T.String({
      secret: true,
      description: 'The hash of the password, as `password_hash("sha512", salt)` makes it; * or ! for none that fits.',
    }),
  ),
  update_password: T.Optional(
    T.Enum(['always', 'on_create'], { description: 'on_create: the password is that of a new user alone.' }),
  ),
  password_lock: T.Optional(
    T.Boolean({ description: 'Lock the password, or unlock it: a key may open the account still.' }),
  ),
  expires: T.Optional(
    T.Number({ description: 'When the account ends, in seconds since 1970; the day counts. Below 0: never.' }),
  ),
  password_expire_max: days('After how many days a password has to be changed.'),
  password_expire_min: days('How many days a password has to be kept.'),
  password_expire_warn: days('How many days before that the user is warned.'),
  password_expire_account_disable: days('How many days after that the account is closed.'),
}
export type PasswordArguments = {
  password?: string
  update_password?: 'always' | 'on_create'
  password_lock?: boolean
  expires?: number
  password_expire_max?: number
  password_expire_min?: number
  password_expire_warn?: number
  password_expire_account_disable?: number
}

/** `digest` is that of the hash without its lock; days since 1970, or numbers of days, -1 for none. */
export type ShadowAnswer = {
  digest: string
  locked: boolean
  min: number
  max: number
  warn: number
  inactive: number
  expires: number
}

const none: ShadowAnswer = { digest: sha256(''), locked: true, min: -1, max: -1, warn: -1, inactive: -1, expires: -1 }

const asked = (args: PasswordArguments): boolean =>
  Object.keys(passwordArguments).some(name => name !== 'update_password' && name in args)

/** Asked where one of these arguments is given. Only root is told. */
export const shadowOf = (name: string, args: PasswordArguments): Query<ShadowAnswer> | undefined =>
  asked(args)
    ? program({
        key: `shadow:${name}`,
        sh: `s=$(grep ${quote(`^${name.replace(/[.[\]*^$\\]/g, '\\$&')}:`)} /etc/shadow) && { h=\${s#*:}; r=\${h#*:}; h=\${h%%:*}; case $h in !*) l=1;; *) l=0;; esac
while case $h in !*) ;; *) false;; esac; do h=\${h#!}; done; printf '%s %s:%s\\n' "$l" "$(printf %s "$h" | sha256sum | cut -d ' ' -f 1)" "$r"; }`,
        looks: [`member:/etc/shadow#${name.replaceAll('.', '%')}`, `user:${name}`],
        parse: ({ stdout }) => {
          const found = /^([01]) ([0-9a-f]{64}):(.*)$/m.exec(stdout.toString())
          if (found === null) return none
          const [, min, max, warn, inactive, expires] = found[3]!
            .split(':')
            .map(text => (text === '' ? -1 : Number(text)))
          return {
            digest: found[2]!,
            locked: found[1] === '1',
            min: min ?? -1,
            max: max ?? -1,
            warn: warn ?? -1,
            inactive: inactive ?? -1,
            expires: expires ?? -1,
          }
        },
        subject: `password of ${name}`,
        touches: [`member:/etc/shadow#${name.replaceAll('.', '%')}`],
      })
    : undefined

const bare = (hash: string): string => hash.replace(/^!+/, '')

/** A hash that would be no field of a line, and one that is no hash and would be none that anybody can type. */
export const badPassword = ({ password }: PasswordArguments): Obstacle | undefined => {
  if (password === undefined) return undefined
  if (/[:\n]/.test(password))
    return { why: 'password holds a colon or a line end, no hash does', fix: 'give the hash of the password' }
  const isHash = /^!*(\*|x|\$[0-9a-z]+\$[./A-Za-z0-9$=,-]+|_?[./A-Za-z0-9]{13,20})?$/.test(password)
  return isHash
    ? undefined
    : {
        why: 'password is no hash: as it stands nobody could log in with it',
        fix: 'make one: password: "{{ secret | password_hash(\'sha512\', salt) }}"',
      }
}

const members = {
  min: ['password_expire_min', '-m'],
  max: ['password_expire_max', '-M'],
  warn: ['password_expire_warn', '-W'],
  inactive: ['password_expire_account_disable', '-I'],
} as const

/** What of the password is not as it is to be: a promise, steps and words. `isNew`: it is that of a user who is made. */
export const passwordChange = (
  name: string,
  args: PasswordArguments,
  found: ShadowAnswer | undefined,
  isNew: boolean,
) => {
  const will: Partial<ShadowAnswer> = {}
  const steps: Step[] = []
  if (found === undefined) return { will, steps }
  const now = isNew ? none : found
  const { password, password_lock: lock, update_password: update } = args
  const isSet = password !== undefined && (isNew || update !== 'on_create') && sha256(bare(password)) !== now.digest
  const isLocked = lock ?? (isSet ? password!.startsWith('!') : now.locked)
  if (isSet) {
    will.digest = sha256(bare(password!))
    steps.push(
      exec(['chpasswd', '-e'], {
        stdin: secretContent(`${name}:${isLocked ? '!' : ''}${bare(password!)}\n`),
        uncut: true,
      }),
    )
  }
  if (isLocked !== now.locked) {
    will.locked = isLocked
    if (!isSet) steps.push(uncut(['usermod', isLocked ? '-L' : '-U', name]))
  }
  const wanted = args.expires === undefined ? undefined : args.expires < 0 ? -1 : Math.floor(args.expires / 86_400)
  if (wanted !== undefined && wanted !== now.expires) {
    will.expires = wanted
    steps.push(
      uncut(['usermod', '-e', wanted < 0 ? '' : new Date(wanted * 86_400_000).toISOString().slice(0, 10), name]),
    )
  }
  const words = Object.entries(members).flatMap(([member, [argument, flag]]) => {
    const value = args[argument]
    if (value === undefined || value === now[member as keyof typeof members]) return []
    will[member as keyof typeof members] = value
    return [flag, String(value)]
  })
  if (words.length > 0) steps.push(uncut(['chage', ...words, name]))
  return { will, steps }
}

/** An account without any hash cannot be unlocked: usermod refuses. */
export const unlockable = (
  { password_lock: lock, password }: PasswordArguments,
  found: ShadowAnswer | undefined,
): Obstacle | undefined =>
  lock === false && password === undefined && found?.locked && found.digest === none.digest
    ? { why: 'it has no password, and cannot be unlocked', fix: 'give it a password, or leave out password_lock' }
    : undefined

/** In words what is not so of a password. */
export const passwordReason = (will: Partial<ShadowAnswer>): string[] => [
  ...(will.digest === undefined ? [] : ['its password is another']),
  ...(will.locked === undefined ? [] : [will.locked ? 'its password is not locked' : 'its password is locked']),
  ...(will.expires === undefined ? [] : ['it ends on another day']),
  ...(Object.keys(members).some(member => member in will) ? ['its password is to be kept for other times'] : []),
]
