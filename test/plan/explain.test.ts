import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { explain, namesOf } from '../../src/plan/explain.ts'
import { withRig } from './rig.ts'

const playbook = `- hosts: all
  tasks:
    - { name: folder, file: { path: "{{ root }}/d", state: directory } }
    - { name: file, copy: { dest: "{{ root }}/d/f", content: "hello\\n" }, register: f }
    - { name: seen, when: f.changed, lineinfile: { path: "{{ root }}/d/f", line: hello } }
    - { name: free, needs: [], file: { path: "{{ root }}/g", state: absent } }
`

const explained = (name: string, judge: (all: ReturnType<typeof explain>) => void): Promise<void> =>
  withRig(playbook, { hosts: ['node0', 'node1'] }, async rig => {
    const { walk } = await rig.plan()
    judge(explain(walk, line => namesOf(line).includes(name)))
  })

test('what it read, in the world of its turn, and from which task that follows', () =>
  explained('node0/seen', ([one, more]) => {
    assert.is(more, undefined)
    assert.is(one!.verdict, 'ok')
    const file = one!.reads.find(({ name }) => name === 'file')!
    assert.equal(file.after, ['node0/file'])
    assert.match(JSON.stringify(file.is), '6 bytes, sha256 5891b5b522d5')
    assert.is(one!.arguments.line, 'hello')
    assert.equal(one!.conditions, ['f.changed'])
    assert.match(JSON.stringify(file.is), '"changed":"(in this run)"')
    assert.equal(one!.waitsFor, [
      { node: 'node0/file', kind: 'order' },
      { node: 'node0/file', kind: 'value' },
    ])
  }))

test('a task whose items cannot be told yet is explained with what is known of its arguments', () =>
  withRig(
    `- hosts: all
  tasks:
    - { name: make, command: { cmd: echo 1, creates: "{{ root }}/m" }, register: made }
    - { name: each, loop: made.stdout_lines, file: { path: "{{ root }}/{{ item }}", state: touch } }
`,
    {},
    async rig => {
      const { walk } = await rig.plan()
      const [each] = explain(walk, line => namesOf(line).includes('each'))
      assert.is(each!.verdict, 'undecided')
      assert.equal(each!.arguments, { path: '(known after node0/make)', state: 'touch' })
    },
  ))

test('a time that was read is told as one', () =>
  explained('node1/folder', ([one]) => {
    const parent = one!.reads.find(({ is }) => (is as { exists?: boolean }).exists === true)!
    assert.match(JSON.stringify(parent.is), /"changed":"\d{4}-\d\d-\d\dT[\d:.]+Z"/)
  }))

test('of a file of the controller the bytes are not told', () =>
  withRig(
    '- hosts: all\n  tasks: [{ copy: { dest: "{{ root }}/f", src: f } }]\n',
    { files: { 'files/f': 'some text\n' } },
    async rig => {
      const { walk } = await rig.plan()
      const [copy] = explain(walk, () => true)
      const found = JSON.stringify(copy!.reads)
      assert.match(found, '10 bytes')
      assert.not.match(found, 'Buffer')
      assert.not.match(found, 'some text')
    },
  ))

test('what it promises, how, and what waits for it', () =>
  explained('node1/file', ([one]) => {
    assert.is(one!.verdict, 'change')
    assert.match(JSON.stringify(one!.will), /"exists":true.*6 bytes/)
    assert.match(one!.steps[0]!, /^write .*\/d\/f \(0644\)$/)
    assert.equal(
      one!.waitedForBy.map(({ node }) => node),
      ['node1/seen', 'node1/seen'],
    )
    const parent = one!.reads.find(({ name }) => name === 'parent')!
    assert.equal([parent.use, parent.after], ['used', ['node1/folder']])
  }))

test('a task alone stands for all its hosts; nothing follows from what comes later', () =>
  explained('folder', all => {
    assert.equal(
      all.map(({ node }) => node),
      ['node0/folder', 'node1/folder'],
    )
    assert.equal(
      all[0]!.reads.flatMap(({ after }) => after),
      [],
    )
  }))

test.run()
