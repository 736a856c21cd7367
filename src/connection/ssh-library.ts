import { createRequire } from 'node:module'
import type ssh2 from 'ssh2'

export type { AnyAuthMethod, BaseAgent, Client, ClientChannel, ConnectConfig, ParsedKey } from 'ssh2'

/**
 * What a client needs of the library, whose server and agents for http cost 8 ms more. Loaded when the first hosts have
 * been dialled: sshd starts there while it is.
 */
const load = () => {
  const require = createRequire(import.meta.url)
  const { parseKey } = require('ssh2/lib/protocol/keyParser.js') as Pick<typeof ssh2.utils, 'parseKey'>
  // The client needs the agents anyway.
  const { OpenSSHAgent } = require('ssh2/lib/agent.js') as Pick<typeof ssh2, 'OpenSSHAgent'>
  return { parseKey, OpenSSHAgent, Client: require('ssh2/lib/client.js') as typeof ssh2.Client }
}
let loaded: ReturnType<typeof load> | undefined
export const library = (): ReturnType<typeof load> => {
  loaded ??= load()
  return loaded
}
