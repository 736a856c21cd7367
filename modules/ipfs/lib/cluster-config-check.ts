import type { Json } from '../../../src/module/module.ts'
import type { Obstacle } from '../../builtin/lib/paths.ts'
import { isListener, listOf } from './address.ts'

/** service.json as it will be, by dotted names: null is empty, undefined is not known. */
type PlannedService = (name: string) => Json | undefined

export const factors = ['cluster.replication_factor_min', 'cluster.replication_factor_max'] as const

/** Not set, and 0, is upstream's default, -1 (config.SetIfNotDefault). */
const factorOf = (value: Json | undefined): Json => (value === null || value === 0 ? -1 : (value ?? -1))

/**
 * The rules of `isReplicationFactorValid` (cluster_config.go), measured on 1.1.6: with anything else the daemon ends
 * with status 1 before it opens a port.
 */
const wrongFactors = (config: PlannedService): Obstacle | undefined => {
  if (factors.some(name => config(name) === undefined)) return undefined
  const [min, max] = factors.map(name => factorOf(config(name))) as [Json, Json]
  const told = `replication_factor_min ${JSON.stringify(min)} and replication_factor_max ${JSON.stringify(max)}`
  if (![min, max].every(one => typeof one === 'number' && Number.isInteger(one) && one >= -1))
    return {
      why: `${told}: each is a whole number from 1 on, or -1 for all peers, and ipfs-cluster does not start with anything else`,
      fix: 'set both to -1, or both to numbers, the first no larger than the second',
    }
  if ((min === -1) !== (max === -1))
    return {
      why: `${told}: ipfs-cluster does not start when only one of them is -1`,
      fix: 'set both to -1 (all peers hold each pin), or both to numbers, the first no larger than the second',
    }
  if ((min as number) > (max as number))
    return {
      why: `${told}: ipfs-cluster does not start when the first is larger than the second`,
      fix: `set replication_factor_max to ${min} or more, or replication_factor_min to ${max} or less`,
    }
  return undefined
}

/** What is never enough: with fewer peers than the least number of copies every new pin fails (allocate.go). */
const tooFewPeers = (config: PlannedService, peers: number | undefined): Obstacle | undefined => {
  const min = config(factors[0])
  if (peers === undefined || typeof min !== 'number' || min <= peers) return undefined
  return {
    why: `replication_factor_min is to be ${min}, and the cluster has ${peers} peer${peers === 1 ? '' : 's'}: every new pin would fail`,
    fix: `set replication_factor_min to ${peers} or less (replication_factor_max may be more), or add hosts first`,
  }
}

/** More copies than there are peers are asked for: as many are made as there are peers, and no pin fails. */
export const moreThanPeers = (config: PlannedService, peers: number | undefined): string[] => {
  const max = config(factors[1])
  if (peers === undefined || typeof max !== 'number' || max <= peers) return []
  return [
    `replication_factor_max is ${max}, and the cluster has ${peers} peer${peers === 1 ? '' : 's'}: a pin is held by no more than those`,
  ]
}

/** The durations that the daemon reads when it starts; only the last may be none. */
const durations = [
  'dial_peer_timeout',
  'state_sync_interval',
  'pin_recover_interval',
  'monitor_ping_interval',
  'peer_watch_interval',
  'mdns_interval',
].map(name => `cluster.${name}`)

/** Go's way to write a duration, as `1m30s`. */
const isDuration = (text: string): boolean => /^([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$|^0$/.test(text)

const wrongDuration = (config: PlannedService): Obstacle | undefined => {
  for (const name of durations) {
    const value = config(name)
    if (value === undefined || value === null || value === '') continue
    const text = String(value)
    const isNone = !/[1-9]/.test(text) || text.startsWith('-')
    if (typeof value === 'string' && isDuration(text) && (name.endsWith('mdns_interval') || !isNone)) continue
    return {
      why: `${name} is to be ${JSON.stringify(value)}, with which ipfs-cluster does not start`,
      fix: 'write a number with its unit, such as 5s or 1m30s',
    }
  }
  return undefined
}

/** Members that hold an address or a list of some, and whether the daemon listens there. */
const addresses: [name: string, example: string][] = [
  ['cluster.listen_multiaddress', '/ip4/0.0.0.0/tcp/9096'],
  ['api.restapi.http_listen_multiaddress', '/ip4/127.0.0.1/tcp/9094'],
  ['api.ipfsproxy.listen_multiaddress', '/ip4/127.0.0.1/tcp/9095'],
  ['api.pinsvcapi.http_listen_multiaddress', '/ip4/127.0.0.1/tcp/9097'],
  ['api.ipfsproxy.node_multiaddress', '/ip4/127.0.0.1/tcp/5001'],
  ['ipfs_connector.ipfshttp.node_multiaddress', '/ip4/127.0.0.1/tcp/5001'],
]

/** One address that cannot be parsed is fatal; of several listeners one that TCP can open is enough. */
const wrongAddress = (config: PlannedService): Obstacle | undefined => {
  for (const [name, example] of addresses) {
    const all = listOf(config(name))
    const wrong = all.find(text => !text.startsWith('/'))
    const told = wrong ?? (all.length > 0 && !all.some(isListener) ? all.join(', ') : undefined)
    if (told !== undefined)
      return {
        why: `${name} is to be ${told}, where ipfs-cluster finds no TCP address`,
        fix: `write it like ${example}`,
      }
  }
  return undefined
}

/**
 * The first thing in service.json that the daemon does not start with, or that makes it useless.
 *
 * @param peers how many peers the cluster has; undefined: nobody said so
 */
export const unusable = (config: PlannedService, peers: number | undefined): Obstacle | undefined =>
  wrongFactors(config) ?? tooFewPeers(config, peers) ?? wrongDuration(config) ?? wrongAddress(config)
