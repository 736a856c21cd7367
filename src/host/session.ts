import type { Link } from '../connection/link.ts'
import { atMost } from '../core/at-most.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import { oneAtATime } from '../core/one-at-a-time.ts'
import type { Become, LeaseAnswer, LeaseRequest, Transport } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import { becomeRefused, identity } from './become.ts'
import { framesByIdentity } from './frames-by-identity.ts'
import { acquireLease, KEEPER_PROGRAM, leasePlace } from './lease.ts'
import type { Shell } from './shell.ts'
import { identityKey, openShells, type Shells } from './shells.ts'
import { startProgram } from './start-program.ts'
import { noUpload, RECEIVER_PROGRAM, receiverOf, sendFile, uploadProblem } from './upload.ts'

/** How long an end may take: what runs is told to, and says how far it has come; then goodbye is said. */
const CLOSE_MS = 2_000

const asIdentity = ({ become: _, ...login }: Target, become?: Become): Target => (become ? { ...login, become } : login)

/** Uploads go to a program of their own; where the server opens no session for it, into frames of the shell. */
const uploader = (who: Target, link: Link, run: Shell['run']): Transport['upload'] => {
  return async (upload, onProgress) => {
    const problem = uploadProblem(who.name, upload)
    if (problem) throw new Refusal(problem)
    // The login user needs nobody's leave; for any other root does it.
    const by = upload.user === who.user ? asIdentity(who) : who
    const program = upload.user === undefined || by !== who ? RECEIVER_PROGRAM : receiverOf(upload.user)
    let refused: Failure | undefined
    const receiver = await startProgram(by, link, program, refusal => {
      refused = noUpload(who.name, upload, refusal)
      return refused
    }).catch(error => {
      if (refused === undefined) throw error
      return undefined
    })
    if (receiver)
      return sendFile(who.name, receiver, upload, said => becomeRefused(by, said), onProgress, who.answerSeconds)
    const { sendInFrames } = await import('./frame-upload.ts')
    await sendInFrames(who.name, run, upload, upload.user === identity(who) ? undefined : upload.user, onProgress)
  }
}

/** Asks for the lease by a program beside the shells. Where it ends unasked all shells end with it. */
const leaseOf = async (target: Target, link: Link, shells: Shells, request: LeaseRequest): Promise<LeaseAnswer> => {
  let nobody: string | undefined
  const keeper = await startProgram(target, link, KEEPER_PROGRAM, ({ why, fix }) => {
    nobody = `${why}; ${fix}`
    return { reason: 'host-login', what: why }
  }).catch(error => {
    // A server that lets nobody open a second channel is no worse off than before.
    if (nobody === undefined) throw error
    return undefined
  })
  if (!keeper) return { is: 'nobody', why: nobody! }
  const onEnd = (failure: Failure): void => {
    if (!link.stands) return
    shells.close(failure)
    if (failure.reason === 'host-protocol') void link.hangUp()
  }
  const refused = (said: string): Failure | undefined => becomeRefused(target, said)
  const { name, answerSeconds } = target
  return acquireLease(name, keeper, request, shells.own.pid, onEnd, refused, leasePlace(link.by), answerSeconds)
}

/**
 * The transport to a machine over a link: one persistent shell for all frames of an identity, one more program for each
 * upload (uploads wait for each other: a server allows ten sessions) and one that keeps the lease.
 */
export const openSession = async (target: Target, link: Link): Promise<Transport> => {
  const shells = await openShells(target, link).catch(async error => {
    await link.hangUp()
    throw error
  })
  const inTurn = oneAtATime()
  const identities = new Map<string, Transport>()
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= atMost(CLOSE_MS, shells.end()).then(() => {
      shells.close()
      return link.hangUp()
    })
    return closing
  }
  const transportOf = (who: Target): Transport => {
    const send = uploader(who, link, shells.runAs(who))
    return {
      run: framesByIdentity(other => shells.runAs(other ? asIdentity(target, other) : who)),
      upload: (upload, onProgress) => inTurn(() => send(upload, onProgress)),
      lease: request => leaseOf(target, link, shells, request),
      as: become => transportAs(asIdentity(target, become)),
      get roundTrips() {
        return shells.roundTrips
      },
      user: identity(who),
      close,
    }
  }
  const transportAs = (who: Target): Transport => {
    const key = identityKey(who)
    const transport = identities.get(key) ?? transportOf(who)
    identities.set(key, transport)
    return transport
  }
  return transportAs(target)
}
