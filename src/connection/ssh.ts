import type { Duplex } from 'node:stream'
import { atMost } from '../core/at-most.ts'
import { type FileFault, isOutOfFiles } from '../core/controller-file.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'
import { hostKeyAlgorithms, INTEGRITY_CODES, KEY_EXCHANGES } from './algorithms.ts'
import { type Authentication, createAuthentication } from './authenticate.ts'
import { brief, closeReason, connectFailure, lastLines, type SshError } from './connection-errors.ts'
import type { Dialled } from './dial.ts'
import type { HostKeyCheck, HostKeys } from './host-keys.ts'
import type { Link, Wire } from './link.ts'
import { findLogins, type Logins } from './login.ts'
import { type Client, type ClientChannel, library } from './ssh-library.ts'

/** A dead peer is noticed after 45 s; ssh2's own default is never. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 }
/** How long saying goodbye may take. */
const GOODBYE_MS = 500

/** How long a server may take to start a program, or to say that it does not. */
const START_SECONDS = 60
/** How many lines of what a server says before it lets one in are kept: it may say them without end. */
const MOST_SAID = 12
/**
 * How many bytes of one connection are taken in one turn of the loop: deciphering takes 4 ms for a megabyte, and the loop
 * would read 2 MB of each that talks without end before it comes to the others.
 */
const SHARE = 256 * 1024
/** Smaller chunks are no sign of that. */
const LARGE = 16 * 1024

/** Lets the others have their turn once a connection has had its share of one. */
const inTurns = (socket: Duplex): void => {
  let taken = 0
  socket.on('data', (chunk: Buffer) => {
    if (chunk.length < LARGE) return
    if (taken === 0)
      setImmediate(() => {
        if (taken >= SHARE) socket.resume()
        taken = 0
      })
    const isOver = taken >= SHARE
    taken += chunk.length
    if (!isOver && taken >= SHARE) socket.pause()
  })
}

/** A logged-in connection. `why` tells, once it is gone, what is known of the reason. */
export type SshConnection = {
  client: Client
  socket: Duplex
  gone: Promise<void>
  why(): string
  /** Ends it, for this reason. */
  end(reason: SshError): void
}

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
  // The one that is forwarded; what one logs in with is the handler's.
  ...(target.agent && target.forwardsAgent ? { agent: target.agent } : {}),
})

/** The words of a server before it speaks ssh, or in place of that: `Exceeded MaxStartups`. */
const greetingIn = (first: Buffer): string[] => {
  const lines = lastLines(first.toString('utf8', 0, 1024).split(/^SSH-/m)[0]!)
  return lines.map(line => `it says: ${line}`)
}

/** Errors that are not the end: a signature or an agent that failed, after which the next login is tried. */
const goesOn = ({ level, message }: SshError): boolean =>
  level === 'agent' || (level === 'client-authentication' && !message.startsWith('All configured'))

/** What is heard while logging in: why it may fail, told once it has. */
type Heard = { negotiated: boolean; stopped: boolean; last?: SshError; way?: SshError; said: string[] }

const crowded = (said: string[]): string | undefined =>
  said.some(line => /MaxStartups|Not allowed at this time/i.test(line))
    ? 'too many log in there at once, or too often in vain: raise MaxStartups (and see PerSourcePenalties) in /etc/ssh/sshd_config there, or wait'
    : undefined

/** The failure of a connection that came to nothing: what led there knows best; a server may have said why, as sshd does it (`MaxStartups`). */
const notReached = (target: Target, { last, way, said }: Heard): Failure => {
  const failure = connectFailure(target, way ?? last)
  if (said.length === 0) return failure
  return { ...failure, why: [failure.why, ...said].join('\n'), fix: crowded(said) ?? failure.fix! }
}

const loginFailure = (target: Target, heard: Heard, authentication: Authentication): Failure => {
  const { negotiated, stopped, last, said } = heard
  if (!negotiated || (last?.level && last.level !== 'client-authentication')) return notReached(target, heard)
  const isOurs = stopped || last?.message.startsWith('All configured')
  return authentication.failure(isOurs ? said : [...said, last?.message ?? 'it closed the connection'])
}

const logIn = (
  target: Target,
  dialled: Dialled,
  hostKey: HostKeyCheck,
  logins: Logins,
  signal?: AbortSignal,
): Promise<SshConnection> => {
  const { socket } = dialled
  if (socket.destroyed) throw new Refusal(connectFailure(target, dialled.error))
  const client = new (library().Client)()
  const { promise, resolve, reject } = Promise.withResolvers<SshConnection>()
  const gone = Promise.withResolvers<void>()
  let isIn = false
  // Of logins that failed before the last one, and what the host has to say: a login that is refused may be told there.
  const heard: Heard = { negotiated: false, stopped: false, said: [] }
  const note = (...lines: string[]): void => {
    heard.said = [...heard.said, ...lines].slice(-MOST_SAID)
  }
  const authentication = createAuthentication(target, logins, () => {
    heard.stopped = true
    fail()
  })
  const fail = () => {
    if (dialled.error) heard.way = dialled.error
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
    error.message = brief(error.message)
    if (goesOn(error)) return note(error.message)
    heard.last = error
    fail()
  })
  client.on('banner', text => note(...lastLines(text).map(line => `the host says: ${line}`)))
  client.on('close', () => {
    fail()
    signal?.removeEventListener('abort', stop)
    gone.resolve()
  })
  client.on('ready', () => {
    isIn = true
    signal?.removeEventListener('abort', stop)
    resolve({
      client,
      socket,
      gone: gone.promise,
      why: () => closeReason(dialled.error ?? heard.last),
      end: reason => {
        heard.last ??= reason
        socket.destroy()
      },
    })
  })
  // What stands before the protocol, which the library does not tell of a server that hangs up then.
  socket.once('data', (first: Buffer) => note(...greetingIn(first)))
  inTurns(socket)
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  client.connect({ sock: socket, ...configOf(target, hostKey, authentication) })
  authentication.listen(client)
  return promise
}

/**
 * Starts a program. Rejects with the library's plain error; a dead client throws at once, which is the same here. A server
 * that does not answer to that is gone: the connection ends.
 */
const execute = (
  { client, end }: SshConnection,
  command: string,
  seconds: number,
  // `agentForward` is not in the types.
  options: { agentForward?: true } = {},
): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    const late = (): void => {
      const error = new Error(`its ssh server has not answered for ${seconds} seconds to the start of a program`)
      end(error)
      reject(error)
    }
    const timer = setTimeout(late, seconds * 1000).unref()
    client.exec(command, options as object, (error, channel) => {
      clearTimeout(timer)
      if (error) return reject(Object.assign(error, { message: brief(error.message) }))
      resolve(channel)
    })
  })

/**
 * The same with the agent forwarded, where that is wished. A server that does not want it is asked once; as with ssh, its
 * programs then start without. The library asks only for the first program, for which it costs a round trip.
 */
const executor = (connection: SshConnection, { agent, forwardsAgent, answerSeconds = START_SECONDS }: Target) => {
  const seconds = Math.min(START_SECONDS, answerSeconds)
  let options: { agentForward?: true } = agent && forwardsAgent ? { agentForward: true } : {}
  return async (command: string): Promise<ClientChannel> => {
    try {
      return await execute(connection, command, seconds, options)
    } catch (error) {
      if (!options.agentForward || !/agent forwarding/.test((error as Error).message)) throw error
      options = {}
      return execute(connection, command, seconds)
    }
  }
}

const wireOf = (line: SshConnection, channel: ClientChannel): Wire => {
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

/** Says goodbye and goes. */
export const hangUp = async ({ client, socket, gone }: SshConnection): Promise<void> => {
  // As ssh does: goodbye is said and sent, and nobody waits until the host has hung up too (10 ms).
  const said = new Promise<void>(resolve => socket.once('finish', resolve))
  client.end()
  await atMost(GOODBYE_MS, said, gone)
  socket.destroy()
}

/** Logs in to a host that has been dialled. */
export const openConnection = async (
  target: Target,
  dialled: Dialled,
  hostKeys: HostKeys,
  signal?: AbortSignal,
): Promise<SshConnection> => {
  try {
    const [hostKey, logins] = await Promise.all([hostKeys.check(target), findLogins(target)])
    return await logIn(target, dialled, hostKey, logins, signal)
  } catch (error) {
    dialled.socket.destroy()
    throw isOutOfFiles(error) ? new Refusal(connectFailure(target, error as FileFault)) : error
  }
}

/** The link to a host that has been dialled: one connection of ssh2, one channel for each program. */
export const openSsh = async (
  target: Target,
  dialled: Dialled,
  hostKeys: HostKeys,
  signal?: AbortSignal,
): Promise<Link> => {
  const line = await openConnection(target, dialled, hostKeys, signal)
  const start = executor(line, target)
  return {
    by: 'ssh',
    start: async program => wireOf(line, await start(program)),
    get stands() {
      return line.socket.writable
    },
    why: line.why,
    hangUp: () => hangUp(line),
  }
}
