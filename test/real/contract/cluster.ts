import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { type Config, type Json, setKey } from './kubo.ts'
import { OnNode } from './on-node.ts'
import { ctlProgram, serviceProgram } from './place.ts'
import { type Ran, Running, run } from './process.ts'

// ipfs-cluster as the modules use it: a folder made by init, keys of its service.json, the daemon, ipfs-cluster-ctl.

export const newSecret = (): string => randomBytes(32).toString('hex')

/** What `peers ls` and `id` tell of a peer; of one that does not answer, only id and error. */
export type Peer = { id: string; peername: string; error: string; ipfs: { id?: string; error: string } }

/** JSON values one after another, as they are printed: pretty, with no comma between. */
export const values = <T>(text: string): T[] =>
  text.trim() === '' ? [] : JSON.parse(`[${text.replace(/^}\n(?={)/gm, '},\n')}]`)

export class Cluster extends OnNode {
  get api(): string {
    return `/ip4/${this.ip}/tcp/9094`
  }

  get id(): string {
    return JSON.parse(readFileSync(`${this.path}/identity.json`, 'utf8')).id
  }

  /** Where others reach it. */
  get at(): string {
    return `/ip4/${this.ip}/tcp/9096/p2p/${this.id}`
  }

  get config(): Config {
    return JSON.parse(readFileSync(`${this.path}/service.json`, 'utf8'))
  }

  set(values: { [key: string]: Json | undefined }): this {
    const config = this.config
    for (const [key, value] of Object.entries(values)) setKey(config, key, value)
    writeFileSync(`${this.path}/service.json`, JSON.stringify(config, null, 2), { mode: 0o600 })
    return this
  }

  /** A copy of the folder, and so the same identity. */
  copy(name: string): Cluster {
    return this.into(new Cluster(name, this.node))
  }

  service(words: string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    return run([serviceProgram, '--config', this.path, ...words], { env })
  }

  daemon(words: string[] = [], env: NodeJS.ProcessEnv = {}): Running {
    return new Running([serviceProgram, '--config', this.path, 'daemon', ...words], { env })
  }

  async ready(words: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Running> {
    const daemon = this.daemon(words, env)
    await daemon.says('** IPFS Cluster is READY **', 30)
    return daemon
  }

  /** `ipfs-cluster-ctl`, with the timeout that the modules give it. */
  ctl(...words: string[]): Promise<Ran> {
    return run([ctlProgram, '--host', this.api, '--timeout', '20', '--enc=json', ...words])
  }

  async ask<T>(...words: string[]): Promise<T[]> {
    const { code, stdout, stderr } = await this.ctl(...words)
    if (code !== 0) throw new Error(`ctl ${words.join(' ')}: exit ${code}: ${stdout}${stderr}`)
    return values<T>(stdout)
  }

  /** The peers that it sees, itself among them. */
  peers(): Promise<Peer[]> {
    return this.ask<Peer>('peers', 'ls')
  }
}

/** The settings of a peer on addresses of its own, with a kubo at `kuboApi` and a ping each second. */
export const onAddress = (cluster: Cluster, kuboApi: string): { [key: string]: Json } => ({
  'cluster.listen_multiaddress': [`/ip4/${cluster.ip}/tcp/9096`],
  'cluster.monitor_ping_interval': '1s',
  'cluster.mdns_interval': '0s',
  'api.restapi.http_listen_multiaddress': cluster.api,
  'api.ipfsproxy.listen_multiaddress': `/ip4/${cluster.ip}/tcp/9095`,
  'api.pinsvcapi.http_listen_multiaddress': `/ip4/${cluster.ip}/tcp/9097`,
  'ipfs_connector.ipfshttp.node_multiaddress': kuboApi,
})

export const newCluster = async (name: string, node: number, secret: string, kuboApi: string): Promise<Cluster> => {
  const cluster = new Cluster(name, node)
  const { code, stderr } = await cluster.service(['init', '--consensus', 'crdt'])
  if (code !== 0) throw new Error(`ipfs-cluster-service init: ${stderr}`)
  return cluster.set({ ...onAddress(cluster, kuboApi), 'cluster.secret': secret, 'cluster.peername': name })
}
