import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePlaybook } from '../../src/load/playbook.ts'
import { refused, spot } from './refused.ts'

const play = (yaml: string) => parsePlaybook(yaml, 'site.yml').plays[0]!
const values = (list: { value: unknown }[]) => list.map(one => one.value)
const faults = (yaml: string) => refused(() => parsePlaybook(yaml, 'f'))

test('tasks of a block take over what it says, conditions the outermost first', () => {
  const { tasks } = play(`
- hosts: all
  tags: play
  become: false
  environment: {A: 1}
  tasks:
    - name: Outer
      when: outer
      tags: [outer, both]
      vars: {x: 1, y: 1}
      become: true
      become_user: ada
      environment: {B: 1}
      notify: H
      block:
        - name: Inner
          block:
            - {name: Deep, debug: , when: [own], vars: {y: 3, z: 3}, tags: "a, b", notify: I, become: false, no_log: false}
          when: inner
          vars: {y: 2}
          no_log: true
          run_once: true
        - {name: Beside, debug: }
    - {name: Outside, debug: }
  handlers: [{name: H, debug: }, {name: I, debug: }]
`)
  assert.equal(
    tasks.map(({ name }) => name),
    ['Deep', 'Beside', 'Outside'],
  )
  const [deep, beside, outside] = tasks
  assert.equal(values(deep!.when), ['outer', 'inner', 'own'])
  assert.equal(deep!.tags, ['play', 'outer', 'both', 'a', 'b'])
  assert.equal(
    Object.entries(deep!.vars).map(([name, { value }]) => [name, value]),
    [
      ['x', 1],
      ['y', 3],
      ['z', 3],
    ],
  )
  assert.equal(values(deep!.notify), ['H', 'I'])
  assert.equal(
    [deep!.become.value, deep!.becomeSaid.become_user?.value, deep!.noLog, deep!.runOnce],
    [false, 'ada', false, true],
  )
  assert.equal(values(deep!.environment!), [{ A: 1 }, { B: 1 }])
  assert.equal(
    [values(beside!.when), beside!.become.value, beside!.noLog, beside!.runOnce],
    [['outer'], true, false, false],
  )
  assert.equal([outside!.when, outside!.tags, outside!.vars, outside!.become.value], [[], ['play'], {}, false])
})

test('what a block cannot say is told where it is written, with what to do', () => {
  const found = faults(`- hosts: all
  tasks:
    - block: [{debug: }]
      rescue: {debug: }
      always: [{debug: }]
      loop: [1]
      wen: x
    - block: {debug: }
    - meta: end_play
  handlers:
    - {name: H, block: [{debug: }]}
`)
  assert.equal(
    found.map(one => `${spot(one)} ${one.what}`),
    [
      '4:15 "rescue" must be a list, not a mapping.',
      '6:7 A block does not take the keyword "loop" yet.',
      '7:7 A block has no "wen".',
      '8:14 "block" must be a list, not a mapping.',
      '9:7 "meta: end_play" is not supported yet.',
      '11:17 A block is no handler.',
    ],
  )
  assert.ok(found.slice(1, 3).every(one => one.fix))
})

test('parts of a play come in Ansible order whatever order they are written in, handlers behind each', () => {
  const { tasks, handlers } = play(`
- hosts: all
  post_tasks:
    - {name: Post, debug: , notify: both}
  handlers:
    - {name: first, debug: }
    - {name: both, debug: }
    - {name: idle, debug: }
  tasks:
    - {name: Task, debug: , notify: both}
    - meta: flush_handlers
    - ansible.builtin.meta: noop
    - {name: Task 2, debug: , notify: first}
  pre_tasks:
    - {name: Pre, debug: , notify: [first, both]}
`)
  assert.equal(
    [...tasks, ...handlers].map(({ slug }) => slug),
    ['pre', 'first', 'both', 'task', 'both_2', 'task_2', 'first_2', 'post', 'both_3', 'idle'],
  )
  assert.equal(
    handlers.map(({ slug }) => slug),
    ['both_3', 'idle'],
  )
  assert.equal(
    [...tasks, ...handlers].map(({ part }) => part),
    [0, 0, 0, 1, 1, 2, 2, 3, 3, 3],
  )
})

test('a handler that another one notifies runs behind it, or in the next part where it stands before it', () => {
  const { tasks, handlers } = play(`
- hosts: all
  pre_tasks: [{name: Pre, debug: , notify: b}]
  tasks: [{name: Task, debug: }]
  handlers:
    - {name: a, debug: }
    - {name: b, debug: , notify: [a, c]}
    - {name: c, debug: }
`)
  assert.equal(
    [...tasks, ...handlers].map(({ slug }) => slug),
    ['pre', 'b', 'c', 'task', 'a'],
  )
})

test('of handlers with one name the last that is loaded is meant; a topic reaches one of each name', () => {
  const { plays, warnings } = parsePlaybook(
    `- hosts: all
  tasks: [{debug: , notify: [same, topic]}]
  handlers:
    - {name: same, debug: , listen: topic}
    - {name: other, debug: , listen: [topic, more]}
    - {name: same, debug: }
`,
    'f',
  )
  assert.equal(
    plays[0]!.handlers.map(({ called }) => called!.names),
    [['topic'], ['other', 'topic', 'more'], ['same']],
  )
  assert.equal(warnings, ['Two handlers are called "same": f:6 is the one that is notified by that name, f:4 is not.'])
})

test('a task with the local connection is done on this machine, and one of the usual where it belongs', () => {
  const { tasks } = play(`
- hosts: all
  tasks:
    - connection: local
      block:
        - {name: Here, debug: }
        - {name: There, debug: , connection: ssh}
        - {name: Elsewhere, debug: , delegate_to: lb}
`)
  assert.equal(
    tasks.map(({ delegateTo }) => delegateTo?.value),
    ['localhost', undefined, 'lb'],
  )
  const [fault] = faults('- hosts: all\n  tasks: [{ debug: , connection: winrm }]\n')
  assert.is(fault!.what, 'A task cannot have the connection "winrm".')
})

test.run()
