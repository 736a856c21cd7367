import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { OnNode } from './on-node.ts'
import { ipfsProgram } from './place.ts'
import { type Ran, Running, run } from './process.ts'

// kubo as the modules use it: a repo made with profile autoconf-off, keys of its config, swarm.key, the daemon.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type Config = { [section: string]: { [key: string]: Json } | Json }

export const keyText = (hex: string): string => `/key/swarm/psk/1.0.0/\n/base16/\n${hex}\n`
export const newKey = (): string => keyText(randomBytes(32).toString('hex'))

/** Sets a dotted key; `undefined` takes it away. */
export const setKey = (config: Config, key: string, value: Json | undefined): void => {
  const names = key.split('.')
  const last = names.pop() ?? ''
  let at = config as { [key: string]: Json }
  for (const name of names) {
    if (at[name] === null || at[name] === undefined) at[name] = {}
    at = at[name] as { [key: string]: Json }
  }
  if (value === undefined) delete at[last]
  else at[last] = value
}

export class Kubo extends OnNode {
  get api(): string {
    return `/ip4/${this.ip}/tcp/5001`
  }

  get config(): Config {
    return JSON.parse(readFileSync(`${this.path}/config`, 'utf8'))
  }

  get id(): string {
    return (this.config.Identity as { PeerID: string }).PeerID
  }

  get swarm(): string {
    return `/ip4/${this.ip}/tcp/4001`
  }

  ipfs(...words: string[]): Promise<Ran> {
    return run([ipfsProgram, ...words], { env: { IPFS_PATH: this.path } })
  }

  /** `ipfs` on the running daemon, as the modules call it; what must work. */
  async ask(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.ipfs('--api', this.api, '--timeout=5s', ...words)
    if (code !== 0) throw new Error(`ipfs ${words.join(' ')}: exit ${code}: ${stderr}`)
    return stdout
  }

  /** Edits the config file of a daemon that is not running. */
  set(values: { [key: string]: Json | undefined }): this {
    const config = this.config
    for (const [key, value] of Object.entries(values)) setKey(config, key, value)
    writeFileSync(`${this.path}/config`, JSON.stringify(config, null, 2), { mode: 0o600 })
    return this
  }

  key(text: string): this {
    writeFileSync(`${this.path}/swarm.key`, text, { mode: 0o600 })
    return this
  }

  /** A copy of the repo with another name, and so the same identity. */
  copy(name: string): Kubo {
    return this.into(new Kubo(name, this.node))
  }

  daemon(env: NodeJS.ProcessEnv = {}, ...words: string[]): Running {
    return new Running([ipfsProgram, 'daemon', ...words], {
      env: { IPFS_PATH: this.path, LIBP2P_FORCE_PNET: '1', ...env },
    })
  }

  async ready(env: NodeJS.ProcessEnv = {}): Promise<Running> {
    const daemon = this.daemon(env, '--migrate')
    await daemon.says('Daemon is ready', 30)
    return daemon
  }

  /** A start that is to fail: one that goes on is ended by INT. */
  async start(env: NodeJS.ProcessEnv = {}, ...words: string[]): Promise<Ran> {
    const daemon = this.daemon(env, ...words)
    const timer = setTimeout(() => daemon.signal('SIGINT'), 15_000)
    return daemon.ended.finally(() => clearTimeout(timer))
  }

  /** The connected peers, each once: the program lists connections, and a peer may have two. */
  async peers(): Promise<string[]> {
    const { Peers } = JSON.parse(await this.ask('swarm', 'peers', '--enc=json')) as { Peers: { Peer: string }[] | null }
    return [...new Set((Peers ?? []).map(({ Peer }) => Peer))].sort()
  }
}

/** The config that the playbook writes for a private network, on addresses of the node's own. */
export const privateConfig = (kubo: Kubo): { [key: string]: Json } => ({
  Bootstrap: [],
  'AutoTLS.Enabled': false,
  'Routing.Type': 'dht',
  'Swarm.Transports.Network.Websocket': false,
  'Discovery.MDNS.Enabled': false,
  'Addresses.Swarm': [kubo.swarm],
  'Addresses.API': kubo.api,
  'Addresses.Gateway': `/ip4/${kubo.ip}/tcp/8080`,
})

/** A repo with the key and the config of a private network. */
export const privateKubo = async (name: string, node: number, key: string): Promise<Kubo> => {
  const kubo = new Kubo(name, node)
  const { code, stderr } = await kubo.ipfs('init', '--profile=autoconf-off')
  if (code !== 0) throw new Error(`ipfs init: ${stderr}`)
  return kubo.set(privateConfig(kubo)).key(key)
}
