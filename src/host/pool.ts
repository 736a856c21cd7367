import PQueue from 'p-queue'
import { Refusal } from '../core/failure.ts'
import type { Connect, Transport } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import type { Bastions } from './bastions.ts'
import { connectTo } from './connect.ts'
import type { AcceptedKey, Confirm, HostKeys } from './host-keys.ts'

/** All hosts of a run. */
export type Pool = {
  connect: Connect
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

/**
 * Connections by inventory name: the first `connect` of a host opens it, every later one gives the same promise, also
 * when it failed: a host that could not be reached stays so for this run.
 * `connect` rejects with a Refusal: what `connectTo` says, `inventory-no-host` for a name without a target,
 * `run-interrupted` after `closeAll`. Host keys that are new are asked for by `confirm`, where there is somebody to ask:
 * once for all hosts that show one, when no other host is on its way any more; then those are connected to once more.
 */
export const createPool = (options: {
  targets: Record<string, Target>
  connect?: typeof connectTo
  confirm?: Confirm
}): Pool => {
  const { targets, connect = connectTo, confirm } = options
  const queue = new PQueue({ concurrency: CONNECTS_AT_ONCE })
  const stop = new AbortController()
  const asked = new Map<string, Promise<Transport>>()
  const open = new Map<string, Transport>()
  const bastions: Bastions = new Map()
  const acceptedKeys: AcceptedKey[] = []
  let hostKeys: Promise<HostKeys> | undefined
  // Loaded while the first hosts answer.
  const hostKeysOfRun = (): Promise<HostKeys> => {
    hostKeys ??= import('./host-keys.ts').then(({ createHostKeys }) =>
      createHostKeys({ onAccept: key => acceptedKeys.push(key), ...(confirm && { confirm }) }),
    )
    return hostKeys
  }

  const start = async (host: string): Promise<Transport> => {
    if (stop.signal.aborted) throw new Refusal({ reason: 'run-interrupted', what: `${host} was not connected to` })
    const transport = await connect(targets[host]!, stop.signal, hostKeysOfRun, bastions)
    open.set(host, transport)
    return transport
  }

  const begin = async (host: string): Promise<Transport> => {
    try {
      return await queue.add(() => start(host))
    } catch (error) {
      const admitted = confirm && (await (await hostKeysOfRun()).admits(error, () => queue.onIdle()))
      if (!admitted) throw error
      return begin(host)
    }
  }

  const ask = (host: string): Promise<Transport> => {
    if (Object.hasOwn(targets, host)) return begin(host)
    return Promise.reject(new Refusal({ reason: 'inventory-no-host', what: `there is no host ${host} to connect to` }))
  }

  return {
    connect: host => {
      const connection = asked.get(host) ?? ask(host)
      asked.set(host, connection)
      return connection
    },
    closeAll: async () => {
      stop.abort()
      await Promise.allSettled(asked.values())
      await Promise.allSettled([...open.values()].map(transport => transport.close()))
      if (bastions.size > 0) await (await import('./bastions.ts')).closeBastions(bastions)
    },
    roundTrips: host => open.get(host)?.roundTrips ?? 0,
    acceptedKeys,
  }
}
