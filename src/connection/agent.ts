import { connect } from 'node:net'

/** A key that an ssh-agent holds: its public part, the type that stands in it, and what it is called there. */
export type AgentKey = { type: string; blob: Buffer; comment: string }

/** SSH_AGENTC_REQUEST_IDENTITIES and its answer (draft-miller-ssh-agent, sections 3.5 and 5.1). */
const ASK = Buffer.from([0, 0, 0, 1, 11])
const ANSWER = 12
/** An agent answers at once; one that does not, as when its socket is forwarded from a machine that is gone, is passed over. */
const PATIENCE_MS = 5_000
/** ssh-agent's own limit of a message (256 KiB). */
const LONGEST = 256 * 1024

/** The strings of an ssh message, each behind its length. Throws a RangeError where the message is cut short. */
const stringsOf = (bytes: Buffer): Buffer[] => {
  const strings: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw new RangeError('a string is cut short')
    strings.push(bytes.subarray(at + 4, end))
    at = end
  }
  return strings
}

/** The type that a public key names itself by: its first string (RFC 4253, section 6.6). */
const typeOf = (blob: Buffer): string => blob.toString('latin1', 4, 4 + (blob.length < 4 ? 0 : blob.readUInt32BE(0)))

const keysIn = (answer: Buffer): AgentKey[] => {
  if (answer[0] !== ANSWER) throw new Error('the agent does not tell its keys')
  const strings = stringsOf(answer.subarray(5))
  return Array.from({ length: answer.readUInt32BE(1) }, (_, index) => {
    const blob = strings[index * 2]!
    return { type: typeOf(blob), blob, comment: strings[index * 2 + 1]!.toString() }
  })
}

const ask = (socketPath: string): Promise<AgentKey[]> =>
  new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    const chunks: Buffer[] = []
    let size = 0
    let length: number | undefined
    const fail = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    // Of all of it: one that trickles is none either.
    const timer = setTimeout(() => fail(new Error('the agent does not answer')), PATIENCE_MS)
    socket.on('close', () => clearTimeout(timer))
    socket.on('error', fail).on('end', () => fail(new Error('the agent hung up')))
    socket.on('data', chunk => {
      chunks.push(chunk as Buffer)
      size += chunk.length
      if (size < 4) return
      length ??= Buffer.concat(chunks).readUInt32BE(0)
      if (length > LONGEST) return fail(new Error('that is no ssh-agent'))
      if (size < 4 + length) return
      const answer = Buffer.concat(chunks)
      socket.destroy()
      try {
        resolve(keysIn(answer.subarray(4, 4 + length)))
      } catch (error) {
        reject(error as Error)
      }
    })
    socket.write(ASK)
  })

const asked = new Map<string, Promise<AgentKey[]>>()

/**
 * The keys that the agent at a socket holds, in its order. Hosts that ask at the same time ask once; nothing is kept, for
 * keys come and go. Rejects with a plain error where there is no agent, or none that answers within 5 s.
 */
export const agentKeys = (socketPath: string): Promise<AgentKey[]> => {
  const running = asked.get(socketPath) ?? ask(socketPath).finally(() => asked.delete(socketPath))
  asked.set(socketPath, running)
  return running
}
