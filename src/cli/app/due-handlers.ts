import { resolve } from 'node:path'
import type { DueHandler, Event } from '../../core/event.ts'
import { attempt, type Failure, inOneLine } from '../../core/failure.ts'
import type { Graph } from '../../graph/graph.ts'
import { handlersIn } from '../../graph/handlers.ts'
import type { Known } from '../../plan/known.ts'
import type { AppliedPlan } from '../../planfile/match-saved-plan.ts'
import { lastWritten, runIdAt, runIds } from '../../run/journal.ts'
import { type PendingHandlers, pendingHandlers } from '../../run/pending-handlers.ts'
import { type Run, readRun, startOfRun } from '../../run/run-records.ts'

/** What earlier runs of a playbook have left due: what this one comes to, all that stays on record, and what is to be told. */
export type DueHandlers = { now: PendingHandlers; all: DueHandler[]; told: string[] }

type Started = Event & { type: 'started' }
/** The records of runs, the oldest first, and what could not be read of others. */
type Records = { runs: Run[]; unread: string[] }

const startOf = (folder: string, id: string, playbook: string, { unread }: Records): Started | undefined => {
  const { value: event, failures = [] } = attempt(() => startOfRun(folder, id))
  unread.push(...failures.map(unreadText))
  if (event?.type !== 'started' || event.asked === undefined) return undefined
  return resolve(event.asked.playbook) === resolve(playbook) ? event : undefined
}

/** A record that cannot be read may be that of any playbook. */
const unreadText = (failure: Failure): string => `${inOneLine(failure)} What its run has left due is not known.`

const read = (folder: string, id: string, { runs, unread }: Records): void => {
  const { value, failures } = attempt(() => readRun(folder, id))
  if (value) runs.unshift(value)
  else unread.push(...failures!.map(unreadText))
}

/**
 * What runs of a playbook have left due. A run says with its first word what it found so: with it go only those before
 * that have been written to since, for they went on beside it. The records of earlier versions do not say: all are read.
 */
const dueByRecords = (folder: string, playbook: string, graph: Graph): { due: PendingHandlers; unread: string[] } => {
  const records: Records = { runs: [], unread: [] }
  let since: { id: string; due: DueHandler[] } | undefined
  for (const id of runIds(folder)) {
    if (since && lastWritten(folder, id) < since.id) continue
    const started = startOf(folder, id, playbook, records)
    if (!started) continue
    read(folder, id, records)
    if (started.due) since ??= { id, due: started.due }
  }
  return { due: pendingHandlers(graph, records.runs, since?.due ?? []), unread: records.unread }
}

/** What was due when a plan was saved, and has not been done since by what runs remember here. */
const dueBySavedPlan = (
  { made, due }: AppliedPlan,
  folder: string,
  playbook: string,
  graph: Graph,
): PendingHandlers => {
  const records: Records = { runs: [], unread: [] }
  if (due.length > 0)
    for (const id of runIds(folder))
      if (lastWritten(folder, id) >= runIdAt(made) && startOf(folder, id, playbook, records)) read(folder, id, records)
  return pendingHandlers(graph, records.runs, due)
}

const named = (handlers: DueHandler[]): string => {
  const names = handlers.slice(0, 4).map(({ node, run }) => `${node} (run ${run})`)
  return [...names, ...(handlers.length > 4 ? [`${handlers.length - 4} more`] : [])].join(', ')
}

const sentences = (handlers: Record<string, DueHandler[]>): string[] =>
  Object.entries(handlers).flatMap(([what, list]) => (list.length === 0 ? [] : [`${what}: ${named(list)}.`]))

/**
 * Finds out which handlers earlier runs of the playbook have left due. With a saved plan only those run that it shows.
 *
 * @throws Refusal `usage-file` where the folder of the runs cannot be read.
 */
export const dueHandlers = (
  known: Known,
  { folder, playbook, saved, pending }: { folder: string; playbook: string; saved?: AppliedPlan; pending: boolean },
): DueHandlers => {
  const { graph } = known
  const { due, unread } = dueByRecords(folder, playbook, graph)
  if (saved)
    for (const [node, run] of dueBySavedPlan(saved, folder, playbook, graph)) if (!due.has(node)) due.set(node, run)
  const { hosts } = known.loaded.inventory
  const handlers = handlersIn(graph)
  const sorted = Object.groupBy(
    [...due].map(([node, run]): DueHandler => ({ node, run })),
    ({ node }) => {
      const handler = handlers.get(node)
      if (!handler) return hosts.some(host => node.startsWith(`${host}/`)) ? 'gone' : 'elsewhere'
      if (!pending) return 'unwanted'
      if (!handler.included) return 'leftOut'
      return saved && !saved.expected.mayRun(node) ? 'unseen' : 'now'
    },
  )
  const { gone = [], elsewhere = [], unwanted = [], leftOut = [], unseen = [], now = [] } = sorted
  return {
    now: new Map(now.map(({ node, run }) => [node, run])),
    all: [...now, ...leftOut, ...unseen, ...unwanted, ...elsewhere],
    told: [
      ...unread,
      ...sentences({
        'handlers were left due that are no longer in the playbook: they are dropped': gone,
        'handlers stay due, as --no-pending says': unwanted,
        'handlers stay due, which --limit leaves out': leftOut,
        'handlers stay due, which the saved plan does not show': unseen,
      }),
    ],
  }
}
