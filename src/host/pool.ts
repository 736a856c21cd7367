import PQueue from 'p-queue'
import type { Bastions } from '../connection/bastions.ts'
import type { AcceptedKey, Confirm, HostKeys } from '../connection/host-keys.ts'
import { Refusal } from '../core/failure.ts'
import type { Connect, Transport } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import { connectTo } from './connect.ts'
import { createOpenHosts, type OpenHosts } from './open-hosts.ts'

/** All hosts of a run. */
export type Pool = {
  connect: Connect
  /**
   * Connects to those of these hosts whose key nobody knows yet, where somebody can be asked, and waits until that is done.
   * What becomes of them `connect` says.
   */
  introduce(hosts: string[]): Promise<void>
  /** Closes what is open and breaks off what is being opened; nothing connects afterwards. Never rejects. */
  closeAll(): Promise<void>
  /** Frames sent to a host so far, also when it has been closed or lost. */
  roundTrips(host: string): number
  /** Host keys that no file had and that were taken in so far without a question. */
  readonly acceptedKeys: AcceptedKey[]
}

/**
 * ssh2's login timeout runs from the start of connecting, and handshakes are computed one after another (3.6 ms each):
 * with more than about 32 at once the last ones would time out for no fault of theirs.
 */
const CONNECTS_AT_ONCE = 32
/** After so long a host that is still silent has its place no longer: it computes nothing here, and others wait for one. */
const PLACE_MS = 2_000
/** So few hosts have descriptors enough: nothing is asked for them. */
const FEW = 8
/** How many hosts are worked on at once unless it is said. */
const FORKS = 100
/** What a host that is connected has to do comes before the connecting of another: it waits for less, and is done with. */
const FIRST = { priority: 1 }

type PoolOptions = {
  targets: Record<string, Target>
  connect?: typeof connectTo
  confirm?: Confirm
  /** How many hosts are worked on at once: connected to, or busy with a frame. */
  forks?: number
  /** How many connections may be open at once. */
  mostOpen?: number
  /** Told of what keeps hosts waiting, once. */
  tell?(text: string): void
}

/** The host keys of a run, loaded while the first hosts answer. */
const hostKeysOf = (onAccept: (key: AcceptedKey) => void, confirm: Confirm | undefined) => {
  let hostKeys: Promise<HostKeys> | undefined
  return (): Promise<HostKeys> => {
    hostKeys ??= import('../connection/host-keys.ts').then(({ createHostKeys }) =>
      createHostKeys({ onAccept, ...(confirm && { confirm }) }),
    )
    return hostKeys
  }
}

/** Makes connections, so many at once as there is room for; what is idle makes room. */
const createOpener = (options: PoolOptions, open: OpenHosts, connect: (host: string) => Promise<Transport>) => {
  const { targets, tell = () => {} } = options
  const names = Object.keys(targets).length
  // Most runs need neither that nor what is loaded for it.
  const descriptors = () => import('./descriptors.ts')
  let most = options.mostOpen ?? (names > FEW ? undefined : Number.POSITIVE_INFINITY)
  let opening = 0
  let isTold = false
  let released = Promise.withResolvers<void>()
  const release = (): void => {
    released.resolve()
    released = Promise.withResolvers<void>()
  }
  const tellOnce = async (now: number): Promise<void> => {
    if (isTold) return
    isTold = true
    tell((await descriptors()).fewerConnections(now, names))
  }
  const takeRoom = async (host: string): Promise<void> => {
    most ??= (await descriptors()).connectionsLeft()
    while (most < names && open.count + opening >= most) {
      await tellOnce(most)
      if (open.closeIdle()) continue
      if (opening > 0 || open.isBusy()) await released.promise
      else {
        // Who has just got a connection is about to use it.
        await new Promise(setImmediate)
        if (open.isBusy() || open.closeIdle('even new')) continue
        throw new Refusal((await descriptors()).noDescriptors(targets[host]!))
      }
    }
    opening += 1
  }
  const start = async (host: string): Promise<void> => {
    await takeRoom(host)
    try {
      open.add(host, await connect(host))
    } catch (error) {
      const isShort = error instanceof Refusal && (await descriptors()).isOutOfDescriptors(error)
      if (!isShort || open.count + opening === 1) throw error
      most = Math.min(most!, open.count + opening - 1)
    } finally {
      opening -= 1
      release()
    }
    if (!open.isOpen(host)) await start(host)
  }
  return { start, release }
}

/** Lets so many be on their way at once as a queue has places. */
const placesIn = (queue: PQueue) => {
  const underWay = new Set<Promise<void>>()
  return {
    inPlace: async (go: () => Promise<void>): Promise<void> => {
      let gone: Promise<void> | undefined
      await queue.add(async () => {
        const going = go()
        gone = going
        underWay.add(going)
        const settled = going.catch(() => {}).finally(() => underWay.delete(going))
        const late = Promise.withResolvers<void>()
        const timer = setTimeout(late.resolve, PLACE_MS)
        await Promise.race([settled, late.promise])
        clearTimeout(timer)
      })
      await gone
    },
    /** Resolves when nobody is on the way any more. */
    calm: async (): Promise<void> => {
      do {
        await queue.onIdle()
        await Promise.allSettled(underWay)
      } while (underWay.size + queue.pending + queue.size > 0)
    },
  }
}

/** Whether anybody would be asked about a server on the way, or the last one. */
const isNew = async (target: Target | undefined): Promise<boolean> => {
  if (!target || (target.connection ?? 'ssh') !== 'ssh') return false
  const { isToAsk } = await import('../connection/host-keys.ts')
  return (await Promise.all([target, ...(target.via ?? [])].map(isToAsk))).includes(true)
}

/**
 * Connections by inventory name: the first `connect` of a host opens it, every later one gives the same promise, also
 * when it failed: a host that could not be reached stays so for this run. A connection may be closed while nothing runs
 * over it and made again for the next frame, where there are more hosts than connections can be open.
 * `connect` rejects with a Refusal: what `connectTo` says, `inventory-no-host` for a name without a target,
 * `run-interrupted` after `closeAll`. Host keys that are new are asked for by `confirm`, where there is somebody to ask:
 * once for all hosts that show one, when no other host is on its way any more; then those are connected to once more.
 */
export const createPool = (options: PoolOptions): Pool => {
  const { targets, connect = connectTo, confirm } = options
  const handshakes = new PQueue({ concurrency: CONNECTS_AT_ONCE })
  const work = new PQueue({ concurrency: options.forks ?? FORKS })
  const isCrowd = Object.keys(targets).length > CONNECTS_AT_ONCE
  const easing = isCrowd ? import('./handshake-limit.ts').then(found => found.easeHandshakes(handshakes)) : undefined
  const stop = new AbortController()
  const asked = new Map<string, Promise<Transport>>()
  const open = createOpenHosts()
  const bastions: Bastions = new Map()
  const acceptedKeys: AcceptedKey[] = []
  const hostKeys = hostKeysOf(key => void acceptedKeys.push(key), confirm)
  const opener = createOpener(options, open, async host => {
    if (stop.signal.aborted) throw new Refusal({ reason: 'run-interrupted', what: `${host} was not connected to` })
    return connect(targets[host]!, stop.signal, hostKeys, bastions)
  })

  const shake = async (host: string): Promise<void> => {
    await work.add(() => opener.start(host))
    if (easing) (await easing).next()
  }
  const { inPlace, calm } = placesIn(handshakes)
  const begin = async (host: string): Promise<void> => {
    try {
      await inPlace(() => shake(host))
      if (easing && handshakes.pending + handshakes.size === 0) (await easing).end()
    } catch (error) {
      const admitted = confirm && (await (await hostKeys()).admits(error, calm))
      if (!admitted) throw error
      await begin(host)
    }
  }
  const use = <T>(host: string, act: (transport: Transport) => Promise<T>): Promise<T> => {
    const held = async (): Promise<T> => {
      if (!open.isOpen(host)) await opener.start(host)
      return open.hold(host, act).finally(opener.release)
    }
    return open.isBusy(host) ? held() : work.add(held, FIRST)
  }
  const ask = async (host: string): Promise<Transport> => {
    if (!Object.hasOwn(targets, host))
      throw new Refusal({ reason: 'inventory-no-host', what: `there is no host ${host} to connect to` })
    await begin(host)
    return open.lasting(host, use)
  }

  const connectOnce = (host: string): Promise<Transport> => {
    const connection = asked.get(host) ?? ask(host)
    asked.set(host, connection)
    return connection
  }

  return {
    connect: connectOnce,
    introduce: async hosts => {
      const news = confirm ? await Promise.all(hosts.map(host => isNew(targets[host]))) : []
      await Promise.allSettled(hosts.filter((_, at) => news[at]).map(connectOnce))
    },
    closeAll: async () => {
      stop.abort()
      await Promise.allSettled(asked.values())
      await open.closeAll()
      if (bastions.size > 0) await (await import('../connection/bastions.ts')).closeBastions(bastions)
    },
    roundTrips: host => open.roundTrips(host),
    acceptedKeys,
  }
}
