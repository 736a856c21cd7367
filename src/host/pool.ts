import PQueue from 'p-queue'
import { Refusal } from '../core/failure.ts'
import type { Connect, Transport } from '../core/transport.ts'
import type { Target } from '../settings/target.ts'
import { connectTo } from './connect.ts'

/** All hosts of a run. */
export type Pool = {
  connect: Connect
  /** Closes what is open and breaks off what is being opened; nothing connects afterwards. Never rejects. */
  closeAll(): Promise<void>
  /** Frames sent to a host so far, also when it has been closed or lost. */
  roundTrips(host: string): number
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
 * `run-interrupted` after `closeAll`.
 */
export const createPool = (options: { targets: Record<string, Target>; connect?: typeof connectTo }): Pool => {
  const { targets, connect = connectTo } = options
  const queue = new PQueue({ concurrency: CONNECTS_AT_ONCE })
  const stop = new AbortController()
  const asked = new Map<string, Promise<Transport>>()
  const open = new Map<string, Transport>()

  const start = async (host: string): Promise<Transport> => {
    if (stop.signal.aborted) throw new Refusal({ reason: 'run-interrupted', what: `${host} was not connected to` })
    const transport = await connect(targets[host]!, stop.signal)
    open.set(host, transport)
    return transport
  }

  const ask = (host: string): Promise<Transport> => {
    if (Object.hasOwn(targets, host)) return queue.add(() => start(host))
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
    },
    roundTrips: host => open.get(host)?.roundTrips ?? 0,
  }
}
