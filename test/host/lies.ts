import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Connection, ServerChannel } from 'ssh2'
import type { Reason } from '../../src/core/failure.ts'
import { marksOf } from './spoken.ts'

// What a server does that lies, and what becomes of the host that it is: each by a name, in the order in which one gets there.

/** Where a lie is told: over the bare socket, in place of a login, of a session, of a program; the rest is as it should be. */
export type Lie = {
  /** What becomes of the host. */
  reason: Reason | Reason[]
  socket?(socket: Socket): void
  login?(client: Connection): void
  session?(accept: () => unknown, reject: () => void): void
  exec?(accept: () => ServerChannel, reject: () => void, client: Connection): void
  /** Called with what a shell, the keeper of the lease or the receiver of an upload was sent. */
  shell?(asked: { nonce: string; frame: string; text: string }, channel: ServerChannel): void
  keeper?(channel: ServerChannel, mark: string): void
  receiver?(channel: ServerChannel, mark: string, random: string): void
  /** Answers its first so many frames as they are asked. */
  honestFrames?: number
}

/** Writes without end, as fast as it is read, until the other end has gone. */
const endless = (to: NodeJS.WritableStream & { destroyed?: boolean }, chunk: Buffer | string): void => {
  let isOver = false
  to.on('close', () => (isOver = true)).on('error', () => (isOver = true))
  const more = (): void => {
    while (!isOver && !to.destroyed && to.write(chunk));
    if (!isOver && !to.destroyed) to.once('drain', more)
  }
  more()
}
const every = (ms: number, to: NodeJS.EventEmitter, act: () => void): void => {
  const timer = setInterval(act, ms)
  to.on('close', () => clearInterval(timer)).on('error', () => clearInterval(timer))
}

const BLOCK = 64 * 1024
const HEADER = 'SSH-2.0-OpenSSH_9.2\r\n'
const unreached = (socket: Lie['socket']): Lie => ({ reason: 'host-unreachable', socket: socket! })

const BEFORE_LOGIN: Record<string, Lie> = {
  'says nothing': unreached(() => {}),
  'hangs up': unreached(socket => socket.end()),
  'resets the connection': unreached(socket => socket.resetAndDestroy()),
  'greets without end': unreached(socket => endless(socket, 'welcome\r\n'.repeat(7000))),
  'greets in one line without end': unreached(socket => endless(socket, Buffer.alloc(BLOCK, 'w'))),
  'names a version without end': unreached(socket => endless(socket.setNoDelay(), `SSH-2.0-${'x'.repeat(BLOCK)}`)),
  'speaks version 1': unreached(socket => socket.write('SSH-1.5-old\r\n')),
  'speaks HTTP': unreached(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  'says its version and no more': unreached(socket => socket.write(HEADER)),
  'says its version by one byte now and then': unreached(socket => {
    let at = 0
    every(100, socket, () => socket.write(HEADER[at++ % HEADER.length]!))
  }),
  'sends noise for keys': unreached(socket => socket.write(Buffer.concat([Buffer.from(HEADER), randomBytes(4096)]))),
  'sends noise without end': unreached(socket =>
    endless(socket, Buffer.concat([Buffer.from(HEADER), randomBytes(BLOCK)])),
  ),
  'announces a packet of 4 GiB': unreached(socket =>
    endless(socket, Buffer.concat([Buffer.from(HEADER), Buffer.from([255, 255, 255, 255]), Buffer.alloc(BLOCK)])),
  ),
  'sends empty packets': unreached(socket => socket.write(Buffer.concat([Buffer.from(HEADER), Buffer.alloc(BLOCK)]))),
}

/** Payloads that no program of ours sends: they are ciphered as all others are. */
type Protocol = {
  _packetRW: { write: { alloc(size: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer } }
  _cipher: { encrypt(packet: Buffer): void }
}
const protocolOf = (client: Connection): Protocol => (client as unknown as { _protocol: Protocol })._protocol

export const sendPacket = (client: Connection, payload: Buffer): void => {
  const { _packetRW, _cipher } = protocolOf(client)
  const packet = _packetRW.write.alloc(payload.length)
  payload.copy(packet, _packetRW.write.allocStart)
  _cipher.encrypt(_packetRW.write.finalize(packet))
}

const text = (words: string): Buffer => {
  const bytes = Buffer.from(words)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
const [DISCONNECT, IGNORE, BANNER, GLOBAL_REQUEST] = [1, 2, 53, 80]
const packet = (type: number, ...parts: Buffer[]): Buffer => Buffer.concat([Buffer.from([type]), ...parts])

/** Sends a payload again and again, some at a time. */
const flood = (client: Connection, payload: Buffer): void =>
  every(5, client, () => {
    for (let i = 0; i < 4; i += 1) sendPacket(client, payload)
  })

const AT_LOGIN: Record<string, Lie> = {
  'never answers to a login': { reason: 'host-unreachable', login: client => client.on('authentication', () => {}) },
  'lets nobody in': { reason: 'host-login', login: client => client.on('authentication', asked => asked.reject()) },
  'lets in by 5,000 ways': {
    reason: 'host-login',
    login: client =>
      client.on('authentication', asked => asked.reject(Array.from({ length: 5000 }, (_, i) => `way-${i}`) as never)),
  },
  'wants one more key for ever': {
    reason: 'host-login',
    login: client => client.on('authentication', asked => asked.reject(['publickey'], true)),
  },
  'shows notices without end': {
    reason: ['host-unreachable', 'host-login'],
    login: client =>
      client.on('authentication', () => flood(client, packet(BANNER, text('notice\n'.repeat(4000)), text('')))),
  },
  'says nothing of use without end at the login': {
    reason: 'host-unreachable',
    login: client => client.on('authentication', () => flood(client, packet(IGNORE, text('x'.repeat(30_000))))),
  },
  'goes with 200 KB of last words': {
    reason: ['host-unreachable', 'host-login'],
    login: client =>
      client.on('authentication', () =>
        sendPacket(client, packet(DISCONNECT, Buffer.from([0, 0, 0, 11]), text('w'.repeat(200_000)), text(''))),
      ),
  },
  'breaks a packet off at the login': {
    reason: ['host-unreachable', 'host-login'],
    login: client => client.on('authentication', () => sendPacket(client, packet(BANNER, Buffer.from([255, 255])))),
  },
}

const noShell = (exec: Lie['exec'], reason: Lie['reason'] = 'host-login'): Lie => ({ reason, exec: exec! })

const AT_START: Record<string, Lie> = {
  'never opens a session': { reason: 'host-lost', session: () => {} },
  'opens no session': { reason: 'host-login', session: (_, reject) => reject() },
  'never starts a program': noShell(() => {}, 'host-lost'),
  'starts no program': noShell((_, reject) => reject()),
  'ends at once': noShell(accept => accept().end(), ['host-login', 'host-lost']),
  'ends at once with a status': noShell(accept => {
    const channel = accept()
    channel.exit(7)
    channel.end()
  }),
  'tells a status and stays': noShell(accept => void accept().exit(0)),
  'tells a signal and stays': noShell(accept => void accept().exit('KILL')),
  'ends its output and stays': noShell(accept => void accept().write('bye\n')),
  'hangs up where a program starts': noShell((_accept, _reject, client) => void client.end(), 'host-lost'),
  'reads and says nothing': noShell(accept => void accept().resume()),
  'says all that it reads': noShell(
    accept => {
      const channel = accept()
      channel.pipe(channel)
    },
    ['host-login', 'host-protocol'],
  ),
  'greets without end where a program starts': noShell(
    accept => endless(accept(), Buffer.alloc(BLOCK, 'g')),
    ['host-protocol', 'host-login'],
  ),
  'complains without end where a program starts': noShell(
    accept => endless(accept().stderr, Buffer.alloc(BLOCK, 'c')),
    ['host-protocol', 'host-login'],
  ),
  'answers keepalives and no more': noShell(
    (_accept, _reject, client) => void client.removeAllListeners('session'),
    'host-lost',
  ),
  'sends broken packets': noShell(
    (_accept, _reject, client) => sendPacket(client, packet(91, Buffer.from([0]))),
    'host-lost',
  ),
  'sends requests without end': noShell(
    (_accept, _reject, client) => flood(client, packet(GLOBAL_REQUEST, text('x'.repeat(20_000)), Buffer.from([1]))),
    'host-lost',
  ),
  'speaks in channels that nobody has opened': noShell(
    (_accept, _reject, client) => flood(client, packet(94, Buffer.from([0, 0, 0, 99]), text('x'.repeat(20_000)))),
    'host-lost',
  ),
}

const both = (channel: ServerChannel, out: string, err = out): void => {
  channel.write(out)
  channel.stderr.write(err)
}
/** Answers a frame with these marks on its two streams. */
const marked = (out: string, err = out, reason: Lie['reason'] = 'host-protocol'): Lie => ({
  reason,
  shell: (asked, channel) => both(channel, marksOf(asked, out), marksOf(asked, err)),
})

const IN_FRAMES: Record<string, Lie> = {
  'ends a frame before its fragments': marked('b e'),
  'begins a frame twice': marked('b b'),
  'begins no frame': marked('0 e'),
  'tells of fragments that nobody asked for': marked('b 0 1 2 3 4 5 6 7 8 9'),
  'tells of fragments out of order': marked('b 3'),
  'tells of a fragment twice': marked('b 0 0'),
  'ends a frame twice': marked('b e e'),
  'answers another frame': marked('9:b'),
  'tells of a status that no program has': marked('b 0=4711'),
  'ends on one stream alone': marked('b', 'b e', ['host-protocol', 'host-lost']),
  'begins a frame and says nothing more': marked('b', 'b', 'host-lost'),
  'begins a frame on one stream alone': marked('b', '', ['host-lost', 'host-login']),
  'answers by one byte now and then': {
    reason: 'host-lost',
    shell: (asked, channel) => {
      both(channel, marksOf(asked, 'b'))
      every(50, channel, () => channel.write('.'))
    },
  },
  'begins a mark without end': {
    reason: 'host-lost',
    shell: (asked, channel) => {
      both(channel, marksOf(asked, 'b'))
      channel.write(`${asked.nonce}:${asked.frame}:0:`)
      endless(channel, Buffer.alloc(BLOCK, '7'))
    },
  },
  'begins marks without end': {
    reason: 'host-lost',
    shell: (asked, channel) => {
      both(channel, marksOf(asked, 'b'))
      endless(channel, `${asked.nonce}:${asked.frame}:`.repeat(1000))
    },
  },
  'answers without end': {
    reason: 'host-lost',
    shell: (asked, channel) => {
      both(channel, marksOf(asked, 'b'))
      endless(channel, Buffer.alloc(BLOCK, 'a'))
    },
  },
  'complains without end': {
    reason: 'host-lost',
    shell: (asked, channel) => {
      both(channel, marksOf(asked, 'b'))
      endless(channel.stderr, Buffer.alloc(BLOCK, 'a'))
    },
  },
  'forges marks without end': {
    reason: 'host-protocol',
    shell: (asked, channel) => endless(channel, marksOf(asked, 'b 0 1 2 e').repeat(100)),
  },
  'hangs up in a frame': {
    reason: 'host-lost',
    shell: (asked, channel) => {
      both(channel, marksOf(asked, 'b'))
      setImmediate(() => channel.close())
    },
  },
  'ends its outputs in a frame and stays': {
    reason: 'host-lost',
    shell: (asked, channel) => {
      both(channel, marksOf(asked, 'b'))
      channel.exit(0)
      sendEof(channel)
    },
  },
  'answers a second frame with the first': { ...marked('1:b 1:0 1:e'), honestFrames: 1 },
  'says nothing to a second frame': { reason: 'host-lost', shell: () => {}, honestFrames: 1 },
  'never ends a step': {
    reason: 'host-lost',
    shell: (asked, channel) => both(channel, marksOf(asked, 'b')),
    honestFrames: 2,
  },
  'answers once more than it was asked': { ...marked('b e e'), honestFrames: 1 },
  'answers with noise': {
    reason: 'host-protocol',
    shell: (asked, channel) => {
      const noise = (): Buffer => randomBytes(300)
      for (const stream of [channel, channel.stderr]) {
        stream.write(marksOf(asked, 'b'))
        for (const index of fragmentsIn(asked)) {
          stream.write(noise())
          stream.write(marksOf(asked, String(index)))
        }
        stream.write(marksOf(asked, 'e'))
      }
    },
  },
  'answers each question with 20 MB': {
    reason: ['host-lost', 'host-protocol'],
    shell: (asked, channel) => {
      both(channel, marksOf(asked, 'b'))
      for (const index of fragmentsIn(asked)) {
        channel.write(Buffer.alloc(20_000_000, '7'))
        both(channel, marksOf(asked, String(index)))
      }
      both(channel, marksOf(asked, 'e'))
    },
  },
  'answers each question with nothing': {
    reason: 'host-protocol',
    shell: (asked, channel) => both(channel, marksOf(asked, `b ${fragmentsIn(asked).join(' ')} e`)),
  },
}

const fragmentsIn = ({ text: script, nonce, frame }: { text: string; nonce: string; frame: string }): number[] => [
  ...new Set([...script.matchAll(new RegExp(`${nonce}:${frame}:(\\d+)`, 'g'))].map(found => Number(found[1]))),
]
const sendEof = (channel: ServerChannel): void => (channel as unknown as { eof(): void }).eof()

const begun = (channel: ServerChannel, mark: string, words = ''): void => both(channel, `${mark}${words}`, mark)

const AT_LEASE: Record<string, Lie> = {
  'says nothing of the lease': { reason: 'host-lost', keeper: begun },
  'answers for the lease in a line without end': {
    reason: 'host-protocol',
    keeper: (channel, mark) => {
      begun(channel, mark)
      endless(channel, Buffer.alloc(BLOCK, 'm'))
    },
  },
  'answers for the lease with what is no answer': {
    reason: 'host-protocol',
    keeper: (channel, mark) => begun(channel, mark, 'theirs x y z\n'),
  },
  'has the lease and lets go of it at once': {
    reason: 'host-lost',
    keeper: (channel, mark) => {
      begun(channel, mark, 'mine\n')
      channel.exit(0)
      channel.end()
    },
  },
  'has the lease and talks without end': {
    reason: 'host-protocol',
    keeper: (channel, mark) => {
      begun(channel, mark, 'mine\n')
      endless(channel, Buffer.alloc(BLOCK, 'l'))
    },
  },
}

const AT_UPLOAD: Record<string, Lie> = {
  'has stored a file before it came': {
    reason: 'host-protocol',
    receiver: (channel, mark, random) => {
      begun(channel, mark, `part-${random} 0 -\nstored-${random}\n`)
      setTimeout(() => channel.resume(), 200)
    },
  },
  'never reads a file': {
    reason: 'host-lost',
    receiver: (channel, mark, random) => begun(channel, mark, `part-${random} 0 -\n`),
  },
  'never says what it has of a file': { reason: 'host-lost', receiver: begun },
  'has more of a file than there is': {
    reason: ['host-lost', 'host-upload'],
    receiver: (channel, mark, random) => {
      begun(channel, mark, `part-${random} 99999999999999999999 ${'a'.repeat(64)}\n`)
      channel.resume()
    },
  },
  'talks without end while a file comes': {
    reason: 'host-protocol',
    receiver: (channel, mark) => {
      begun(channel, mark)
      endless(channel, Buffer.alloc(BLOCK, 'u'))
    },
  },
}

export const LIES: Record<string, Lie> = {
  ...BEFORE_LOGIN,
  ...AT_LOGIN,
  ...AT_START,
  ...IN_FRAMES,
  ...AT_LEASE,
  ...AT_UPLOAD,
}
