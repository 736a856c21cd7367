import type { Become } from '../core/transport.ts'

/** An ssh server on the way to a machine, or the machine's own: where it is, as whom one logs in, how its key is known. */
export type Hop = {
  host: string
  port: number
  /** Only addresses of this kind are tried (`AddressFamily`). */
  family?: 4 | 6
  /** The address of this machine that it is reached from (`BindAddress`). */
  bindAddress?: string
  /** The login user. */
  user: string
  /** Key files of its own, in the order they are tried; without any the agent is asked, and then the usual files. */
  keyFiles?: string[]
  /** Of the agent's keys only those of the key files are offered (`IdentitiesOnly`). */
  onlyKeyFiles?: true
  /** Socket of an ssh-agent. */
  agent?: string
  /** Programs on the host may ask the agent. */
  forwardsAgent?: true
  /** For the methods `password` and `keyboard-interactive`. */
  password?: string
  /** What encrypted key files are opened with, by path. */
  passphrases?: Record<string, string>
  /** The name that its key stands under in known_hosts, instead of host and port (`HostKeyAlias`). */
  keyAlias?: string
  /** Files that hold the host keys, in the order they are read; a new line belongs into the first. */
  knownHosts: string[]
  /** What becomes of a key that no file holds; refused unless this says otherwise. A changed key is refused always. */
  newKeys?: 'ask' | 'accept'
  /** The name in a new line is hashed (`HashKnownHosts`). */
  hashesNames?: true
  timeoutSeconds: number
}

/** Everything needed to open one machine. */
export type Target = Hop & {
  /** The inventory name, for messages. */
  name: string
  /** By ssh2, by the system's ssh, or on the machine that runbook runs on; `ssh` unless it says otherwise. */
  connection?: 'ssh' | 'openssh' | 'local'
  /** The servers that are gone through, the first one first (`ProxyJump`). */
  via?: Hop[]
  /** A command whose streams are the connection (`ProxyCommand`), in place of `via`. */
  proxyCommand?: string
  /** How often it is tried again to reach it; never unless this says otherwise. */
  retries?: number
  /** How long it may take to answer what only reads: `ANSWER_SECONDS` unless this says otherwise. */
  answerSeconds?: number
  /** Arguments for the system's ssh, as they were written. */
  sshArgs?: string[]
  /** The identity that frames have unless they say otherwise; without it the login user's. */
  become?: Become
}
