import { posix } from 'node:path'
import { isUnknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { type FileAnswer, folderAt, stat } from '../module/probes/file.ts'
import type { TaskUser } from '../module/probes/task-user.ts'
import type { AnyQuery } from '../module/query.ts'
import type { Step } from '../module/step.ts'
import { predictedKey } from '../world/file-answers.ts'
import type { Asker } from './decide.ts'
import { type Deed, type Hindrance, handsOn } from './deed.ts'
import type { Line } from './line.ts'
import { otherIdentity, type Walk, worldOn } from './walk-state.ts'

type Present = Extract<FileAnswer, { exists: true }>
/** What is known of something that is there: an earlier line may leave some of it open. */
type Seen = { mode?: string; uid?: number; gid?: number; acl: boolean; kind?: string; owner?: string }

const asRoot = 'Let the task run as root: become: true, with no other become_user.'

const value = <T>(found: unknown): T | undefined => (isUnknown(found) ? undefined : (found as T | undefined))

/** Who makes something owns it. `command` and the like say what is made, not by whom. */
const makerOf = (walk: Walk, line: Line, query: AnyQuery, user: TaskUser): number | undefined => {
  const { answers, predicted } = worldOn(walk, line.machine)
  const key = predictedKey({ reals: answers.reals, predicted }, query)
  const at = key.endsWith('/.') ? key.slice(0, -2) : key
  const prediction = predicted.findLast(one => one.patches.has(key) || one.patches.has(at))
  const maker = walk.planned.flatMap(({ lines }) => lines).find(({ id }) => id === prediction?.node)
  if (maker === undefined || maker.steps.some(step => step.do === 'expect')) return undefined
  const [by, own] = [otherIdentity(walk.known, maker), otherIdentity(walk.known, line)]
  if (by?.user === own?.user) return user.uid
  // Of anybody else than root the number is not known.
  return by === undefined && own?.shell === undefined ? 0 : undefined
}

/** What stands at a path, as far as it is known; `gone`: nothing. */
const look = (walk: Walk, line: Line, query: AnyQuery, user: TaskUser, ask: Asker): Seen | 'gone' | undefined => {
  const found = ask(query)
  if (isUnknown(found) || !isRecord(found)) return undefined
  const { exists, mode, uid, gid, ties, kind, owner } = found as Partial<Record<keyof Present, unknown>>
  if (exists === false) return 'gone'
  const by = value<number>(uid) ?? makerOf(walk, line, query, user)
  const one = value<{ acl: boolean }>(ties)
  return {
    acl: one?.acl === true,
    ...(value(mode) === undefined ? {} : { mode: value<string>(mode)! }),
    ...(by === undefined ? {} : { uid: by }),
    ...(value(gid) === undefined ? {} : { gid: value<number>(gid)! }),
    ...(value(kind) === undefined ? {} : { kind: value<string>(kind)! }),
    ...(value(owner) === undefined ? {} : { owner: value<string>(owner)! }),
  }
}

const bits = { read: 4, write: 2, enter: 1 }

/** Whether a user has a right by mode and owner; undefined: that cannot be told, as where an access control list says it. */
const has = (
  { uid, gids }: TaskUser,
  { mode, uid: owner, gid, acl }: Seen,
  right: keyof typeof bits,
): boolean | undefined => {
  if (mode === undefined || owner === undefined) return undefined
  const allows = (digit: number): boolean => (Number(mode[digit]) & bits[right]) !== 0
  if (owner === uid) return allows(1)
  const others = [allows(2), allows(3)]
  // Of whom it is not known whether he is of the group both digits count, where they agree.
  if (gid === undefined) return others[0] === others[1] && !acl ? others[0] : undefined
  return acl ? undefined : others[gids.includes(gid) ? 0 : 1]
}

/** The folders above a path, outermost first. */
const foldersAbove = (path: string): string[] => {
  const folder = posix.dirname(path)
  return folder === path ? [] : [...foldersAbove(folder), folder]
}

type Looker = (query: AnyQuery) => Seen | 'gone' | undefined

/**
 * The folder above a path that the user may not enter. Where who reads is the user, nothing behind such a folder could be
 * read, and that is told already.
 */
const closedAbove = (path: string, user: TaskUser, at: Looker): Hindrance | undefined => {
  for (const folder of foldersAbove(path)) {
    const found = at(folderAt(folder))
    if (found === 'gone') return undefined
    if (found && has(user, found, 'enter') === false)
      return { why: `${user.name} may not enter ${folder}, on the way to ${path}`, fix: asRoot }
  }
  return undefined
}

/** Something is made, replaced or removed in its folder. */
const placeHindrance = ({ path, there }: Deed, user: TaskUser, at: Looker): Hindrance | undefined => {
  const folder = posix.dirname(path)
  const above = at(folderAt(folder))
  if (above === undefined || above === 'gone') return undefined
  for (const right of ['write', 'enter'] as const)
    if (has(user, above, right) === false)
      return {
        why: `${user.name} may not ${right === 'write' ? 'write to' : 'enter'} ${folder}`,
        fix: `${asRoot.slice(0, -1)}, or choose a path that ${user.name} may write to.`,
      }
  const isSticky = above.mode !== undefined && (Number(above.mode[0]) & 1) !== 0
  const owner = value<number>(there?.uid)
  if (isSticky && owner !== undefined && ![owner, above.uid].includes(user.uid))
    return {
      why: `${path} belongs to ${value(there?.owner) ?? owner}, and in ${folder} (sticky) only its owner may replace or remove it`,
      fix: asRoot,
    }
  return undefined
}

/** Who is to own it in the end, and what of that only root may do. */
const ownerHindrance = (line: Line, { path, way, patch, there }: Deed, user: TaskUser): Hindrance | undefined => {
  if (way === 'removed') return undefined
  const isHandedOn = way === 'adjusted' || (there?.kind === 'file' && handsOn(line, path))
  const old = isHandedOn ? there : undefined
  const uid = value<number>(patch.uid)
  const gid = value<number>(patch.gid)
  const was = { uid: value<number>(old?.uid), gid: value<number>(old?.gid) }
  if (uid !== undefined && uid !== (was.uid ?? user.uid))
    return { why: `${user.name} may not give ${path} to ${value(patch.owner) ?? uid}: only root may`, fix: asRoot }
  const changes = ['mode', 'gid'].filter(member => {
    const wanted = value(patch[member])
    return wanted !== undefined && wanted !== value((old as Record<string, unknown> | undefined)?.[member])
  })
  const isOthers = was.uid !== undefined && was.uid !== user.uid
  if (isOthers && (way === 'placed' || changes.length > 0))
    return {
      why:
        way === 'placed'
          ? `${path} belongs to ${value(old?.owner) ?? was.uid}: what ${user.name} puts in its place would not`
          : `${path} belongs to ${value(old?.owner) ?? was.uid}: ${user.name} may not change its mode or group`,
      fix: asRoot,
    }
  const group = gid ?? (way === 'placed' ? was.gid : undefined)
  if (group !== undefined && group !== (way === 'adjusted' ? was.gid : undefined) && !user.gids.includes(group))
    return {
      why: `${user.name} is not of the group ${value(patch.group) ?? group} that ${path} is to have`,
      fix: asRoot,
    }
  return undefined
}

/** Where a step runs, and what it reads on the host. */
const stepHindrance = (step: Step, user: TaskUser, at: Looker): Hindrance | undefined => {
  if (step.do === 'exec' && step.cwd !== undefined && step.user === undefined) {
    const closed = closedAbove(step.cwd, user, at)
    if (closed) return closed
    const found = at(folderAt(step.cwd))
    return found && found !== 'gone' && has(user, found, 'enter') === false
      ? { why: `${user.name} may not enter ${step.cwd}`, fix: asRoot }
      : undefined
  }
  const from = sourceOf(step)
  if (from === undefined) return undefined
  const closed = closedAbove(from, user, at)
  if (closed) return closed
  const found = at(stat(from))
  return found && found !== 'gone' && has(user, found, 'read') === false
    ? { why: `${user.name} may not read ${from}`, fix: asRoot }
    : undefined
}

/** The file of the host whose content a step puts elsewhere. */
const sourceOf = (step: Step): string | undefined => {
  if (step.do === 'duplicate') return step.from
  const content = step.do === 'write' && !isUnknown(step.content) && 'bytes' in step.content ? step.content : undefined
  return content?.at?.side === 'host' ? content.at.path : undefined
}

/** What no step on files does without, and the host has not. */
export const toolHindrance = ({ steps }: Line, { lacks = [] }: TaskUser): Hindrance | undefined => {
  const step = lacks.length === 0 ? undefined : steps.find(({ do: kind }) => ON_FILES.includes(kind))
  if (step === undefined) return undefined
  const all = lacks.join(', ')
  return {
    why: `${all} ${lacks.length === 1 ? 'is' : 'are'} not on this host: without, nobody can see to it that what is put there is what was meant`,
    fix: `install ${all} in an earlier task (coreutils; on OpenWrt ${lacks.map(name => `coreutils-${name}`).join(', ')})`,
  }
}
const ON_FILES: Step['do'][] = [
  ...(['write', 'writes', 'duplicate', 'members', 'upload', 'unpack'] as const),
  ...(['remove', 'owner', 'mode', 'folder', 'link', 'rename'] as const),
]

/** What the user that a task runs as may not do, by mode and owner of what is there or will be by then. */
export const permissionHindrance = (
  walk: Walk,
  line: Line,
  deeds: Deed[],
  user: TaskUser | undefined,
  ask: Asker,
): Hindrance | undefined => {
  if (user === undefined || user.uid === 0) return undefined
  const privileged = line.will.find(([query]) => {
    const before = query.privileged === undefined ? undefined : ask(query)
    return before !== undefined && !isUnknown(before) && query.privileged?.(before)
  })
  if (privileged) return { why: `${user.name} may not change ${privileged[0].subject}: only root may`, fix: asRoot }
  const at: Looker = query => look(walk, line, query, user, ask)
  const other = otherIdentity(walk.known, line)
  const isRead = other === undefined || other.shell !== undefined
  for (const deed of deeds) {
    const found =
      (isRead ? undefined : closedAbove(deed.path, user, at)) ??
      (deed.way === 'adjusted' ? undefined : placeHindrance(deed, user, at)) ??
      ownerHindrance(line, deed, user)
    if (found) return found
  }
  for (const step of isRead ? [] : line.steps) {
    const found = stepHindrance(step, user, at)
    if (found) return found
  }
  return undefined
}
