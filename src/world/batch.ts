import { notAnAnswer, Refusal, refuse } from '../core/failure.ts'
import type { Fragment, Output } from '../core/transport.ts'
import { pathIn } from '../module/label.ts'
import { folderAt } from '../module/probes/file.ts'
import type { AnyQuery, ProbeItem } from '../module/query.ts'
import { type Answers, askerOf, recordAnswer } from './answers.ts'
import { isFileQuery } from './file-answers.ts'

/** What reads an answer makes of it; one that cannot be read, or says less than was asked, is none. */
const readBy = ({ kind, read }: AnyQuery['probe'], output: Output | undefined, items: ProbeItem[]): unknown[] => {
  const none = (why: string): never => {
    throw new Refusal(notAnAnswer(`what the host says of ${items.length} reads of a ${kind} is no answer to them`, why))
  }
  if (output === undefined) return none('nothing came')
  let raws: unknown[]
  try {
    raws = read(output, items)
  } catch (error) {
    if (error instanceof Refusal) throw error
    return none(`it cannot be read: ${(error as Error).message}`)
  }
  return raws.length === items.length ? raws : none(`it tells of ${raws.length} of ${items.length}`)
}

/**
 * What programs say is read by whoever asks, in a pass over all hosts: what cannot be read there is found here, where it is
 * the end of one host alone. What a module refuses by itself it is to say in its place.
 */
const requireReadable = (queries: AnyQuery[], raw: unknown): void => {
  for (const { probe, parse, subject } of queries)
    try {
      if (probe.kind === 'program') parse(raw)
    } catch (error) {
      if (error instanceof Refusal) continue
      throw new Refusal(
        notAnAnswer(
          `what the host says of ${subject} is no answer to that`,
          `it cannot be read: ${(error as Error).message}`,
        ),
      )
    }
}

/** A batch of reads: fragments to run, and what to do with what each printed. */
export type Batch = { fragments: Fragment[]; record(outputs: Output[]): void }

/**
 * What programs look at by paths of which nobody knows yet where they lead: read along with them, so that a change of what
 * lies behind a link is one of what they look at.
 */
const unresolved = ({ reals }: Answers, queries: AnyQuery[]): AnyQuery[] => {
  const paths = new Map(
    queries
      .filter(q => !isFileQuery(q))
      .flatMap(q => q.looks.flatMap(label => pathIn(label) ?? []).map(path => [path, q.as] as const)),
  )
  return [...paths]
    .filter(([path]) => !reals.has(path))
    .map(([path, as]) => ({ ...folderAt(path), ...(as ? { as } : {}) }))
}

/**
 * Puts queries into as few fragments as there are kinds: one per kind for all its items, facets of one item united;
 * programs one fragment per distinct text. Reading them is kept apart, so that a batch may ride behind steps.
 */
export const batch = (answers: Answers, queries: AnyQuery[]): Batch => {
  // What one identity is asked stands together: a frame of several is sent as several.
  const all = [...Map.groupBy([...queries, ...unresolved(answers, queries)], askerOf).values()].flat()
  const kinds = Map.groupBy(
    all,
    q => `${askerOf(q)} ${q.probe.kind === 'program' ? `program ${q.item}` : q.probe.kind}`,
  )
  const kindred = [...kinds.values()].map(group => {
    const items = [...Map.groupBy(group, q => q.item)].map(
      ([item, same]): ProbeItem => ({ item, facets: [...new Set(same.flatMap(q => q.facets))] }),
    )
    // A user's command may leave children behind that print; what modules ask does not.
    const lingers = group.some(q => q.lazy) ? { lingers: true as const } : {}
    const { probe, as } = group[0]!
    return { probe, group, of: new Map(group.map(q => [q.item, q])), items, way: { ...lingers, ...(as ? { as } : {}) } }
  })
  return {
    fragments: kindred.map(g => ({ sh: g.probe.sh(g.items), ...g.way })),
    record: outputs => {
      for (const [i, group] of kindred.entries()) {
        const output = outputs[i]
        if (output?.cut && group.probe.kind !== 'program')
          refuse('host-lost', `what ${group.items.length} reads of a ${group.probe.kind} say is more than 16 MiB`, {
            fix: 'let fewer files be copied in one run: --tags, or several playbooks',
          })
        const raws = readBy(group.probe, output, group.items)
        requireReadable(group.group, raws[0])
        const found = group.items.map(({ item, facets }, j) => ({ item, facets, raw: raws[j] }))
        // One file asked under two names: the answer that says more is kept.
        for (const { item, facets, raw } of found.sort((a, b) => a.facets.length - b.facets.length))
          recordAnswer(answers, group.of.get(item)!, raw, facets)
      }
    },
  }
}
