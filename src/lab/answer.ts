import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Whether an SSH server introduces itself at this address within the given time. */
export const answers = (ip: string, withinMs: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ host: ip, port: 22 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(withinMs, () => end(false))
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
    socket.on('data', data => end(data.toString('latin1').startsWith('SSH-')))
  })

/** Polls until the host answers, `given up` when it no longer runs, `late` when the time is over. */
export const waitForAnswer = async (
  ip: string,
  runs: () => boolean,
  forMs: number,
): Promise<'answered' | 'given up' | 'late'> => {
  for (const end = Date.now() + forMs; Date.now() < end; await sleep(50)) {
    if (await answers(ip, 1000)) return 'answered'
    if (!runs()) return 'given up'
  }
  return 'late'
}
