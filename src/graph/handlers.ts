import { type Graph, nodeId, notifiersOf } from './graph.ts'

/** The handlers of a playbook, as `host/task`, and whether --limit and --tags let this run come to them. */
export const handlersIn = (graph: Graph): Map<string, { included: boolean }> =>
  new Map(
    graph.written.flatMap(({ task, hosts, included }) =>
      task.handler ? hosts.map(host => [nodeId(host, task), { included: included.has(host) }] as const) : [],
    ),
  )

/** The handlers that each node notifies on its host, all as `host/task`. */
export const notifiedHandlers = (graph: Graph): Map<string, string[]> => {
  const found = new Map<string, string[]>()
  for (const node of graph.written.filter(({ task }) => task.handler))
    for (const host of node.hosts)
      for (const by of notifiersOf(graph, node, host)) {
        const caller = nodeId(host, by.task)
        found.set(caller, [...(found.get(caller) ?? []), nodeId(host, node.task)])
      }
  return found
}
