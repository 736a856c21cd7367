import { isRecord, type Json } from '../../../src/module/module.ts'
import type { Obstacle } from '../../builtin/lib/paths.ts'
import { hasPort, isListener, listOf } from './address.ts'

/** A config as it will be, by dotted names: null is empty, undefined is not known. */
export type PlannedConfig = (name: string) => Json | undefined
/** What else decides whether kubo starts: a swarm key in the repo, and the repo's version (0: not known). */
type RepoState = { isPrivate: boolean; version: number }

/** Every member that is looked at here. */
export const checkedMembers = [
  'Provider',
  'Reprovider',
  'AutoConf.Enabled',
  'AutoConf.URL',
  'Bootstrap',
  'AutoTLS.Enabled',
  'Routing.Type',
  'Addresses.API',
  'Addresses.Gateway',
  'Addresses.Swarm',
  'Datastore.StorageMax',
  'Datastore.GCPeriod',
  'Swarm.Transports.Network.QUIC',
  'Swarm.Transports.Network.WebTransport',
  'Swarm.Transports.Network.WebRTCDirect',
]

/** What kubo takes for a size (go-humanize); empty is no limit. It starts with others, but cannot tell its free space. */
const isSize = (value: Json): boolean =>
  value === null || (typeof value === 'string' && /^([\d,]*\.?\d+ ?([kmgtpe]i?)?b?)?$/i.test(value))

/** Go's durations; empty is kubo's own, an hour. */
const isDuration = (value: Json): boolean =>
  value === null || (typeof value === 'string' && /^(0|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)?$/.test(value))

/** The command that sets a member; `{ipfs}` is for the module to fill in, by whose and in which repo. */
const byHand = (member: string, value: string): string => `\`{ipfs} config --json ${member} ${value}\``

/** Values that kubo 0.38 (repo 18) and newer does not accept any more; empty ones are in every new config. */
const outdated = (config: PlannedConfig): Obstacle | undefined => {
  for (const name of ['Provider', 'Reprovider']) {
    const value = config(name)
    const named = isRecord(value) ? Object.keys(value).filter(key => value[key] !== null) : []
    if (named.length > 0)
      return {
        why: `the config has ${named.map(key => `${name}.${key}`).join(', ')}: kubo 0.38 and newer does not start with it`,
        fix: `\`{ipfs} config ${name}\` shows it; what is to stay is set anew (Reprovider.Strategy is Provide.Strategy now, Reprovider.Interval is Provide.DHT.Interval), and the old one emptied: ${byHand(name, '{}')}`,
      }
  }
  return undefined
}

const malformed = (config: PlannedConfig): Obstacle | undefined => {
  for (const name of ['Addresses.API', 'Addresses.Gateway']) {
    const wrong = listOf(config(name)).find(text => !isListener(text) || !hasPort(text))
    if (wrong !== undefined)
      return { why: `${name} is to be ${wrong}, which is no address`, fix: 'write it like /ip4/127.0.0.1/tcp/5001' }
  }
  const swarm = listOf(config('Addresses.Swarm')).find(text => !text.startsWith('/') || !hasPort(text))
  if (swarm !== undefined)
    return {
      why: `Addresses.Swarm is to have ${swarm}, which is no address`,
      fix: 'write it like /ip4/0.0.0.0/tcp/4001',
    }
  const size = config('Datastore.StorageMax')
  if (size !== undefined && !isSize(size))
    return {
      why: `Datastore.StorageMax is to be ${JSON.stringify(size)}, which is no size`,
      fix: 'write a text such as "10GB" or "1.5TiB"',
    }
  const period = config('Datastore.GCPeriod')
  if (period !== undefined && !isDuration(period))
    return {
      why: `Datastore.GCPeriod is to be ${JSON.stringify(period)}, which is no duration: kubo starts with it and never collects`,
      fix: 'write a text such as "1h" or "30m"; "0" never collects',
    }
  return undefined
}

const unprepared = (config: PlannedConfig, { version }: RepoState): Obstacle | undefined => {
  const [enabled, bootstrap] = [config('AutoConf.Enabled'), listOf(config('Bootstrap'))]
  if (enabled === false && bootstrap.length > 0 && bootstrap.every(one => one === 'auto'))
    return {
      why: 'AutoConf is off, but Bootstrap holds its placeholder `auto`',
      fix: `set Bootstrap to []: ${byHand('Bootstrap', '[]')}`,
    }
  const url = config('AutoConf.URL')
  if (version >= 17 && enabled !== undefined && enabled !== false && (url === null || url === 'auto'))
    return {
      why: 'there is a swarm.key, but AutoConf is on: kubo does not start, for it would take settings from the public network',
      fix: `set AutoConf.Enabled to false, here or by hand: ${byHand('AutoConf.Enabled', 'false')}`,
    }
  return undefined
}

/** Members that a private network forbids, with the value that does. */
const forbidden: [string, Json, string][] = [
  ['AutoTLS.Enabled', true, 'false'],
  ['Routing.Type', 'autoclient', 'dht'],
  ['Swarm.Transports.Network.QUIC', true, 'false'],
  ['Swarm.Transports.Network.WebTransport', true, 'false'],
  ['Swarm.Transports.Network.WebRTCDirect', true, 'false'],
]

const publicOnly = (config: PlannedConfig): Obstacle | undefined => {
  for (const [name, value, instead] of forbidden)
    if (config(name) === value)
      return {
        why: `${name} is ${value}: kubo does not start with it and a swarm.key`,
        fix: `set ${name} to ${instead}, here or by hand: ${byHand(name, instead === 'dht' ? '\'"dht"\'' : instead)}`,
      }
  const swarm = listOf(config('Addresses.Swarm'))
  if (swarm.length > 0 && !swarm.some(text => text.includes('/tcp/')))
    return {
      why: `Addresses.Swarm has no TCP address (${swarm.join(', ')}), and with a swarm.key kubo speaks TCP alone`,
      fix: 'add /ip4/0.0.0.0/tcp/4001',
    }
  return undefined
}

/** The first thing in a config that kubo refuses to start with (measured on 0.42 to 0.44); undefined: none is known. */
export const unstartable = (config: PlannedConfig, around: RepoState): Obstacle | undefined =>
  (around.version >= 18 ? outdated(config) : undefined) ??
  malformed(config) ??
  (around.isPrivate ? (unprepared(config, around) ?? publicOnly(config)) : undefined)
