import type { EdgeKind, Graph, Node } from './graph.ts'

/** A graph as people draw it: a box per task and host (a collective task has one), and why one comes after another. */
export type Drawing = { boxes: Box[]; arrows: Arrow[]; hosts: string[] }
export type Box = { id: string; task: string; module: string; play: string; hosts: string[] }
/** `to` comes after `from`. */
export type Arrow = { from: string; to: string; kind: EdgeKind }

const boxOf = ({ id, task, play, hosts }: Node): Box => ({
  id,
  task: task.name,
  module: task.module,
  play: play.name,
  hosts,
})

/** Every node in plan order, and every edge between them. */
export const drawingOf = ({ nodes, hosts }: Graph): Drawing => {
  const known = new Set(nodes.map(node => node.id))
  return {
    hosts,
    boxes: nodes.map(boxOf),
    arrows: nodes.flatMap(({ id, edges }) =>
      edges.filter(({ on }) => known.has(on)).map(({ on, kind }): Arrow => ({ from: on, to: id, kind })),
    ),
  }
}

const styles: Record<EdgeKind, string> = {
  order: 'color=grey',
  needs: 'color=black',
  after: 'style=dashed',
  value: 'color=blue',
  notify: 'style=dotted',
  machine: 'color=grey,style=dashed',
}
const legend = 'grey: order, black: needs, dashed: after, blue: value, dotted: notify, grey dashed: machine'
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', ' ')
const quoted = (text: string): string => `"${escaped(text)}"`

/** In the language of Graphviz (https://graphviz.org/doc/info/lang.html), a cluster per host. */
export const dotOf = ({ boxes, arrows, hosts }: Drawing): string => {
  const line = ({ id, task, module }: Box): string => `${quoted(id)} [label="${escaped(task)}\\n${escaped(module)}"]`
  const byHost = Map.groupBy(boxes, box => (box.hosts.length === 1 ? box.hosts[0]! : ''))
  const clusters = hosts.map((host, i) => {
    const own = byHost.get(host) ?? []
    return [`  subgraph cluster_${i} {`, `    label=${quoted(host)}`, ...own.map(box => `    ${line(box)}`), '  }']
  })
  const shared = boxes.filter(box => box.hosts.length !== 1).map(box => `  ${line(box)}`)
  const edges = arrows.map(({ from, to, kind }) => `  ${quoted(from)} -> ${quoted(to)} [${styles[kind]}]`)
  return [
    'digraph playbook {',
    `  label=${quoted(legend)}`,
    '  node [shape=box]',
    ...clusters.flat(),
    ...shared,
    ...edges,
    '}',
    '',
  ].join('\n')
}
