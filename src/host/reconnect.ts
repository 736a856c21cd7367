import { setTimeout as after } from 'node:timers/promises'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Become, Fragment, Transport } from '../core/transport.ts'

/** How often to try again, and what time is: a wait ends early, without an error, when its signal is given. */
export type Retrying = {
  retries: number
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>
  random?: () => number
}

/** The first wait, which doubles from one to the next, and the longest. */
const FIRST_MS = 500
const LONGEST_MS = 10_000

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  after(ms, undefined, { ...(signal && { signal }) }).catch(() => {})

const failureIn = (error: unknown): Failure | undefined => (error instanceof Refusal ? error.failures[0] : undefined)

/** What may be better next time. A login, a key or a host key that is refused is refused again, and accounts lock. */
const mayPass = (error: unknown): boolean => ['host-unreachable', 'host-lost'].includes(failureIn(error)?.reason ?? '')

const triedSo = (error: unknown, times: number): unknown => {
  const failure = failureIn(error)
  if (!failure || times === 1) return error
  return new Refusal({ ...failure, why: [failure.why, `tried ${times} times`].filter(text => text).join('\n') })
}

/**
 * Opens a host, and tries again where it could not be reached: after half a second, then twice that and so on, each time
 * between half and one and a half of it, so that hosts that went together do not come back together.
 */
export const openAgain = async (
  open: () => Promise<Transport>,
  { retries, wait = pause, random = Math.random }: Retrying,
  signal?: AbortSignal,
): Promise<Transport> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await open()
    } catch (error) {
      if (tried > retries || !mayPass(error)) throw triedSo(error, tried)
      await wait(Math.min(LONGEST_MS, FIRST_MS * 2 ** (tried - 1)) * (0.5 + random()), signal)
      if (signal?.aborted) throw error
    }
  }
}

/**
 * A transport that connects again where its connection is lost while it only reads, and reads again: nothing has been done
 * that is not known. Steps are never sent twice, nor is what is told as it comes; nor anything once steps are about to
 * begin, which is when the lease is asked for: that ends with the connection.
 */
export const steady = async (open: () => Promise<Transport>, retries: number): Promise<Transport> => {
  let current = await open()
  let before = 0
  let left = retries
  let isHeld = false
  let opening: Promise<void> | undefined

  const renew = async (): Promise<void> => {
    const lost = current
    left -= 1
    void lost.close()
    current = await open()
    before += lost.roundTrips
  }
  const isOnlyRead = (fragments: Fragment[]): boolean => !isHeld && !fragments.some(({ step }) => step)
  const identities = new Map<string, Transport>()
  const wrapped = (of: (transport: Transport) => Transport): Transport => ({
    run: async (fragments, onOutput, onBytes) => {
      for (;;) {
        const used = current
        try {
          return await of(used).run(fragments, onOutput, onBytes)
        } catch (error) {
          const isLost = failureIn(error)?.reason === 'host-lost'
          const isTold = onOutput !== undefined || onBytes !== undefined
          const isLast = current === used && opening === undefined && left === 0
          if (!isLost || isTold || !isOnlyRead(fragments) || isLast) throw error
          if (current === used) opening ??= renew().finally(() => (opening = undefined))
          await opening
        }
      }
    },
    upload: (upload, onProgress) => of(current).upload(upload, onProgress),
    lease: async request => {
      const answer = await of(current).lease(request)
      isHeld ||= answer.is !== 'theirs'
      return answer
    },
    as: (identity?: Become) => {
      const key = JSON.stringify(identity ?? null)
      const there = identities.get(key) ?? wrapped(transport => transport.as(identity))
      identities.set(key, there)
      return there
    },
    get roundTrips() {
      return before + current.roundTrips
    },
    get user() {
      return of(current).user
    },
    close: async () => {
      left = 0
      await opening?.catch(() => {})
      await current.close()
    },
  })
  return wrapped(transport => transport)
}
