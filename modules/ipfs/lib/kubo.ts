import {
  asUser,
  exec,
  type Json,
  memberAt,
  program,
  type Query,
  quote,
  quoted,
  type Step,
  T,
} from '../../../src/module/module.ts'
import { folderArgument } from '../../builtin/lib/paths.ts'
import { printedJson } from './printed-json.ts'

/** Arguments that every module about a kubo repo has. */
export const repoArguments = {
  path: folderArgument('/var/lib/ipfs', 'The repo, IPFS_PATH.'),
  user: T.String({ default: 'ipfs', description: 'The user kubo runs as and the repo belongs to.' }),
  bin_dir: folderArgument('/usr/local/bin', 'Where the program `ipfs` is.'),
}
export const daemonArguments = {
  api: T.String({
    default: '/ip4/127.0.0.1/tcp/5001',
    description: "The daemon's RPC address, for reads that never touch the repo.",
  }),
  unit: T.String({ default: 'ipfs', description: 'The unit of the daemon, or the path of its file.' }),
}
type KuboRepo = { path: string; user: string; bin_dir: string }
export type KuboDaemon = KuboRepo & { api: string; unit: string }

const environment = ({ path }: KuboRepo): Record<string, string> => ({ HOME: path, IPFS_PATH: path })

/** kubo's own program as the user of the repo, for a fragment. The time limit is for a daemon that hangs. */
const ipfsCommand = (repo: KuboRepo, words: string[]): string =>
  asUser(repo.user, environment(repo), ['timeout', '20', `${repo.bin_dir}/ipfs`, ...words])

/** The same as a person types it on the host. */
export const typedIpfs = ({ user, path, bin_dir }: KuboRepo): string =>
  `runuser -u ${quote(user)} -- env IPFS_PATH=${quote(path)} ${quote(`${bin_dir}/ipfs`)}`

/** The same as a step. Without `--api` the program finds a running daemon by itself, and else opens the repo. */
export const ipfsStep = (repo: KuboRepo, words: string[]): Step =>
  exec([`${repo.bin_dir}/ipfs`, ...words], { user: repo.user, env: environment(repo) })

/** Asks the daemon and only it: a bare call may fall back to the repo and delete a stale `api` file. */
export const daemonCommand = (daemon: KuboDaemon, words: string[]): string =>
  ipfsCommand(daemon, ['--api', daemon.api, '--timeout=5s', ...words])

/** Several questions to the daemon in one go: to become another user costs as much as a question. */
export const daemonCommands = (daemon: KuboDaemon, questions: string[][]): string => {
  const commands = questions.map(words =>
    quoted([`${daemon.bin_dir}/ipfs`, '--api', daemon.api, '--timeout=5s', ...words]),
  )
  return asUser(daemon.user, environment(daemon), ['timeout', '20', 'sh', '-c', commands.join('; ')])
}

/** `undefined`: it could not be read, so its value is not known. */
export type ConfigMember = { value: Json | undefined }

/** Go writes an empty list or map as `null`, `[]` or `{}` or not at all, as its types have it: here they are all null. */
export const emptyAsNull = (value: unknown): Json =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
    ? null
    : (value as Json)

/**
 * Reads the config file, takes no lock, and leaves out the private key and the credentials: kubo's safe reader
 * (core/commands/config.go). All members come out of one process, because the fragment is the same.
 */
const show = (repo: KuboRepo): string => ipfsCommand(repo, ['config', 'show'])
const config = (repo: KuboRepo): string => `${repo.path}/config`

/** Where `ipfs_install` puts kubo: without it nothing can be read, with another version of it the same is read. */
const programFolder = (repo: KuboRepo): string => `${repo.bin_dir.replace(/\/[^/]*$/, '')}/lib/kubo`
const programs = (repo: KuboRepo): string => `tree:${programFolder(repo)}`
/** The link by which the program is called. Where only that is gone, it is put back before anything is read. */
const link = (repo: KuboRepo): string => `tree:${repo.bin_dir}/ipfs`

/** Whether a change is one of the program alone, whatever is said of it: a folder's names, a file, all below. */
const isOfProgram = (repo: KuboRepo, label: string): boolean => {
  const at = label.slice(label.indexOf(':') + 1)
  return `${at}/`.startsWith(`${programFolder(repo)}/`) || at === `${repo.bin_dir}/ipfs`
}

/** What was read stays known when the program changes. What could not be read is asked again. */
const steady =
  <A>(repo: KuboRepo, isRead: (answer: A) => boolean) =>
  (before: A, labels: string[]): A | undefined =>
    labels.every(label => isOfProgram(repo, label)) && isRead(before) ? before : undefined

/** Lists of addresses that keep a node from others. The profile `server` fills both. */
export const addressFilters = ['Swarm.AddrFilters', 'Addresses.NoAnnounce']

/** These stand in the file itself, for a repo may be there before the program is: what hinders is known in the plan. */
const filterLists = (repo: KuboRepo): string =>
  `awk '{ t = t $0 } END { n = split("${addressFilters.map(name => name.replace(/.*\./, '')).join(' ')}", k, " "); for (i = 1; i <= n; i++) if (match(t, "\\"" k[i] "\\": *\\\\[[^]]*\\\\]")) print "{" substr(t, RSTART, RLENGTH) "}" }' ${quote(config(repo))}`

const filterMember = (repo: KuboRepo, name: string): Query<ConfigMember> =>
  program({
    key: `member:${config(repo)}#${name}`,
    sh: filterLists(repo),
    looks: [`member:${config(repo)}#${name}`],
    parse: ({ status, stdout }) => {
      const last = name.replace(/.*\./, '')
      const line = stdout
        .toString()
        .split('\n')
        .find(one => one.startsWith(`{"${last}"`))
      if (line === undefined) return { value: status === 0 ? null : undefined }
      return { value: emptyAsNull(memberAt(printedJson(Buffer.from(line)), last)) }
    },
    subject: `${config(repo)} ${name}`,
  })

/** One member of the config by its dotted name. */
export const configMember = (repo: KuboRepo, name: string): Query<ConfigMember> =>
  addressFilters.includes(name) ? filterMember(repo, name) : shownMember(repo, name)

const shownMember = (repo: KuboRepo, name: string): Query<ConfigMember> => ({
  ...program({
    key: `member:${config(repo)}#${name}`,
    sh: show(repo),
    looks: [`member:${config(repo)}#${name}`, programs(repo), link(repo)],
    parse: ({ stdout }) => {
      const config = printedJson(stdout)
      return { value: config === undefined ? undefined : emptyAsNull(memberAt(config, name)) }
    },
    subject: `${config(repo)} ${name}`,
  }),
  clouded: steady<ConfigMember>(repo, ({ value }) => value !== undefined),
})

/**
 * Whom the API lets in: null is everyone who reaches it. `config show` keeps this to itself, and the tokens are nobody's
 * business here: only whether there are any.
 */
export const authorizations = (repo: KuboRepo): Query<ConfigMember> =>
  program({
    key: `member:${config(repo)}#API.Authorizations`,
    sh: `grep -cE '^ *"Authorizations": *\\{ *$' ${quote(config(repo))} 2>/dev/null`,
    looks: [`member:${config(repo)}#API.Authorizations`],
    parse: ({ stdout }) => ({ value: Number(stdout.toString()) > 0 ? true : null }),
    subject: `${config(repo)} API.Authorizations`,
  })

/** Why the config cannot be read; empty where it can. */
export const configFault = (repo: KuboRepo): Query<{ text: string }> => ({
  ...program({
    key: `fault:${config(repo)}`,
    sh: show(repo),
    looks: [`path:${config(repo)}`, programs(repo), link(repo)],
    parse: ({ status, stderr }) => ({ text: status === 0 ? '' : stderr.toString().trim() || `status ${status}` }),
    subject: `${config(repo)}`,
  }),
  clouded: steady<{ text: string }>(repo, ({ text }) => text === ''),
})

/** The peer id, from the file itself: cheap, and there before the program is. */
export const peerId = (repo: KuboRepo): Query<ConfigMember> =>
  program({
    key: `member:${config(repo)}#Identity.PeerID`,
    sh: `sed -n '/^ *"PeerID": *"/{s/^ *"PeerID": *"\\([^"]*\\)".*/\\1/p;q}' ${quote(config(repo))} 2>/dev/null`,
    looks: [`member:${config(repo)}#Identity.PeerID`],
    parse: ({ stdout }) => ({ value: emptyAsNull(stdout.toString().trim() || null) }),
    subject: `${config(repo)} Identity.PeerID`,
  })
