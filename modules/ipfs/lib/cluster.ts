import { exec, memberAt, program, type Query, quote, type Step, T } from '../../../src/module/module.ts'
import { folderArgument } from '../../builtin/lib/paths.ts'
import { secretDigest, secretPattern } from './key-readers.ts'
import { type ConfigMember, emptyAsNull } from './kubo.ts'
import { printedJson } from './printed-json.ts'
import type { HostKey } from './shared-key.ts'

/** Arguments that every module about ipfs-cluster's folder has. */
export const clusterArguments = {
  path: folderArgument('/var/lib/ipfs-cluster', 'The folder of the configuration, IPFS_CLUSTER_PATH.'),
  user: T.String({ default: 'ipfs', description: 'The user ipfs-cluster runs as and the folder belongs to.' }),
}
export const serviceFile = (path: string): string => `${path}/service.json`

/**
 * service.json without its secrets: no look takes the shared secret, private keys and the passwords of the API off the
 * host. A `members` step does: it carries the whole file through the controller's memory, and nowhere else. By line, as ipfs-cluster-service writes it; a file on one line shows nothing but what follows a colon.
 */
const scrubbed = (path: string): string =>
  `sed -e 's/\\("secret": *\\)"[^"]*"/\\1"*"/g; s/\\("private_key": *\\)"[^"]*"/\\1"*"/g; /"basic_auth_credentials": *{/,/}/s/: *"[^"\\]*\\(\\\\.[^"\\]*\\)*"/: "*"/g' ${quote(serviceFile(path))}`

/** One member of service.json by its dotted name. */
export const clusterMember = (path: string, name: string): Query<ConfigMember> =>
  program({
    key: `member:${serviceFile(path)}#${name}`,
    sh: scrubbed(path),
    looks: [`member:${serviceFile(path)}#${name}`],
    parse: ({ stdout }) => ({ value: emptyAsNull(memberAt(printedJson(stdout), name)) }),
    subject: `${serviceFile(path)} ${name}`,
  })

/** Whether service.json is there and can be taken for JSON. */
export const serviceFileFault = (path: string): Query<{ text: string }> =>
  program({
    key: `fault:${serviceFile(path)}`,
    sh: scrubbed(path),
    looks: [`path:${serviceFile(path)}`],
    parse: ({ stdout }) => ({ text: printedJson(stdout) === undefined ? 'it is no JSON' : '' }),
    subject: serviceFile(path),
  })

/** The value alone, for a step that carries it in memory. */
export const fetchSecret = (path: string, name: string): Step => ({
  do: 'fetch',
  secret: true,
  name,
  argv: ['sh', '-c', `sed -n 's/.*${secretPattern}.*/\\1/p' "$1" | head -n 1 | tr A-F a-f`, 'sh', serviceFile(path)],
})

/** What prints the digest of the shared secret, for people who compare two hosts. */
export const secretDigestCommand = (file: string): string => `grep '"secret"' ${quote(file)} | tr -d ' ,' | sha256sum`

/** What is held of the shared secret: its digest, never the value. Blank is what `cluster_init` leaves. */
export const secretState = (path: string): Query<HostKey> =>
  program({
    key: `member:${serviceFile(path)}#cluster.secret`,
    sh: `f=${quote(serviceFile(path))}\n${secretDigest}secret`,
    looks: [`member:${serviceFile(path)}#cluster.secret`],
    parse: ({ stdout }) => {
      const word = stdout.toString().trim().replace(/ +-$/, '')
      if (word.length === 64) return { state: 'good', print: word }
      if (word === 'absent') return { state: 'absent' }
      const wrong = word === 'digits' ? 'something else than hex digits' : 'not 64 hex digits'
      return { state: 'bad', wrong: `cluster.secret in ${serviceFile(path)} is ${wrong}` }
    },
    prints: ({ state }) => (state === 'absent' ? state : undefined),
    subject: `${serviceFile(path)} cluster.secret`,
  })

/** The cluster's own peer id. Only this member is read: the private key stands in the same file. */
export const clusterId = (path: string): Query<ConfigMember> =>
  program({
    key: `member:${path}/identity.json#id`,
    sh: `sed -n '/^ *"id": *"/{s/^ *"id": *"\\([^"]*\\)".*/\\1/p;q}' ${quote(`${path}/identity.json`)} 2>/dev/null`,
    looks: [`member:${path}/identity.json#id`],
    parse: ({ stdout }) => ({ value: emptyAsNull(stdout.toString().trim() || null) }),
    subject: `${path}/identity.json id`,
  })

export const clusterStep = (at: { user: string; bin_dir: string }, folder: string, words: string[]): Step =>
  exec([`${at.bin_dir}/ipfs-cluster-service`, '--config', folder, ...words], {
    user: at.user,
    env: { HOME: folder, IPFS_CLUSTER_PATH: folder },
  })
