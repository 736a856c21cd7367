import { createController } from '../../src/cli/app/controller.ts'
import { loadModules } from '../../src/cli/app/load-modules.ts'
import { expand } from '../../src/graph/expand.ts'
import { type Graph, nodeId } from '../../src/graph/graph.ts'
import { load } from '../../src/load/load.ts'
import { applySchemas } from '../../src/load/task-schemas.ts'
import { supplyFor } from '../plan/supply.ts'
import type { Result } from './events.ts'

/** The graph of a playbook as a run of it has it: what comes after what, on which host. */
export const graphOf = async (playbook: string, inventory: string): Promise<Graph> => {
  const { value: written, failures } = load({ playbook, inventories: [inventory], extra: [] })
  if (failures) throw new Error(failures.map(({ what }) => what).join('\n'))
  const { modules } = await loadModules(written.playbook)
  const loaded = applySchemas(written, modules)
  const { references } = createController(loaded.playbook.folder, supplyFor(loaded.playbook.folder))
  return expand(loaded, { tags: [] }, name => modules[name]!.collective === true, references)
}

/** Tasks that follow from each other: how long at least one of them was at work, and each with its time. */
export type Chain = { ms: number; until: number; links: { node: string; ms: number }[] }

/** When each task was at work on each host, its steps and its waiting; loop items as one. */
const spansOf = (results: Result[]): Map<string, { from: number; to: number }> => {
  const whole = Map.groupBy(results, ({ node }) => node.replace(/\[.*$/, ''))
  return new Map(
    [...whole].map(([node, items]) => [
      node,
      { from: Math.min(...items.map(({ time, ms }) => time - ms)), to: Math.max(...items.map(({ time }) => time)) },
    ]),
  )
}

/**
 * The longest chain of steps and waits along the graph's edges: no engine could be done sooner. Tasks that travelled in
 * one frame were at work together, so time is counted once.
 */
export const longestChain = (graph: Pick<Graph, 'nodes' | 'byId'>, results: Result[]): Chain => {
  const spans = spansOf(results)
  const chains = new Map<string, Chain>()
  const none: Chain = { ms: 0, until: 0, links: [] }
  for (const node of graph.nodes)
    for (const host of node.hosts) {
      const id = nodeId(host, node.task)
      const before = node.edges.flatMap(({ on, kind }) => {
        const other = graph.byId.get(on)!
        const own = !node.collective && (kind === 'order' || kind === 'notify')
        return other.hosts.filter(at => !own || at === host).map(at => chains.get(nodeId(at, other.task)) ?? none)
      })
      const span = spans.get(id)
      const extended = [none, ...before].map((chain): Chain => {
        if (span === undefined || span.from === span.to) return chain
        const ms = Math.max(0, span.to - Math.max(span.from, chain.until))
        return { ms: chain.ms + ms, until: Math.max(chain.until, span.to), links: [...chain.links, { node: id, ms }] }
      })
      chains.set(
        id,
        extended.reduce((a, b) => (b.ms > a.ms ? b : a)),
      )
    }
  return [...chains.values()].reduce((a, b) => (b.ms > a.ms ? b : a), none)
}
