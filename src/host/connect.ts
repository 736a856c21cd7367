import { setImmediate } from 'node:timers/promises'
import type { Bastions } from '../connection/bastions.ts'
import { dial } from '../connection/dial.ts'
import type { HostKeys } from '../connection/host-keys.ts'
import type { Link } from '../connection/link.ts'
import type { Transport } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'

/** A session over a link that ends where that is broken off meanwhile: a server may never answer to its first program. */
const sessionOver = async (target: Target, link: Link, signal?: AbortSignal): Promise<Transport> => {
  const { openSession } = await import('./session.ts')
  const stop = (): void => void link.hangUp()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await openSession(target, link)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

const isDirect = ({ via = [], proxyCommand }: Target): boolean => via.length === 0 && proxyCommand === undefined

/**
 * Opens a host by ssh2: one connection, one channel with a persistent shell for all frames, one more channel for each
 * upload (uploads of a host wait for each other: a server allows ten channels). Host keys are always checked.
 * `signal` breaks a connecting off; `hostKeys` are those of the run, without which nobody is asked; `bastions` too, without
 * which a connection has its own.
 *
 * @throws Refusal `host-unreachable`, `host-login`, `host-key-unknown`, `host-key-changed`, `host-lost`,
 * `run-interrupted`. That sudo refuses (`host-become`) shows in the first frame, so that asking costs no round trip.
 */
export const connectSsh = async (
  target: Target,
  signal?: AbortSignal,
  hostKeys?: () => Promise<HostKeys>,
  bastions?: Bastions,
): Promise<Transport> => {
  const direct = isDirect(target) ? dial(target) : undefined
  // All that speaks over the connection is loaded while the host answers: a socket is on its way only with the next turn,
  // which loading, being synchronous, would hold up (60 ms).
  await setImmediate()
  const [{ openSsh }] = await Promise.all([import('../connection/ssh.ts'), import('./session.ts')])
  const keys = await (hostKeys ?? (async () => (await import('../connection/host-keys.ts')).createHostKeys()))()
  const dialled =
    direct ?? (await (await import('../connection/way.ts')).wayTo(target, { bastions, hostKeys: keys, signal }))
  return sessionOver(target, await openSsh(target, dialled, keys, signal), signal)
}

const connectLocal = async (target: Target): Promise<Transport> => {
  const [{ openLocal }, { openSession }] = await Promise.all([import('../connection/local.ts'), import('./session.ts')])
  return openSession(target, openLocal())
}

const connectOpenssh = async (target: Target, signal?: AbortSignal): Promise<Transport> => {
  const { openOpenssh } = await import('../connection/openssh.ts')
  return sessionOver(target, await openOpenssh(target, signal), signal)
}

const WAYS = { ssh: connectSsh, openssh: connectOpenssh, local: connectLocal }

/** Opens a machine in the way that its target names, and as often as it says: as `connectSsh`, which is one of them. */
export const connectTo: typeof connectSsh = async (target, signal, hostKeys, bastions) => {
  const open = (): Promise<Transport> => WAYS[target.connection ?? 'ssh'](target, signal, hostKeys, bastions)
  const { retries = 0 } = target
  if (retries === 0) return open()
  const { openAgain, steady } = await import('./reconnect.ts')
  return steady(() => openAgain(open, { retries }, signal), retries)
}
