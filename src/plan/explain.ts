import type { Explained, Hidden } from '../core/event.ts'
import { attempt } from '../core/failure.ts'
import { hiddenWords, shortestSecret } from '../core/hidden.ts'
import { born, isUnknown, Later, unknownsIn } from '../core/unknown.ts'
import { type Content, isRecord, keyedDigest } from '../core/value.ts'
import { type Graph, nodeId } from '../graph/graph.ts'
import { isClosed } from '../module/probes/file.ts'
import type { AnyQuery } from '../module/query.ts'
import { wordFor } from '../module/show.ts'
import { describe } from '../module/step.ts'
import { future } from '../world/prediction.ts'
import { answer, shapedBy, type World } from '../world/world.ts'
import { argumentsOf } from './arguments.ts'
import { catchUnknown, queriesOf } from './decide.ts'
import { fingerprint } from './fingerprint.ts'
import { type Line, refOf } from './line.ts'
import { scopeOf } from './scope.ts'
import { type Planned, type Walk, withoutPredictions, worldOn } from './walk-state.ts'

/** Of a file, and of a unit. */
const moments: ReadonlySet<string> = new Set(['changed', 'since'])

/** A time by the host's clock; in words one that is still to come. */
const momentOf = (value: unknown): unknown => {
  if (typeof value !== 'number') return shown(value)
  if (value === 0) return '-'
  return value < future ? new Date(value / 1000).toISOString() : '(in this run)'
}

/**
 * What may be told of a content. A plain digest of what others may not read would let a short text be found by trying;
 * with a key all contents are told by a keyed one, so that two of a file whose mode has changed can be compared.
 */
const contentWords = ({ digest, size, secret }: Content, isPrivate: boolean, key: Buffer | undefined): string => {
  if (secret) return '(a secret)'
  if (key) return `${size} bytes, keyed digest ${keyedDigest(key, digest).slice(0, 12)}`
  return isPrivate ? `${size} bytes` : `${size} bytes, sha256 ${digest.slice(0, 12)}`
}

const isContent = (value: unknown): value is Content =>
  isRecord(value) && typeof value.digest === 'string' && 'bytes' in value

/** A value as data that can be shown: contents by size and digest, unknowns in words. */
const shown = (value: unknown, key?: Buffer, isPrivate = isRecord(value) && isClosed(value.mode)): unknown => {
  if (isUnknown(value)) return wordFor(value)
  if (Array.isArray(value)) return value.map(one => shown(one, key))
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (!isRecord(value)) return value
  if (isContent(value)) return contentWords(value, isPrivate, key)
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      moments.has(name) ? momentOf(member) : isContent(member) ? shown(member, key, isPrivate) : shown(member, key),
    ]),
  )
}

/** A value of which nothing may be told but, with a key, whether it is the same as another. */
const hiddenValue = (value: unknown, hidden: Hidden, key: Buffer | undefined): string =>
  key ? `(hidden, keyed digest ${fingerprint(key, value).slice(0, 12)})` : hiddenWords[hidden]

/** The nodes after which more of a value will be known: unknowns in it, and what is said of a thing newly made. */
const openIn = (value: unknown): string[] => {
  const unknowns = [...unknownsIn(value), isRecord(value) ? (value as { [born]?: unknown })[born] : undefined]
  return [...new Set(unknowns.flatMap(one => (one instanceof Later ? [one.node] : [])))]
}

/** What a query is about, as far as that may be told. */
export const toldSubject = ({ subject }: AnyQuery, hidden: Hidden | undefined, key: Buffer | undefined): string =>
  hidden ? hiddenValue(subject, hidden, key) : subject

/** The texts in files that others may not read, as they are and as they will be. */
const privateTexts = (world: World, { reads, will }: Line): string[] => {
  const seen = queriesOf(reads).map(query => [query, answer(world, query)] as const)
  const isPrivate = (query: AnyQuery): boolean =>
    [...seen, ...will].some(([own, is]) => own.key === query.key && isRecord(is) && isClosed(is.mode))
  return [...seen, ...will].flatMap(([query, is]) => {
    const content = isRecord(is) ? is.content : undefined
    return isPrivate(query) && isContent(content) && !isUnknown(content.bytes) ? [content.bytes.toString()] : []
  })
}

/** An argument without what stands in a file that others may not read. */
const withoutTexts = (value: unknown, texts: string[]): unknown => {
  if (typeof value === 'string')
    return value.length >= shortestSecret && texts.some(text => text.includes(value))
      ? '(in a file that others may not read)'
      : value
  if (Array.isArray(value)) return value.map(one => withoutTexts(one, texts))
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutTexts(member, texts)]))
    : value
}

/** The arguments of a line as they can be told by now. */
const argumentsOn = (walk: Walk, line: Line, before: World): Record<string, unknown> => {
  const { node, host, item, hidden } = line
  const { value: found } = attempt(() =>
    catchUnknown(() => argumentsOf(walk, node, host, scopeOf(walk, node, host, item), item)),
  )
  // What is refused here the verdict tells already; of a loop whose items are not known `item` is not there.
  if (found === undefined || isUnknown(found)) return {}
  const { properties } = walk.known.modules[node.task.module]!.args
  const texts = privateTexts(before, line)
  return Object.fromEntries(
    Object.entries(found.values).map(([name, value]) => [
      name,
      hidden
        ? hiddenWords[hidden]
        : (properties[name] as { secret?: true } | undefined)?.secret && value !== ''
          ? '(a secret)'
          : withoutTexts(shown(value), texts),
    ]),
  )
}

/** Who waits for each node. */
type Dependants = Map<string, Explained['waitedForBy']>

const dependantsIn = ({ nodes }: Graph): Dependants => {
  const found: Dependants = new Map()
  for (const { id, edges } of nodes)
    for (const { on, kind } of edges) found.set(on, [...(found.get(on) ?? []), { node: id, kind }])
  return found
}

/** What a line was decided from, as its machine was when its turn came. */
const readsOf = (world: World, { reads, hidden }: Line, key: Buffer | undefined): Explained['reads'] => {
  return Object.entries(reads).flatMap(([name, queries]) =>
    [queries ?? []].flat().map(query => {
      const is = answer(world, query)
      return {
        name,
        subject: toldSubject(query, hidden, key),
        use: query.only ? ('used' as const) : ('owned' as const),
        is: hidden ? hiddenValue(shown(is), hidden, key) : shown(is, key),
        after: query.probe.side === 'controller' ? [] : shapedBy(world, query),
        open: openIn(is),
      }
    }),
  )
}

/** What a line promises; a change of content alone is as private as the file has been. */
const promisesOf = (world: World, { will, hidden }: Line, key: Buffer | undefined): Explained['will'] => {
  return will.map(([query, patch]) => {
    if (hidden) return { subject: toldSubject(query, hidden, key), is: hiddenValue(shown(patch), hidden, key) }
    const isPrivate = [answer(world, query), patch].some(one => isRecord(one) && isClosed(one.mode))
    return { subject: query.subject, is: shown(patch, key, isPrivate) }
  })
}

const explained = (
  walk: Walk,
  planned: Planned,
  line: Line,
  dependants: Dependants,
  key: Buffer | undefined,
): Explained => {
  const { node, hidden, machine } = line
  const world = worldOn(walk, machine, planned.logLengths.get(machine) ?? 0)
  const { secrets } = walk.known
  const isTold = hidden === undefined || line.isExposed || line.needs !== undefined
  return {
    ...refOf(line),
    module: node.task.module,
    origin: node.task.origin,
    verdict: line.verdict as Explained['verdict'],
    ...(line.why === undefined ? {} : { why: isTold ? line.why : hiddenWords[hidden] }),
    ...(line.fix === undefined || !isTold ? {} : { fix: line.fix }),
    ...(line.needs === undefined ? {} : { needs: line.needs }),
    conditions: node.task.when.map(({ value }) => String(value)),
    // Looked at once more, after the pass: nothing that is missing for it is read.
    arguments: secrets.value(argumentsOn(withoutPredictions(walk), line, world)),
    reads: secrets.value(readsOf(world, line, key)),
    will: secrets.value(promisesOf(world, line, key)),
    steps: line.steps.map(step => (hidden ? hiddenWords[hidden] : describe(step))),
    waitsFor: node.edges.map(({ on, kind }) => ({ node: on, kind })),
    waitedForBy: dependants.get(node.id) ?? [],
  }
}

/**
 * Says of each line that `isMeant` names what it read, in the world as it is when its turn comes, what it promises and
 * what it hangs on. Everything has to be read already. With a `key`, what may not be told can be compared.
 */
export const explain = (walk: Walk, isMeant: (line: Line) => boolean, key?: Buffer): Explained[] => {
  const dependants = dependantsIn(walk.known.graph)
  return walk.planned.flatMap(planned =>
    planned.lines.filter(isMeant).map(line => explained(walk, planned, line, dependants, key)),
  )
}

/** The ids that a person may name a line by: its own, or the task's alone for all hosts. */
export const namesOf = (line: Line): string[] => [line.id, nodeId(line.host, line.node.task), line.node.task.slug]
