import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Failure } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { type Login, type Logins, shownLogin, sshCommand } from './login.ts'
import { type AnyAuthMethod, type Client, type ConnectConfig, library } from './ssh-library.ts'

/** sshd hangs up after so many tries (`MaxAuthTries`), whatever would have come next. */
const MOST_TRIES = 6

/** sshd's words when it does. */
const TOO_MANY = /too many authentication|NO_MORE_AUTH_METHODS/i

/** One try: what is offered, and how that is told. */
type Try = { what: string; method: AnyAuthMethod; by: 'key' | 'password' | 'keyboard-interactive' | 'none' }

/** What came of offering logins to a host. */
type Course = {
  tried: string[]
  /** Taken, but not enough by itself (`AuthenticationMethods`). */
  taken: string[]
  /** What the host last said could go on. */
  methods?: string[]
  /** The password has been sent, which is done once: accounts lock. */
  password?: 'sent' | 'refused'
  /** What the host asks that a password is no answer to. */
  asks?: string
  /** It asks for a new password. */
  expired?: string
}

/** Passwords that were refused in this run, by where and what (as a digest): none is tried there again. */
const refusedPasswords = new Set<string>()
const placeOf = ({ user, host, port }: Target, password: string): string =>
  `${user}@${host}:${port} ${createHash('sha256').update(password).digest('base64')}`

const keyMethod = (user: string, login: Login): AnyAuthMethod => {
  if (login.kind === 'file') return { type: 'publickey', username: user, key: login.key }
  // One key at a time: of an agent's keys the library would offer all, also when one of them was taken and something else
  // is wanted next.
  const agent = new (library().OpenSSHAgent)(login.socket)
  agent.getIdentities = found => found(null, [login.key.blob as never])
  return { type: 'agent', username: user, agent }
}

const keyTries = (target: Target, keys: Login[]): Try[] =>
  keys.slice(0, target.password === undefined ? MOST_TRIES : MOST_TRIES - 1).map(login => ({
    what: shownLogin(login),
    method: keyMethod(target.user, login),
    by: 'key',
  }))

const NEW_PASSWORD = /new password|change.*password|password.*(expired|change)|current.*password/i

/** Answers what is asked by one password: once, and nothing else. */
const answerWith = (
  username: string,
  password: string,
  course: Course,
  stop: () => void,
): AnyAuthMethod & { type: 'keyboard-interactive' } => {
  let isAnswered = false
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (name, instructions, _language, prompts, finish) => {
      const texts = prompts.map(({ prompt }) => prompt.trim())
      const notice = [name, instructions, ...texts].join(' ').trim()
      if (NEW_PASSWORD.test(notice)) course.expired = notice
      // Asked for the password once more: it was not the right one.
      else if (isAnswered && texts.every(text => /password/i.test(text))) course.password = 'refused'
      else if (course.password || prompts.length !== 1 || prompts[0]!.echo === true) course.asks = texts.join(' ')
      else {
        isAnswered = true
        course.password = 'sent'
        return finish([password])
      }
      stop()
    },
  }
}

/** Whether the host lets one go on by this method, as far as it has said anything. */
const goesOn = ({ methods }: Course, method: string): boolean => methods === undefined || methods.includes(method)

/** Which try comes next: the keys, then the password by the plain way, then by questions. As in ssh, but that a password is one try. */
const nextTry = (
  target: Target,
  course: Course,
  keys: Try[],
  left: Set<Try['by']>,
  stop: () => void,
): Try | undefined => {
  const { user: username, password } = target
  if (goesOn(course, 'publickey') && keys.length > 0) return keys.shift()
  // Nothing to offer, as with an agent that is gone: then the host at least says what it would let in by. Else `none`,
  // which costs a round trip and opens no host, is not tried.
  if (left.delete('none')) return { what: '', by: 'none', method: { type: 'none', username } }
  if (password === undefined) return undefined
  if (left.has('password') && !course.password && goesOn(course, 'password')) {
    left.delete('password')
    return { what: 'the password', by: 'password', method: { type: 'password', username, password } }
  }
  if (left.has('keyboard-interactive') && course.password !== 'refused' && goesOn(course, 'keyboard-interactive')) {
    left.delete('keyboard-interactive')
    const method = answerWith(username, password, course, stop)
    return { what: 'the password, as the answer to what it asks', by: 'keyboard-interactive', method }
  }
  return undefined
}

/** The logging in to one host: what is offered next, and the failure when nothing is left. */
export type Authentication = {
  handler: NonNullable<ConnectConfig['authHandler']>
  /** Listens to what the host says of each try. The library tells it of keys in files, and not of an agent's. */
  listen(client: Client): void
  failure(why: string[]): Failure
}

/** The library's own handlers of what a host says; they are in no type. */
type Handlers = { USERAUTH_FAILURE(protocol: unknown, methods: string[], partial: boolean): void }

/** `stop` ends the connection: what the host asks next cannot be answered. */
export const createAuthentication = (target: Target, { keys, notes }: Logins, stop: () => void): Authentication => {
  const { password } = target
  const place = password === undefined ? '' : placeOf(target, password)
  const isKnownWrong = refusedPasswords.has(place)
  const course: Course = { tried: [], taken: [], ...(isKnownWrong ? { password: 'refused' as const } : {}) }
  const tries = keyTries(target, keys)
  const unsent = keys.length - tries.length
  const isEmpty = tries.length === 0 && password === undefined
  const left = new Set<Try['by']>([...(isEmpty ? (['none'] as const) : []), 'password', 'keyboard-interactive'])
  let current: Try | undefined
  const heard = (methods: string[], isTaken: boolean): void => {
    course.methods = methods
    if (!current) return
    if (isTaken) course.taken.push(current.what)
    else if (current.by === 'password' && methods.includes('password')) course.password = 'refused'
    // The plain way is not open there, so that nobody has looked at the password yet.
    else if (current.by === 'password' && course.password === 'sent') {
      delete course.password
      course.tried = course.tried.filter(what => what !== current!.what)
    } else if (current.by === 'keyboard-interactive' && course.password === 'sent') course.password = 'refused'
  }
  return {
    handler: (_methods, _partial, next) => {
      current = nextTry(target, course, tries, left, stop)
      if (current?.what) course.tried.push(current.what)
      if (current?.by === 'password') course.password = 'sent'
      // `false` ends the login with an error; the types know only the methods.
      next(current?.method ?? (false as unknown as AnyAuthMethod))
    },
    listen: client => {
      const { _protocol: protocol } = client as unknown as { _protocol: { _handlers: Handlers } }
      const handlers = protocol._handlers
      const tell = handlers.USERAUTH_FAILURE
      handlers.USERAUTH_FAILURE = (from, methods, partial) => {
        heard(methods, partial)
        tell(from, methods, partial)
      }
      client.on('change password', prompt => {
        course.expired = prompt
        stop()
      })
    },
    failure: said => {
      if (course.password === 'sent' && said.some(line => TOO_MANY.test(line))) course.password = 'refused'
      if (course.password && password !== undefined) refusedPasswords.add(place)
      return refusalOf(target, keys, course, { notes, said, isKnownWrong, unsent })
    },
  }
}

type Words = { notes: string[]; said: string[]; isKnownWrong: boolean; unsent: number }

const passwordWays = 'give the password: --ask-pass (-k), --connection-password-file FILE, or ansible_password'

/** The failure when a host does not let the login in: what was tried, what it said, and what helps. */
const refusalOf = (target: Target, keys: Login[], course: Course, words: Words): Failure => {
  const { name, user, password } = target
  const byHand = sshCommand('ssh', target)
  const why = [...courseWords(course, words), ...words.said].join('\n')
  if (course.expired !== undefined)
    return {
      reason: 'host-login',
      what: `${name} wants ${user} to change the password before anything else`,
      why: [`it asks: ${course.expired}`, why].join('\n'),
      fix: `log in by hand once and change it: \`${byHand}\``,
    }
  if (course.asks !== undefined)
    return {
      reason: 'host-login',
      what: `${name} asks ${user} for something that a password is no answer to: ${course.asks}`,
      why,
      fix: `let a key be enough for ${user} there (AuthenticationMethods in /etc/ssh/sshd_config), or log in as a user for whom it is`,
    }
  if (password !== undefined && course.password === 'refused')
    return {
      reason: 'host-login',
      what: `${name} does not take the password of ${user}`,
      why,
      fix: `try it by hand: \`${sshCommand('ssh', target, '-o', 'PubkeyAuthentication=no')}\`; then ${passwordWays}. It is sent once, for accounts lock`,
    }
  return {
    reason: 'host-login',
    what: `${name} does not let ${user} in`,
    why,
    fix: keyFix(target, keys, course, words),
  }
}

const courseWords = ({ tried, taken, methods, password }: Course, words: Words): string[] => [
  ...(tried.length > 0 ? [`tried ${tried.join(', then ')}`] : []),
  ...(taken.length > 0 ? [`it took ${taken.join(' and ')}, and wants ${(methods ?? []).join(' or ')} besides`] : []),
  ...(words.unsent > 0
    ? [`${words.unsent} more keys were not offered: servers hang up after ${MOST_TRIES} tries`]
    : []),
  ...(words.isKnownWrong && password ? ['the password was refused there in this run, and is not sent again'] : []),
  ...(methods && methods.length > 0 && taken.length === 0 ? [`it lets in by ${methods.join(', ')}`] : []),
  ...words.notes,
]

/** The methods that are spoken here. */
const SPOKEN = /^(publickey|password|keyboard-interactive)$/

/** What only the system's ssh can do, where the host wants that or the key has it. */
const byProgram = (methods: string[], file: string | undefined): string | undefined => {
  if (methods.length > 0 && !methods.some(method => SPOKEN.test(method)))
    return 'only the ssh program can log in so: set ansible_connection: openssh'
  if (file && existsSync(`${file}-cert.pub`))
    return `if it wants the certificate ${file}-cert.pub, only the ssh program can show it: set ansible_connection: openssh`
  return undefined
}

/** How the key gets there, or which of many is to be named. */
const keyFix = (target: Target, keys: Login[], { methods = [], taken }: Course, { unsent, said }: Words): string => {
  const wantsPassword = target.password === undefined && methods.some(method => /^(password|keyboard)/.test(method))
  if (taken.length > 0)
    return wantsPassword ? passwordWays : 'let less be enough (AuthenticationMethods in sshd_config)'
  if (unsent > 0 || said.some(line => TOO_MANY.test(line)))
    return 'name the one key that counts: ansible_ssh_private_key_file, or IdentityFile and IdentitiesOnly in ~/.ssh/config'
  const file = keys.map(login => login.path).find(path => path !== undefined)
  const other = byProgram(methods, file)
  if (other !== undefined) return other
  const make = file && !existsSync(`${file}.pub`) ? `ssh-keygen -y -f ${file} >${file}.pub && ` : ''
  const copy = sshCommand('ssh-copy-id', target, ...(file ? ['-i', file] : []))
  const key = `let the key in with \`${make}${copy}\`, or set ansible_user or ansible_ssh_private_key_file`
  return wantsPassword ? `${key}; or ${passwordWays}` : key
}
