import { dirname } from 'node:path'
import { parseSavedPlan } from '../../src/planfile/saved-plan.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { type ReportOptions, replay } from '../../src/report/report.ts'
import { runLines, unfinishedText } from '../../src/report/runs.ts'
import { runIds } from '../../src/run/journal.ts'
import { readRun } from '../../src/run/run-records.ts'
import { keepingStream } from '../report/rig.ts'
import { journals, plans } from './corpus.ts'
import type { Kind } from './kinds.ts'
import { written } from './scratch.ts'

const shownAs = (format: 'text' | 'json'): ReportOptions => ({
  format,
  command: 'apply',
  diff: 'show',
  privateDiff: 'show',
  verbosity: 'all',
  detailedExitcode: false,
  out: keepingStream().stream,
  err: keepingStream().stream,
  tty: false,
  colour: false,
  redact: createRedactor(),
})

/** What runbook has written itself, and reads again. */
export const remembered: readonly Kind[] = [
  {
    name: 'plan',
    corpus: plans,
    place: 'plan.json',
    read: input => parseSavedPlan(`${input}`, 'plan.json', () => undefined),
  },
  {
    name: 'journal',
    corpus: journals,
    place: '20261122-080000-aaaa',
    read: input => {
      const folder = dirname(written('.runbook/runs/20261122-080000-aaaa.ndjson', input))
      const run = readRun(folder, runIds(folder)[0]!)
      runLines([run])
      unfinishedText(run)
      for (const format of ['text', 'json'] as const) replay(shownAs(format), run.events)
    },
  },
]
