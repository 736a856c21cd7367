import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pack } from '../artifact/rig.ts'
import { results, verdicts, withRig } from '../plan/rig.ts'

// What an archive brings is known by its digests; what stands in it is not read before it is there.

const files = { 'files/a.tar': pack({ conf: 'x=1\n', 'app.service': '[Install]\nWantedBy=x\n' }) }

test('who edits what an archive will bring waits for the archive', () =>
  withRig(
    `- hosts: all
  tasks:
    - { name: bring, unarchive: { src: a.tar, dest: "{{ root }}" } }
    - { name: edit, lineinfile: { path: "{{ root }}/conf", line: y=1 } }
    - { name: replace, replace: { path: "{{ root }}/app.service", regexp: "=x", replace: "=y" } }
    - { name: close, file: { path: "{{ root }}/app.service", mode: "0600" } }
`,
    { files },
    async rig => {
      rig.hosts.root('node0')
      assert.equal(verdicts(await rig.plan()), {
        'node0/bring': 'change',
        'node0/edit': 'undecided: known after node0/bring',
        'node0/replace': 'undecided: known after node0/bring',
        'node0/close': 'undecided: known after node0/replace',
      })
      assert.equal([...new Set(Object.values(results(await rig.apply())))], ['changed'])
    },
  ))

test('a copy of what an archive will bring is decided, and what edits the copy waits for the archive', () =>
  withRig(
    `- hosts: all
  tasks:
    - { name: bring, unarchive: { src: a.tar, dest: "{{ root }}" } }
    - { name: copy, copy: { src: "{{ root }}/conf", dest: "{{ root }}/copy", remote_src: true } }
    - { name: close, file: { path: "{{ root }}/conf", mode: "0600" } }
    - { name: behind, lineinfile: { path: "{{ root }}/copy", line: y=1 } }
`,
    { files },
    async rig => {
      rig.hosts.root('node0')
      assert.equal(verdicts(await rig.plan()), {
        'node0/bring': 'change',
        'node0/copy': 'change',
        'node0/close': 'change',
        'node0/behind': 'undecided: known after node0/bring',
      })
      assert.equal([...new Set(Object.values(results(await rig.apply())))], ['changed'])
    },
  ))

test.run()
