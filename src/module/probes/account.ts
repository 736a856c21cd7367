import { notAnAnswer, Refusal } from '../../core/failure.ts'
import { quote, quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import { isUnknown, later, strict, type Unknown } from '../../core/unknown.ts'
import type { Label } from '../label.ts'
import type { Probe, ProbeItem, Query } from '../query.ts'
import {
  type AccountDefaults,
  accountDefaults,
  defaultsScript,
  type Group,
  groupLines,
  type Passwd,
  passwdLines,
} from './account-lines.ts'
import { getentFunction } from './other-tools.ts'

export type UserAnswer =
  | { exists: false }
  | { exists: true; uid: number; group: string; groups: string[]; home: string; shell: string; comment: string }
export type GroupAnswer = { exists: false } | { exists: true; gid: number }

/** All accounts and their numbers, as they are printed. */
export type RawNumbers = { users: Passwd[]; groups: Group[]; defaults: AccountDefaults }
/** All of them, and whoever has these numbers: a directory service need not list its accounts, nor systemd its own. */
export const numbersItem = (uid: number | undefined, gid: number | undefined): string =>
  `numbers ${uid ?? ''} ${gid ?? ''}`
const numbersOf = (items: ProbeItem[], place: 1 | 2): string[] =>
  items.flatMap(({ item }) => {
    const number = item.startsWith('numbers ') ? item.split(' ')[place] : ''
    return number ? [number] : []
  })

/** The name of a user's primary group; where it has none, its number. */
export const primaryName = (groups: Group[], gid: number): string =>
  groups.find(g => g.gid === gid)?.name ?? String(gid)

const found = (item: string, users: Passwd[], groups: Group[]): UserAnswer | GroupAnswer => {
  const [what, name] = item.split(' ') as [string, string]
  if (what === 'group') {
    const group = groups.find(g => g.name === name)
    return group ? { exists: true, gid: group.gid } : { exists: false }
  }
  const user = users.find(u => u.name === name)
  if (!user) return { exists: false }
  const { uid, gid, home, shell, comment } = user
  // Who is asked for by its number, too, or stands in two databases, is printed twice.
  const further = [...new Set(groups.filter(g => g.members.includes(name)).map(g => g.name))]
  return { exists: true, uid, group: primaryName(groups, gid), groups: further.sort(), home, shell, comment }
}

const unique = <A extends { name: string }>(accounts: A[]): A[] => [
  ...new Map(accounts.map(one => [one.name, one])).values(),
]

/** Users and groups come from one look at both databases, through the host's own resolver. */
export const accountProbe: Probe<UserAnswer | GroupAnswer | RawNumbers> = {
  kind: 'account',
  side: 'host',
  sh: (items: ProbeItem[]) => {
    const users = items.flatMap(i => (i.item.startsWith('user ') ? [i.item.slice(5)] : []))
    const numbers = items.some(i => i.item.startsWith('numbers '))
    const asked = [...users, ...numbersOf(items, 1)]
    const gids = numbersOf(items, 2)
    return `${getentFunction}
${asked.length > 0 ? `getent passwd ${quoted(asked)}; ` : ''}echo --; getent group${gids.length > 0 ? `; getent group ${quoted(gids)}` : ''}${numbers ? `; echo --; getent passwd; echo --; ${defaultsScript}` : ''}`
  },
  read: ({ stdout }: Output, items: ProbeItem[]) => {
    const parts = stdout.toString().split(/^--$/m)
    const asked = items.some(({ item }) => item.startsWith('numbers ')) ? 4 : 2
    if (parts.length < asked)
      throw new Refusal(
        notAnAnswer('what the host says of accounts is no answer to what was asked', 'it ends before its end'),
      )
    const [top = '', bottom = '', all = '', defaults = ''] = parts
    const users = passwdLines(top)
    const groups = groupLines(bottom)
    return items.map(({ item }) =>
      item.startsWith('numbers ')
        ? {
            users: unique([...passwdLines(all), ...users]),
            groups: unique(groups),
            defaults: accountDefaults(defaults),
          }
        : found(item, users, groups),
    )
  },
}

/** Fields of the line of an account, by what is promised of it. */
const fields: Record<string, number> = { uid: 3, gid: 3, comment: 5, home: 6, shell: 7 }

/** The further groups of a user, in order, each with a comma behind it. */
const furtherGroups = (name: string): string =>
  `getent group | cut -d: -f1,4 | sed 's/:/:,/; s/$/,/' | grep -F ${quote(`,${name},`)} | cut -d: -f1 | sort -u | tr '\\n' ,`

/** What the host's resolver prints is compared as text. An account may be asked for by its number: its name is too. */
const promisedAccount =
  (what: 'user' | 'group', name: string) =>
  ({ exists, group, groups, ...rest }: Record<string, unknown>): string | undefined => {
    const shown = (cut: number[]): string =>
      `"$(getent ${what === 'user' ? 'passwd' : 'group'} ${quote(name)} | cut -d: -f${cut.join()})"`
    if (exists === false) return `[ ${shown([1])} != ${quote(name)} ]`
    const told = Object.entries(rest)
      .map(([member, value]): [number | undefined, string] => [fields[member], String(value)])
      .sort(([a = 0], [b = 0]) => a - b)
    if (told.some(([field]) => field === undefined)) return undefined
    const words = [name, ...told.map(([, value]) => value)].join(':')
    return [
      `[ ${shown([1, ...told.map(([field]) => field!)])} = ${quote(words)} ]`,
      ...(group === undefined ? [] : [`[ "$(id -gn -- ${quote(name)})" = ${quote(String(group))} ]`]),
      ...(groups === undefined
        ? []
        : [`[ "$(${furtherGroups(name)})" = ${quote((groups as string[]).map(one => `${one},`).join(''))} ]`]),
    ].join(' && ')
  }

type Ask = <A>(query: Query<A, boolean>) => A | Unknown

/** A user's groups are what the groups say of it: they follow a change of those. */
const groupsOf = (answer: UserAnswer): Label[] =>
  !answer.exists
    ? []
    : [answer.group, ...(isUnknown(answer.groups) ? [] : (answer.groups ?? []))].flatMap(name =>
        typeof name !== 'string' ? ['group:*'] : [`group:${/^\d+$/.test(name) ? '*' : name}`],
      )

/** What stays known of a user when groups change: a group that goes loses its members, one that comes may name a number. */
const cloudedUser = (before: UserAnswer, labels: Label[], why: Unknown, ask: Ask): UserAnswer | undefined => {
  if (!before.exists || labels.some(label => !label.startsWith('group:'))) return undefined
  let { group, groups } = before as { group: unknown; groups: unknown }
  for (const name of labels.map(label => label.slice('group:'.length))) {
    const answer = name === '*' ? why : ask(accountGroup(name))
    const gid = later(() => {
      const now = strict(answer) as GroupAnswer
      return now.exists ? now.gid : undefined
    })
    if (Array.isArray(groups) && (name === '*' || groups.includes(name))) {
      if (isUnknown(answer)) groups = why
      else if (gid === undefined) groups = groups.filter(one => one !== name)
    }
    if (typeof group !== 'string' || !(group === name || name === '*' || /^\d+$/.test(group))) continue
    // groupmod sets the number of a group for the users whose primary group it is.
    if (isUnknown(answer) || (group !== name && isUnknown(gid))) group = why
    else if (gid === Number(group)) group = name
  }
  return { ...before, group, groups } as UserAnswer
}

const account = <A>(what: 'user' | 'group', name: string): Query<A> => ({
  key: `${what}:${name}`,
  looks: [`${what}:${name}`],
  probe: accountProbe,
  item: `${what} ${name}`,
  facets: [],
  parse: (raw: A) => raw,
  only: false,
  holds: promisedAccount(what, name),
  privileged: () => true,
  subject: `${what} ${name}`,
})

export const user = (name: string): Query<UserAnswer> => ({
  ...account<UserAnswer>('user', name),
  depends: groupsOf,
  clouded: cloudedUser,
})
export const accountGroup = (name: string): Query<GroupAnswer> => account('group', name)
