import type { LeaseAnswer, LeaseRequest, Transport } from '../core/transport.ts'

/** A host that is worked on now and then: its connection may be closed meanwhile, and is made again when it is needed. */
type OpenHost = {
  transport?: Transport
  /** The last one there was. */
  last?: Transport
  busy: number
  isLeased: boolean
  /** Nothing has run over this connection yet: who has asked for it is about to. */
  isNew: boolean
  usedAt: number
  trips: number
}

/** Runs something over the connection of a host, which may have to be made for it. */
type Using = <T>(host: string, act: (transport: Transport) => Promise<T>) => Promise<T>

/** The connections that are open, of which the longest idle is closed for another one where there may be no more. */
export type OpenHosts = {
  add(host: string, transport: Transport): void
  isOpen(host: string): boolean
  /** Whether something runs on a host, or on any. */
  isBusy(host?: string): boolean
  /** Frames sent to a host, by all connections there were. */
  roundTrips(host: string): number
  /** Closes what is idle longest; false where nothing is. What is leased stays: its lease lives by its connection. */
  closeIdle(which?: 'even new'): boolean
  /** Holds a connection while something runs over it. */
  hold<T>(host: string, act: (transport: Transport) => Promise<T>): Promise<T>
  /** A transport that makes the connection again where it was closed. */
  lasting(host: string, use: Using): Transport
  readonly count: number
  closeAll(): Promise<void>
}

export const createOpenHosts = (): OpenHosts => {
  const hosts = new Map<string, OpenHost>()
  let clock = 0
  const entryOf = (host: string): OpenHost => {
    const entry = hosts.get(host) ?? { busy: 0, isLeased: false, isNew: true, usedAt: 0, trips: 0 }
    hosts.set(host, entry)
    return entry
  }
  const trips = ({ trips: before, transport }: OpenHost): number => before + (transport?.roundTrips ?? 0)

  /** What comes of a lease is the connection's: it is held until the lease is given back. */
  const leased = async (entry: OpenHost, transport: Transport, request: LeaseRequest): Promise<LeaseAnswer> => {
    const answer = await transport.lease(request)
    if (answer.is !== 'mine') return answer
    entry.isLeased = true
    const give = async (): Promise<void> => {
      await answer.give()
      entry.isLeased = false
    }
    return { ...answer, give }
  }

  const lasting = (host: string, use: Using, as = (transport: Transport): Transport => transport): Transport => {
    const entry = entryOf(host)
    return {
      run: (fragments, ...more) => use(host, transport => as(transport).run(fragments, ...more)),
      upload: (upload, onProgress) => use(host, transport => as(transport).upload(upload, onProgress)),
      lease: request => use(host, transport => leased(entry, transport, request)),
      as: identity => lasting(host, use, transport => as(transport).as(identity)),
      get roundTrips() {
        return trips(entry)
      },
      user: as(entry.last!).user,
      close: async () => entry.transport?.close(),
    }
  }

  return {
    add: (host, transport) => {
      Object.assign(entryOf(host), { transport, last: transport, isNew: true, usedAt: ++clock })
    },
    isOpen: host => hosts.get(host)?.transport !== undefined,
    isBusy: host =>
      host === undefined ? [...hosts.values()].some(({ busy }) => busy > 0) : (hosts.get(host)?.busy ?? 0) > 0,
    roundTrips: host => trips(entryOf(host)),
    closeIdle: which => {
      const isIdle = (one: OpenHost): boolean => one.busy === 0 && !one.isLeased && !(one.isNew && which === undefined)
      const idle = [...hosts.values()].filter(one => one.transport && isIdle(one))
      if (idle.length === 0) return false
      const entry = idle.reduce((first, one) => (one.usedAt < first.usedAt ? one : first))
      entry.trips = trips(entry)
      void entry.transport!.close()
      delete entry.transport
      return true
    },
    hold: async (host, act) => {
      const entry = entryOf(host)
      entry.busy += 1
      entry.isNew = false
      try {
        return await act(entry.transport!)
      } finally {
        entry.busy -= 1
        entry.usedAt = ++clock
      }
    },
    lasting: (host, use) => lasting(host, use),
    get count() {
      return [...hosts.values()].filter(({ transport }) => transport).length
    },
    closeAll: async () => {
      await Promise.allSettled([...hosts.values()].map(({ transport }) => transport?.close()))
    },
  }
}
