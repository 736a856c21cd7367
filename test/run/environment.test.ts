import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withRig } from '../plan/rig.ts'

test('what play and task give reaches a command, the task last, and a question too', () =>
  withRig(
    `- hosts: all
  vars: { who: "a b's" }
  environment: { GREETING: "{{ who }}", OTHER: play, JOBS: 2 }
  tasks:
    - name: run
      environment: { OTHER: task }
      command: { argv: [sh, -c, 'echo "$GREETING $OTHER $JOBS" >"$0"', "{{ root }}/f"], creates: "{{ root }}/f" }
    - name: ask
      command: { argv: [sh, -c, 'echo "$GREETING $OTHER"'], reads: ["{{ root }}/g"] }
      register: asked
    - name: keep
      copy: { dest: "{{ root }}/g", content: "{{ asked.stdout }}" }
`,
    {},
    async rig => {
      const ran = await rig.apply()
      assert.is(ran.outcome.exit, 0, JSON.stringify(ran.events.at(-1)))
      const at = (name: string): string => readFileSync(join(rig.hosts.root('node0'), name), 'utf8')
      assert.equal([at('f'), at('g')], ["a b's task 2\n", "a b's play"])
    },
  ))

test.run()
