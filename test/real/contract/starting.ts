import * as assert from 'uvu/assert'
import type { Kubo } from './kubo.ts'
import type { Ran } from './process.ts'

// What a start of the daemon came to: why it did not, and how far it got.

/** The last thing said on stderr: an error of the command, or a FATAL line of the log without its head. */
export const reason = ({ stderr }: Ran): string => {
  const at = stderr.lastIndexOf('Error: ')
  if (at >= 0) return stderr.slice(at + 'Error: '.length).trimEnd()
  return stderr.trimEnd().split('\n').at(-1)?.split('\tFATAL\t')[1]?.split('\t').at(-1) ?? `no reason in: ${stderr}`
}

/** The last stage that stdout tells of. */
const reached = ({ stdout }: Ran): string =>
  [
    ['ready', 'Daemon is ready'],
    ['api', 'RPC API server listening on'],
    ['listening', 'Swarm listening on'],
    ['node', 'Swarm key fingerprint'],
    ['identity', 'PeerID: '],
    ['program', 'Initializing daemon...'],
  ].find(([, text]) => stdout.includes(text!))?.[0] ?? 'nothing'

export const fails = async (kubo: Kubo, at: string, text: string, env: NodeJS.ProcessEnv = {}): Promise<void> => {
  const ran = await kubo.start(env)
  assert.is(reason(ran), text)
  assert.is(ran.code, 1, ran.stderr)
  assert.is(reached(ran), at)
  assert.ok(ran.seconds < 5, `${ran.seconds} s`)
}

export const starts = async (kubo: Kubo, env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const daemon = await kubo.ready(env)
  assert.ok(daemon.seconds < 5, `ready after ${daemon.seconds} s`)
  const ran = await daemon.stop('SIGINT')
  assert.is(ran.code, 0)
  return ran.stdout + ran.stderr
}

export const node = 'constructing the node (see log for full detail): '
export const pnet = `${node}failed to configure private network: `
