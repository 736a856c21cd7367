import { type Failure, Refusal } from '../core/failure.ts'
import type { Transport } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import { atMost } from './at-most.ts'
import { becomeRefused, identity, shellLost, shellSilent } from './become.ts'
import { sessionRefusal } from './connection-errors.ts'
import { LOGIN_LINE, startLine } from './environment.ts'
import { acquireLease, KEEPER_PROGRAM } from './lease.ts'
import type { Link } from './link.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { runInTime } from './patience.ts'
import { connectionClosed, openShell, type Wire } from './shell.ts'
import { noUpload, RECEIVER_PROGRAM, sendFile, uploadProblem } from './upload.ts'

/** How long an end may take: what runs is told to, and says how far it has come; then goodbye is said. */
const CLOSE_MS = 2_000
/** How long a login's files may take until a shell of ours runs: sudo that asks a directory that is gone takes 30 s. */
const BEGIN_SECONDS = 60

/** Starts a program for a target. `refused` makes the failure of a host that is there and does not start it. */
const opened = async (
  target: Target,
  link: Link,
  program: string,
  refused: (refusal: { why: string; fix: string }) => Failure,
): Promise<Wire> => {
  try {
    const wire = await link.start(LOGIN_LINE)
    wire.stdin.write(startLine(target, program))
    return wire
  } catch (error) {
    if (link.stands) throw new Refusal(refused(sessionRefusal(error as Error)))
    throw new Refusal(connectionClosed(target.name, { started: false, said: '', ending: { why: link.why() } }))
  }
}

const noShell = ({ name, user }: Target, refusal: { why: string; fix: string }): Failure => ({
  reason: 'host-login',
  what: `${name} lets ${user} in, but gives no shell`,
  ...refusal,
})

/**
 * The transport to a machine over a link: one persistent shell for all frames, one more program for each upload (uploads
 * wait for each other: a server allows ten sessions) and one that keeps the lease.
 */
export const openSession = async (target: Target, link: Link): Promise<Transport> => {
  const wire = await opened(target, link, '/bin/sh', refusal => noShell(target, refusal)).catch(async error => {
    await link.hangUp()
    throw error
  })
  const shell = openShell(target.name, wire, loss => shellLost(target, loss))
  const run = runInTime(shell, wire, BEGIN_SECONDS * 1000, said => shellSilent(target, BEGIN_SECONDS, said))
  const inTurn = oneAtATime()
  let closing: Promise<void> | undefined
  return {
    run,
    upload: (upload, onProgress) =>
      inTurn(async () => {
        const problem = uploadProblem(target.name, upload)
        if (problem) throw new Refusal(problem)
        const who = upload.asLogin ? { ...target, become: false } : target
        const receiver = await opened(who, link, RECEIVER_PROGRAM, refusal => noUpload(target.name, upload, refusal))
        await sendFile(target.name, receiver, upload, said => becomeRefused(who, said), onProgress)
      }),
    lease: async request => {
      let nobody: string | undefined
      const keeper = await opened(target, link, KEEPER_PROGRAM, ({ why, fix }) => {
        nobody = `${why}; ${fix}`
        return { reason: 'host-login', what: why }
      }).catch(error => {
        // A server that lets nobody open a second channel is no worse off than before.
        if (nobody === undefined) throw error
        return undefined
      })
      if (!keeper) return { is: 'nobody', why: nobody! }
      const onEnd = (failure: Failure): void => {
        if (link.stands) shell.close(failure)
      }
      return acquireLease(target.name, keeper, request, shell.pid, onEnd, said => becomeRefused(target, said))
    },
    get roundTrips() {
      return shell.roundTrips
    },
    user: identity(target),
    close: () => {
      closing ??= atMost(CLOSE_MS, shell.end()).then(() => {
        shell.close()
        return link.hangUp()
      })
      return closing
    },
  }
}
