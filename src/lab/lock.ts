import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { refuse } from '../core/failure.ts'
import { shortDigest } from './names.ts'

const WAIT_MS = 15 * 60_000
const SAY_MS = 1000

// A name in the kernel's abstract socket space and not a file: the kernel gives it back the moment its holder dies,
// however it dies, so there is no stale lock to judge and no lock file to leave behind.
const tryLock = (what: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy())
    server.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(`\0runbook-lab-${shortDigest(what, 32)}`, () => resolve(server))
  })

const waitFor = async (what: string, say: (line: string) => void): Promise<Server> => {
  let silent = true
  for (const began = Date.now(); Date.now() < began + WAIT_MS; await sleep(50)) {
    const lock = await tryLock(what)
    if (lock) return lock
    if (silent && Date.now() > began + SAY_MS) {
      say(`waiting for another runbook that works on ${what}`)
      silent = false
    }
  }
  return refuse('lab-host', `another runbook has been working on ${what} for 15 minutes`, {
    fix: 'end it, then try again',
  })
}

/**
 * Runs `inside` while no other process of this machine runs one under the same name; waits for its turn, and says so.
 * @throws Refusal `lab-host` after 15 minutes.
 */
export const exclusively = async <T>(
  what: string,
  say: (line: string) => void,
  inside: () => Promise<T>,
): Promise<T> => {
  const lock = await waitFor(what, say)
  try {
    return await inside()
  } finally {
    await new Promise(resolve => lock.close(resolve))
  }
}
