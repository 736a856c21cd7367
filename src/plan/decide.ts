import { inTime, OutOfTime, PATTERN_FIX } from '../core/ending-pattern.ts'
import type { Difference } from '../core/event.ts'
import { refuse } from '../core/failure.ts'
import { isUnknown, Missing, strict, type Unknown, unknownsIn } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import type { CollectiveVerdict, Decide, Module, Settle, Verdict } from '../module/define.ts'
import type { Label } from '../module/label.ts'
import { type AnyQuery, type Reads, touchedBy } from '../module/query.ts'
import type { Reach } from '../module/reach.ts'
import { showMembers } from '../module/show.ts'

export type Asker = (query: AnyQuery) => unknown
// biome-ignore lint/suspicious/noExplicitAny: a module's own types end at the registry
type Any = any

/** What a module decided about one host, with everything it looked at. */
export type Decision = {
  verdict: Verdict<Any, Any> | Unknown
  reads: Reads
  seen: Record<string, unknown>
  warnings?: string[]
}

/** What may be changed is asked for more than what is only looked at. */
const owning = (query: AnyQuery): AnyQuery =>
  query.only || query.probe.owned === undefined ? query : { ...query, facets: [...query.facets, ...query.probe.owned] }

/** Asks a record of queries; answers stand under the same names. Only to be read through `strict`. */
export const askAll = (reads: Reads, ask: Asker): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(reads).map(([name, q]) => [
      name,
      Array.isArray(q) ? q.map(one => ask(owning(one))) : q === undefined ? undefined : ask(owning(q)),
    ]),
  )

export const queriesOf = (reads: Reads): AnyQuery[] => Object.values(reads).flatMap(q => (q === undefined ? [] : q))

/** The builders handed to every `plan`; they only name what the module says. */
export const verdictBuilders = {
  ok: (outputs?: Any) => ({ is: 'ok' as const, ...(outputs ? { outputs } : {}) }),
  change: (change: Any) => ({ is: 'change' as const, ...change }),
  fail: (why: string, fix?: string, outputs?: Any) => ({
    is: 'fail' as const,
    why,
    ...(fix ? { fix } : {}),
    ...(outputs ? { outputs } : {}),
  }),
}

const decide: Decide<Any, Any> = {
  ...verdictBuilders,
  say: (text, outputs) => ({ is: 'say', text, ...(outputs ? { outputs } : {}) }),
}

/** Runs what may read unknowns; the unknown it met comes back as a value. Anything else thrown is the module's bug. */
export const catchUnknown = <T>(inside: () => T): T | Unknown => {
  try {
    return inside()
  } catch (error) {
    if (isUnknown(error)) return error
    throw error
  }
}

/** Whether something asked has not been read yet. */
export const isMissing = (seen: Record<string, unknown>): boolean =>
  Object.values(seen).some(a => a instanceof Missing || (Array.isArray(a) && a.some(x => x instanceof Missing)))

/**
 * A verdict as it is, once all that it is to do has been read: a list that a module hands on as it was given may hold an
 * unknown that nobody has met yet. It is thrown here; one that a module has put in its place by itself stays.
 */
export const needRead = <V extends Verdict<Any, Any> | CollectiveVerdict<Any, Any>>(verdict: V): V => {
  const { steps, phases, will } = verdict as { steps?: unknown; phases?: unknown; will?: unknown }
  if (verdict.is === 'change') unknownsIn([steps, phases, will])
  return verdict
}

/** What a module says; a regular expression of its author's that does not end is the author's mistake, and breaks this line. */
const inTimeOn = <T>(reads: Reads, inside: () => T): T => {
  try {
    return inTime(inside)
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    const [first] = queriesOf(reads)
    return refuse('playbook-value', error.message, {
      ...(first?.item ? { why: `It was tried on what was read of ${first.item}.` } : {}),
      fix: PATTERN_FIX,
    })
  }
}

/** One module on one host: reads, second look, verdict. What it could not know comes back as the verdict. */
export const decideOne = (
  module: Module<Any, Any, Any, Any>,
  values: Record<string, unknown>,
  host: string,
  ask: Asker,
): Decision => {
  const args = strict(values)
  const first = catchUnknown(() => module.reads(args, host))
  if (isUnknown(first)) return { verdict: first, reads: {}, seen: {} }
  const seen = askAll(first, ask)
  if (isMissing(seen)) {
    // A second look that hangs on what is known already, such as a file of the controller, goes along with the first.
    const early = catchUnknown(() => module.more?.(args, strict(seen)) ?? {})
    if (!isUnknown(early)) askAll(early, ask)
    return { verdict: new Missing(), reads: first, seen }
  }
  const second = catchUnknown(() => module.more?.(args, strict(seen)) ?? {})
  if (isUnknown(second)) return { verdict: second, reads: first, seen }
  const reads = { ...first, ...second }
  const all = { ...seen, ...askAll(second, ask) }
  if (isMissing(all)) return { verdict: new Missing(), reads, seen: all }
  const verdict = catchUnknown(() => inTimeOn(reads, () => needRead(module.plan(args, strict(all), decide))))
  const warnings = catchUnknown(() => inTimeOn(reads, () => module.warns?.(args, strict(all)) ?? []))
  return { verdict, reads, seen: all, ...(isUnknown(warnings) || warnings.length === 0 ? {} : { warnings }) }
}

/** The patches of a change, each with its query. Naming a read that is only used is the module author's mistake. */
export const patchesOf = (will: Record<string, unknown>, reads: Reads): [AnyQuery, unknown][] =>
  Object.entries(will).flatMap(([name, patch]): [AnyQuery, unknown][] => {
    const query = reads[name]
    if (query === undefined || patch === undefined) return []
    const list = Array.isArray(query)
      ? query.map((q, i): [AnyQuery, unknown] => [q, (patch as unknown[])[i]])
      : [[query, patch] as [AnyQuery, unknown]]
    return list.filter(([, p]) => p !== undefined)
  })

/**
 * What an undecided node may change: what it owns, and its bound by what is seen so far; everything where even that is
 * unknown.
 */
export const footprint = (
  module: { reads: (args: Any, host: string) => Reads; touches?: (args: Any, seen: Any) => Label[] },
  values: Record<string, unknown>,
  host: string,
  seen: Record<string, unknown> = {},
): Label[] => {
  const found = catchUnknown(() => {
    const owned = queriesOf(module.reads(strict(values), host)).filter(q => !q.only)
    return [
      ...owned.flatMap(q => touchedBy(q, { exists: true })),
      ...(module.touches?.(strict(values), strict(seen)) ?? []),
    ]
  })
  return isUnknown(found) ? ['any'] : found
}

/** What an undecided node may start: its reach as a static bound. Where even that is unknown its footprint is everything. */
export const boundOf = (
  module: { reach?: ((args: Any) => Reach | undefined) | undefined },
  values: Record<string, unknown>,
): { reach?: Reach } => {
  const reach = catchUnknown(() => module.reach?.(strict(values)))
  return reach === undefined || isUnknown(reach) ? {} : { reach }
}

/** Seen against promised, for people. */
export const differences = (patches: [AnyQuery, unknown][], ask: Asker): Difference[] =>
  patches.flatMap(([query, patch]) => {
    const found = ask(query)
    const before = isUnknown(found) ? undefined : found
    if (query.show && isRecord(patch))
      return query.show(
        before,
        isRecord(before) && patch.exists === undefined ? { ...patch, exists: before.exists } : patch,
      )
    return showMembers(query.subject, before, patch)
  })

/** Settling of one line, with its arguments bound. */
export const settleOf = (
  module: { settle?: (args: Any) => Settle<Any> },
  values: Record<string, unknown>,
): Settle<never> | undefined => {
  const found = catchUnknown(() => module.settle?.(strict(values)))
  return isUnknown(found) ? undefined : (found as Settle<never> | undefined)
}
