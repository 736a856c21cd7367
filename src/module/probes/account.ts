import { quote, quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import type { Probe, ProbeItem, Query } from '../query.ts'

export type UserAnswer =
  | { exists: false }
  | { exists: true; uid: number; group: string; groups: string[]; home: string; shell: string; comment: string }
export type GroupAnswer = { exists: false } | { exists: true; gid: number }

type Passwd = { name: string; uid: number; gid: number; comment: string; home: string; shell: string }
const passwd = (line: string): Passwd => {
  const [name, , uid, gid, comment, home, shell] = line.split(':') as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return { name, uid: Number(uid), gid: Number(gid), comment, home, shell }
}
type Group = { name: string; gid: number; members: string[] }
const group = (line: string): Group => {
  const [name, , gid, members = ''] = line.split(':') as [string, string, string, string?]
  return { name, gid: Number(gid), members: members.split(',').filter(m => m !== '') }
}

/** Users and groups come from one look at both databases, through the host's own resolver. */
const accountProbe: Probe<UserAnswer | GroupAnswer> = {
  kind: 'account',
  side: 'host',
  sh: (items: ProbeItem[]) => {
    const users = items.flatMap(i => (i.item.startsWith('user ') ? [i.item.slice(5)] : []))
    return `${users.length > 0 ? `getent passwd ${quoted(users)}; ` : ''}echo --; getent group`
  },
  read: ({ stdout }: Output, items: ProbeItem[]) => {
    const [top = '', bottom = ''] = stdout.toString().split(/^--$/m) as [string, string?]
    const users = top
      .split('\n')
      .filter(l => l.includes(':'))
      .map(passwd)
    const groups = bottom
      .split('\n')
      .filter(l => l.includes(':'))
      .map(group)
    return items.map(({ item }) => {
      const [what, name] = item.split(' ') as [string, string]
      if (what === 'group') {
        const found = groups.find(g => g.name === name)
        return found ? { exists: true, gid: found.gid } : { exists: false }
      }
      const user = users.find(u => u.name === name)
      if (!user) return { exists: false }
      const primary = groups.find(g => g.gid === user.gid)?.name ?? String(user.gid)
      return {
        exists: true,
        uid: user.uid,
        group: primary,
        groups: groups
          .filter(g => g.members.includes(name))
          .map(g => g.name)
          .sort(),
        home: user.home,
        shell: user.shell,
        comment: user.comment,
      }
    })
  },
}

/** Fields of the line of an account, by what is promised of it. */
const fields: Record<string, number> = { uid: 3, gid: 3, comment: 5, home: 6, shell: 7 }

/** The further groups of a user, in order, each with a comma behind it. */
const furtherGroups = (name: string): string =>
  `getent group | cut -d: -f1,4 | sed 's/:/:,/; s/$/,/' | grep -F ${quote(`,${name},`)} | cut -d: -f1 | sort | tr '\\n' ,`

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

const account = <A>(what: 'user' | 'group', name: string): Query<A> => ({
  key: `${what}:${name}`,
  looks: [`${what}:${name}`],
  probe: accountProbe,
  item: `${what} ${name}`,
  facets: [],
  parse: (raw: A) => raw,
  only: false,
  holds: promisedAccount(what, name),
  subject: `${what} ${name}`,
})

export const user = (name: string): Query<UserAnswer> => account('user', name)
export const accountGroup = (name: string): Query<GroupAnswer> => account('group', name)
