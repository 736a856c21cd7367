import { connect } from 'node:net'
import type { Connection, Session } from 'ssh2'

/** Whether a test server leads on to others: not unless this says so. */
export type ForwardOptions = {
  forwards?: true
  /** Does not take an agent. */
  refusesAgent?: true
}

/** Refuses as sshd does where forwarding is forbidden (RFC 4254, section 5.1); the library's server knows one reason only. */
const forbid = (client: Connection, reject: () => void): void => {
  const { _protocol: protocol } = client as unknown as {
    _protocol: { channelOpenFail(to: number, reason: number, words: string): void }
  }
  const fail = protocol.channelOpenFail
  protocol.channelOpenFail = to => fail.call(protocol, to, 1, 'open failed')
  reject()
  protocol.channelOpenFail = fail
}

/** Answers what one connection asks to be connected to; where it leads is added to `forwarded`. */
export const answerForwards = (client: Connection, { forwards }: ForwardOptions, forwarded: string[]): void => {
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    if (!forwards) return forbid(client, reject)
    const socket = connect({ host: destIP, port: destPort, noDelay: true })
    socket.once('error', () => reject())
    socket.once('connect', () => {
      forwarded.push(`${destIP}:${destPort}`)
      const channel = accept()
      channel.on('error', () => {}).on('close', () => socket.destroy())
      socket.removeAllListeners('error').on('error', () => {})
      socket.on('close', () => channel.end())
      channel.pipe(socket).pipe(channel)
    })
  })
}

/** Answers whether an agent may be forwarded, which is added to `forwarded`. The library's server cannot use one. */
export const answerAgent = (session: Session, { refusesAgent }: ForwardOptions, forwarded: string[]): void => {
  session.on('auth-agent', (accept, reject) => {
    forwarded.push('agent')
    if (refusesAgent) reject()
    else accept()
  })
}
