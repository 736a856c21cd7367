import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content, defineModule, file, T } from '../../src/module/module.ts'
import { type Rig, verdicts, withRig } from './rig.ts'

/** Says what the file should not, whatever else it makes of it. */
const watch = defineModule({
  name: 'watch',
  about: 'For a test.',
  examples: [],
  args: T.Object({ path: T.String(), is: T.String() }, { additionalProperties: false }),
  reads: ({ path }) => ({ it: file(path) }),
  plan: ({ is, path }, { it }, { ok, change, fail }) => {
    const has = it.exists && it.kind === 'file' ? it.content.bytes.toString() : ''
    if (is === 'never') return fail('never')
    return has === is
      ? ok()
      : change({
          will: { it: { exists: true, kind: 'file', content: content(is) } },
          steps: [{ do: 'write', path, content: content(is), mode: '0644' }],
          reason: 'differs',
        })
  },
  warns: (_, { it }) =>
    it.exists && it.kind === 'file' && it.content.bytes.toString().includes('open') ? ['it is open'] : [],
})

const warned = async (rig: Rig): Promise<[string, string[]]> => {
  const ran = await rig.plan()
  const said = ran.events.flatMap(event => (event.type === 'warning' ? [`${event.node}: ${event.text}`] : []))
  return [verdicts(ran)['node0/watch'] ?? '', said]
}
const playbook = (is: string, before = ''): string => `
- hosts: all
  tasks:
    ${before}
    - { name: watch, watch: { path: "{{ root }}/f", is: ${is} } }
`

for (const [is, verdict] of [
  ['open', 'ok'],
  ['closed', 'change'],
  ['never', 'fail'],
] as const)
  test(`what a module warns of is told whatever the verdict: ${verdict}`, () =>
    withRig(playbook(is), { modules: { watch } }, async rig => {
      writeFileSync(`${rig.hosts.root('node0')}/f`, 'open')
      const [is, said] = await warned(rig)
      assert.match(is, verdict)
      assert.equal(said, ['node0/watch: it is open'])
    }))

test('of what is not known yet nothing is said', () =>
  withRig(playbook('open', '- { name: make, command: "true" }'), { modules: { watch } }, async rig => {
    writeFileSync(`${rig.hosts.root('node0')}/f`, 'open')
    assert.equal((await warned(rig))[1], [])
  }))

test('two tasks that look at one thing tell of it once', () => {
  const twice = playbook('open', '- { name: first, watch: { path: "{{ root }}/f", is: open } }')
  return withRig(twice, { modules: { watch } }, async rig => {
    writeFileSync(`${rig.hosts.root('node0')}/f`, 'open')
    assert.equal((await warned(rig))[1], ['node0/first: it is open'])
  })
})

test('an apply says once what its plan has said', () =>
  withRig(playbook('open'), { modules: { watch } }, async rig => {
    writeFileSync(`${rig.hosts.root('node0')}/f`, 'open')
    const { events } = await rig.apply()
    assert.is(events.filter(event => event.type === 'warning').length, 1)
  }))

test.run()
