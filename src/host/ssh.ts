import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type ssh2 from 'ssh2'
import type { AnyAuthMethod, Client, ClientChannel, ConnectConfig } from 'ssh2'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { hostKeyAlgorithms, INTEGRITY_CODES, KEY_EXCHANGES } from './algorithms.ts'
import { atMost } from './at-most.ts'
import { closeReason, connectFailure, type SshError } from './connection-errors.ts'
import type { Dialled } from './dial.ts'
import { hostKeyFailure, readKnownHosts } from './host-key.ts'
import { type KnownHostsEntry, knownKeyTypes } from './known-hosts.ts'
import type { Link } from './link.ts'
import { findLogins, type Login, loginFailure } from './login.ts'
import type { Wire } from './shell.ts'

/** A dead peer is noticed after 45 s; ssh2's own default is never. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 }
/** How long saying goodbye may take. */
const GOODBYE_MS = 500

/**
 * What a client needs of the library, whose server and agents for http cost 8 ms more. Loaded when the first hosts have
 * been dialled: sshd starts there while it is.
 */
const load = () => {
  const require = createRequire(import.meta.url)
  const { parseKey } = require('ssh2/lib/protocol/keyParser.js') as Pick<typeof ssh2.utils, 'parseKey'>
  return { parseKey, Client: require('ssh2/lib/client.js') as typeof ssh2.Client }
}
let loaded: ReturnType<typeof load> | undefined
const library = (): ReturnType<typeof load> => {
  loaded ??= load()
  return loaded
}

/** A logged-in connection. `why` tells, once it is gone, what is known of the reason. */
type Line = { client: Client; socket: Socket; gone: Promise<void>; why(): string }

/** What is wrong with a private key file, as the library that must use it sees it. */
const keyProblem = (bytes: Buffer): string | undefined => {
  const parsed = library().parseKey(bytes)
  if (parsed instanceof Error) {
    return /passphrase|encrypted/i.test(parsed.message)
      ? 'it is encrypted with a passphrase'
      : 'it holds no private key that is understood'
  }
  // An OpenSSH file comes as a list of its one key, whatever the types say.
  const [key] = [parsed].flat()
  return key?.isPrivateKey() ? undefined : 'it holds a public key'
}

const methodOf = (user: string, login: Login): AnyAuthMethod =>
  login.kind === 'key'
    ? { type: 'publickey', username: user, key: login.key }
    : { type: 'agent', username: user, agent: login.socket }

/** Offers one login after another. `none`, which ssh2 would try first, costs a round trip and opens no host. */
const loginsInTurn = (user: string, logins: Login[]): NonNullable<ConnectConfig['authHandler']> => {
  const left = logins.map(login => methodOf(user, login))
  // `false` ends the login with an error; the types know only the methods.
  return (_methods, _partial, next) => next(left.shift() ?? (false as unknown as AnyAuthMethod))
}

const configOf = (target: Target, entries: KnownHostsEntry[], logins: Login[], verify: (key: Buffer) => boolean) => ({
  username: target.user,
  readyTimeout: target.timeoutSeconds * 1000,
  ...KEEPALIVE,
  algorithms: {
    kex: [...KEY_EXCHANGES],
    hmac: [...INTEGRITY_CODES],
    serverHostKey: hostKeyAlgorithms(knownKeyTypes(entries, target.host, target.port)),
    compress: ['none' as const],
  },
  hostVerifier: verify,
  authHandler: loginsInTurn(target.user, logins),
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

const logIn = (
  target: Target,
  dialled: Dialled,
  entries: KnownHostsEntry[],
  logins: Login[],
  signal?: AbortSignal,
): Promise<Line> => {
  const { socket } = dialled
  if (socket.destroyed) throw new Refusal(connectFailure(target, dialled.error))
  const client = new (library().Client)()
  const { promise, resolve, reject } = Promise.withResolvers<Line>()
  const gone = Promise.withResolvers<void>()
  let denied: Failure | undefined
  let negotiated = false
  let last: SshError | undefined
  // Of logins that failed before the last one, and what the host has to say: a login that is refused may be told there.
  const said: string[] = []
  const verify = (key: Buffer): boolean => {
    denied = hostKeyFailure(target, entries, key)
    return denied === undefined
  }
  const failure = (): Failure => {
    const refusedLogin = negotiated && (!last?.level || last.level === 'client-authentication')
    const words = last?.message.startsWith('All configured') ? undefined : (last?.message ?? 'it closed the connection')
    const why = [...said, ...(words === undefined ? [] : [words])].join('\n')
    return denied ?? (refusedLogin ? loginFailure(target, logins, why) : connectFailure(target, last))
  }
  const fail = () => {
    reject(new Refusal(failure()))
    socket.destroy()
  }
  const stop = () => {
    reject(new Refusal({ reason: 'run-interrupted', what: `connecting to ${target.name} was broken off` }))
    socket.destroy()
  }
  // All for the whole life of the connection: an 'error' without a listener would end the process.
  client.on('handshake', () => {
    negotiated = true
  })
  client.on('error', error => {
    if (goesOn(error)) return void said.push(error.message)
    last = error
    fail()
  })
  client.on('banner', text => said.push(...lastLines(text).map(line => `the host says: ${line}`)))
  client.on('close', () => {
    fail()
    signal?.removeEventListener('abort', stop)
    gone.resolve()
  })
  client.on('ready', () => {
    signal?.removeEventListener('abort', stop)
    resolve({ client, socket, gone: gone.promise, why: () => closeReason(last) })
  })
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  client.connect({ sock: socket, ...configOf(target, entries, logins, verify) })
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

const connected = async (target: Target, dialled: Dialled, signal?: AbortSignal): Promise<Line> => {
  try {
    const [entries, logins] = await Promise.all([readKnownHosts(target.knownHosts), findLogins(target, keyProblem)])
    return await logIn(target, dialled, entries, logins, signal)
  } catch (error) {
    dialled.socket.destroy()
    throw error
  }
}

/** The link to a host that has been dialled: one connection of ssh2, one channel for each program. */
export const openSsh = async (target: Target, dialled: Dialled, signal?: AbortSignal): Promise<Link> => {
  const line = await connected(target, dialled, signal)
  return {
    start: async program => wireOf(line, await execute(line, program)),
    get stands() {
      return line.socket.writable
    },
    why: line.why,
    hangUp: () => hangUp(line),
  }
}
