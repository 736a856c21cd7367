import { timingSafeEqual } from 'node:crypto'
import type { Event, Explained, RunRequest } from '../core/event.ts'
import {
  hasForm,
  isEvent,
  isRunRequest,
  listForm,
  mapForm,
  numberForm,
  recordForm,
  textForm,
} from '../core/event-schema.ts'
import { refuse } from '../core/failure.ts'
import { isRecord, keyedDigest } from '../core/value.ts'
import { refuseDamagedPlan } from './plan-file.ts'

/** One line of a saved plan beside its `planned` event: what it was decided from, and what tells whether that holds. */
export type SavedLine = Pick<Explained, 'arguments' | 'reads' | 'will'> & {
  node: string
  fingerprint: string
  openPlaces: readonly string[]
  /** The digests of what its steps put on the host, where that is no secret. */
  contents: string[]
}

/** An option -e as it was given: a file, or a variable. Of what may be a secret there is only the fingerprint. */
export type SavedExtraVar = { file: string } | { name: string; value: unknown } | { name: string; fingerprint: string }

/** The version of the format. 2: of modules there is one digest each, over what it is made of. */
export const planVersion = 2

/** A plan that was saved: it says what apply would do, and is not executed by itself. */
export type SavedPlan = {
  /** The version of this format. */
  runbookPlan: typeof planVersion
  /** The version of runbook that made it. */
  runbook: string
  made: string
  asked: RunRequest
  extra: SavedExtraVar[]
  /** Keyed digests of the files that it was made from. */
  sources: Record<string, string>
  /** What the plan said, as it said it; never a summary. */
  events: Event[]
  roundTrips: Record<string, number>
  lines: SavedLine[]
  /** Texts of up to 64 KB that steps put on hosts, by digest. */
  contents: Record<string, string>
}

/** JSON in which every event and every line of the plan has a line of its own: to be read, and compared, as text. */
const written = (value: unknown): string => {
  if (!Array.isArray(value) || value.length === 0) return JSON.stringify(value)
  return `[\n${value.map(one => `    ${JSON.stringify(one)}`).join(',\n')}\n  ]`
}

/** The text of a plan file. The seal stands in its third line and is over every byte behind that line. */
export const sealPlan = (key: Buffer, { runbookPlan, ...rest }: SavedPlan): string => {
  const members = Object.entries(rest).map(([name, value]) => `  ${JSON.stringify(name)}: ${written(value)}`)
  const body = `${members.join(',\n')}\n}\n`
  return `{\n  "runbookPlan": ${runbookPlan},\n  "seal": "${keyedDigest(key, body)}",\n${body}`
}

const refuseOther = (file: string): never =>
  refuse('usage-file', `${file} is no plan.`, {
    why: 'A plan has a "runbookPlan"; a playbook is a list of plays.',
    fix: 'A plan is made with `runbook plan PLAYBOOK -o FILE`.',
  })

/** How a plan begins. */
const first = `{\n  "runbookPlan": ${planVersion},\n`

const treeOf = (text: string, file: string): Record<string, unknown> => {
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    if (!/^.{0,20}"runbookPlan"/s.test(text) && !first.startsWith(text)) return refuseOther(file)
    const isCut = !text.trimEnd().endsWith('}')
    return refuseDamagedPlan(file, isCut ? 'It is cut off: its end is missing.' : 'It is no JSON.')
  }
  return isRecord(tree) && 'runbookPlan' in tree ? tree : refuseOther(file)
}

const parts = ['asked', 'extra', 'sources', 'events', 'roundTrips', 'lines', 'contents']
const head = /^\{\n {2}"runbookPlan": 2,\n {2}"seal": "([0-9a-f]{64})",\n/

/**
 * The plan in a text, once it is known to be whole and of this version. `keyFor` is called then: with a key the seal is
 * checked; without one the plan is taken as it is. Throws a Refusal: `usage-file`, `plan-version`, `plan-edited`.
 */
export const parseSavedPlan = (text: string, file: string, keyFor: () => Buffer | undefined): SavedPlan => {
  const tree = treeOf(text, file)
  if (tree.runbookPlan !== planVersion)
    return refuse('plan-version', `The plan ${file} is of another version: ${JSON.stringify(tree.runbookPlan)}.`, {
      why: `This runbook reads plans of version ${planVersion}.`,
      fix: 'Make the plan again with this runbook.',
    })
  const key = keyFor()
  const [line = '', seal = ''] = head.exec(text) ?? []
  if (
    key &&
    (seal === '' || !timingSafeEqual(Buffer.from(seal), Buffer.from(keyedDigest(key, text.slice(line.length)))))
  )
    return refuseDamagedPlan(file, 'Its seal is not over what it says: it was edited, or sealed with another key.')
  if (parts.some(name => typeof tree[name] !== 'object' || tree[name] === null))
    return refuseDamagedPlan(file, 'Parts are missing.')
  return isPlan(tree) ? tree : refuseDamagedPlan(file, 'Parts of it are not what a plan has there.')
}

const texts = listForm(textForm)
const read = recordForm({
  name: textForm,
  subject: textForm,
  use: { enum: ['owned', 'used'] },
  after: texts,
  open: texts,
})
/** What a plan has, but for its events and what it was asked for. */
const form = recordForm({
  runbook: textForm,
  made: textForm,
  extra: listForm({
    anyOf: [
      recordForm({ file: textForm }),
      recordForm({ name: textForm, fingerprint: textForm }),
      recordForm({ name: textForm, value: {} }),
    ],
  }),
  sources: mapForm(textForm),
  roundTrips: mapForm(numberForm),
  lines: listForm(
    recordForm({
      node: textForm,
      fingerprint: textForm,
      openPlaces: texts,
      arguments: mapForm({}),
      reads: listForm(read),
      will: listForm(recordForm({ subject: textForm })),
      contents: texts,
    }),
  ),
  contents: mapForm(textForm),
})

const isPlan = (tree: Record<string, unknown>): tree is SavedPlan => {
  const { asked, events, lines } = tree
  if (!hasForm(form, tree) || !isRunRequest(asked) || !Array.isArray(events) || !events.every(isEvent)) return false
  const said = new Set(events.flatMap(event => (event.type === 'planned' ? [event.node] : [])))
  return (lines as SavedLine[]).every(({ node }) => said.has(node))
}
