import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Options, type Rig, results, said, verdicts, withRig } from './rig.ts'

const say = (name: string, text: string): string => `    - { name: ${name}, debug: { msg: '${text}' } }\n`
const withTasks = (tasks: string, use: (rig: Rig) => Promise<void>, options: Options = {}, more = '') =>
  withRig(`- hosts: all\n  gather_facts: false\n${more}  tasks:\n${tasks}`, options, use)

test('a variable that a task makes is there from then on, of any type, and was what it was before', () =>
  withTasks(
    say('before', '{{ x }}') +
      '    - set_fact: { x: [1, two], y: "{{ x }} more", z: yes }\n' +
      say('behind', '{{ x | length }} {{ y }} {{ z }}') +
      '    - set_fact: n="5" t=true\n' +
      say('text', '{{ n is string }} {{ t is string }}') +
      '    - set_fact: { n: "{{ n | int + 1 }}" }\n' +
      say('again', '{{ n is number }} {{ n }} {{ through }}'),
    async rig => {
      for (const ran of [await rig.plan(), await rig.apply()]) {
        const all = ['before', 'behind', 'text', 'again'].map(task => said(ran, task))
        assert.equal(all, ['old', '2 old more True', 'True True', 'True 6 through 6'])
      }
    },
    {},
    '  vars: { x: old, through: "through {{ n }}" }\n',
  ))

test('a task that is skipped makes nothing; what was made before counts', () =>
  withTasks(
    '    - { set_fact: { x: first }, when: true }\n' +
      '    - { set_fact: { x: second, y: made }, when: false }\n' +
      say('behind', '{{ x }} {{ y | default("none") }} {{ y is defined }}'),
    async rig => assert.is(said(await rig.plan(), 'behind'), 'first none False'),
  ))

test('in a loop each item sees what those before it have made, and the last counts, however often it is planned', () =>
  withTasks(
    '    - { name: it, loop: [a, b, c], when: item != "b", set_fact: { all: "{{ all | default([]) + [item] }}", last: "{{ item }}" } }\n' +
      say('behind', '{{ all | join(",") }} {{ last }}'),
    async rig => {
      for (const ran of [await rig.plan(), await rig.apply(), await rig.apply()])
        assert.is(said(ran, 'behind'), 'a,c c')
    },
  ))

test('each host has its own, and another host reads it', () =>
  withTasks(
    '    - { name: it, set_fact: { x: "of {{ inventory_hostname }}", other: "{{ hostvars.node1.x }}" } }\n' +
      say('behind', '{{ hostvars.node1.x }} {{ other }} {{ hostvars | length }}'),
    async rig => {
      const ran = await rig.apply()
      assert.equal(
        ['node0', 'node1'].map(host => said(ran, 'behind', host)),
        ['of node1 old 2', 'of node1 old 2'],
      )
    },
    { hosts: ['node0', 'node1'] },
    '  vars: { x: old }\n',
  ))

test('with run_once it is there on all hosts', () =>
  withTasks(
    '    - { run_once: true, set_fact: { x: "of {{ inventory_hostname }}" } }\n' + say('behind', '{{ x }}'),
    async rig => assert.is(said(await rig.plan(), 'behind', 'node1'), 'of node0'),
    { hosts: ['node0', 'node1'] },
  ))

test('a name that is registered and made is what was written last', () =>
  withTasks(
    '    - { assert: { that: true }, register: x }\n' +
      say('registered', '{{ x.changed }}') +
      '    - { set_fact: { x: made }, register: r }\n' +
      say('made', '{{ x }} {{ r.ansible_facts.x }} {{ r.changed }}') +
      '    - { assert: { that: true }, register: x }\n' +
      say('again', '{{ x.changed }}'),
    async rig => {
      const ran = await rig.plan()
      assert.equal(
        ['registered', 'made', 'again'].map(task => said(ran, task)),
        ['false', 'made made False', 'false'],
      )
    },
  ))

test('what is known is known in a plan, although another part is not', () =>
  withTasks(
    '    - { name: ask, command: echo there, register: answer }\n' +
      '    - { name: it, set_fact: { known: 1, open: "{{ answer.stdout }}", part: { a: 1, b: "{{ answer.stdout }}" } } }\n' +
      say('known', '{{ known }} {{ part.a }}') +
      say('open', '{{ open }}') +
      '    - { name: maybe, when: answer.stdout == "x", set_fact: { known: 2 } }\n' +
      say('undecided', '{{ known }}'),
    async rig => {
      const planned = await rig.plan()
      assert.is(said(planned, 'known'), '1 1')
      assert.match(verdicts(planned)['node0/it']!, /^undecided/)
      assert.match(verdicts(planned)['node0/open']!, /^undecided/)
      assert.match(verdicts(planned)['node0/undecided']!, /^undecided/)
      const ran = await rig.apply()
      assert.equal([said(ran, 'open'), said(ran, 'undecided')], ['there', '1'])
    },
  ))

test('the command line wins over what a task makes, and names are names', async () => {
  const fails = async (tasks: string): Promise<string> => {
    try {
      await withTasks(tasks, async rig => void (await rig.plan()))
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing'
  }
  assert.match(await fails('    - set_fact: { "a-b": 1 }\n'), /The variable "a-b" is no name/)
  assert.match(await fails(`    - set_fact: { "{{ 'a' }}": 1 }\n`), /is no name/)
  assert.match(await fails('    - set_fact: { item: 1 }\n'), /runbook defines itself/)
  assert.match(await fails(`    - set_fact: { name: 1 }\n${say('a', '{{ nam }}')}`), /no variable or register "nam"/)
})

test('a secret stays one in the variables that are made of it', () =>
  withTasks(
    '    - set_fact: { login: "user:{{ password }}" }\n    - set_fact: { again: "{{ login }}" }\n' +
      '    - { name: it, copy: { dest: "{{ root }}/f", content: "{{ again | b64encode }}" } }\n',
    async rig => {
      const ran = await rig.apply()
      assert.is(ran.lines.find(line => line.id === 'node0/it')!.hidden, 'secret')
    },
    {},
    '  vars: { password: hunter22 }\n  secrets: [password]\n',
  ))

test('debug shows a variable by its name, and that it is undefined', () =>
  withTasks(
    '    - { name: a, debug: { var: x.y } }\n    - { name: b, debug: { var: nothing } }\n    - { name: c, debug: var=x.z }\n',
    async rig => {
      const ran = await rig.plan()
      assert.equal(
        ['a', 'b', 'c'].map(task => said(ran, task)),
        ['1', "<< error 1 - 'nothing' is undefined >>", "<< error 1 - 'x.z' is undefined >>"],
      )
    },
    {},
    '  vars: { x: { y: 1 } }\n',
  ))

test('what fails under a condition that is not known yet is undecided', () =>
  withTasks(
    '    - { name: ask, command: echo there, register: answer }\n    - { name: it, fail: { msg: wrong }, when: answer.stdout != "there" }\n' +
      '    - { name: not, fail: { msg: wrong }, when: false }\n',
    async rig => {
      assert.match(verdicts(await rig.plan())['node0/it']!, /^undecided/)
      assert.match(results(await rig.apply())['node0/it']!, /^skipped/)
    },
  ))

test('a value comes out as exact as it went in: floats, large integers, keys that are no texts and their order', () =>
  withTasks(
    '    - set_fact: { f: "{{ whole }}", i: "{{ big }}", d: "{{ ports }}", l: ["{{ whole }}", 1] }\n' +
      say('behind', '{{ f }} {{ i + 1 }} {{ d }} {{ l }} {{ hostvars.node0.f }}') +
      '    - { name: each, loop: [4.0, "{{ ports }}"], loop_control: { label: "" }, debug: { msg: "is {{ item }}" }, register: all }\n' +
      say('results', 'are {{ all.results | map(attribute="item") | list }}'),
    async rig => {
      for (const ran of [await rig.plan(), await rig.apply()]) {
        assert.is(said(ran, 'behind'), "8.0 12345678901234567891 {80: 'x', 9: 'y'} [8.0, 1] 8.0")
        assert.is(said(ran, 'results'), "are [4.0, {80: 'x', 9: 'y'}]")
      }
    },
    {},
    '  vars: { whole: 8.0, big: 12345678901234567890, ports: { 80: x, 9: y } }\n',
  ))

test.run()
