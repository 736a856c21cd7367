import type { Hop, Target } from '../settings/target.ts'
import { type AgentKey, agentKeys } from './agent.ts'
import { type KeyFile, openKeyFile, readKeyFile } from './key-file.ts'
import { keyPathsOf } from './key-paths.ts'

/** An encrypted key file whose passphrase is wanted: who uses it, and whether they have nothing else to log in with. */
export type LockedKey = {
  path: string
  hosts: string[]
  hops: Hop[]
  isOnly: boolean
  /** Whether a passphrase opens it. */
  opens(passphrase: string): boolean
}

type Locked = KeyFile & { is: 'private' }

const isUsable = (file: KeyFile, held: AgentKey[]): boolean =>
  (file.is === 'private' && !file.locked) ||
  (file.is !== 'missing' && file.blob !== undefined && held.some(({ blob }) => blob.equals(file.blob!)))

/**
 * The encrypted files of a hop that are to be opened: where it names files and none of them is open, or the agent's; of the
 * usual files only where there is neither another key nor a password.
 */
const lockedOf = async (hop: Hop): Promise<{ files: Locked[]; isOnly: boolean }> => {
  const held = hop.agent ? await agentKeys(hop.agent).catch(() => []) : []
  const files = await Promise.all(keyPathsOf(hop).map(readKeyFile))
  const others = hop.onlyKeyFiles ? [] : held
  const hasElse = others.length > 0 || hop.password !== undefined
  if (files.some(file => isUsable(file, held)) || (!hop.keyFiles && hasElse)) return { files: [], isOnly: false }
  const locked = files.filter((file): file is Locked => file.is === 'private' && file.locked)
  const isKnown = ({ path }: Locked): boolean => hop.passphrases?.[path] !== undefined
  return { files: locked.some(isKnown) ? [] : locked, isOnly: !hasElse }
}

/** What a hop's keys follow from: hops that have it in common are looked at once. */
const keySetting = ({ keyFiles, agent, onlyKeyFiles, password, passphrases }: Hop): string =>
  JSON.stringify([keyFiles, agent, onlyKeyFiles, password !== undefined, Object.keys(passphrases ?? {})])

/** The encrypted key files on the way to these targets that have to be opened, in the order of the hosts. */
export const findLockedKeys = async (targets: Target[]): Promise<LockedKey[]> => {
  const bySsh = targets.filter(({ connection = 'ssh' }) => connection === 'ssh')
  const users = bySsh.flatMap(target => [...(target.via ?? []), target].map(hop => ({ hop, name: target.name })))
  const found = new Map<string, LockedKey>()
  for (const alike of Map.groupBy(users, ({ hop }) => keySetting(hop)).values()) {
    const { files, isOnly } = await lockedOf(alike[0]!.hop)
    for (const file of files) {
      const known = found.get(file.path)
      const hosts = [...new Set([...(known?.hosts ?? []), ...alike.map(({ name }) => name)])]
      const hops = [...(known?.hops ?? []), ...alike.map(({ hop }) => hop)]
      const opens = (passphrase: string): boolean => typeof openKeyFile(file, passphrase) === 'object'
      found.set(file.path, { path: file.path, hosts, hops, isOnly: isOnly || (known?.isOnly ?? false), opens })
    }
  }
  return [...found.values()]
}
