import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'

/** One way to prove who one is: a key read from a file, or an agent that holds keys. */
export type Login = { kind: 'key'; path: string; key: Buffer } | { kind: 'agent'; socket: string }

/** Says what is wrong with the bytes of a private key file, if anything. */
type KeyProblem = (bytes: Buffer) => string | undefined

/** ssh's own names, in its order; DSA is gone, and keys on tokens need an agent. */
const USUAL_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

const readKey = async (path: string, problem: KeyProblem): Promise<{ key: Buffer } | { why: string; code: string }> => {
  try {
    const key = await readFile(path)
    const why = problem(key)
    return why ? { why, code: 'EKEY' } : { key }
  } catch (error) {
    const code = codeOf(error)
    const words = { ENOENT: 'there is no such file', EACCES: 'it may not be read', EISDIR: 'it is a folder' }[code]
    return { why: words ?? `it cannot be read (${code})`, code }
  }
}

const keyFailure = ({ name }: Target, path: string, why: string): Failure => ({
  reason: 'host-login',
  what: `the private key file ${path} of ${name} cannot be used: ${why}`,
  fix: /passphrase|encrypted/i.test(why)
    ? `put it into an agent (ssh-add ${path}) and leave ansible_ssh_private_key_file out`
    : 'name another file with ansible_ssh_private_key_file',
})

const usualLogins = async (target: Target, problem: KeyProblem): Promise<Login[]> => {
  const paths = USUAL_FILES.map(file => join(homedir(), '.ssh', file))
  const read = await Promise.all(paths.map(path => readKey(path, problem)))
  const keys = read.flatMap((found, index): Login[] =>
    'key' in found ? [{ kind: 'key', path: paths[index]!, key: found.key }] : [],
  )
  const logins: Login[] = target.agent ? [{ kind: 'agent', socket: target.agent }, ...keys] : keys
  if (logins.length > 0) return logins
  const unusable = read.flatMap((found, index) =>
    'why' in found && found.code !== 'ENOENT' ? [`${paths[index]}: ${found.why}`] : [],
  )
  throw new Refusal({
    reason: 'host-login',
    what: `there is no key to log in to ${target.name} with`,
    why: ['no ssh-agent (SSH_AUTH_SOCK)', ...(unusable.length > 0 ? unusable : [`no key in ${paths.join(', ')}`])].join(
      '\n',
    ),
    fix: 'set ansible_ssh_private_key_file, or start an agent and ssh-add a key',
  })
}

/**
 * The ways to log in to a host, in the order they are tried: the key file of its own, else the agent and then the usual
 * files that exist.
 * @throws Refusal `host-login` when the key file named is missing, unreadable or encrypted, or nothing is left to try.
 */
export const findLogins = async (target: Target, problem: KeyProblem): Promise<Login[]> => {
  if (!target.keyFiles) return usualLogins(target, problem)
  return Promise.all(
    target.keyFiles.map(async (path): Promise<Login> => {
      const found = await readKey(path, problem)
      if ('why' in found) throw new Refusal(keyFailure(target, path, found.why))
      return { kind: 'key', path, key: found.key }
    }),
  )
}

const shown = (login: Login): string => (login.kind === 'key' ? login.path : `the agent at ${login.socket}`)

/** The failure when a host accepts none of these logins. `why` is what else it said, if anything. */
export const loginFailure = ({ name, host, port, user }: Target, logins: Login[], why?: string): Failure => {
  const file = logins.find(login => login.kind === 'key')?.path
  const copy = ['ssh-copy-id', ...(file ? ['-i', file] : []), ...(port === 22 ? [] : ['-p', String(port)])].join(' ')
  return {
    reason: 'host-login',
    what: `${name} does not let ${user} in`,
    why: [`tried ${logins.map(shown).join(', then ')}`, ...(why ? [why] : [])].join('\n'),
    fix: `let the key in with \`${copy} ${user}@${host}\`, or set ansible_user or ansible_ssh_private_key_file`,
  }
}
