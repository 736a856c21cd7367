import { isRecord, type Json, program, type Query, unitName } from '../../../src/module/module.ts'
import { isAddressOf, modernAddress, peerAddress } from './address.ts'
import { daemonCommands, emptyAsNull, type KuboDaemon } from './kubo.ts'

/** An entry of `Peering.Peers`. */
type PeeringEntry = { ID: string; Addrs: string[] }

const entries = (value: Json | undefined): PeeringEntry[] =>
  Array.isArray(value)
    ? value.flatMap(v =>
        isRecord(v) && typeof v.ID === 'string'
          ? [{ ID: v.ID, Addrs: Array.isArray(v.Addrs) ? v.Addrs.map(a => modernAddress(String(a))) : [] }]
          : [],
      )
    : []
const byId = (a: PeeringEntry, b: PeeringEntry): number => (a.ID < b.ID ? -1 : 1)

/** The list in one order and spelling: the order of peers means nothing to kubo. */
export const tidyPeers = (value: Json | undefined): Json => emptyAsNull(entries(value).sort(byId))
export const tidyAddresses = (value: Json | undefined): Json =>
  emptyAsNull(Array.isArray(value) ? value.map(a => modernAddress(String(a))).sort() : value)

export type SwarmPeer = { id: string; address: string; port?: number }
type AbsentHost = { host: string; address: string }

/** All others as kubo's config has them, and what stands there for hosts that did not answer. */
export const wantedPeering = (
  others: SwarmPeer[],
  port: number,
  absent: AbsentHost[],
  old: () => Json | undefined,
): Json => {
  const ids = new Set(others.map(p => p.id))
  const known = absent.length === 0 ? [] : entries(old()).filter(e => !ids.has(e.ID))
  const wanted = others.map(p => ({ ID: p.id, Addrs: [peerTransport(p, port)] }))
  return emptyAsNull([...wanted, ...ofAbsent(known, e => e.Addrs, absent)].sort(byId))
}

export const wantedBootstrap = (
  others: SwarmPeer[],
  port: number,
  absent: AbsentHost[],
  old: () => Json | undefined,
): Json => {
  const known = absent.length === 0 ? [] : ((tidyAddresses(old()) as string[] | null) ?? [])
  const wanted = others.map(p => peerAddress(p.address, p.port ?? port, p.id))
  const theirs = known.filter(a => !others.some(p => a.endsWith(`/p2p/${p.id}`)))
  return emptyAsNull([...new Set([...wanted, ...ofAbsent(theirs, a => [a], absent)])].sort())
}

/**
 * The entries that stand for hosts that did not answer, by their addresses. While one of those hosts cannot be told
 * from its address (the inventory has none, or another one by now), every entry may be its own: all stay.
 */
const ofAbsent = <E>(known: E[], addressesOf: (entry: E) => string[], absent: AbsentHost[]): E[] => {
  const stands = (entry: E, host: AbsentHost): boolean => addressesOf(entry).some(a => isAddressOf(a, host.address))
  const isAnyUnplaced = absent.some(host => !known.some(entry => stands(entry, host)))
  return isAnyUnplaced ? known : known.filter(entry => absent.some(host => stands(entry, host)))
}

/** What a config names besides the others: peers that no host of the inventory is, each with where it is said to be. */
export const foreignPeers = (
  { peering, bootstrap }: { peering: Json | undefined; bootstrap: Json | undefined },
  ids: string[],
): string[] => {
  const addresses = (tidyAddresses(bootstrap) as string[] | null) ?? []
  const named = [
    ...entries(peering).map(({ ID, Addrs }) => [ID, Addrs[0]] as const),
    ...addresses.map(address => [address.split('/p2p/')[1] ?? address, address.replace(/\/p2p\/.*/, '')] as const),
  ]
  const foreign = new Map(named.filter(([id]) => id !== 'auto' && !ids.includes(id)))
  return [...foreign].map(([id, at]) => (at === undefined ? id : `${id} (${at})`))
}

/** Where a peer listens, without its id. */
export const peerTransport = ({ id, address, port }: SwarmPeer, otherwise: number): string =>
  peerAddress(address, port ?? otherwise, id).replace(/\/p2p\/.*/, '')

/**
 * Whom the daemon is connected to, `ID` a line, each once (a peer may have two connections), and whom it keeps
 * connected by itself, `ID ADDRESS,ADDRESS` a line; sorted.
 */
const swarm = (daemon: KuboDaemon): string =>
  `${daemonCommands(daemon, [
    ['swarm', 'peers'],
    ['swarm', 'peering', 'ls'],
  ])} | awk '/^\\// { sub(/.*\\/p2p\\//, ""); print; next } /^\\t/ { l = l s $1; s = ","; next } { if (l != "") print l; l = $1 " "; s = "" } END { if (l != "") print l }' | sort -u`

const lines = (stdout: Buffer): string[] => stdout.toString().split('\n').filter(Boolean)
const live = (daemon: KuboDaemon, what: string): string => `live:${daemon.unit}#${what}`
const looks = (daemon: KuboDaemon, key: string): string[] => [key, `unit:${unitName(daemon.unit)}`]

/** The ids of all peers that the daemon keeps connected by itself. Only to find those that should not be. */
export const allPeered = (daemon: KuboDaemon): Query<{ ids: string[] }> =>
  program({
    key: live(daemon, 'peering'),
    sh: swarm(daemon),
    looks: looks(daemon, live(daemon, 'peering')),
    parse: ({ stdout }) => ({ ids: lines(stdout).flatMap(line => (line.includes(' ') ? [line.split(' ')[0]!] : [])) }),
  })

/** Peer by peer, because another may be added at any moment. */
export const peeringWith = (daemon: KuboDaemon, id: string): Query<{ addresses: string[] }> =>
  program({
    key: live(daemon, `peering/${id}`),
    sh: swarm(daemon),
    looks: looks(daemon, live(daemon, `peering/${id}`)),
    parse: ({ stdout }) => ({
      addresses: lines(stdout)
        .filter(line => line.startsWith(`${id} `))
        .flatMap(line => line.slice(id.length + 1).split(','))
        .filter(Boolean),
    }),
    subject: `live peering with ${id}`,
  })

export const connectionTo = (daemon: KuboDaemon, id: string): Query<{ connected: boolean }> =>
  program({
    key: live(daemon, `peers/${id}`),
    sh: swarm(daemon),
    looks: looks(daemon, live(daemon, `peers/${id}`)),
    parse: ({ stdout }) => ({ connected: lines(stdout).includes(id) }),
    subject: `connection to ${id}`,
  })
