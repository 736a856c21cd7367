import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Readable, Transform, type Writable } from 'node:stream'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import type { Become } from '../../src/core/transport.ts'
import type { Target } from '../../src/settings/target.ts'
import { answerAgent, answerForwards, type ForwardOptions } from './server-forward.ts'
import { answerLogins, type LoginOptions } from './server-login.ts'

/** An SSH server in this process whose commands run with the local sh: a machine for tests, with faults to order. */
export type TestServer = {
  port: number
  /** The `TYPE BASE64` of its host key. */
  hostKey: string
  /** A folder of its own, also the home of a login whose name is not to be found; gone after `stop`. */
  folder: string
  /** A target that logs in: its key is authorized, its host key in `known_hosts` of the folder. */
  target: Target
  /** Destroys every connection, as a cable that is pulled. */
  cut(): void
  /** Hears and says nothing more, as a machine that has crashed. */
  freeze(): void
  /** Resolves when no program runs any more. */
  idle(): Promise<void>
  /** Connections accepted so far, and those that stand. */
  readonly connections: number
  readonly open: number
  /** Login methods that were tried so far: of keys those that were refused, or signed with. */
  readonly logins: string[]
  /** Where connections have been led on to so far. */
  readonly forwarded: string[]
  /** Command lines asked for so far. */
  readonly commands: string[]
  stop(): Promise<void>
}

export type ServerOptions = LoginOptions &
  ForwardOptions & {
    /** Shows this before a login. */
    banner?: string
    /** Ends channels without an exit status. */
    silentEnd?: true
    /** Host key type; ed25519 unless given. */
    hostKeys?: ('ed25519' | 'ecdsa')[]
    /** Runs in place of whatever is asked for, as a login without a shell does. */
    instead?: string
    /** What each login's own files print before anything that was asked for runs, as sh text. */
    greets?: string
    /** What sshd, PAM and the login's files have put into the environment of each login. */
    exports?: Record<string, string>
    /** Has so many channels open and no more, as `MaxSessions` has it. */
    sessions?: number
    /** Where it listens; 127.0.0.1 unless given. */
    address?: string
    /** Takes part of what a server does upon itself: see liar.ts. */
    takes?: {
      login?(client: Connection): void
      session?(accept: () => unknown, reject: () => void): void
      exec?(accept: () => ServerChannel, reject: () => void, client: Connection): void
      /** Given a program's channel, and what runs it over that or another one. */
      program?(channel: ServerChannel, run: (inner: ServerChannel) => void): void
    }
    /** Programs in front of all others: name and sh text, with the server's folder as HOME. */
    programs?: Record<string, string>
  }

type Keys = { private: string; public: string }

const anyKeyPair = (type: 'ed25519' | 'ecdsa'): Keys =>
  type === 'ecdsa' ? ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }) : ssh2.utils.generateKeyPairSync('ed25519')

/** ssh2 1.17 makes 4 in 1000 ed25519 keys that neither it nor ssh-keygen can read (ssh-keygen's own: 0 of 200). */
const keyPair = (type: 'ed25519' | 'ecdsa' = 'ed25519'): Keys => {
  for (;;) {
    const keys = anyKeyPair(type)
    if (!(ssh2.utils.parseKey(keys.private) instanceof Error)) return keys
  }
}

/**
 * Sends streams into a channel, one chunk of either at a time. ssh2's server (1.17) resumes only one of two streams
 * that wait for its window, and repeats the chunk that waited last; sshd does neither.
 */
const speaker = (channel: ServerChannel) => {
  const waiting = { _chunk: undefined, _chunkcb: undefined, _chunkErr: undefined, _chunkcbErr: undefined }
  let turn: Promise<void> = Promise.resolve()
  const send = (chunk: Buffer, to: Writable) =>
    new Promise<void>(resolve => {
      to.write(chunk, () => {
        Object.assign(channel, waiting)
        resolve()
      })
    })
  return async (from: Readable, to: Writable): Promise<void> => {
    from.on('error', () => {})
    try {
      for await (const chunk of from) {
        turn = turn.then(() => send(chunk, to))
        await turn
      }
    } catch {
      // The connection was cut, and the stream with it.
    }
  }
}

/** Makes a folder the first of the system's for a shell that is told how to begin: a machine with these programs. */
const firstProgramsIn = (path: string): Transform => {
  let told = false
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const text = told ? '' : chunk.toString('latin1')
      const isTold = text.includes('p=/usr')
      done(null, isTold ? Buffer.from(text.replace('p=/usr', `p=${path}:/usr`), 'latin1') : chunk)
      told ||= isTold
    },
  })
}

const run = (channel: ServerChannel, command: string, path: string, folder: string, options: ServerOptions) =>
  new Promise<void>(resolve => {
    const env = { ...options.exports, PATH: `${path}:${process.env.PATH}`, HOME: folder }
    const child = spawn('sh', ['-c', options.instead ?? `${options.greets ?? ':'}\n${command}`], {
      env,
      cwd: folder,
      stdio: 'pipe',
      detached: true,
    })
    child.stdin.on('error', () => {})
    channel.on('error', () => {})
    channel.pipe(firstProgramsIn(path)).pipe(child.stdin)
    // A connection that is cut ends the program's stdin and closes its outputs, as sshd does it.
    const closed = new Promise<void>(resolve => channel.on('close', resolve)).then(() => {
      child.stdin.end()
      child.stdout.destroy()
      child.stderr.destroy()
    })
    const say = speaker(channel)
    const spoken = Promise.all([say(child.stdout, channel), say(child.stderr, channel.stderr)])
    child.on('close', async (status, signal) => {
      await Promise.race([spoken, closed])
      if (!options.silentEnd && status !== null) channel.exit(status)
      else if (!options.silentEnd) channel.exit((signal ?? 'KILL').replace(/^SIG/, ''))
      channel.end()
      resolve()
    })
  })

const install = (folder: string, programs: Record<string, string>): string => {
  const path = mkdtempSync(join(folder, 'bin-'))
  for (const [name, sh] of Object.entries(programs))
    writeFileSync(join(path, name), `#!/bin/sh\nHOME='${folder}'\n${sh}\n`, { mode: 0o755 })
  return path
}

const listen = (server: InstanceType<typeof ssh2.Server>, address = '127.0.0.1'): Promise<number> =>
  new Promise(resolve => server.listen(0, address, () => resolve((server.address() as AddressInfo).port)))

/** Lets one login in and hands over what it wants to have executed. */
const serveClient = (
  client: Connection,
  publicKey: string,
  options: ServerOptions,
  { logins, forwarded }: { logins: string[]; forwarded: string[] },
  execute: (channel: ServerChannel, command: string) => void,
): void => {
  let sessions = 0
  client.on('error', () => {})
  const { takes = {} } = options
  if (takes.login) takes.login(client)
  else answerLogins(client, publicKey, options, logins)
  answerForwards(client, options, forwarded)
  client.on('session', (accept, reject) => {
    if (takes.session) return takes.session(accept, reject)
    if (sessions >= (options.sessions ?? 10)) return reject()
    sessions += 1
    const session = accept()
    session.on('close', () => {
      sessions -= 1
    })
    answerAgent(session, options, forwarded)
    session.on('exec', (acceptExec, rejectExec, { command }) => {
      if (takes.exec) return takes.exec(acceptExec, rejectExec, client)
      const channel = acceptExec()
      if (takes.program) takes.program(channel, inner => execute(inner, command))
      else execute(channel, command)
    })
  })
}

/** The connections of a server that stand. */
const socketsOf = (server: InstanceType<typeof ssh2.Server>): Set<Socket> => {
  const sockets = new Set<Socket>()
  // The TCP server under ssh2's is not in its types; it is the only way to reach the sockets.
  const { _srv: tcp } = server as unknown as { _srv: NodeJS.EventEmitter }
  tcp.on('connection', (socket: Socket) => {
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return sockets
}

const lineOf = ({ public: text }: Keys): string => text.split(' ').slice(0, 2).join(' ')

/** Starts one on a free port of 127.0.0.1. */
export const startServer = async (options: ServerOptions = {}): Promise<TestServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-host-'))
  const login = keyPair()
  const hostKeys = (options.hostKeys ?? ['ed25519']).map(type => keyPair(type))
  const path = install(folder, options.programs ?? {})
  const running = new Set<Promise<void>>()
  const commands: string[] = []
  const [logins, forwarded]: [string[], string[]] = [[], []]
  let connections = 0

  const serve = (client: Connection) => {
    connections += 1
    serveClient(client, login.public, options, { logins, forwarded }, (channel, command) => {
      commands.push(command)
      const program = run(channel, command, path, folder, options)
      running.add(program)
      program.then(() => running.delete(program))
    })
  }

  const server = new ssh2.Server({ hostKeys: hostKeys.map(key => key.private), banner: options.banner ?? '' }, serve)
  const sockets = socketsOf(server)
  const port = await listen(server, options.address)
  const hostKey = lineOf(hostKeys[0]!)
  const knownHosts = join(folder, 'known_hosts')
  const keyFile = join(folder, 'key')
  writeFileSync(keyFile, login.private, { mode: 0o600 })
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKey}\n`)
  const cut = () => sockets.forEach(socket => void socket.destroy())
  const idle = () => Promise.all(running).then(() => {})
  return {
    port,
    hostKey,
    folder,
    target: {
      name: 'node0',
      host: '127.0.0.1',
      port,
      user: 'root',
      keyFiles: [keyFile],
      knownHosts: [knownHosts],
      timeoutSeconds: 10,
    },
    cut,
    freeze: () => {
      for (const socket of sockets) socket.pause()
    },
    idle,
    get connections() {
      return connections
    },
    get open() {
      return sockets.size
    },
    logins,
    forwarded,
    commands,
    stop: async () => {
      cut()
      await idle()
      await new Promise<void>(resolve => server.close(() => resolve()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** How a server is reached, as variables of an inventory. */
export const varsOf = ({ folder, port, target }: TestServer): Record<string, string | number> => ({
  ansible_host: target.host,
  ansible_port: port,
  ansible_user: target.user,
  ansible_ssh_private_key_file: join(folder, 'key'),
  ansible_ssh_common_args: `-o UserKnownHostsFile=${join(folder, 'known_hosts')}`,
})

/** root, as `become` without a name has it. */
export const ROOT: Become = { user: 'root', method: 'sudo' }

/** A server for the length of one test. */
export const withServer = async (options: ServerOptions, use: (server: TestServer) => Promise<void>): Promise<void> => {
  const server = await startServer(options)
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}
