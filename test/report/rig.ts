import { Writable } from 'node:stream'
import type { Event, EventBody, NodeRef, PlanVerdict, Status } from '../../src/core/event.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { createReport, type ReportOptions } from '../../src/report/report.ts'

/** A node by its id, `node0/install`. */
export const ref = (node: string, task = node.split('/')[1]!): NodeRef => ({ host: node.split('/')[0]!, node, task })

type Planned = EventBody & { type: 'planned' }
type Result = EventBody & { type: 'result' }

export const started = (command: 'plan' | 'apply', ...hosts: string[]): EventBody => ({
  type: 'started',
  command,
  playbook: 'playbooks/site.yml',
  hosts,
})

export const planned = (node: string, verdict: PlanVerdict, more: Partial<Planned> = {}): EventBody => ({
  type: 'planned',
  ...ref(node),
  verdict,
  steps: [],
  diff: [],
  ...more,
})

export const result = (node: string, status: Status, more: Partial<Result> = {}): EventBody => ({
  type: 'result',
  ...ref(node),
  status,
  steps: 0,
  ms: 0,
  diff: [],
  ...more,
})

export const lost = (
  host: string,
  reason: 'host-unreachable' | 'host-key-changed' = 'host-unreachable',
): EventBody => ({
  type: 'host-lost',
  host,
  failure: { reason, what: `${host} does not answer`, why: 'ECONNREFUSED', fix: 'start it' },
})

/** Bodies with the numbers a report would give them, a second apart. */
export const numbered = (bodies: EventBody[]): Event[] =>
  bodies.map((body, at) => ({ ...body, seq: at + 1, time: at * 1000 }))

/** A stream that keeps what is written; as wide as a terminal where `columns` says so. */
export const keepingStream = (columns?: number): { stream: Writable & { columns?: number }; text(): string } => {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk
      done()
    },
  })
  return { stream: Object.assign(stream, columns === undefined ? {} : { columns, rows: 40 }), text: () => text }
}

/** Reports the events with a clock that goes a second at every look, and says what was written. */
export const reported = (
  options: Partial<ReportOptions> & { command: ReportOptions['command'] },
  bodies: EventBody[],
  ending: Parameters<ReturnType<typeof createReport>['finish']>[0] = { roundTrips: {} },
): { out: string; err: string; code: number } => {
  const out = keepingStream()
  const err = keepingStream()
  let time = 0
  const report = createReport({
    format: 'text',
    diff: 'hide',
    privateDiff: 'hide',
    verbosity: 'changes',
    detailedExitcode: false,
    out: out.stream,
    err: err.stream,
    tty: false,
    colour: false,
    redact: createRedactor(),
    clock: () => {
      time += 1000
      return time
    },
    ...options,
  })
  bodies.forEach(report.emit)
  const code = report.finish(ending)
  return { out: out.text(), err: err.text(), code }
}
