import { quoted } from '../../core/quote.ts'
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

const account = <A>(what: 'user' | 'group', name: string): Query<A> => ({
  key: `${what}:${name}`,
  looks: [`${what}:${name}`],
  probe: accountProbe,
  item: `${what} ${name}`,
  facets: [],
  parse: (raw: A) => raw,
  only: false,
  subject: `${what} ${name}`,
})

export const user = (name: string): Query<UserAnswer> => account('user', name)
export const accountGroup = (name: string): Query<GroupAnswer> => account('group', name)
