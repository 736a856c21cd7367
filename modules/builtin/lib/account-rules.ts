import {
  type AccountNumbers,
  isUnknown,
  later,
  program,
  type Query,
  type Step,
  uses,
} from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

// What shadow-utils and the kernel let an account be, told before any of them is run.

/** The kernel takes the number behind it, -1, for "leave it as it is". */
export const lastNumber = 4_294_967_294
export const isAccountNumber = (number: number): boolean =>
  Number.isInteger(number) && number >= 0 && number <= lastNumber

/**
 * What useradd and groupadd of Debian refuse (libmisc/chkname.c with Debian's patch), and names that are numbers: whoever
 * is given one takes it for the number.
 */
export const badName = (kind: 'user' | 'group', name: string): Obstacle | undefined => {
  const fix = 'take letters, digits, - and _, with a letter first'
  if (/^\d+$/.test(name)) return { why: `${name} is a number, a ${kind} needs a name`, fix }
  if (/^[-+~]|[:,\s]/.test(name)) return { why: `"${name}" is no name for a ${kind}: ${kind}add refuses it`, fix }
  if (Buffer.byteLength(name) > 32)
    return { why: `${name} has ${Buffer.byteLength(name)} bytes, a ${kind}'s name may have 32`, fix: 'shorten it' }
  return undefined
}

/** A part of a line of /etc/passwd: a colon would end it. */
export const badField = (what: string, value: string | undefined): Obstacle | undefined =>
  value !== undefined && /[:\n]/.test(value)
    ? { why: `${what} ${JSON.stringify(value)} holds a colon or a line's end`, fix: 'leave them out' }
    : undefined

/** Whose number it is already. */
export const usedUid = ({ users }: AccountNumbers, uid: number | undefined, name: string): Obstacle | undefined => {
  const holder = uid === undefined ? undefined : users.find(one => one.name !== name && one.uid === uid)?.name
  return holder === undefined
    ? undefined
    : { why: `uid ${uid} is that of ${holder}`, fix: 'choose another number, or leave out uid' }
}
export const usedGid = ({ groups }: AccountNumbers, gid: number | undefined, name: string): Obstacle | undefined => {
  const holder = gid === undefined ? undefined : groups.find(one => one.name !== name && one.gid === gid)?.name
  return holder === undefined
    ? undefined
    : { why: `gid ${gid} is that of ${holder}`, fix: 'choose another number, or leave out gid' }
}

/** Who has a group for the primary one, so that groupdel refuses. */
export const primaryUser = ({ users }: AccountNumbers, group: string): string | undefined =>
  users.find(one => one.group === group)?.name

type Range = { min: number; max: number }
/**
 * The next number as shadow-utils finds it (libmisc/find_new_uid.c): people go up from the highest there is, services down
 * from the lowest; past the end the first that is free.
 */
const nextIn = ({ min, max }: Range, isService: boolean, used: number[]): number | undefined => {
  const taken = new Set(used.filter(one => one >= min && one <= max))
  const first = isService ? Math.min(max + 1, ...taken) - 1 : Math.max(min - 1, ...taken) + 1
  if (first >= min && first <= max) return first
  const all = Array.from({ length: Math.max(0, max - min + 1) }, (_, i) => (isService ? max - i : min + i))
  return all.find(one => !taken.has(one))
}

/** A number for a new group; undefined: there is none left, or not all are known. */
export const nextGid = (numbers: () => AccountNumbers, system: boolean): number | undefined =>
  known(() => {
    const { groups, defaults } = numbers()
    return nextIn(
      system ? defaults.gids.services : defaults.gids.people,
      system,
      groups.map(one => one.gid),
    )
  })

/** A number for a new user. With a group of its own it is one that the group can have too. */
export const nextUid = (numbers: () => AccountNumbers, system: boolean, withGroup: boolean): number | undefined =>
  known(() => {
    const { users, groups, defaults } = numbers()
    const [uids, gids] = system
      ? [defaults.uids.services, defaults.gids.services]
      : [defaults.uids.people, defaults.gids.people]
    const both = { min: Math.max(uids.min, gids.min), max: Math.min(uids.max, gids.max) }
    const used = users.map(one => one.uid)
    return nextIn(withGroup ? both : uids, system, withGroup ? [...used, ...groups.map(one => one.gid)] : used)
  })

/** The number that useradd gives to the group of a new user: the user's, if a group of that kind may have it. */
export const ownGid = (numbers: () => AccountNumbers, uid: number | undefined, system: boolean): number | undefined =>
  known(() => {
    const { groups, defaults } = numbers()
    const { min, max } = system ? { min: 1, max: defaults.gids.services.max } : defaults.gids.people
    const isFree = uid !== undefined && uid >= min && uid <= max && !groups.some(one => one.gid === uid)
    return isFree ? uid : undefined
  })

const known = (read: () => number | undefined): number | undefined => {
  const found = later(read)
  return isUnknown(found) ? undefined : found
}

/** Whether userdel takes the user's own group along. */
export const removesOwnGroup = ({ users, groups, defaults }: AccountNumbers, name: string): boolean => {
  const own = groups.find(one => one.name === name)
  const isPrimary = users.some(one => one.name === name && one.group === name)
  return (
    defaults.userGroups &&
    own !== undefined &&
    isPrimary &&
    own.members.every(member => member === name) &&
    !users.some(one => one.name !== name && one.group === name)
  )
}

/**
 * A process that runs under a number, by whose being there usermod and userdel refuse: one that sees the same root folder,
 * not what runs in a container (libmisc/user_busy.c).
 */
export const processOf = (uid: number): Query<{ text: string }, false> =>
  uses(
    program({
      key: `live:processes/${uid}`,
      sh: `for f in $(grep -lsE '^Uid:.*[[:space:]]${uid}([[:space:]]|$)' /proc/[0-9]*/status); do p=\${f%/status}
if [ "$(stat -Lc %d:%i "$p/root" 2>/dev/null)" = "$(stat -Lc %d:%i /)" ]; then echo "\${p#/proc/} ($(cat "$p/comm"))"; break; fi; done`,
      looks: [`live:processes/${uid}`, 'unit:*'],
      parse: ({ stdout }) => ({ text: stdout.toString().trim() }),
      subject: `processes of ${uid}`,
    }),
  )

/** An account that is in use keeps its number and its home. */
export const inUse = (name: string, process: { text: string } | undefined): Obstacle | undefined =>
  process === undefined || process.text === ''
    ? undefined
    : { why: `user ${name} is used by process ${process.text}`, fix: 'stop it first: its service, or its session' }

/** A program that a step runs and that is not there: BusyBox has none that make accounts as these do. */
export const missingTool = (numbers: AccountNumbers, steps: Step[]): Obstacle | undefined => {
  const missing = later(() => numbers.defaults.missing ?? [])
  if (isUnknown(missing)) return undefined
  const tool = steps.flatMap(step => (step.do === 'exec' ? [step.argv[0]!] : [])).find(name => missing.includes(name))
  return tool === undefined
    ? undefined
    : {
        why: `${tool} is missing there`,
        fix: 'install the package that has it in an earlier task: passwd on Debian, shadow on Alpine and OpenWrt',
      }
}
