import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { ServerChannel } from 'ssh2'
import type { Lie } from './lies.ts'
import { startServer, type TestServer, varsOf } from './server.ts'
import { nonceIn } from './spoken.ts'

/** A server that tells one lie and is honest in all else. */
export type Liar = { vars: Record<string, string | number>; stop(): Promise<void> }

/** Who logs in is no root there, so each server has a lease of its own. */
export const LOGIN = { id: 'case $* in -u) echo 1000;; -un) echo ada;; *) exec /usr/bin/id "$@";; esac' }
/** How it is reached: as somebody whom nobody knows there, whose home is the folder of the server. */
export const loginVars = (server: TestServer): Record<string, string | number> => ({
  ...varsOf(server),
  ansible_user: 'ada',
  place: server.folder,
})

/** A channel for a program of this machine: what it is asked is handed on by `ask`, what it says goes out. */
const handedOn = (channel: ServerChannel) => {
  const inner = new Duplex({
    read: () => {},
    write: (chunk, _encoding, done) => {
      if (channel.writable) channel.write(chunk)
      done()
    },
    final: done => {
      channel.end()
      done()
    },
  })
  channel.on('end', () => inner.push(null)).on('close', () => inner.destroy())
  const { stderr } = channel
  const exit = channel.exit.bind(channel) as ServerChannel['exit']
  return {
    inner: Object.assign(inner, { stderr, exit }) as unknown as ServerChannel,
    ask: (chunk: string) => inner.push(Buffer.from(chunk, 'latin1')),
  }
}

/** What a program was sent so far, as what it turns out to be. */
const kindOf = (text: string) => {
  const [, begin] = /(begin-[0-9a-f]{32})/.exec(text) ?? []
  const mark = `${begin}\n`
  const [, random] = /stored-([0-9a-f]{16,})/.exec(text) ?? []
  if (begin !== undefined && random !== undefined) return { is: 'receiver' as const, mark, random }
  if (begin !== undefined && text.includes('theirs')) return { is: 'keeper' as const, mark }
  const asked = text.endsWith('\n}\n') ? nonceIn(text) : undefined
  return asked ? { is: 'shell' as const, asked: { ...asked, text } } : undefined
}

/** Hears what a program is sent and lies where that is what is lied about; else the program is run by `run`. */
const listen = (lie: Lie, channel: ServerChannel, run: (inner: ServerChannel) => void): void => {
  const { inner, ask } = handedOn(channel)
  let text = ''
  let frames = 0
  let isHonest = false
  let isRun = false
  const honestly = (): void => {
    if (!isRun) run(inner)
    isRun = true
    ask(text)
    text = ''
  }
  const take = (chunk: Buffer): void => {
    text += chunk.toString('latin1')
    const kind = isHonest ? undefined : kindOf(text)
    if (isHonest) return void honestly()
    if (kind === undefined) return
    if (kind.is === 'shell') frames += 1
    const isLied = kind.is === 'shell' ? lie.shell && frames > (lie.honestFrames ?? 0) : lie[kind.is]
    if (!isLied) {
      isHonest = kind.is !== 'shell' || !lie.shell
      return void honestly()
    }
    text = ''
    if (kind.is === 'shell') return void lie.shell!(kind.asked, channel)
    channel.off('data', take)
    if (kind.is === 'keeper') lie.keeper!(channel, kind.mark)
    else {
      channel.pause()
      lie.receiver!(channel, kind.mark, kind.random)
    }
  }
  channel.on('error', () => {})
  channel.on('data', take)
}

const startBare = async (socket: NonNullable<Lie['socket']>, like: TestServer): Promise<Liar> => {
  const open = new Set<Socket>()
  const server = createServer(one => {
    open.add(one)
    one.on('close', () => open.delete(one)).on('error', () => {})
    one.resume()
    socket(one)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    vars: { ...loginVars(like), ansible_port: port },
    stop: async () => {
      for (const one of open) one.destroy()
      await new Promise(resolve => server.close(resolve))
      await like.stop()
    },
  }
}

/** Starts a server that tells a lie. */
export const startLiar = async (lie: Lie): Promise<Liar> => {
  const server = await startServer({
    programs: LOGIN,
    takes: {
      ...(lie.login && { login: lie.login }),
      ...(lie.session && { session: lie.session }),
      ...(lie.exec && { exec: lie.exec }),
      program: (channel, run) => listen(lie, channel, run),
    },
  })
  if (lie.socket) return startBare(lie.socket, server)
  return { vars: loginVars(server), stop: server.stop }
}
