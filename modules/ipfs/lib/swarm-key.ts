import { type Content, program, quote, type Step } from '../../../src/module/module.ts'
import { swarmKeyReader } from './key-readers.ts'
import type { HostKey } from './shared-key.ts'

export const swarmKeyHeader = '/key/swarm/psk/1.0.0/\n/base16/\n'
export const swarmKeyFile = (path: string): string => `${path}/swarm.key`

const reader = (path: string): string => `f=${quote(swarmKeyFile(path))}\n${swarmKeyReader}`
const wrongs: Record<string, string> = {
  empty: 'is empty',
  header: 'does not begin with /key/swarm/psk/1.0.0/ (a byte order mark, or another file)',
  encoding: 'names no encoding in its second line (/base16/, /base64/ or /bin/)',
  digits: 'holds something else than hex digits in its third line',
  length: 'is too short: the key is 32 bytes',
  directory: 'is a directory',
}

/** What a repo holds of it: its digest, never the key. */
export const swarmKeyState = (path: string) =>
  program<HostKey>({
    key: `key:${swarmKeyFile(path)}`,
    sh: `${reader(path)}if [ -d "$f" ]; then echo directory; elif [ ! -e "$f" ]; then echo absent; else
k=$(key); [ \${#k} -eq 64 ] && printf %s "$k" | sha256sum || echo "$k"; fi`,
    looks: [`path:${swarmKeyFile(path)}`],
    parse: ({ stdout }) => {
      const word = stdout.toString().trim().replace(/ +-$/, '')
      if (word === 'absent') return { state: 'absent' }
      return word.length === 64
        ? { state: 'good', print: word }
        : { state: 'bad', wrong: `${swarmKeyFile(path)} ${wrongs[word] ?? 'cannot be read'}` }
    },
    subject: swarmKeyFile(path),
  })

/** The key in hex, into memory, for a step that writes it. */
export const fetchSwarmKey = (path: string, name: string): Step => ({
  do: 'fetch',
  secret: true,
  name,
  argv: ['sh', '-c', `${reader(path)}key`],
})

/** Writes it for its owner alone: a text, or what is in memory under a name. */
export const writeSwarmKey = (path: string, owner: string, from: Content | string): Step => ({
  do: 'write',
  path: swarmKeyFile(path),
  content: typeof from === 'string' ? { from, before: swarmKeyHeader, after: '\n' } : from,
  mode: '0400',
  owner,
  group: '',
})
