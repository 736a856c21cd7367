import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { results, verdicts, withTasks } from './rig.ts'

// changed_when, failed_when and ignore_errors, in a plan and in what comes of it.

const says = (text: string, status = 0): string => `command: { argv: [sh, -c, 'echo ${text}; exit ${status}'] }`
const tell = (what: string): string => `{ name: tell, copy: { dest: "{{ root }}/told", content: "${what}" } }`
const handler = '{ name: h, file: { path: "{{ root }}/h", state: directory } }'
const warningsOf = ({ events }: { events: { type: string }[] }): unknown[] => events.filter(e => e.type === 'warning')

test('changed_when decides over what a command has said, and is not decided before', () =>
  withTasks(
    [
      `{ name: none, ${says('same')}, register: a, changed_when: "'new' in a.stdout", notify: [h] }`,
      `{ name: some, ${says('new')}, register: a, changed_when: ["a.rc == 0", "'new' in a.stdout"] }`,
      tell('{{ a.changed }} {{ a.rc }}'),
    ],
    async (rig, at) => {
      const plan = await rig.plan()
      const told = plan.events.flatMap(e => (e.type === 'planned' ? [`${e.node} ${e.verdict}`] : []))
      assert.equal(told.slice(0, 2), ['node0/none undecided', 'node0/some undecided'])
      const ran = await rig.apply()
      assert.equal(results(ran), {
        'node0/none': 'ok',
        'node0/some': 'changed',
        'node0/tell': 'changed',
        'node0/h': 'skipped',
      })
      assert.is(readFileSync(at('told'), 'utf8'), 'True 0')
      assert.equal(warningsOf(ran), [])
    },
    [handler],
  ))

test('changed_when that is known makes a change none, or a change of what is none', () =>
  withTasks(
    [
      '{ name: quiet, copy: { dest: "{{ root }}/a", content: x }, changed_when: false, notify: [h] }',
      '{ name: loud, stat: { path: / }, register: s, changed_when: s.stat.exists, notify: [l] }',
    ],
    async (rig, at) => {
      const plan = await rig.plan()
      const told = plan.events.flatMap(e => (e.type === 'planned' ? [`${e.node} ${e.verdict}`] : []))
      assert.equal(told.slice(0, 2), ['node0/quiet ok', 'node0/loud change'])
      for (const _ of [1, 2]) {
        const ran = await rig.apply()
        assert.is(results(ran)['node0/quiet'], 'ok')
        assert.is(results(ran)['node0/loud'], 'changed')
        assert.is(results(ran)['node0/h'], 'skipped')
        assert.equal(warningsOf(ran), [])
      }
      assert.ok(existsSync(at('a')))
      assert.ok(existsSync(at('l')))
    },
    [handler, '{ name: l, file: { path: "{{ root }}/l", state: directory } }'],
  ))

test('failed_when lets a status pass, or fails over what was said', () =>
  withTasks(
    [
      `{ name: pass, ${says('x', 3)}, register: a, failed_when: a.rc > 3 }`,
      `{ name: never, ${says('x', 1)}, register: b, failed_when: false, changed_when: false }`,
      tell('{{ a.rc }} {{ a.failed }} {{ a.failed_when_result }} {{ b.rc }} {{ b is changed }}'),
      `{ name: fails, ${says('bad')}, register: c, failed_when: "'bad' in c.stdout" }`,
      '{ name: behind, file: { path: "{{ root }}/behind", state: directory } }',
    ],
    async (rig, at) => {
      assert.is((await rig.plan()).outcome.exit, 2)
      const ran = await rig.apply()
      assert.equal(results(ran), {
        'node0/pass': 'changed',
        'node0/never': 'ok',
        'node0/tell': 'changed',
        'node0/fails': 'failed',
        'node0/behind': 'skipped (needs node0/fails)',
      })
      assert.is(readFileSync(at('told'), 'utf8'), '3 False False 1 False')
      assert.is(ran.outcome.failures[0]?.what, "failed_when holds: 'bad' in c.stdout")
      assert.not(existsSync(at('behind')))
    },
  ))

test('failed_when over an answer that is there decides in the plan', () =>
  withTasks(
    [
      '{ name: ask, command: { argv: [sh, -c, "exit 2"], reads: [/] }, register: a, failed_when: a.rc == 1 }',
      '{ name: bad, stat: { path: /nowhere }, register: s, failed_when: not s.stat.exists }',
    ],
    async rig => {
      assert.equal(verdicts(await rig.plan()), {
        'node0/ask': 'ok',
        'node0/bad': 'fail: failed_when holds: not s.stat.exists',
      })
    },
  ))

test('a failure that is ignored is told, registered, and stops nothing', () =>
  withTasks(
    [
      `{ name: bad, ${says('x', 3)}, register: a, ignore_errors: true, notify: [h] }`,
      '{ name: plain, copy: { dest: "{{ root }}/no/where", content: x }, register: b, ignore_errors: "{{ 1 == 1 }}" }',
      '{ name: undefined, file: { path: "{{ root }}/u", state: touch }, when: a.rc, register: c, ignore_errors: true }',
      tell('{{ a is failed }} {{ a.rc }} {{ b.failed }} {{ c.failed }}'),
    ],
    async (rig, at) => {
      const plan = await rig.plan()
      assert.is(plan.outcome.exit, 2)
      const ran = await rig.apply()
      assert.equal(results(ran), {
        'node0/bad': 'ignored',
        'node0/plain': 'ignored',
        'node0/undefined': 'ignored',
        'node0/tell': 'changed',
        'node0/h': 'skipped',
      })
      assert.is(readFileSync(at('told'), 'utf8'), 'True 3 True True')
      assert.is(ran.outcome.exit, 0)
      assert.is(ran.outcome.hosts.node0?.ignored, 3)
      assert.is(ran.outcome.hosts.node0?.failed, 0)
    },
    [handler],
  ))

test('what ignores errors promises nothing: a task behind it is undecided', () =>
  withTasks(
    [
      '{ name: first, copy: { dest: "{{ root }}/a", content: x }, ignore_errors: true }',
      '{ name: then, file: { path: "{{ root }}/a", mode: "0600" } }',
      '{ name: other, file: { path: "{{ root }}/b", state: directory } }',
    ],
    async rig => {
      const plan = verdicts(await rig.plan())
      assert.is(plan['node0/then'], 'undecided: known after node0/first')
      assert.is(plan['node0/other'], 'change')
      const ran = await rig.apply()
      assert.equal(Object.values(results(ran)), ['changed', 'changed', 'changed'])
      assert.equal(Object.values(results(await rig.apply())), ['ok', 'ok', 'ok'])
    },
  ))

test('ignore_errors that is false, of a block or a play, is as if it were not said', () =>
  withTasks(
    [
      `{ ignore_errors: true, block: [{ name: in, ${says('x', 1)} }, { name: not, ${says('x', 1)}, ignore_errors: false }] }`,
    ],
    async rig => assert.equal(results(await rig.apply()), { 'node0/in': 'ignored', 'node0/not': 'failed' }),
  ))

test('words over an answer are about each item of a loop, and fail where they are no boolean', () =>
  withTasks(
    [
      `{ name: each, loop: [a, b], command: { argv: [sh, -c, 'echo "$0"', "{{ item }}"] }, register: r, changed_when: "r.stdout == 'b'" }`,
      `{ name: text, ${says('x')}, register: s, failed_when: s.stdout }`,
    ],
    async rig => {
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/each[a]': 'ok', 'node0/each[b]': 'changed', 'node0/text': 'failed' })
      assert.match(ran.outcome.failures[0]!.what, '`failed_when` wants true or false')
    },
  ))

const counts = (upTo: number): string =>
  `command: { argv: [sh, -c, 'echo x >>"$0"; [ $(wc -l <"$0") -ge ${upTo} ]', "{{ root }}/n"] }`

test('a task is done again until it holds, and registers how often', () =>
  withTasks(
    [
      `{ name: again, ${counts(3)}, register: a, until: a is success, retries: "{{ 4 }}", delay: 0 }`,
      tell('{{ a.attempts }} {{ a.rc }}'),
    ],
    async (rig, at) => {
      assert.is(verdicts(await rig.plan())['node0/again'], 'change')
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/again': 'changed', 'node0/tell': 'changed' })
      assert.is(readFileSync(at('told'), 'utf8'), '3 0')
      assert.is(ran.events.filter(event => event.type === 'message').length, 2)
    },
  ))

test('in vain it has failed, after as many retries as were said, and that can be ignored', () =>
  withTasks(
    [
      `{ name: ignored, ${counts(9)}, register: a, retries: 1, delay: 0, ignore_errors: true }`,
      tell('{{ a.attempts }} {{ a.failed }} {{ a.rc }}'),
      `{ name: vain, ${says('x')}, register: b, until: "'y' in b.stdout", delay: 0, failed_when: false }`,
      '{ name: behind, file: { path: "{{ root }}/behind", state: directory } }',
    ],
    async (rig, at) => {
      const ran = await rig.apply()
      assert.equal(results(ran), {
        'node0/ignored': 'ignored',
        'node0/tell': 'changed',
        'node0/vain': 'failed',
        'node0/behind': 'skipped (needs node0/vain)',
      })
      assert.is(readFileSync(at('n'), 'utf8'), 'x\nx\n')
      assert.is(readFileSync(at('told'), 'utf8'), '1 True 1')
      assert.is(ran.outcome.failures[0]?.what, "until did not hold in 4 attempts: 'y' in b.stdout")
    },
  ))

test('what only looks is read again: in the plan it waits, and where it holds already it is ok', () =>
  withTasks(
    [
      '{ name: there, stat: { path: / }, register: s, until: s.stat.exists }',
      '{ name: later, stat: { path: "{{ root }}/no" }, register: t, until: t.stat.exists or t.attempts == 2, delay: 0, retries: 5 }',
      tell('{{ s.attempts }} {{ t.attempts }}'),
    ],
    async (rig, at) => {
      const plan = await rig.plan()
      assert.equal([verdicts(plan)['node0/there'], verdicts(plan)['node0/later']], ['ok', 'change'])
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/there': 'ok', 'node0/later': 'ok', 'node0/tell': 'changed' })
      assert.is(readFileSync(at('told'), 'utf8'), '1 2')
      assert.equal(warningsOf(ran), [])
    },
  ))

test.run()
