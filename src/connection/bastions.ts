import { type Failure, Refusal } from '../core/failure.ts'
import type { Hop, Target } from '../settings/target.ts'
import { unreachable } from './connection-errors.ts'
import { type Dialled, dial } from './dial.ts'
import type { HostKeys } from './host-keys.ts'
import { joined } from './joined.ts'
import { sshCommand } from './login.ts'
import { hangUp, openConnection, type SshConnection } from './ssh.ts'

/**
 * Connections to the servers that are gone through, by the chain of hops that leads to each: one for a run, whoever goes
 * through. One that failed stays failed; one that is lost, whose key somebody has been asked for, or that could not be reached
 * where that is tried again, is opened anew.
 */
export type Bastions = Map<string, Promise<SshConnection>>

/** What goes with opening one. */
type Shared = { bastions: Bastions; hostKeys: HostKeys; signal?: AbortSignal | undefined; retries?: number }

/** A hop as a target of its own. */
const bastionOf = (via: Hop[], name: string): Target => {
  const hop = via.at(-1)!
  return { ...hop, name: `bastion ${hop.host} of ${name}`, via: via.slice(0, -1) }
}

/** Why a server that is connected does not lead on. ssh2 gives the number of the refusal (RFC 4254, section 5.1). */
const forwardFailure = (target: Target, bastion: Target, error: Error & { reason?: number }): Failure => {
  const words = error.message.replace(/^\(SSH\) Channel open failure: /, '')
  const said = words === '' ? '' : `: ${words}`
  if (error.reason === 1)
    return unreachable(
      target,
      `${bastion.name} forwards no connection there${said}`,
      `let it: \`AllowTcpForwarding yes\` and no PermitOpen that leaves it out, in /etc/ssh/sshd_config on ${bastion.host}, then reload sshd; \`restrict\` or \`no-port-forwarding\` at the key in authorized_keys there forbid it too`,
    )
  return unreachable(
    target,
    `${bastion.name} cannot connect to it${said}`,
    `ansible_host and ansible_port are as ${bastion.host} sees them; from there: \`${sshCommand('ssh', bastion)} nc -vz ${target.host} ${target.port}\``,
  )
}

const goneFailure = (target: Target, bastion: Target, why: string): Failure =>
  unreachable(target, `${bastion.name} is gone: ${why}`, `look into the log of sshd on ${bastion.host}`)

/** A connection that a server makes for us. It may take half of the time, as one of our own may. */
const forwardTo = (target: Target, bastion: Target, line: SshConnection): Promise<Dialled> =>
  new Promise((resolve, reject) => {
    const refuse = (failure: Failure): void => reject(new Refusal(failure))
    let isLate = false
    const late = (): void => {
      isLate = true
      refuse(unreachable(target, `it did not answer ${bastion.name}`, 'check that it is up, and the firewalls between'))
    }
    const timer = setTimeout(late, target.timeoutSeconds * 500)
    line.gone.then(() => refuse(goneFailure(target, bastion, line.why())))
    try {
      line.client.forwardOut('127.0.0.1', 0, target.host, target.port, (error, channel) => {
        clearTimeout(timer)
        if (isLate) return channel?.close()
        if (error) return refuse(forwardFailure(target, bastion, error as Error & { reason?: number }))
        const { stream, close } = joined(channel, channel, () => channel.close())
        const dialled: Dialled = { socket: stream }
        const lost = (): void => {
          if (!line.socket.writable) dialled.error ??= new Error(`${bastion.name} is gone: ${line.why()}`)
          close()
        }
        channel.on('close', lost)
        line.gone.then(lost)
        resolve(dialled)
      })
    } catch {
      // A client that is dead says so by throwing.
      clearTimeout(timer)
      refuse(goneFailure(target, bastion, line.why()))
    }
  })

/** The password of the command line, which is no way into a server that is gone through. */
const PASSWORD = /(;|,)? ?(or )?give (a|the) password(:| with) --ask-pass[^;\n]*/

/** What to do about a server on the way is written elsewhere than what is to be done about a host. */
const aboutHop = (failure: Failure, { host }: Target): Failure => ({
  ...failure,
  fix: `${(failure.fix ?? '').replace(PASSWORD, '') || 'let a key in there'}\n(a server on the way is named by -J, ansible_ssh_common_args or ProxyJump in ~/.ssh/config; its user, port and key stand there under Host ${host})`.trim(),
})

const open = async (bastion: Target, shared: Shared): Promise<SshConnection> => {
  const { via = [] } = bastion
  const dialled = via.length > 0 ? await dialThrough(bastion, via, shared) : dial(bastion)
  try {
    return await openConnection(bastion, dialled, shared.hostKeys, shared.signal)
  } catch (error) {
    if (!(error instanceof Refusal) || error.failures.some(isAskedFor)) throw error
    throw new Refusal(...error.failures.map(failure => aboutHop(failure, bastion)))
  }
}

/** It may be asked for, and is then known by being this very failure. */
const isAskedFor = ({ reason }: Failure): boolean => reason === 'host-key-unknown'

/** One bastion fails for all that are behind it; each is told so by its own name. */
const toldTo = (error: unknown, first: string, name: string): unknown => {
  if (!(error instanceof Refusal) || first === name || error.failures.some(isAskedFor)) return error
  const told = (text: string): string => text.replaceAll(` of ${first}`, ` of ${name}`)
  return new Refusal(
    ...error.failures.map(failure => ({
      ...failure,
      what: told(failure.what),
      ...(failure.why === undefined ? {} : { why: told(failure.why) }),
    })),
  )
}

/** Whom a bastion was first opened for, and so is named after. */
const firsts = new WeakMap<Promise<SshConnection>, string>()

const throughBastion = async (via: Hop[], name: string, shared: Shared): Promise<SshConnection> => {
  const { bastions } = shared
  const chain = JSON.stringify(via)
  const known = bastions.get(chain)
  if (known) return known.catch(error => Promise.reject(toldTo(error, firsts.get(known)!, name)))
  const opened = open(bastionOf(via, name), shared)
  firsts.set(opened, name)
  bastions.set(chain, opened)
  const forget = (): void => {
    if (bastions.get(chain) === opened) bastions.delete(chain)
  }
  opened.then(
    line => line.gone.then(forget),
    error => {
      const isPassing = ({ reason }: Failure): boolean => reason === 'host-unreachable' && (shared.retries ?? 0) > 0
      if (error instanceof Refusal && error.failures.some(failure => isAskedFor(failure) || isPassing(failure)))
        forget()
    },
  )
  return opened
}

/**
 * A way to a target through other servers, each logged in to and its key checked as any other.
 *
 * @throws Refusal as `connectSsh`, about the server on the way that failed, or `host-unreachable` where the last one does not
 * lead on.
 */
export const dialThrough = async (target: Target, via: Hop[], shared: Shared): Promise<Dialled> => {
  const name = target.name.replace(/^bastion .* of /, '')
  return forwardTo(target, bastionOf(via, name), await throughBastion(via, name, shared))
}

/** Says goodbye to all, those that others lead to first. Never rejects. */
export const closeBastions = async (bastions: Bastions): Promise<void> => {
  for (const opened of [...bastions.values()].reverse()) await opened.then(hangUp).catch(() => {})
}
