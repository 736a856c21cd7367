import type { Failure } from '../core/failure.ts'
import type { Target } from '../settings/target.ts'

/**
 * An error as ssh2 gives it: a socket's has a `code`, ssh2's own a `level`, a disconnect by the server only a number. One of
 * ours says what to do.
 */
export type SshError = Error & { level?: string; code?: string | number; fix?: string }

/** Told of a connection for which this process has no file descriptor left. */
export const NO_DESCRIPTORS = 'this process may open no further file'

const PLAIN: Record<string, (target: Target) => [why: string, fix: string]> = {
  ENOTFOUND: ({ host }) => [`the name ${host} has no address`, 'correct ansible_host'],
  EAI_AGAIN: ({ host }) => [`no name server answered for ${host}`, 'check the network, or give an address'],
  ECONNREFUSED: ({ port }) => [`nothing listens on port ${port} there`, 'start sshd, or correct ansible_port'],
  ECONNRESET: () => ['the host cut the connection', 'look into the log of sshd there'],
  EHOSTUNREACH: () => ['there is no route to the host', 'check that it is up, and the network between'],
  ENETUNREACH: () => ['there is no route to its network', 'check the network of this machine'],
  EMFILE: () => [NO_DESCRIPTORS, 'let it open more (`ulimit -n 4096`), or work on fewer hosts at once (--forks)'],
  ENFILE: () => [
    'this machine has too many files open',
    'end what has them open, or work on fewer hosts at once (--forks)',
  ],
  ETIMEDOUT: () => ['it did not answer', 'check that it is up, and the firewalls between'],
}

/** A connection that goes over several addresses fails with one error that holds one for each. */
const codeOf = (error: SshError): string => {
  const first = (error as Partial<AggregateError>).errors?.[0] as SshError | undefined
  return String(error.code ?? first?.code ?? '')
}

export const unreachable = ({ name, host, port }: Target, why: string, fix: string): Failure => ({
  reason: 'host-unreachable',
  what: `${name} (${host} port ${port}) cannot be reached`,
  why,
  fix,
})

/** Why a connection could not be made, in plain words: `host-unreachable`. */
export const connectFailure = (target: Target, error: SshError | undefined): Failure => {
  if (!error) return unreachable(target, 'the host closed the connection', 'look into the log of sshd there')
  if (error.level === 'client-timeout') {
    const why = `no login within ${target.timeoutSeconds} seconds`
    return unreachable(target, why, 'check that it is up, and the firewalls between')
  }
  const plain = PLAIN[codeOf(error)]
  if (plain) return unreachable(target, ...plain(target))
  if (error.fix !== undefined) return unreachable(target, error.message, error.fix)
  const port = `check that an SSH server listens on port ${target.port}`
  if (/Connection lost before handshake/.test(error.message))
    return unreachable(target, 'it closed the connection before it said anything', port)
  if (/no matching/.test(error.message))
    return unreachable(
      target,
      `no common algorithm: ${error.message}`,
      target.connection === 'openssh'
        ? 'let sshd there offer a current one'
        : 'let sshd there offer a current one; the ssh program knows more of them: ansible_connection: openssh',
    )
  return unreachable(target, error.message, port)
}

/** Why a host that is connected starts no further program, and what to do about it. */
export const sessionRefusal = (error: Error): { why: string; fix: string } => {
  if (/channel open failure/i.test(error.message))
    return {
      why: 'its ssh server allows no further session (MaxSessions)',
      fix: 'let it allow more: `MaxSessions 10`, its default, in /etc/ssh/sshd_config there, then reload sshd',
    }
  return {
    why: `its ssh server starts no program: ${error.message}`,
    fix: 'look into the log of sshd there: it may lack memory or processes, or forbid this login to run programs',
  }
}

/** Why a connection that had been made is gone. */
export const closeReason = (error: SshError | undefined): string => {
  if (!error) return 'the host closed the connection'
  if (error.level === 'client-timeout') return 'the host did not answer for 45 seconds'
  return codeOf(error) === 'ECONNRESET' ? 'the host cut the connection' : error.message
}

/** How much of the end of a text is looked at, and how much of a line is told. */
const LOOKED_AT = 4096
const LINE = 300

/** A line as it may be told: what is said by others may be of any length. */
export const brief = (line: string): string => (line.length > LINE ? `${line.slice(0, LINE)}…` : line)

/** The end of what a server or a proxy command says: why nobody may come in, at times behind a long notice. */
export const lastLines = (text: string): string[] =>
  text
    .slice(-LOOKED_AT)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .slice(-3)
    .map(brief)
