import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exportArchive } from '../../artifact/export.ts'
import type { AbsentArchive } from '../../artifact/store.ts'
import type { Emit } from '../../core/event.ts'
import type { Failure } from '../../core/failure.ts'
import type { SecretKeeper } from '../../core/secret-keeper.ts'
import { archiveWanted } from '../../module/probes/controller.ts'
import { requiredArchives } from '../../plan/required-archives.ts'
import { createReport } from '../../report/report.ts'
import { createSupply } from '../app/archives.ts'
import { type PlaybookOptions, prepare } from '../app/prepare.ts'
import { saveLock } from '../app/save-lock.ts'
import { interruptible, replayOptionsFor, type Shown, withReport } from '../app/with-report.ts'

type FetchOptions = Omit<PlaybookOptions, 'artifacts'> & Shown & { to?: string; arch: string[] }

const failureOf = ({ missing, fix }: AbsentArchive): Failure => {
  const [what = '', ...why] = missing.split('\n')
  return { reason: 'task-failed', what, ...(why.length > 0 ? { why: why.join('\n') } : {}), fix }
}

/** Brings what hosts of each architecture may need. Returns what could not be had. */
const fetchAll = async (
  playbook: string,
  options: FetchOptions,
  { emit, signal, secrets }: { emit: Emit; signal: AbortSignal; secrets: SecretKeeper },
): Promise<Failure[]> => {
  const { known, lock } = await prepare(playbook, options, { secrets, emit, signal })
  const store = createSupply({ lock, artifacts: options.to, emit, signal })
  const demands = options.arch.map(architecture => requiredArchives(known, { system: 'linux', architecture }))
  for (const node of new Set(demands.flatMap(({ open }) => open)))
    emit({ type: 'warning', node, text: 'which archive it needs only its host can tell: it is left out.' })
  const archives = demands.flatMap(({ queries }) => queries.map(archiveWanted))
  const failures: Failure[] = []
  for (const one of archives) {
    const isThere = options.to !== undefined && existsSync(join(options.to, one.name))
    const found = await store.find(one)
    if ('missing' in found) {
      failures.push(failureOf(found))
      continue
    }
    if (options.to !== undefined && !isThere) await exportArchive(options.to, found)
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

/**
 * `runbook artifacts fetch`: all archives that a playbook may need, into a folder for `--artifacts`, or into the cache.
 * No host is contacted. Returns the exit code: 1 when one could not be had, 4 for bad input.
 */
export const fetchArtifacts = async (playbook: string, options: FetchOptions): Promise<number> => {
  const shown = replayOptionsFor(options, 'plan')
  const report = createReport(shown)
  const { emit } = report
  const { signal, release } = interruptible()
  const end = (failures: Failure[]): number => report.finish({ roundTrips: {}, failures })
  try {
    return await withReport(report, async () => {
      const failures = await fetchAll(playbook, options, { emit, signal, secrets: shown.redact }).catch(error => {
        if (signal.aborted) return [interrupted]
        throw error
      })
      return end(failures)
    })
  } finally {
    release()
  }
}
