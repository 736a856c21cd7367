import { type Failure, Refusal } from '../core/failure.ts'
import type { Hop, Target } from '../settings/target.ts'
import { type AgentKey, agentKeys } from './agent.ts'
import { type KeyFile, ON_TOKEN, openKeyFile, readKeyFile } from './key-file.ts'
import { keyPathsOf } from './key-paths.ts'
import type { ParsedKey } from './ssh-library.ts'

/** A key to log in with: read from a file, or one that an agent holds, maybe for a file that names it. */
export type Login =
  | { kind: 'file'; path: string; key: ParsedKey }
  | { kind: 'agent'; socket: string; key: AgentKey; path?: string }

/** The keys to log in with, in the order they are offered, and in words what could not be offered and why. */
export type Logins = { keys: Login[]; notes: string[] }

/** What the library signs with. A certificate or a key on a token it can only pass on to an agent, and does not know. */
const UNDERSTOOD = /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa)$/

/** What an agent holds for a hop. No agent, or one that does not answer, holds nothing. */
const heldFor = async ({ agent }: Hop): Promise<{ held: AgentKey[]; notes: string[] }> => {
  if (!agent) return { held: [], notes: [] }
  try {
    const all = await agentKeys(agent)
    const strange = all.filter(({ type }) => !UNDERSTOOD.test(type))
    return {
      held: all.filter(key => !strange.includes(key)),
      notes: [
        ...(all.length === 0 ? [`the agent at ${agent} holds no key`] : []),
        ...strange.map(
          ({ type, comment }) =>
            `the agent's ${type} key ${comment} was left out: only the ssh program can use it (ansible_connection: openssh)`,
        ),
      ],
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is none' : code === 'ECONNREFUSED' ? 'it is gone' : message
    return { held: [], notes: [`the agent at ${agent} could not be asked: ${why}`] }
  }
}

/** A file as a login: by the agent where that holds its key, else opened; or what is wrong with it. */
const loginOf = (file: KeyFile, { agent, passphrases }: Hop, held: AgentKey[]): Login | string => {
  const { path } = file
  if (file.is === 'missing') return 'there is no such file'
  if (file.is === 'unusable') return file.why
  const opened = file.is === 'private' && !file.locked ? openKeyFile(file) : undefined
  const blob = file.blob ?? (typeof opened === 'object' ? opened.getPublicSSH() : undefined)
  const there = blob && held.find(key => key.blob.equals(blob))
  if (there) return { kind: 'agent', socket: agent!, key: there, path }
  if (file.is === 'public') return 'it holds a public key, and no agent holds the private one'
  const key = opened ?? openKeyFile(file, passphrases?.[path])
  return typeof key === 'string' ? key : { kind: 'file', path, key }
}

const blobOf = (login: Login): Buffer => (login.kind === 'file' ? login.key.getPublicSSH() : login.key.blob)

/** Each key once, where it stands first. */
const each = (logins: Login[]): Login[] =>
  logins.filter((login, at) => logins.findIndex(other => blobOf(other).equals(blobOf(login))) === at)

const keyFailure = (name: string, path: string, why: string): Failure => ({
  reason: 'host-login',
  what: `the private key file ${path} of ${name} cannot be used: ${why}`,
  fix: /encrypted|passphrase/.test(why)
    ? `put it into an agent (\`ssh-add ${path}\`), or give its passphrase: on a terminal it is asked for, else ansible_ssh_private_key_passphrase says it`
    : why === ON_TOKEN
      ? 'set ansible_connection: openssh'
      : /public key/.test(why)
        ? `put the private key into the agent of SSH_AUTH_SOCK (ssh-add), or name the file with the private key with ansible_ssh_private_key_file`
        : 'name another file with ansible_ssh_private_key_file',
})

/**
 * The keys to log in to a hop with. Files that it names come first, each by the agent where that holds it; then whatever
 * else the agent has, unless the files alone count; without files of its own the agent and then the usual files. So a
 * key that is named is never crowded out by an agent that is full (ssh itself offers the agent's first, and sshd hangs up
 * after six).
 *
 * @throws Refusal `host-login` when there is nothing to try: a file named is missing, unreadable or encrypted.
 */
export const findLogins = async (hop: Target): Promise<Logins> => {
  const [{ held, notes }, files] = await Promise.all([heldFor(hop), Promise.all(keyPathsOf(hop).map(readKeyFile))])
  const found = files.map(file => ({ file, login: loginOf(file, hop, held) }))
  const usable = found.flatMap(({ login }) => (typeof login === 'string' ? [] : [login]))
  const bad = found.flatMap(({ file, login }) => (typeof login === 'string' ? [{ ...file, why: login }] : []))
  const others = hop.onlyKeyFiles ? [] : held.map((key): Login => ({ kind: 'agent', socket: hop.agent!, key }))
  const keys = each(hop.keyFiles ? [...usable, ...others] : [...others, ...usable])
  const told = bad.filter(({ is }) => hop.keyFiles || is !== 'missing')
  const said = [...notes, ...told.map(({ path, why }) => `${path}: ${why}`)]
  if (keys.length > 0 || hop.password !== undefined) return { keys, notes: said }
  if (hop.keyFiles && bad.length > 0) throw new Refusal(...bad.map(({ path, why }) => keyFailure(hop.name, path, why)))
  // Whatever keeps the agent from being of use, what the host says of a login belongs beside it.
  if (hop.agent) return { keys, notes: said }
  throw new Refusal({
    reason: 'host-login',
    what: `there is no key to log in to ${hop.name} with`,
    why: [
      'no ssh-agent (SSH_AUTH_SOCK)',
      ...(said.length > 0 ? said : [`no key in ${keyPathsOf(hop).join(', ')}`]),
    ].join('\n'),
    fix: 'set ansible_ssh_private_key_file, start an agent and ssh-add a key, or give a password with --ask-pass',
  })
}

/** A key as it is told of. */
export const shownLogin = (login: Login): string =>
  login.kind === 'file'
    ? login.path
    : `${login.path ?? (login.key.comment || login.key.type)} (by the agent at ${login.socket})`

const jumpOf = ({ user, host, port }: Hop): string => `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`

/** `ssh` or `ssh-copy-id` and how a machine is reached, as words of a command line. */
export const sshCommand = (program: string, target: Target, ...more: string[]): string => {
  const { via, proxyCommand, port, user, host } = target
  const jump = via && via.length > 0 ? ['-o', `ProxyJump=${via.map(jumpOf).join(',')}`] : []
  const proxy =
    proxyCommand && jump.length === 0 ? ['-o', `'ProxyCommand=${proxyCommand.replaceAll("'", `'\\''`)}'`] : []
  return [program, ...more, ...jump, ...proxy, ...(port === 22 ? [] : ['-p', String(port)]), `${user}@${host}`].join(
    ' ',
  )
}
