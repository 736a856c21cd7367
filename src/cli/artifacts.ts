import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { putInto } from '../artifact/folder.ts'
import type { Absent } from '../artifact/store.ts'
import type { Emit } from '../core/event.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import { archiveWanted } from '../module/probes/controller.ts'
import { demandOf } from '../plan/demand.ts'
import { createRedactor } from '../report/redact.ts'
import { createReport, wantsColour } from '../report/report.ts'
import { createSupply } from './archives.ts'
import { saveLock } from './lock.ts'
import { type Asked, prepare } from './prepare.ts'

export type FetchOptions = Omit<Asked, 'artifacts'> & {
  to?: string
  arch: string[]
  format: 'text' | 'json'
  color: boolean
}

const failureOf = ({ missing, fix }: Absent): Failure => {
  const [what = '', ...why] = missing.split('\n')
  return { reason: 'task-failed', what, ...(why.length > 0 ? { why: why.join('\n') } : {}), fix }
}

/** Brings what hosts of each architecture may need. Returns what could not be had. */
const fetchAll = async (
  playbook: string,
  options: FetchOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<Failure[]> => {
  const { session, lock } = await prepare(playbook, options, { keepSecret: () => {}, emit, signal })
  const store = createSupply({ lock, artifacts: options.to, emit, signal })
  const demands = options.arch.map(architecture => demandOf(session, { system: 'linux', architecture }))
  for (const node of new Set(demands.flatMap(({ open }) => open)))
    emit({ type: 'warning', node, text: 'which archive it needs only its host can tell: it is left out.' })
  const wanted = demands.flatMap(({ queries }) => queries.map(archiveWanted))
  const failures: Failure[] = []
  for (const one of wanted) {
    const isThere = options.to !== undefined && existsSync(join(options.to, one.name))
    const found = await store.find(one)
    if ('missing' in found) {
      failures.push(failureOf(found))
      continue
    }
    if (options.to !== undefined && !isThere) await putInto(options.to, found)
    const { name, size, sha512 } = found
    emit({ type: 'archive', name, size, sha512, is: isThere ? 'there' : options.to === undefined ? 'cached' : 'new' })
  }
  await saveLock(lock, emit)
  return failures
}

const interrupted: Failure = {
  reason: 'run-interrupted',
  what: 'The fetch was interrupted.',
  fix: 'Run it again: it goes on with what has come.',
}

const bug = ({ message, stack = '' }: Error): Failure => ({
  reason: 'bug-engine',
  what: `runbook has a bug: ${message}`,
  why: stack,
  fix: 'Please report it with this text.',
})

/**
 * `runbook artifacts fetch`: all archives that a playbook may need, into a folder for `--artifacts`, or into the cache.
 * No host is contacted. Returns the exit code: 1 when one could not be had, 4 for bad input.
 */
export const fetchArtifacts = async (playbook: string, options: FetchOptions): Promise<number> => {
  const report = createReport({
    format: options.format,
    command: 'plan',
    diff: 'hide',
    verbosity: 'changes',
    detailedExitcode: false,
    out: process.stdout,
    err: process.stderr,
    tty: false,
    colour: wantsColour(process.stdout.isTTY === true, { noColor: !options.color }, process.env),
    redact: createRedactor(),
  })
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  process.once('SIGINT', abort).once('SIGTERM', abort)
  const end = (failures: Failure[]): number => report.finish({ roundTrips: {}, failures })
  try {
    return end(await fetchAll(playbook, options, report.emit, stop.signal))
  } catch (error) {
    if (stop.signal.aborted) return end([interrupted])
    return end(error instanceof Refusal ? error.failures : [bug(error as Error)])
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort)
  }
}
