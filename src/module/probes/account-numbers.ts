import { isUnknown, later, strict, type Unknown } from '../../core/unknown.ts'
import type { Label } from '../label.ts'
import { type Query, uses } from '../query.ts'
import {
  accountGroup,
  accountProbe,
  type GroupAnswer,
  numbersItem,
  primaryName,
  type RawNumbers,
  type UserAnswer,
  user,
} from './account.ts'
import type { AccountDefaults } from './account-lines.ts'

/**
 * All accounts of a host, for what depends on more than one of them: whether a number is taken, which is the next, who is
 * in a group. `group`: the name of the primary group, or its number where it has none.
 */
export type AccountNumbers = {
  users: { name: string; uid: number; group: string }[]
  groups: { name: string; gid: number; members: string[] }[]
  defaults: AccountDefaults
}

type Ask = <A>(query: Query<A, boolean>) => A | Unknown

const parsed = ({ users, groups, defaults }: RawNumbers): AccountNumbers => ({
  users: users.map(({ name, uid, gid }) => ({ name, uid, group: primaryName(groups, gid) })),
  groups,
  defaults,
})

/** The accounts once one of the users is as it is behind a change. */
const withUser = (before: AccountNumbers, name: string, why: Unknown, ask: Ask): AccountNumbers => {
  const answer = ask(user(name))
  const others = before.users.filter(one => one.name !== name)
  const now = isUnknown(answer) ? undefined : (strict(answer) as UserAnswer)
  if (now && !now.exists) {
    const left = before.groups.map(group => ({ ...group, members: without(group.members, name) }))
    return { ...before, users: others, groups: left }
  }
  const told = <K extends 'uid' | 'group' | 'groups'>(member: K): unknown =>
    now ? later(() => (now as Extract<UserAnswer, { exists: true }>)[member]) : why
  const groups = told('groups')
  const members = (group: AccountNumbers['groups'][number]): unknown =>
    isUnknown(groups)
      ? groups
      : [...without(group.members, name), ...((groups as string[]).includes(group.name) ? [name] : [])]
  return {
    ...before,
    users: [...others, { name, uid: told('uid'), group: told('group') } as AccountNumbers['users'][number]],
    groups: before.groups.map(group => ({ ...group, members: members(group) as string[] })),
  }
}
const without = (members: string[], name: string): string[] =>
  isUnknown(members) ? members : members.filter(one => one !== name)

const withGroup = (before: AccountNumbers, name: string, why: Unknown, ask: Ask): AccountNumbers => {
  const answer = ask(accountGroup(name))
  const old = before.groups.find(one => one.name === name)
  const others = before.groups.filter(one => one.name !== name)
  if (!isUnknown(answer) && !(strict(answer) as GroupAnswer).exists) return { ...before, groups: others }
  const gid = isUnknown(answer) ? why : later(() => (strict(answer) as Extract<GroupAnswer, { exists: true }>).gid)
  return { ...before, groups: [...others, { name, gid: gid as number, members: old?.members ?? [] }] }
}

const clouded = (before: AccountNumbers, labels: Label[], why: Unknown, ask: Ask): AccountNumbers | undefined => {
  let now = before
  for (const label of labels) {
    const [kind, name] = label.split(/:(.*)/s) as [string, string]
    if (name === '*' || (kind !== 'user' && kind !== 'group')) return undefined
    now = kind === 'user' ? withUser(now, name, why, ask) : withGroup(now, name, why, ask)
  }
  return now
}

/**
 * All accounts with their numbers, and whoever has the numbers that are wanted: only looked at, since a change is one of a
 * user or of a group.
 */
export const accountNumbers = (wanted: { uid?: number; gid?: number } = {}): Query<AccountNumbers, false> =>
  uses({
    key: 'account numbers',
    looks: ['user:*', 'group:*', 'path:/etc/login.defs'],
    probe: accountProbe,
    item: numbersItem(wanted.uid, wanted.gid),
    facets: [],
    parse: parsed,
    only: false,
    clouded,
    subject: 'the accounts',
  } satisfies Query<AccountNumbers>)
