import { type Failure, type Origin, Refusal, refuse } from '../core/failure.ts'
import type { Reference } from '../load/expression.ts'
import type { Loaded } from '../load/load.ts'
import { matchHosts, selectHosts } from '../load/pattern.ts'
import type { Task } from '../load/playbook.ts'
import { emptyGraph, extend } from './extend.ts'
import type { BecomeDefaults, Graph, Machines } from './graph.ts'
import type { Addition } from './nodes.ts'
import { narrowed, onLimited, type Selection, selected, strangeSelection } from './selection.ts'

/** Where the pattern of --limit is written, as failures tell it. */
const limitOption: Origin = { file: '--limit', line: 1, column: 1 }

/** Names of hosts in a message: of very many the first. */
const listOf = (hosts: string[]): string =>
  hosts.length > 50 ? `${hosts.slice(0, 50).join(', ')} and ${hosts.length - 50} more` : hosts.join(', ')

const noHost = (addition: Addition, inventory: Loaded['inventory']): Failure => ({
  reason: 'inventory-no-host',
  what: `No host matches "${addition.play.hosts.value}".`,
  why: `The inventory has ${listOf(inventory.hosts) || 'no hosts'}.`,
  origin: addition.play.hosts.origin,
})

/** All tasks and handlers of a playbook, play by play. */
export const wholePlaybook = ({ playbook, inventory }: Pick<Loaded, 'playbook' | 'inventory'>): Addition[] =>
  playbook.plays.map(play => ({
    play,
    tasks: [...play.tasks, ...play.handlers],
    hosts: matchHosts(inventory, play.hosts.value, play.hosts.origin).hosts,
  }))

/**
 * Playbook x inventory -> graph: nodes, the edges of all kinds, and one order that respects them.
 * Throws Refusals: no host matched, a `needs`/`after` that names no task, a cycle explained as a path.
 * @param files references of the template files a task uses, which are edges like any other
 * @param becoming whom tasks become where no keyword and no variable says it
 */
export const expand = (
  loaded: Loaded,
  selection: Selection,
  isCollective: (module: string) => boolean,
  files: (task: Task) => Reference[],
  becoming: BecomeDefaults = {},
): Graph => {
  const { inventory, extra, asks } = loaded
  const limited = new Set(
    selection.limit === undefined ? inventory.hosts : selectHosts(inventory, selection.limit, limitOption),
  )
  const whole = wholePlaybook(loaded)
  const all = whole.flatMap(({ tasks }) => tasks)
  const failures = [
    ...strangeSelection(all, selection),
    // A playbook may have plays for groups that an inventory does not have; one that is for nobody does nothing.
    ...(whole.every(({ hosts }) => hosts.length === 0) ? whole.map(addition => noHost(addition, inventory)) : []),
  ]
  if (failures.length > 0) throw new Refusal(...failures)
  const selects = selected(all, selection)
  const gathering = new Map(
    whole.map(({ play, hosts }) => [play, new Set(play.gathers === false ? [] : hosts)] as const),
  )
  const { additions, source } = narrowed(whole, {
    ...{ inventory, extra, limited, machines: new Map(), selects },
    ...{ becoming, gathering, isCollective, files, ...(asks && { asks }) },
  })
  const graph = extend(emptyGraph(source), additions)
  const nodes = graph.written.length > 0 ? graph.written : whole.filter(({ tasks }) => tasks.length > 0)
  const hosts = new Set(nodes.flatMap(one => one.hosts))
  if (selection.limit !== undefined && hosts.size > 0 && graph.nodes.length === 0)
    refuse('inventory-no-host', `No task is left for --limit "${selection.limit}".`, {
      why: `It leaves ${listOf([...limited]) || 'no host'}; the tasks are for ${listOf([...hosts])}.`,
    })
  return graph
}

/** The same graph where some hosts are names of one machine. Throws a Refusal where the written order of these is a cycle. */
export const expandOnMachines = (graph: Graph, loaded: Loaded, machines: Machines): Graph =>
  extend(
    emptyGraph({ ...graph.source, machines }),
    wholePlaybook(loaded).map(addition => onLimited(addition, graph.source)),
  )
