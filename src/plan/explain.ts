import type { Explained } from '../core/event.ts'
import { attempt } from '../core/failure.ts'
import { born, isUnknown, Later, unknownsIn } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { type Graph, nodeId } from '../graph/graph.ts'
import { wordFor } from '../module/show.ts'
import { describe } from '../module/step.ts'
import { future } from '../world/prediction.ts'
import { answer, shapedBy } from '../world/world.ts'
import { argumentsOf } from './arguments.ts'
import { catchUnknown } from './decide.ts'
import type { Line } from './line.ts'
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

/** A value as data that can be shown: contents by size and digest, unknowns in words. */
const shown = (value: unknown): unknown => {
  if (isUnknown(value)) return wordFor(value)
  if (Array.isArray(value)) return value.map(shown)
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (!isRecord(value)) return value
  if (typeof value.digest === 'string' && 'bytes' in value)
    return value.secret ? '(a secret)' : `${value.size} bytes, sha256 ${value.digest.slice(0, 12)}`
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, moments.has(key) ? momentOf(member) : shown(member)]),
  )
}

/** The nodes after which more of a value will be known: unknowns in it, and what is said of a thing newly made. */
const openIn = (value: unknown): string[] => {
  const unknowns = [...unknownsIn(value), isRecord(value) ? (value as { [born]?: unknown })[born] : undefined]
  return [...new Set(unknowns.flatMap(one => (one instanceof Later ? [one.node] : [])))]
}

/** The arguments of a line as they can be told by now. */
const argumentsOn = (walk: Walk, { node, host, item }: Line): Record<string, unknown> => {
  const { value: found } = attempt(() =>
    catchUnknown(() => argumentsOf(walk, node, host, scopeOf(walk, node, host, item), item)),
  )
  // What is refused here the verdict tells already; of a loop whose items are not known `item` is not there.
  if (found === undefined || isUnknown(found)) return {}
  const { properties } = walk.known.modules[node.task.module]!.args
  return Object.fromEntries(
    Object.entries(found.values).map(([name, value]) => [
      name,
      (properties[name] as { secret?: true } | undefined)?.secret && value !== '' ? '(a secret)' : shown(value),
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
const readsOf = (walk: Walk, { logLengths }: Planned, { machine, reads }: Line): Explained['reads'] => {
  const world = worldOn(walk, machine, logLengths.get(machine) ?? 0)
  return Object.entries(reads).flatMap(([name, queries]) =>
    [queries ?? []].flat().map(query => {
      const is = answer(world, query)
      return {
        name,
        subject: query.subject,
        use: query.only ? ('used' as const) : ('owned' as const),
        is: shown(is),
        after: query.probe.side === 'controller' ? [] : shapedBy(world, query),
        open: openIn(is),
      }
    }),
  )
}

const explained = (walk: Walk, planned: Planned, line: Line, dependants: Dependants): Explained => {
  const { node, host } = line
  return {
    host,
    node: line.id,
    task: node.task.name,
    module: node.task.module,
    origin: node.task.origin,
    verdict: line.verdict as Explained['verdict'],
    ...(line.why === undefined ? {} : { why: line.why }),
    ...(line.fix === undefined ? {} : { fix: line.fix }),
    ...(line.needs === undefined ? {} : { needs: line.needs }),
    conditions: node.task.when.map(({ value }) => String(value)),
    // Looked at once more, after the pass: nothing that is missing for it is read.
    arguments: argumentsOn(withoutPredictions(walk), line),
    reads: readsOf(walk, planned, line),
    will: line.will.map(([query, patch]) => ({ subject: query.subject, is: shown(patch) })),
    steps: line.steps.map(describe),
    waitsFor: node.edges.map(({ on, kind }) => ({ node: on, kind })),
    waitedForBy: dependants.get(node.id) ?? [],
  }
}

/**
 * Says of each line that `isMeant` names what it read, in the world as it is when its turn comes, what it promises and
 * what it hangs on. Everything has to be read already.
 */
export const explain = (walk: Walk, isMeant: (line: Line) => boolean): Explained[] => {
  const dependants = dependantsIn(walk.known.graph)
  return walk.planned.flatMap(planned =>
    planned.lines.filter(isMeant).map(line => explained(walk, planned, line, dependants)),
  )
}

/** The ids that a person may name a line by: its own, or the task's alone for all hosts. */
export const namesOf = (line: Line): string[] => [line.id, nodeId(line.host, line.node.task), line.node.task.slug]
