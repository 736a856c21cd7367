import type { Event, RunRequest } from './event.ts'
import { fits, type Schema } from './schema-fits.ts'

// What runbook writes down, it reads again, maybe in another version, and maybe after somebody else has had it. An event is
// taken for one only where it has what those who read events use of it. A member that a later version adds does no harm.

export const textForm: Schema = { type: 'string' }
export const numberForm: Schema = { type: 'number' }
const text = textForm
const number = numberForm
const count: Schema = { type: 'integer' }
const flag: Schema = { type: 'boolean' }
const yes: Schema = { const: true }
const anything: Schema = {}
const oneOf = (...words: string[]): Schema => ({ enum: words })
export const listForm = (items: Schema): Schema => ({ type: 'array', items })
export const mapForm = (values: Schema): Schema => ({ type: 'object', patternProperties: { '': values } })
/** An object that has `members`, and `more` where they are there. */
export const recordForm = (members: Record<string, Schema>, more: Record<string, Schema> = {}): Schema => ({
  type: 'object',
  required: Object.keys(members),
  properties: { ...members, ...more },
})

const texts = listForm(text)
const origin = recordForm({ file: text, line: count, column: count }, { length: count, unquoted: yes })
const failure = recordForm({ reason: text, what: text }, { why: text, fix: text, origin })
const node = { host: text, node: text, task: text }
const hidden = oneOf('no_log', 'secret')
const verdict = oneOf('ok', 'change', 'undecided', 'standby', 'skipped', 'fail')
const difference: Schema = {
  anyOf: [
    recordForm({ kind: oneOf('text', 'value'), subject: text, before: text, after: text }),
    recordForm({ kind: oneOf('hidden'), subject: text, why: text }),
  ],
}
const diff = listForm(difference)
const trace: Schema = {
  anyOf: [
    recordForm(
      { of: oneOf('path'), subject: text, is: oneOf('there', 'gone'), at: number },
      { owner: text, package: text, installed: number },
    ),
    recordForm({ of: oneOf('unit'), subject: text, is: text, at: number, result: text, restarts: number, said: texts }),
  ],
}
const edges = listForm(recordForm({ node: text, kind: text }))
const reads = listForm(
  recordForm({ name: text, subject: text, use: oneOf('owned', 'used'), after: texts, open: texts }),
)
const counts = {
  ok: count,
  changed: count,
  failed: count,
  skipped: count,
  undecided: count,
  roundTrips: count,
  steps: count,
}

/** What a run was asked for: see `RunRequest`. */
const request = recordForm(
  { playbook: text, inventory: texts, tags: texts, variableFiles: texts, variableNames: texts },
  {
    limit: text,
    skipTags: texts,
    startAtTask: text,
    artifacts: text,
    lock: text,
    become: flag,
    becomeUser: text,
    becomeMethod: text,
    plan: text,
    refresh: yes,
    noPending: yes,
    reach: mapForm(text),
    reachNames: texts,
    askPass: flag,
    askBecomePass: flag,
    connectionPasswordFile: text,
    becomePasswordFile: text,
    vaultId: texts,
    vaultPasswordFile: texts,
    askVaultPass: flag,
  },
)
const due = listForm(recordForm({ node: text, run: text }))

/** By its type, what an event has besides its number and its time. */
const EVENTS: Record<Event['type'], Schema> = {
  started: recordForm(
    { command: oneOf('plan', 'apply'), playbook: text, hosts: texts },
    { run: text, resumes: text, asked: request, due, keyPrint: text },
  ),
  play: recordForm({ name: text, hosts: texts }),
  answered: recordForm({ host: text, roundTrips: count }),
  'host-lost': recordForm({ host: text, failure }),
  planned: recordForm(
    { ...node, verdict, steps: texts, diff },
    {
      hidden,
      why: text,
      failure,
      rescued: yes,
      waits: flag,
      always: flag,
      turn: flag,
      needs: text,
      handler: yes,
      notifies: texts,
    },
  ),
  running: recordForm({ ...node, steps: texts }, { hidden, waits: flag, behind: texts }),
  progress: recordForm({ ...node, done: number, total: number, what: text }, { hidden }),
  download: recordForm({ archive: text, from: text, done: number }, { total: number }),
  archive: recordForm({ name: text, size: number, sha512: text, is: oneOf('new', 'there', 'cached') }),
  message: recordForm({ ...node, text }, { hidden }),
  output: recordForm({ host: text, stream: oneOf('stdout', 'stderr') }, { text, base64: text }),
  reached: recordForm({ host: text, user: text, identity: text, connection: text, ms: number }),
  result: recordForm(
    {
      ...node,
      status: oneOf('ok', 'changed', 'failed', 'ignored', 'rescued', 'skipped', 'refused', 'unverified'),
      steps: count,
      ms: number,
      diff,
    },
    {
      hidden,
      why: text,
      needs: text,
      failure,
      unbegun: yes,
      code: number,
      asks: recordForm({ args: text, given: mapForm(text) }),
    },
  ),
  drifted: recordForm({ ...node, why: text, diff, run: text, since: number, traces: listForm(trace) }, { hidden }),
  compared: recordForm({ run: text, since: number, follow: count, edited: count, undone: count }),
  explained: recordForm(
    {
      ...node,
      module: text,
      origin,
      verdict,
      conditions: texts,
      arguments: mapForm(anything),
      reads,
      will: listForm(recordForm({ subject: text })),
      steps: texts,
      waitsFor: edges,
      waitedForBy: edges,
    },
    { hidden, why: text, fix: text, needs: text },
  ),
  warning: recordForm({ text }, { host: text, node: text }),
  summary: recordForm({
    exit: count,
    hosts: mapForm(
      recordForm(
        { ...counts, unreachable: flag },
        { unverified: count, unbegun: count, ignored: count, rescued: count, standby: count },
      ),
    ),
    failures: listForm(failure),
    wallMs: number,
    peakRssMb: number,
  }),
}
const numbered = recordForm({ type: text, seq: count, time: number })

/** Nothing in what is read again stands for something else. */
const asItIs = (): boolean => false

/** Whether something is of the form that is written down. */
export const hasForm = (schema: Schema, value: unknown): boolean => fits(schema, value, asItIs)

const isOfType = (value: unknown): value is { type: string } => hasForm(numbered, value)

/** Whether something that was read is an event as this version knows it. */
export const isEvent = (value: unknown): value is Event =>
  isOfType(value) && Object.hasOwn(EVENTS, value.type) && hasForm(EVENTS[value.type as Event['type']], value)

/** Whether it is an event of a kind that this version does not know: one of a later version. */
export const isLaterEvent = (value: unknown): boolean => isOfType(value) && !Object.hasOwn(EVENTS, value.type)

/** Whether it says what a run was asked for. */
export const isRunRequest = (value: unknown): value is RunRequest => hasForm(request, value)
