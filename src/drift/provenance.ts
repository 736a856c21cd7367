import type { Difference, Provenance } from '../core/event.ts'
import { isUnknown } from '../core/unknown.ts'
import { unitName } from '../module/probes/portable.ts'
import { type ProvenanceAnswer, pathProvenance, unitProvenance } from '../module/probes/provenance.ts'
import type { ServiceAnswer } from '../module/probes/unit-answer.ts'
import type { AnyQuery } from '../module/query.ts'
import { queriesOf } from '../plan/decide.ts'
import type { Known } from '../plan/known.ts'
import type { Line } from '../plan/line.ts'
import { type Environment, readAll } from '../plan/plan.ts'
import { beginWalk, worldOn } from '../plan/walk-state.ts'
import { answer, type World } from '../world/world.ts'
import type { Moved } from './drift.ts'

/** Of one line so many paths are looked at, and so many told. */
const mostPaths = 50
const mostTold = 5

/** A clock is set right by the frame that reads it: it may be off by as long as that took. */
const slackMs = 1000

/** A line's machine as it was read. */
const seenWorld = (known: Known, { machine }: Line): World => worldOn(beginWalk(known), machine)

/** What a line would set right; of one that fails, or must only run again, all that it looks at. */
const queriesIn = ({ will, reads }: Line): AnyQuery[] =>
  (will.length > 0 ? will.map(([query]) => query) : queriesOf(reads)).filter(query => query.probe.side === 'host')

const databases: Record<string, string> = { user: '/etc/passwd', group: '/etc/group' }

/** What is to be looked at for a part of a host's state. */
const queriesFor = (label: string): AnyQuery[] => {
  const kind = label.slice(0, label.indexOf(':'))
  const rest = label.slice(kind.length + 1)
  if (kind === 'unit') return [unitProvenance(unitName(rest))]
  if (kind in databases) return [pathProvenance(databases[kind]!)]
  if (!['path', 'tree', 'member'].includes(kind)) return []
  const path = kind === 'member' ? rest.split('#')[0]! : rest
  return [pathProvenance(path.replace(/\/\.$/, '') || '/')]
}

const byKind = (a: string, b: string): number => Number(b.startsWith('unit:')) - Number(a.startsWith('unit:'))

const provenanceQueries = (line: Line): AnyQuery[] => {
  // Of a unit's own file a look at the path tells more: it comes later, and counts.
  const labels = [...new Set(queriesIn(line).flatMap(query => query.looks))].sort(byKind)
  return [...new Map(labels.flatMap(queriesFor).map(query => [query.key, query])).values()].slice(0, mostPaths)
}

const ofPath = (subject: string, answer: ProvenanceAnswer & { of: 'path' }, since: number): Provenance[] => {
  if (answer.at < since - slackMs) return []
  const { installed, ...rest } = answer
  // When a package came here long ago says nothing; that the path is one of its own may.
  return [{ ...rest, subject, ...(installed !== undefined && installed >= since - slackMs ? { installed } : {}) }]
}

/** How it began and how it ended: a daemon that keeps failing says the same in between. */
const ends = (lines: string[]): string[] =>
  lines.length <= 6 ? lines : [...lines.slice(0, 3), '…', ...lines.slice(-3)]

const ofUnit = (
  known: Known,
  line: Line,
  subject: string,
  { files, said, ahead }: ProvenanceAnswer & { of: 'unit' },
  since: number,
): Provenance[] => {
  const query = queriesOf(line.reads).find(({ key }) => key === `unit:${subject}`)
  const unit = query && (answer(seenWorld(known, line), query) as ServiceAnswer)
  const lately = ({ at }: { at: number }): boolean => at >= since - slackMs
  const at = unit && !isUnknown(unit) ? Math.round(unit.since / 1000) + ahead : 0
  const words = said.filter(lately)
  // A unit that systemd has forgotten has no times any more; its last words have.
  const moment = lately({ at }) ? at : words.at(-1)?.at
  return [
    ...files
      .filter(lately)
      .map(({ path, ...rest }): Provenance => ({ of: 'path', subject: path, is: 'there', ...rest })),
    ...(unit && moment !== undefined
      ? [
          {
            of: 'unit' as const,
            subject,
            is: unit.active,
            at: moment,
            result: unit.result,
            restarts: unit.restarts,
            said: ends(words.map(({ text }) => text)),
          },
        ]
      : []),
  ]
}

const provenanceOf = (known: Known, { line, left }: Moved): Provenance[] => {
  const world = seenWorld(known, line)
  const all = provenanceQueries(line).flatMap((query): Provenance[] => {
    const is = answer(world, query)
    if (isUnknown(is)) return []
    const found = is as ProvenanceAnswer
    if (found.of === 'path') return ofPath(query.subject, found, left.time)
    return found.of === 'unit' ? ofUnit(known, line, query.subject, found, left.time) : []
  })
  const bySubject = new Map(all.map(one => [`${one.of} ${one.subject}`, one]))
  return [...bySubject.values()].sort((a, b) => b.at - a.at).slice(0, mostTold)
}

/** Looks once more at each host where something has moved, for what tells when and who. */
export const readProvenance = async (
  known: Known,
  outside: Environment,
  moved: Moved[],
): Promise<Map<Moved, Provenance[]>> => {
  const byMachine = Map.groupBy(moved, ({ line }) => line.machine)
  await readAll(
    known,
    outside,
    new Map([...byMachine].map(([machine, all]) => [machine, all.flatMap(m => provenanceQueries(m.line))])),
  )
  return new Map(moved.map(one => [one, provenanceOf(known, one)]))
}

/** From how it was left to how it is now: the other way round than what would be done. */
export const reversed = (difference: Difference): Difference =>
  difference.kind === 'hidden' ? difference : { ...difference, before: difference.after, after: difference.before }
