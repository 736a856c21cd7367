import { isUnknown, Later, later, strict, type Unknown } from '../../core/unknown.ts'
import type { Label } from '../label.ts'
import type { Query } from '../query.ts'
import { accountGroup, user } from './account.ts'

// A file belongs to numbers. The names are what the accounts of the host say of them at that moment, so they follow a
// change of the accounts.

type Ask = <A>(query: Query<A, boolean>) => A | Unknown
/** An answer as it is predicted: members may be unknown, or not said. */
type Members = Record<string, unknown>
type Found = { exists: boolean }

const isNumber = (name: string): boolean => /^\d+$/.test(name)
const label = (kind: 'user' | 'group', name: unknown): Label[] =>
  typeof name !== 'string' ? [] : [`${kind}:${isNumber(name) ? '*' : name}`]

/** The accounts that an answer names. A number without a name gets one from whichever account comes to have it. */
export const ownersOf = (answer: Found): Label[] => {
  const { owner, group } = answer as Members
  return answer.exists ? [...label('user', owner), ...label('group', group)] : []
}

/** The number that an account has; undefined: there is no such account. */
const numberOf = (kind: 'user' | 'group', name: string, ask: Ask): unknown => {
  const found = ask((kind === 'user' ? user(name) : accountGroup(name)) as Query<{ exists: boolean }>)
  if (isUnknown(found)) return found
  const account = strict(found) as { exists: boolean; uid?: number; gid?: number }
  return later(() => (account.exists ? (kind === 'user' ? account.uid : account.gid) : undefined))
}

const sameNumber = (a: unknown, b: unknown): boolean | undefined => {
  if (a instanceof Later && b instanceof Later && a.node === b.node) return true
  return isUnknown(a) || isUnknown(b) ? undefined : a === b
}

/** The name of whoever has the number of a file, once an account has changed. */
const renamed = (before: Members, kind: 'user' | 'group', changed: string, why: Unknown, ask: Ask): Members => {
  const [member, number] = kind === 'user' ? (['owner', 'uid'] as const) : (['group', 'gid'] as const)
  const name = before[member]
  if (typeof name !== 'string' || (name !== changed && changed !== '*' && !isNumber(name))) return before
  if (changed === '*') return { ...before, [member]: why }
  // What was promised by its name alone has a number that nobody has read yet.
  const own = before[number]
  const has = own === undefined ? undefined : sameNumber(numberOf(kind, changed, ask), own)
  if (has === undefined) return { ...before, [member]: why }
  if (has) return { ...before, [member]: changed }
  if (name !== changed) return before
  return { ...before, [member]: isUnknown(own) ? why : String(own) }
}

/**
 * What an account owned in its home is handed over to its new number, or to another account (`group:old:new`); chown takes
 * set-ID bits away.
 */
const handedOver = (before: Members, account: string, why: Unknown, ask: Ask): Members => {
  const [kind, name, to = name] = account.split(':') as ['user' | 'group' | '*', string, string?]
  if (kind === '*') return { ...before, owner: why, uid: why, group: why, gid: why, mode: why, changed: why }
  const [member, number] = kind === 'user' ? (['owner', 'uid'] as const) : (['group', 'gid'] as const)
  if (isUnknown(before[member])) return { ...before, [number]: why, mode: why, changed: why }
  if (before[member] !== name && name !== '*') return before
  const isSpecial = before.kind === 'file' && !(typeof before.mode === 'string' && before.mode.startsWith('0'))
  const owner = name === '*' ? { [member]: why, [number]: why } : { [member]: to, [number]: numberOf(kind, to, ask) }
  return { ...before, ...owner, ...(isSpecial ? { mode: why } : {}), changed: why }
}

/** What stays known of a file when a member of it changes, or an account that it belongs to. */
export const cloudedFile = <A extends Found>(before: A, labels: Label[], why: Unknown, ask: Ask): A | undefined => {
  // What is not there is nobody's, and nobody is handed it.
  if (!before.exists) return labels.every(one => one.startsWith('owners:')) ? before : undefined
  let now: Members = before
  const takes = (prefix: string): string[] =>
    labels.filter(one => one.startsWith(prefix)).map(one => one.slice(prefix.length))
  const members = takes('member:')
  const handed = takes('owners:')
  const accounts = [...takes('user:').map(n => ['user', n]), ...takes('group:').map(n => ['group', n])] as [
    'user' | 'group',
    string,
  ][]
  const inside = takes('children:')
  if (members.length + handed.length + accounts.length + inside.length < labels.length) return undefined
  if (inside.length > 0) {
    // What is in a folder changes, and who knows what else of it: it is there and a folder all the same.
    if (now.kind !== 'directory') return undefined
    const rest = Object.keys(now).filter(member => member !== 'exists' && member !== 'kind')
    now = { ...now, ...Object.fromEntries(rest.map(member => [member, why])) }
  }
  if (members.length > 0) {
    if (now.kind !== 'file') return undefined
    now = { ...now, content: why, size: why, changed: why }
  }
  for (const one of handed) now = handedOver(now, one.slice(one.indexOf('#') + 1), why, ask)
  for (const [kind, name] of accounts) now = renamed(now, kind, name, why, ask)
  return now as A
}
