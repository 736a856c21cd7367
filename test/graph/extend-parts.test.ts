import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { extend } from '../../src/graph/extend.ts'
import type { Selection } from '../../src/graph/selection.ts'
import { fc } from '../chance.ts'
import { cut, said } from './cut.ts'
import { play } from './rig.ts'

/** A task of the generated playbooks, over three names that are registered at the beginning. */
type Sketch = {
  register?: number
  own?: number
  other?: { host: string; name: number }
  needs?: number[]
  after?: number
  notify: boolean
  rolling: boolean
  kind: string
  tagged: boolean
}

const sketch: fc.Arbitrary<Sketch> = fc.record(
  {
    register: fc.nat(2),
    own: fc.nat(2),
    other: fc.record({ host: fc.constantFrom('web0', 'web1', 'db0', 'any'), name: fc.nat(2) }),
    needs: fc.array(fc.nat(20), { maxLength: 2 }),
    after: fc.nat(20),
    notify: fc.boolean(),
    rolling: fc.boolean(),
    kind: fc.constantFrom('x: {', 'x: {', 'run_once: true, x: {', 'all_x: {'),
    tagged: fc.boolean(),
  },
  { requiredKeys: ['notify', 'rolling', 'kind', 'tagged'] },
)

/** `known`: slugs of the tasks before, that it may name. */
const taskText = (one: Sketch, name: string, known: string[], n: number): string => {
  const named = (i: number): string => `all/${known[i % known.length]}`
  const { other } = one
  const reads = [
    ...(one.own === undefined ? [] : [`own: "{{ r${one.own}.v }}"`]),
    ...(other?.host === 'any' ? [`other: "{{ groups.all | map('extract', hostvars, ['r${other.name}', 'v']) }}"`] : []),
    ...(other && other.host !== 'any' ? [`other: ["{{ hostvars.${other.host}.r${other.name}.v }}"]`] : []),
  ]
  const words = [
    `name: ${name}`,
    ...(one.register === undefined ? [] : [`register: r${one.register}`]),
    ...(one.needs ? [`needs: [${one.needs.map(named)}]`] : []),
    ...(one.after === undefined ? [] : [`after: [${named(one.after)}]`]),
    ...(one.notify ? [`notify: Handler ${n}`] : []),
    ...(one.rolling ? [`rolling: [gate_${n}]`] : []),
    ...(one.tagged ? ['tags: t'] : []),
  ]
  return `- { ${words.join(', ')}, ${one.kind}${reads.join(', ')}} }`
}

type PlaySketch = { hosts: string; before: Sketch[]; later: Sketch[]; behind: Sketch[] }

const playText = ({ hosts, before, later, behind }: PlaySketch, n: number): string => {
  const known = ['make_r0']
  const texts = (list: Sketch[], name: string, into: string[]): string[] =>
    list.map((one, i) => {
      const text = taskText(one, `${name} ${n} ${i}`, [...known, ...into], n)
      into.push(`${name.toLowerCase()}_${n}_${i}`)
      return text
    })
  const made = n === 0 ? [0, 1, 2].map(r => `- { name: Make r${r}, register: r${r}, x: {} }`) : []
  const tasks = [
    ...made,
    ...texts(before, 'Before', known),
    `- { name: Include ${n}, x: {} }`,
    ...texts(later, 'New', []),
    ...texts(behind, 'Behind', known),
    `- { name: Gate ${n}, x: {} }`,
  ]
  return play(tasks.join('\n'), n === 0 ? 'all' : hosts, `  handlers: [{ name: Handler ${n}, x: {} }]\n`)
}

const playSketch: fc.Arbitrary<PlaySketch> = fc.record({
  hosts: fc.constantFrom('all', 'web', 'db'),
  before: fc.array(sketch, { maxLength: 3 }),
  later: fc.array(sketch, { minLength: 1, maxLength: 3 }),
  behind: fc.array(sketch, { maxLength: 3 }),
})
const selections: Partial<Selection>[] = [{}, { tags: ['t'] }, { limit: 'web0' }, { limit: 'db' }]

test('a playbook that is extended by parts, in any order, is the one that is expanded as a whole', () => {
  const all = fc.tuple(
    fc.array(playSketch, { minLength: 1, maxLength: 2 }),
    fc.constantFrom(...selections),
    fc.constantFrom('forward', 'backward', 'at once'),
  )
  fc.assert(
    fc.property(all, ([plays, selection, way]) => {
      const { empty, additions, first, later } = cut(plays.map(playText).join(''), selection)
      const parts = way === 'at once' ? [later] : later.map(one => [one])
      const graph = (way === 'backward' ? parts.reverse() : parts).reduce(extend, first)
      assert.equal(said(graph), said(extend(empty, additions)))
    }),
    { numRuns: 300 },
  )
})

test.run()
