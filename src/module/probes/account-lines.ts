// What the host's resolver prints of accounts, a line for each, and what login.defs says of their numbers.

export type Passwd = { name: string; uid: number; gid: number; comment: string; home: string; shell: string }
export type Group = { name: string; gid: number; members: string[] }
/** The lowest and the highest number of a kind of account. */
export type Range = { min: number; max: number }
export type AccountDefaults = {
  /** By who gets them: people, or services (`system`). */
  uids: { people: Range; services: Range }
  gids: { people: Range; services: Range }
  /** userdel takes the user's own group along. */
  userGroups: boolean
  /** Programs that change accounts and are not there. */
  missing?: string[]
}

const lines = (text: string): string[] => text.split('\n').filter(line => line.includes(':'))

const isNumber = (text: string | undefined): boolean => /^\d{1,10}$/.test(text ?? '')

/** A line without numbers is no account, such as `+::::::` of old files. */
export const passwdLines = (text: string): Passwd[] =>
  lines(text).flatMap(line => {
    const [name = '', , uid, gid, comment = '', home = '', shell = ''] = line.split(':')
    return isNumber(uid) && isNumber(gid) ? [{ name, uid: Number(uid), gid: Number(gid), comment, home, shell }] : []
  })

export const groupLines = (text: string): Group[] =>
  lines(text).flatMap(line => {
    const [name = '', , gid, members = ''] = line.split(':')
    return isNumber(gid) ? [{ name, gid: Number(gid), members: members.split(',').filter(m => m !== '') }] : []
  })

const missingMark = 'RUNBOOK_MISSING'
const tools = ['useradd', 'usermod', 'userdel', 'groupadd', 'groupmod', 'groupdel']

/** The lines of login.defs that are read here, and which of the programs are not there. */
export const defaultsScript = `for p in ${tools.join(' ')}; do command -v $p >/dev/null || echo ${missingMark} $p; done
grep -E '^[[:space:]]*((SYS_)?[UG]ID_M(IN|AX)|USERGROUPS_ENAB)[[:space:]]' /etc/login.defs 2>/dev/null`

/** What shadow-utils takes where login.defs says nothing (lib/getdef.c, libmisc/find_new_uid.c). */
export const accountDefaults = (text: string): AccountDefaults => {
  const said = new Map(text.split('\n').map(line => line.trim().split(/\s+/) as [string, string]))
  const number = (name: string, otherwise: number): number => {
    const value = Number(said.get(name) ?? Number.NaN)
    return Number.isInteger(value) ? value : otherwise
  }
  const ranges = (kind: 'UID' | 'GID') => {
    const people = { min: number(`${kind}_MIN`, 1000), max: number(`${kind}_MAX`, 60000) }
    const services = { min: number(`SYS_${kind}_MIN`, 101), max: number(`SYS_${kind}_MAX`, people.min - 1) }
    return { people, services }
  }
  const missing = text.split('\n').flatMap(line => (line.startsWith(`${missingMark} `) ? line.split(' ').slice(1) : []))
  return {
    ...(missing.length > 0 ? { missing } : {}),
    uids: ranges('UID'),
    gids: ranges('GID'),
    userGroups: said.get('USERGROUPS_ENAB') === 'yes',
  }
}
