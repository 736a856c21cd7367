import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later } from '../../src/core/unknown.ts'
import { content, same, secretContent } from '../../src/core/value.ts'
import { canonical, holesOf, linePrint, print } from '../../src/plan/fingerprint.ts'
import type { Line } from '../../src/plan/session.ts'
import { fc, seed } from '../chance.ts'
import { createHosts } from '../run/local.ts'
import { rig, withRig } from './rig.ts'

const key = randomBytes(32)
const lineFor = async (tasks: string): Promise<Line[]> => {
  const found: Line[] = []
  await withRig(`- hosts: all\n  tasks:\n${tasks}`, {}, async rig => void found.push(...(await rig.plan()).lines))
  return found
}

test(`data has one text whatever the order of its keys, and other data another one (seed ${seed})`, () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, member]) => [name, shuffled(member)]),
    )
  }
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      assert.is(canonical(shuffled(a)), canonical(a))
      assert.is(canonical(a) === canonical(b), same(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))))
    }),
  )
})

test('contents stand by their digest, wherever their bytes lie; what a node will make by the node', () => {
  const far = { ...content('abc'), bytes: Buffer.alloc(0) }
  assert.is(canonical({ content: content('abc') }), canonical({ content: far }))
  assert.is(canonical({ digest: 'a', file: '/here' }), canonical({ digest: 'a', file: '/there' }))
  assert.is.not(canonical(content('abc')), canonical(content('abd')))
  assert.is.not(canonical(Buffer.from('a')), canonical(Buffer.from('b')))
  assert.is.not(canonical(new Later('node0/a')), canonical(new Later('node0/b')))
  assert.is.not(canonical(new Later('node0/a')), canonical('<later "node0/a">'))
})

test('a print takes the key and what it is of, secrets too', () => {
  const value = { steps: [{ do: 'write', content: secretContent('tiger-lily-7') }] }
  assert.is(print(key, value), print(key, structuredClone(value)))
  assert.is.not(print(key, value), print(randomBytes(32), value))
  assert.is.not(print(key, value), print(key, { steps: [{ do: 'write', content: secretContent('tiger-lily-8') }] }))
})

test('a line that would do something else, or the same over something else, has another print', async () => {
  const [line] = await lineFor('    - { name: a, copy: { dest: "{{ root }}/f", content: "x" } }')
  assert.equal(holesOf(line!), [])
  const of = (change: Partial<Line>): string => linePrint(key, { ...line!, ...change })
  assert.is(of({}), linePrint(key, line!))
  assert.is(of({ why: 'in other words' }), of({}))
  assert.is.not(of({ verdict: 'ok' }), of({}))
  assert.is.not(of({ steps: [] }), of({}))
  assert.is.not(of({ will: [] }), of({}))
  assert.is.not(of({ diff: [{ kind: 'value', subject: 'f mode', before: '0600', after: '0644' }] }), of({}))
})

test('what was to be known later may turn out to be anything, and nothing else may', async () => {
  const tasks = (mode: string): string => `- hosts: all
  tasks:
    - { name: make, register: made, command: { cmd: "sh -c 'echo 1; touch {{ root }}/m'", creates: "{{ root }}/m" } }
    - { name: use, copy: { dest: "{{ root }}/f", mode: "${mode}", content: "{{ made.stdout }}" } }`
  const hosts = createHosts()
  try {
    const planned = async (mode: string): Promise<Line> => (await rig(tasks(mode), {}, hosts).plan()).lines[1]!
    const open = await planned('0644')
    const holes = holesOf(open)
    assert.ok(holes.length > 1)
    assert.is(holes.at(-1), '/diff')
    writeFileSync(join(hosts.root('node0'), 'm'), '')
    const turned = await planned('0644')
    assert.equal(holesOf(turned), [])
    assert.is(linePrint(key, turned, holes), linePrint(key, open))
    assert.is.not(linePrint(key, turned), linePrint(key, open))
    assert.is.not(linePrint(key, await planned('0600'), holes), linePrint(key, open))
  } finally {
    await hosts.close()
  }
})

test.run()
