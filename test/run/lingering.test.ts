import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { results, withRig } from '../plan/rig.ts'

// A command that leaves a child behind which goes on printing: nothing of that is taken for what others say.

/** Prints on both streams for as long as its folder is there. */
const noise = 'while [ -d {{ root }} ]; do echo t; echo u >&2; done 2>/dev/null & echo begun'

test('what a command leaves behind prints into no read and no other command', () =>
  withRig(
    `- hosts: all
  tasks:
    - { name: noise, command: { argv: [sh, -c, '${noise}'] } }
    - { name: file, copy: { dest: "{{ root }}/a", content: "x\\n" } }
    - { name: said, command: { cmd: "echo mine", creates: "{{ root }}/a" } }
    - { name: other, command: { argv: [sh, -c, "echo mine; printf too >&2"] }, register: other }
    - { name: kept, copy: { dest: "{{ root }}/b", content: "{{ other.stdout }} {{ other.stderr }}\\n" } }
    - { name: asked, command: { argv: [sh, -c, "${noise.replace('begun', 'asked')}"], reads: ["{{ root }}/b"] }, register: asked }
    - { name: last, copy: { dest: "{{ root }}/c", content: "{{ asked.stdout }}" } }`,
    {},
    async rig => {
      const ran = await rig.apply()
      assert.equal(ran.outcome.failures, [])
      assert.equal(results(ran), {
        'node0/noise': 'changed',
        'node0/file': 'changed',
        'node0/said': 'ok',
        'node0/other': 'changed',
        'node0/kept': 'changed',
        'node0/asked': 'ok',
        'node0/last': 'changed',
      })
      const root = rig.hosts.root('node0')
      assert.equal([readFileSync(`${root}/a`, 'utf8'), readFileSync(`${root}/b`, 'utf8')], ['x\n', 'mine too\n'])
    },
  ))

test.run()
