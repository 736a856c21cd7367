import { wholePlaybook } from '../../src/graph/expand.ts'
import { emptyGraph, extend } from '../../src/graph/extend.ts'
import type { Graph } from '../../src/graph/graph.ts'
import type { Addition } from '../../src/graph/nodes.ts'
import { type Selection, selected } from '../../src/graph/selection.ts'
import { selectHosts } from '../../src/load/pattern.ts'
import { loadText } from '../plan/rig.ts'
import { edgesOf, inventory } from './rig.ts'

/** What a playbook adds to a graph, and the empty graph that it is for. */
const parsed = (playbook: string, { limit, tags = [] }: Partial<Selection> = {}) => {
  const loaded = loadText(playbook, inventory)
  const tasks = loaded.playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const empty = emptyGraph({
    inventory: loaded.inventory,
    extra: loaded.extra,
    limited: new Set(limit ? selectHosts(loaded.inventory, limit) : loaded.inventory.hosts),
    selects: selected(tasks, { tags }),
    machines: new Map(),
    isCollective: module => module.startsWith('all_'),
    files: () => [],
  })
  return { empty, additions: wholePlaybook(loaded) }
}

/** A playbook cut in two: tasks whose names begin with "New" are left for later, behind the task before them. */
export const cut = (playbook: string, selection: Partial<Selection> = {}) => {
  const { empty, additions } = parsed(playbook, selection)
  const isNew = ({ name }: { name: string }): boolean => name.startsWith('New')
  const first = additions.map(addition => ({ ...addition, tasks: addition.tasks.filter(task => !isNew(task)) }))
  const later = additions.map((addition): Addition => {
    const before = addition.tasks[addition.tasks.findIndex(isNew) - 1]?.slug
    const behind = Object.fromEntries(addition.hosts.map(host => [host, `${host}/${before}`]))
    return { ...addition, tasks: addition.tasks.filter(isNew), behind }
  })
  return { empty, additions, first: extend(empty, first), later: later.filter(({ tasks }) => tasks.length > 0) }
}

/** All that a graph says, the order of a node's edges apart. */
export const said = (graph: Graph) => ({
  nodes: graph.nodes.map(({ id }) => [id, edgesOf(graph, id).sort()]),
  written: graph.written.map(({ id, edges }) => [id, edges.map(({ on, kind }) => `${kind} ${on}`).sort()]),
  byId: [...graph.byId].map(([id, { edges, included, become }]) => [id, edges.length, [...included], [...become]]),
  registered: [...graph.registered].map(([name, nodes]) => [name, nodes.map(({ id }) => id)]).sort(),
  positions: [...graph.positions],
  hosts: graph.hosts,
  last: [...graph.last].sort(),
})
