import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later } from '../../src/core/unknown.ts'
import { content, same, secretContent } from '../../src/core/value.ts'
import { canonicalText, fingerprint, lineFingerprint, openPlaces } from '../../src/plan/fingerprint.ts'
import type { Line } from '../../src/plan/line.ts'
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
      assert.is(canonicalText(shuffled(a)), canonicalText(a))
      assert.is(
        canonicalText(a) === canonicalText(b),
        same(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))),
      )
    }),
  )
})

test('contents stand by their digest, wherever their bytes lie; what a node will make by the node', () => {
  const far = { ...content('abc'), bytes: Buffer.alloc(0) }
  assert.is(canonicalText({ content: content('abc') }), canonicalText({ content: far }))
  assert.is(canonicalText({ digest: 'a', file: '/here' }), canonicalText({ digest: 'a', file: '/there' }))
  assert.is.not(canonicalText(content('abc')), canonicalText(content('abd')))
  assert.is.not(canonicalText(Buffer.from('a')), canonicalText(Buffer.from('b')))
  assert.is.not(canonicalText(new Later('node0/a')), canonicalText(new Later('node0/b')))
  assert.is.not(canonicalText(new Later('node0/a')), canonicalText('<later "node0/a">'))
})

test('a fingerprint takes the key and what it is of, secrets too', () => {
  const value = { steps: [{ do: 'write', content: secretContent('tiger-lily-7') }] }
  assert.is(fingerprint(key, value), fingerprint(key, structuredClone(value)))
  assert.is.not(fingerprint(key, value), fingerprint(randomBytes(32), value))
  assert.is.not(
    fingerprint(key, value),
    fingerprint(key, { steps: [{ do: 'write', content: secretContent('tiger-lily-8') }] }),
  )
})

test('a line that would do something else, or the same over something else, has another fingerprint', async () => {
  const [line] = await lineFor('    - { name: a, copy: { dest: "{{ root }}/f", content: "x" } }')
  assert.equal(openPlaces(line!), [])
  const of = (change: Partial<Line>): string => lineFingerprint(key, { ...line!, ...change })
  assert.is(of({}), lineFingerprint(key, line!))
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
    const places = openPlaces(open)
    assert.ok(places.length > 1)
    assert.is(places.at(-1), '/diff')
    writeFileSync(join(hosts.root('node0'), 'm'), '')
    const turned = await planned('0644')
    assert.equal(openPlaces(turned), [])
    assert.is(lineFingerprint(key, turned, places), lineFingerprint(key, open))
    assert.is.not(lineFingerprint(key, turned), lineFingerprint(key, open))
    assert.is.not(lineFingerprint(key, await planned('0600'), places), lineFingerprint(key, open))
  } finally {
    await hosts.close()
  }
})

test.run()
