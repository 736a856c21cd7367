import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withRig } from './rig.ts'

test('of all that touch a file those are named as rivals that undo each other, not who only comes last', async () => {
  const playbook = `
- hosts: all
  tasks:
    - { name: one, copy: { content: "a", dest: "{{ root }}/f" } }
    - { name: two, copy: { content: "b", dest: "{{ root }}/f" } }
    - { name: mode, file: { path: "{{ root }}/f", mode: "0600" } }
`
  await withRig(playbook, {}, async rig => {
    const { events } = await rig.plan()
    const said = events.flatMap(e => (e.type === 'warning' ? [`${e.node}: ${e.text.split(' both set')[0]}`] : []))
    assert.equal(said, ['node0/one: it and node0/two', 'node0/two: it and node0/one'])
  })
})

test.run()
