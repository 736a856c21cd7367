import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dotOf, drawingOf } from '../../src/graph/drawing.ts'
import { svgOf } from '../../src/graph/svg.ts'
import { graphOf, play } from './rig.ts'

const drawing = drawingOf(
  graphOf(
    play(`
      - { name: one, debug: { msg: a }, register: one }
      - { name: together, all_share: {} }
      - { name: 'two "<&>"', after: [db0/one], debug: { msg: "{{ one.changed }}" } }`),
  ),
)

test('a box per task and host, one for a collective task, and every edge', () => {
  assert.equal(drawing.hosts, ['web0', 'web1', 'db0'])
  assert.equal(
    drawing.boxes.filter(({ task }) => task === 'together').map(({ hosts }) => hosts),
    [drawing.hosts],
  )
  assert.is(drawing.boxes.length, 7)
  const into = (id: string) => drawing.arrows.filter(({ to }) => to === id).map(({ from, kind }) => `${kind} ${from}`)
  assert.equal(into('web1/two'), ['order together', 'after db0/one', 'value web1/one'])
})

test('as Graphviz reads it: names are quoted, each host is a cluster', () => {
  const dot = dotOf(drawing)
  assert.match(dot, /^digraph playbook \{\n/)
  assert.is(dot.match(/subgraph cluster_/g)?.length, 3)
  assert.match(dot, '"web0/two" [label="two \\"<&>\\"\\ndebug"]')
  assert.match(dot, '"db0/one" -> "web1/two" [style=dashed]')
  assert.is(dot.match(/->/g)?.length, drawing.arrows.length)
})

test('as a browser shows it: well formed, a box each, and nothing outside of the picture', () => {
  const svg = svgOf(drawing)
  assert.is(svg.match(/<rect /g)?.length, drawing.boxes.length)
  assert.match(svg, 'two &quot;&lt;&amp;&gt;&quot;')
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number)
  for (const [, x, y, w] of svg.matchAll(/<rect x="(\d+)" y="(\d+)" width="(\d+)"/g))
    assert.ok(Number(x) + Number(w) <= width! && Number(y) + 40 <= height!)
  const open = svg.match(/<[a-z]+(?: [^>]*)?(?<!\/)>/g)!.length
  assert.is(open, svg.match(/<\/[a-z]+>/g)!.length)
})

test('a drawing of very many hosts takes as long as they are many', () => {
  const hosts = Array.from({ length: 20_000 }, (_, i) => `h${i}`)
  const boxes = hosts.flatMap(host =>
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(task => ({
      id: `${host}/${task}`,
      task,
      module: 'm',
      play: 'p',
      hosts: [host],
    })),
  )
  const began = process.cpuUsage().user
  assert.is(dotOf({ boxes, arrows: [], hosts }).match(/subgraph/g)?.length, 20_000)
  assert.match(svgOf({ boxes, arrows: [], hosts }), '</svg>')
  assert.ok(process.cpuUsage().user - began < 10_000_000, 'hosts times boxes would take minutes')
})

test.run()
