import type { Socket } from 'node:net'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { hostKeyAlgorithms, INTEGRITY_CODES, KEY_EXCHANGES } from './algorithms.ts'
import { atMost } from './at-most.ts'
import { type Authentication, createAuthentication } from './authenticate.ts'
import { closeReason, connectFailure, type SshError } from './connection-errors.ts'
import type { Dialled } from './dial.ts'
import type { HostKeyCheck, HostKeys } from './host-keys.ts'
import type { Link } from './link.ts'
import { findLogins, type Logins } from './login.ts'
import type { Wire } from './shell.ts'
import { type Client, type ClientChannel, library } from './ssh-library.ts'

/** A dead peer is noticed after 45 s; ssh2's own default is never. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 }
/** How long saying goodbye may take. */
const GOODBYE_MS = 500

/** A logged-in connection. `why` tells, once it is gone, what is known of the reason. */
type Line = { client: Client; socket: Socket; gone: Promise<void>; why(): string }

const configOf = (target: Target, hostKey: HostKeyCheck, { handler }: Authentication) => ({
  username: target.user,
  readyTimeout: target.timeoutSeconds * 1000,
  ...KEEPALIVE,
  algorithms: {
    kex: [...KEY_EXCHANGES],
    hmac: [...INTEGRITY_CODES],
    serverHostKey: hostKeyAlgorithms(hostKey.types),
    compress: ['none' as const],
  },
  hostVerifier: hostKey.verify,
  authHandler: handler,
})

/** The end of what a host shows before a login: why nobody may come in, at times behind a long notice. */
const lastLines = (text: string): string[] =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .slice(-3)

/** Errors that are not the end: a signature or an agent that failed, after which the next login is tried. */
const goesOn = ({ level, message }: SshError): boolean =>
  level === 'agent' || (level === 'client-authentication' && !message.startsWith('All configured'))

/** What is heard while logging in: why it may fail, told once it has. */
type Heard = { negotiated: boolean; stopped: boolean; last?: SshError; said: string[] }

const loginFailure = (target: Target, heard: Heard, authentication: Authentication): Failure => {
  const { negotiated, stopped, last, said } = heard
  if (!negotiated || (last?.level && last.level !== 'client-authentication')) return connectFailure(target, last)
  const isOurs = stopped || last?.message.startsWith('All configured')
  return authentication.failure(isOurs ? said : [...said, last?.message ?? 'it closed the connection'])
}

const logIn = (
  target: Target,
  dialled: Dialled,
  hostKey: HostKeyCheck,
  logins: Logins,
  signal?: AbortSignal,
): Promise<Line> => {
  const { socket } = dialled
  if (socket.destroyed) throw new Refusal(connectFailure(target, dialled.error))
  const client = new (library().Client)()
  const { promise, resolve, reject } = Promise.withResolvers<Line>()
  const gone = Promise.withResolvers<void>()
  let isIn = false
  // Of logins that failed before the last one, and what the host has to say: a login that is refused may be told there.
  const heard: Heard = { negotiated: false, stopped: false, said: [] }
  const authentication = createAuthentication(target, logins, () => {
    heard.stopped = true
    fail()
  })
  const fail = () => {
    if (!isIn) reject(new Refusal(hostKey.denied() ?? loginFailure(target, heard, authentication)))
    socket.destroy()
  }
  const stop = () => {
    reject(new Refusal({ reason: 'run-interrupted', what: `connecting to ${target.name} was broken off` }))
    socket.destroy()
  }
  // All for the whole life of the connection: an 'error' without a listener would end the process.
  client.on('handshake', () => {
    heard.negotiated = true
    hostKey.proven()
  })
  client.on('error', error => {
    if (goesOn(error)) return void heard.said.push(error.message)
    heard.last = error
    fail()
  })
  client.on('banner', text => heard.said.push(...lastLines(text).map(line => `the host says: ${line}`)))
  client.on('close', () => {
    fail()
    signal?.removeEventListener('abort', stop)
    gone.resolve()
  })
  client.on('ready', () => {
    isIn = true
    signal?.removeEventListener('abort', stop)
    resolve({ client, socket, gone: gone.promise, why: () => closeReason(heard.last) })
  })
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  client.connect({ sock: socket, ...configOf(target, hostKey, authentication) })
  authentication.listen(client)
  return promise
}

/** Starts a program. Rejects with the library's plain error; a dead client throws at once, which is the same here. */
const execute = ({ client }: Line, command: string): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)))
  })

const wireOf = (line: Line, channel: ClientChannel): Wire => {
  const status = new Promise<number | undefined>(resolve => {
    channel.on('close', (code: number | null | undefined) => resolve(code ?? undefined))
  })
  const errorsEnded = new Promise(resolve => channel.stderr.on('close', resolve))
  channel.on('error', () => {})
  const ended = Promise.all([status, errorsEnded]).then(([code]) => code)
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    // Without a status it may be that the connection broke: its own end, which follows at once, knows why.
    closed: Promise.race([ended, line.gone]).then(async code =>
      code === undefined && !line.socket.writable ? { why: line.why() } : code === undefined ? {} : { status: code },
    ),
    cut: () => channel.close(),
  }
}

const hangUp = async ({ client, socket, gone }: Line): Promise<void> => {
  // As ssh does: goodbye is said and sent, and nobody waits until the host has hung up too (10 ms).
  const said = new Promise<void>(resolve => socket.once('finish', resolve))
  client.end()
  await atMost(GOODBYE_MS, said, gone)
  socket.destroy()
}

const connected = async (target: Target, dialled: Dialled, hostKeys: HostKeys, signal?: AbortSignal): Promise<Line> => {
  try {
    const [hostKey, logins] = await Promise.all([hostKeys.check(target), findLogins(target)])
    return await logIn(target, dialled, hostKey, logins, signal)
  } catch (error) {
    dialled.socket.destroy()
    throw error
  }
}

/** The link to a host that has been dialled: one connection of ssh2, one channel for each program. */
export const openSsh = async (
  target: Target,
  dialled: Dialled,
  hostKeys: HostKeys,
  signal?: AbortSignal,
): Promise<Link> => {
  const line = await connected(target, dialled, hostKeys, signal)
  return {
    by: 'ssh',
    start: async program => wireOf(line, await execute(line, program)),
    get stands() {
      return line.socket.writable
    },
    why: line.why,
    hangUp: () => hangUp(line),
  }
}
