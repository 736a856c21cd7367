import { isUnknown, Later, type Unknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { type Mount, mounts } from '../module/probes/mounts.ts'
import { type TaskUser, taskUser } from '../module/probes/task-user.ts'
import { type AnyQuery, touchedBy } from '../module/query.ts'
import type { Step } from '../module/step.ts'
import { type Asker, queriesOf } from './decide.ts'
import { type Deed, deedsOf, type Hindrance } from './deed.ts'
import { failLine, type Line, unknownLine } from './line.ts'
import { mountHindrance, ownerlessHindrance } from './mount-hindrance.ts'
import { permissionHindrance, toolHindrance } from './permission-hindrance.ts'
import { knownFolder, namesAreOf, sharedNameHindrance, tieHindrance } from './tie-hindrance.ts'
import type { Walk } from './walk-state.ts'

const isOwnedFile = (query: AnyQuery): boolean => !query.only && query.probe.kind === 'file'
const isPrivileged = (query: AnyQuery): boolean => !query.only && query.privileged !== undefined

/** A program that runs in a folder has to be let in. */
const hasFolder = (step: Step): boolean => step.do === 'exec' && step.cwd !== undefined

const first = <T, R>(list: T[], of: (one: T) => R | undefined): R | undefined => {
  for (const one of list) {
    const found = of(one)
    if (found !== undefined) return found
  }
  return undefined
}

/** What the task's user may not do, and what nobody could do safely where others can change names. */
const userHindrance = (
  walk: Walk,
  line: Line,
  deeds: Deed[],
  user: TaskUser,
  mounted: Mount[] | Unknown,
  ask: Asker,
): Hindrance | undefined => {
  const isAlone = ({ path }: Deed): boolean => {
    const folder = knownFolder(line, path, ask)
    return folder === undefined || namesAreOf(folder, user.uid) === 'nobody'
  }
  return (
    toolHindrance(line, user) ??
    first(deeds, deed => sharedNameHindrance(line, deed, user.uid, ask)) ??
    (isUnknown(mounted) ? undefined : first(deeds, deed => ownerlessHindrance(mounted, deed, isAlone(deed)))) ??
    permissionHindrance(walk, line, deeds, user, ask)
  )
}

const withoutDeeds = (line: Line): Line => ({
  ...line,
  steps: [],
  phases: [],
  will: [],
  labels: [],
  diff: [],
  always: false,
  interrupts: false,
})

/** An earlier line is still to mount something, or to take a mount away. */
const waiting = (line: Line, mounted: Later): Line => {
  const touched = line.will.flatMap(([query, patch]) =>
    touchedBy(query, { exists: true, ...(isRecord(patch) ? patch : {}) }),
  )
  return unknownLine(withoutDeeds(line), mounted, () => [...line.labels, ...touched])
}

/**
 * A line as its host lets it be: a change that cannot happen is a `fail`, whatever module made it: because of what is
 * mounted, of what it would tear, of what the task's user may not do. What is not known hinders nothing. What has to be
 * known is asked together with the module's own reads.
 */
export const hindered = (walk: Walk, line: Line, ask: Asker): Line => {
  const owned = queriesOf(line.reads)
  const isOnFiles = owned.some(isOwnedFile)
  if (!isOnFiles && !owned.some(isPrivileged) && !line.steps.some(hasFolder)) return line
  const mounted = isOnFiles ? (ask(mounts) as Mount[] | Unknown) : []
  const user = ask(taskUser) as TaskUser | undefined
  if (line.verdict !== 'change' || line.steps.length === 0) return line
  const deeds = deedsOf(walk, line, ask)
  if (mounted instanceof Later && deeds.length > 0) return waiting(line, mounted)
  const hindrance =
    (isUnknown(mounted) ? undefined : first(deeds, deed => mountHindrance(mounted, deed))) ??
    first(deeds, deed => tieHindrance(line, deeds, deed, ask)) ??
    (isUnknown(user) || user === undefined ? undefined : userHindrance(walk, line, deeds, user, mounted, ask))
  if (hindrance === undefined) return line
  return failLine(withoutDeeds(line), hindrance.why, hindrance.fix)
}
