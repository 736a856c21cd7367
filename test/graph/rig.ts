import { type Failure, Refusal } from '../../src/core/failure.ts'
import { expand } from '../../src/graph/expand.ts'
import type { Graph } from '../../src/graph/graph.ts'
import type { Selection } from '../../src/graph/selection.ts'
import type { Reference } from '../../src/load/expression.ts'
import type { Task } from '../../src/load/playbook.ts'
import { applySchemas } from '../../src/load/task-schemas.ts'
import { T } from '../../src/module/schema.ts'
import { loadText } from '../plan/rig.ts'

export const inventory = `
all:
  hosts: { web0: {}, web1: {}, db0: { port: 5432 } }
  children:
    web: { hosts: { web0: {}, web1: {} } }
    db: { hosts: { db0: {} } }
`

const signatures = { debug: { args: T.Object({ msg: T.String({ main: true }) }) } }

/** The graph of tasks given as the YAML of a play's rest. Modules called `all_*` are collective modules. */
export const graphOf = (
  playbook: string,
  selection: Partial<Selection> = {},
  files: (task: Task) => Reference[] = () => [],
): Graph =>
  expand(
    applySchemas(loadText(playbook, inventory), signatures),
    { tags: [], ...selection },
    module => module.startsWith('all_'),
    task => files(task).map(reference => ({ ...reference, origin: task.origin })),
  )

export const play = (tasks: string, hosts = 'all', more = ''): string =>
  `- hosts: ${hosts}\n${more}  tasks:\n${tasks
    .trim()
    .split('\n')
    .map(line => `    ${line.trim()}`)
    .join('\n')}\n`

export const idsOf = (graph: Graph): string[] => graph.nodes.map(node => node.id)

/** The edges of a node as `kind on`, in order. */
export const edgesOf = (graph: Graph, id: string): string[] =>
  graph.nodes.find(node => node.id === id)!.edges.map(edge => `${edge.kind} ${edge.on}`)

export const refused = (make: () => unknown): Failure[] => {
  try {
    make()
  } catch (error) {
    if (error instanceof Refusal) return error.failures
    throw error
  }
  return []
}
