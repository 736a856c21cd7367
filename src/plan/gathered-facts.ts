import type { Become } from '../core/transport.ts'
import { isUnknown, Lost, type Unknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import { type Graph, machineOf, type Node, nodeId } from '../graph/graph.ts'
import { readsIn } from '../graph/value-edges.ts'
import { factOf, factsVariable, isGivenFact } from '../load/fact-names.ts'
import type { HostFacts } from '../load/fact-values.ts'
import type { Play } from '../load/playbook.ts'
import { type FactSource, factSource } from '../module/probes/facts.ts'
import type { AnyQuery } from '../module/query.ts'
import { isLost } from './known.ts'
import { ask, type Walk } from './walk-state.ts'

/** All facts, where they are used as one value. */
const everything = '*'

const named = new WeakMap<Graph, Map<Play, ReadonlySet<string>>>()
/** The facts that the tasks of each play name, through variables too: what is gathered together. */
const namedIn = (graph: Graph): Map<Play, ReadonlySet<string>> => {
  const known = named.get(graph)
  if (known) return known
  const readsOf = readsIn(graph.source, [])
  const made = new Map<Play, Set<string>>()
  const tasks = new Map(graph.nodes.map(node => [node.task, node]))
  for (const node of tasks.values()) {
    const facts = made.get(node.play) ?? new Set()
    made.set(node.play, facts)
    for (const { register, member } of readsOf(node)) {
      if (register !== factsVariable) facts.add(factOf(register) ?? '')
      // One whose name is made while it runs is gathered when it is known.
      else if (member !== null && !isGivenFact(member ?? '')) facts.add(member ?? everything)
    }
  }
  for (const facts of made.values()) facts.delete('')
  named.set(graph, made)
  return made
}

/** Whether the facts of a host are gathered by then: by the play of a node, or by one before it. */
const isGathered = ({ source: { gathering = new Map() } }: Graph, { play }: Node, host: string): boolean => {
  for (const [one, hosts] of gathering) {
    if (hosts.has(host)) return true
    if (one === play) return false
  }
  return false
}

/** What has to be gathered for a fact is gathered with all that the play names, in one script. */
const subsetsFor = (source: FactSource, walk: Walk, { play }: Node, wanted: readonly string[]): Set<string> => {
  const facts = namedIn(walk.known.graph).get(play) ?? new Set<string>()
  const also = facts.has(everything) ? source.allSubsets : [...facts].map(source.subsetFor)
  return new Set([...wanted, ...also])
}

/** Whether what a module gives is facts of its host, for all tasks behind it. */
const makesFacts = ({ known }: Walk, { task }: Node): boolean => {
  const { outputs } = known.modules[task.module] ?? {}
  // Variables that it makes are no facts of the host, though they stand under the same name in what it registers.
  return task.gives === undefined && isRecord(outputs?.properties) && Object.hasOwn(outputs.properties, factsVariable)
}

const making = new WeakMap<Graph, Node[]>()
/** The nodes that make facts, in written order. */
const makersIn = (walk: Walk): Node[] => {
  const { graph } = walk.known
  const found = making.get(graph) ?? graph.written.filter(node => makesFacts(walk, node))
  making.set(graph, found)
  return found
}

/** What tasks before a node have given as facts of a host, the newest first; an unknown where a task is still to give it. */
const givenBefore = (walk: Walk, node: Node, host: string): (Record<string, unknown> | Unknown)[] => {
  const { positions } = walk.known.graph
  const at = positions.get(node.id) ?? Number.POSITIVE_INFINITY
  const before = makersIn(walk).filter(({ id, hosts }) => hosts.includes(host) && (positions.get(id) ?? at) < at)
  return before.toReversed().flatMap(({ task }) => {
    const output = walk.outputs.get(nodeId(host, task))
    const facts = isRecord(output) ? output[factsVariable] : output
    return isUnknown(facts) || isRecord(facts) ? [facts] : []
  })
}

/** A fact among those that tasks have given. Some call it by the name of its variable. */
const givenFact = (given: (Record<string, unknown> | Unknown)[], name: string): unknown => {
  for (const facts of given) {
    if (isUnknown(facts)) return facts
    for (const key of [`ansible_${name}`, name]) if (Object.hasOwn(facts, key)) return facts[key]
  }
  return undefined
}

/**
 * The facts of a host as a node sees them, under Ansible's names; undefined where no play has gathered any by then. They are
 * read once and stay as they were, until a task gives others: that is what playbooks expect of facts.
 */
export const gatheredFacts = (walk: Walk, node: Node, host: string): HostFacts | undefined => {
  const given = givenBefore(walk, node, host)
  const isThere = isGathered(walk.known.graph, node, host)
  if (!isThere && given.length === 0) return undefined
  const read = (subsets: (source: FactSource) => readonly string[]): Record<string, unknown> =>
    isThere ? readFacts(walk, node, host, subsets) : {}
  return {
    names: () => {
      const unknown = given.find(isUnknown)
      if (unknown !== undefined) throw unknown
      const names = given.flatMap(facts => Object.keys(facts).map(name => name.replace(/^ansible_/, '')))
      return [...new Set([...Object.keys(read(source => source.allSubsets)), ...names])]
    },
    value: name => {
      const found = givenFact(given, name)
      if (isUnknown(found)) throw found
      return found === undefined && !isGivenFact(name) ? read(source => [source.subsetFor(name)])[name] : found
    },
  }
}

/** Facts of the user are those of whom the play becomes, whatever a task of it becomes. */
const queryFor = (source: FactSource, { known }: Walk, { play }: Node, host: string) => {
  const { machines } = known.graph.source
  const identity = known.identity(machineOf({ machines }, host), gatherersIn(known.graph).get(play)?.get(host))
  return (subset: string): AnyQuery =>
    identity === undefined ? source.gathered(subset) : source.gatheredBy(subset, identity.user, identity.shell)
}

type Gatherers = Map<Play, Map<string, Become | undefined>>
const gatherers = new WeakMap<Graph, Gatherers>()
/** By play and host whom tasks become that become what the play says, and nobody else. */
const gatherersIn = (graph: Graph): Gatherers => {
  const known = gatherers.get(graph)
  if (known) return known
  const found: Gatherers = new Map()
  for (const { task, play, hosts, become } of graph.written) {
    const isPlain = task.become === play.becoming?.become && task.becomeSaid === play.becoming?.becomeSaid
    if (!isPlain) continue
    const ofPlay = found.get(play) ?? new Map<string, Become | undefined>()
    found.set(play, ofPlay)
    for (const host of hosts) ofPlay.set(host, become.get(host))
  }
  gatherers.set(graph, found)
  return found
}

const readFacts = (
  walk: Walk,
  node: Node,
  host: string,
  subsets: (source: FactSource) => readonly string[],
): Record<string, unknown> => {
  const { known } = walk
  const machine = machineOf(known.graph.source, host)
  if (isLost(known, host) || !known.answers.has(machine)) throw new Lost(host)
  const askHere = ask(walk, machine)
  const source = askHere(factSource) as FactSource | Unknown
  if (isUnknown(source)) throw source
  const wanted = subsets(source)
  const asGatherer = queryFor(source, walk, node, host)
  const answers = new Map(
    [...subsetsFor(source, walk, node, wanted)].map(subset => [subset, askHere(asGatherer(subset))]),
  )
  const found = wanted.map(subset => answers.get(subset))
  const missing = found.find(isUnknown)
  if (missing !== undefined) throw missing
  return Object.assign(Object.create(null), ...found)
}
