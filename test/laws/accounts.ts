import type { Difference } from '../../src/core/event.ts'
import type { Entry, Tree } from './audit.ts'

// A judge's own account of who has which number: files belong to numbers, and what was told names names.

type Kind = 'user' | 'group'
/** The numbers by name, and the homes of users. */
export type Accounts = Record<Kind, Map<string, string>> & { home: Map<string, string>; primary: Map<string, string> }

/** Prints what accounts are read of. */
export const accountsScript = 'getent passwd; echo ==; getent group'

const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter(line => line.includes(':'))
    .map(line => line.split(':'))

export const accountsIn = (printed: string): Accounts => {
  const [users = [], groups = []] = printed.split(/^==$/m).map(rows)
  const column = (of: string[][], at: number): Map<string, string> => new Map(of.map(row => [row[0]!, row[at]!]))
  return { user: column(users, 2), group: column(groups, 2), home: column(users, 5), primary: column(users, 3) }
}

/** The number that a name stands for; of a name that nobody has there is none. */
export const numberFor = (accounts: Accounts, member: 'owner' | 'group', name: string): string | undefined =>
  /^\d+$/.test(name) ? name : accounts[member === 'owner' ? 'user' : 'group'].get(name)

/** The tree with numbers for names. */
export const numbered = (tree: Tree, accounts: Accounts): Tree => {
  const number = (member: 'owner' | 'group', name?: string): Partial<Record<'owner' | 'group', string | undefined>> =>
    name === undefined ? {} : { [member]: numberFor(accounts, member, name) }
  const entries = [...tree].map(([path, entry]): [string, Entry] => [
    path,
    { ...entry, ...number('owner', entry.owner), ...number('group', entry.group) },
  ])
  return new Map(entries)
}

/** usermod hands what a user has in the home to its new number, if the home is the user's; set-ID bits go. */
const handOver = (tree: Tree, home: string, uid: string, member: 'owner' | 'group', from: string, to: string): void => {
  const top = tree.get(home)
  if (top === undefined || (top.owner !== undefined && top.owner !== uid)) return
  for (const [path, entry] of tree)
    if ((path === home || path.startsWith(`${home}/`)) && (entry[member] === undefined || entry[member] === from)) {
      const isSure = top.owner !== undefined && entry[member] !== undefined
      const mode = entry.mode?.startsWith('0') ? entry.mode : undefined
      tree.set(path, { ...entry, [member]: isSure ? to : undefined, mode })
    }
}

/** Whether a difference is one of an account. */
export const isAccount = (subject: string): boolean => /^(user|group) /.test(subject)

/** Does to accounts, and to what usermod hands over with them, what a difference tells; false: it tells of no account. */
export const tellAccount = (tree: Tree, accounts: Accounts, told: Difference): boolean => {
  const [, kind, name = '', member = ''] = /^(user|group) (\S+) (\S+)$/.exec(told.subject) ?? []
  if (kind === undefined || told.kind !== 'value') return false
  const numbers = accounts[kind as Kind]
  const old = numbers.get(name)
  const home = accounts.home.get(name)
  if (member === 'exists' && told.after === 'false') numbers.delete(name)
  else if (member === 'uid' || member === 'gid') {
    if (kind === 'user' && old !== undefined && home !== undefined) handOver(tree, home, old, 'owner', old, told.after)
    if (/^\d+$/.test(told.after)) numbers.set(name, told.after)
    else numbers.delete(name)
    // groupmod sets it for those whose primary group it is.
    if (kind === 'group')
      for (const [user, gid] of accounts.primary) if (gid === old) accounts.primary.set(user, told.after)
  } else if (member === 'home') accounts.home.set(name, told.after)
  else if (member === 'group') {
    const to = numberFor(accounts, 'group', told.after)
    const from = accounts.primary.get(name)
    if (told.before !== '-' && old !== undefined && home !== undefined && from !== undefined)
      handOver(tree, home, old, 'group', from, to ?? '?')
    if (to === undefined) accounts.primary.delete(name)
    else accounts.primary.set(name, to)
  }
  return true
}
