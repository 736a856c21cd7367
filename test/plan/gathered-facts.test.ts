import { hostname } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { defineModule, T } from '../../src/module/module.ts'
import { type Options, type Rig, results, said, verdicts, withRig } from './rig.ts'

const hosts = ['node0', 'node1', 'node2']
const own = hostname().split('.')[0]!
const say = (name: string, text: string): string => `    - { name: ${name}, debug: { msg: "${text}" } }\n`
const play = (tasks: string, more = '', of = 'all'): string => `- hosts: ${of}\n${more}  tasks:\n${tasks || '    []\n'}`
const withPlays = (plays: string, use: (rig: Rig) => Promise<void>, options: Options = {}) =>
  withRig(plays, { hosts, ...options }, use)

test('facts of all kinds are read in one script, with what modules read, and no more than are named', () =>
  withPlays(
    play(
      say('first', '{{ ansible_hostname }} {{ ansible_facts.system }}') +
        say('second', '{{ ansible_facts.memtotal_mb > 0 }} {{ ansible_processor_vcpus > 0 }}') +
        say('third', '{{ through }}') +
        '    - { name: file, copy: { dest: "{{ root }}/a", content: x } }\n',
      '  vars: { through: "{{ ansible_facts.user_id }}" }\n',
    ),
    async rig => {
      const ran = await rig.plan()
      assert.is(said(ran, 'first'), `${own} Linux`)
      assert.is(verdicts(ran)['node0/file'], 'change')
      assert.equal(Object.values(ran.trips), [1, 1, 1])
      const kinds = [...ran.known.answers.get('node0')!.raws.keys()].filter(name => name.startsWith('gathered '))
      assert.equal(kinds.sort(), ['gathered account', 'gathered memory', 'gathered platform', 'gathered processors'])
    },
  ))

test('a playbook that names no fact gathers none, and loads nothing for it', () =>
  withPlays(play(say('a', 'hello')), async rig => {
    const ran = await rig.plan()
    assert.equal([...ran.known.answers.get('node0')!.raws.keys()], [])
    assert.is(ran.known.controller.raws.size, 0)
  }))

test('conditions know them in a plan', () =>
  withPlays(
    play(
      '    - { name: here, when: ansible_facts.system == "Linux", copy: { dest: "{{ root }}/a", content: x } }\n' +
        '    - { name: there, when: ansible_system == "FreeBSD", copy: { dest: "{{ root }}/b", content: x } }\n',
    ),
    async rig => {
      const ran = await rig.plan()
      assert.is(verdicts(ran)['node0/here'], 'change')
      assert.match(verdicts(ran)['node0/there']!, /^skipped/)
      assert.equal(Object.values(ran.trips), [1, 1, 1])
    },
  ))

test('a task gives facts that are variables by their own names, which gather nothing, and of which a variable counts more', () => {
  const lists = defineModule({
    name: 'lists',
    about: 'Gives facts.',
    args: T.Object({}),
    outputs: T.Object({ ansible_facts: T.Record(T.String(), T.Unknown()) }),
    examples: [],
    reads: () => ({}),
    plan: (_args, _seen, { ok }) => ok({ ansible_facts: { packages: { sh: [{ version: '1' }] }, services: {} } }),
  })
  return withPlays(
    play(
      say('before', '{{ packages is defined }}') +
        '    - { name: list, lists: {} }\n' +
        say('behind', '{{ packages.sh[0].version }} {{ ansible_facts.packages.sh[0].version }} {{ services }}'),
      '  vars: { services: [web] }\n',
    ),
    async rig => {
      const ran = await rig.plan()
      assert.is(said(ran, 'before'), 'false')
      assert.is(said(ran, 'behind'), "1 1 ['web']")
      assert.equal([...ran.known.answers.get('node0')!.raws.keys()], [])
    },
    { modules: { lists } },
  )
})

test('without gather_facts there are none, until another play has gathered them', () =>
  withPlays(
    play(say('a', '{{ ansible_facts.system is defined }} {{ ansible_system is defined }}'), '  gather_facts: false\n') +
      play(say('b', '{{ ansible_system }}'), '', 'node0') +
      play(say('c', '{{ ansible_system is defined }}'), '  gather_facts: false\n'),
    async rig => {
      const ran = await rig.plan()
      assert.is(said(ran, 'a'), 'False False')
      assert.is(said(ran, 'b'), 'Linux')
      assert.equal([said(ran, 'c'), said(ran, 'c', 'node1')], ['true', 'false'])
    },
  ))

test('a play without tasks gathers the facts of its hosts for those behind it', () =>
  withPlays(
    play('', '', 'node1,node2') +
      play(
        say('a', "{{ hostvars.node1.ansible_facts.system }} {{ hostvars['node2'].ansible_kernel is defined }}"),
        '',
        'node0',
      ),
    async rig => {
      const ran = await rig.plan()
      assert.is(said(ran, 'a'), 'Linux True')
      rig.hosts.kill('node1')
      assert.is(verdicts(await rig.plan())['node0/a'], 'skipped: needs node1')
    },
  ))

test('a host that no play gathers is not asked for facts', () =>
  withPlays(play(say('a', '{{ hostvars.node1.ansible_facts.system is defined }}'), '', 'node0'), async rig => {
    rig.hosts.kill('node1')
    const ran = await rig.plan()
    assert.is(said(ran, 'a'), 'false')
    assert.is(ran.known.answers.has('node1'), false)
  }))

test('a name that is made while it runs costs one more round trip', () =>
  withPlays(
    play(
      say(
        'a',
        "{{ ansible_facts['user' ~ '_id'] is defined }} {{ hostvars[inventory_hostname]['ansible_' ~ 'fqdn'] is defined }}",
      ),
    ),
    async rig => {
      const ran = await rig.plan()
      assert.is(said(ran, 'a'), 'True True')
      assert.ok(Math.max(...Object.values(ran.trips)) <= 2)
    },
  ))

test('facts that the host does not have are undefined, and what nobody knows is no error where it may be one of its own', () =>
  withPlays(
    play(
      say(
        'a',
        '{{ ansible_facts.no_such is defined }} {{ ansible_local.mine is defined }} {{ ansible_facts.eth77 is defined }} {{ ansible_eth77 is defined }}',
      ),
    ),
    async rig => assert.is(said(await rig.plan(), 'a'), 'False False False False'),
  ))

test('facts stay as they were when they were gathered', () =>
  withPlays(
    play(`    - { name: change, command: { cmd: "true" } }\n${say('a', '{{ ansible_facts.hostname }}')}`),
    async rig => {
      assert.is(said(await rig.plan(), 'a'), own)
      assert.is(results(await rig.apply())['node0/a'], 'ok')
    },
  ))

test('setup gathers what a task before it has changed, and its facts count from there', () => {
  /** Stands for a task whose change facts follow. */
  const given = defineModule({
    name: 'given',
    about: 'For a test.',
    examples: [],
    args: T.Object({ is: T.String() }, { additionalProperties: false }),
    outputs: T.Object({ ansible_facts: T.Record(T.String(), T.String()) }),
    reads: () => ({}),
    plan: ({ is }, _, { ok }) => ok({ ansible_facts: { ansible_system: is, mine: is } }),
  })
  return withPlays(
    play(
      say('before', '{{ ansible_system }}') +
        '    - { name: give, given: { is: Plan 9 } }\n' +
        say(
          'between',
          '{{ ansible_system }} {{ ansible_facts.system }} {{ ansible_facts.mine }} {{ ansible_facts.kernel is defined }}',
        ) +
        '    - { name: again, setup: { filter: system }, register: again }\n' +
        say(
          'behind',
          '{{ ansible_system }} {{ again.ansible_facts.ansible_system }} {{ again.ansible_facts | length }}',
        ),
    ),
    async rig => {
      const ran = await rig.plan()
      assert.is(said(ran, 'before'), 'Linux')
      assert.is(said(ran, 'between'), 'Plan 9 Plan 9 Plan 9 True')
      assert.is(said(ran, 'behind'), 'Linux Linux 1')
      assert.equal(Object.values(ran.trips), [1, 1, 1])
    },
    { modules: { given } },
  )
})

test('setup alone gives facts where a play gathers none, and only what was asked for', () =>
  withPlays(
    play(
      '    - { name: again, setup: { gather_subset: ["!all", "!min", "virtual"] } }\n' +
        say('a', '{{ ansible_virtualization_type is defined }} {{ ansible_system is defined }}'),
      '  gather_facts: false\n',
    ),
    async rig => assert.is(said(await rig.plan(), 'a'), 'True False'),
  ))

test('a play that says which facts it gathers knows no others, and gathers them in one round trip as well', () =>
  withPlays(
    play(
      say('a', '{{ ansible_virtualization_type is defined }} {{ ansible_system is defined }}'),
      '  gather_subset: ["!all", "!min", "virtual"]\n  gather_timeout: 5\n',
    ),
    async rig => {
      const ran = await rig.plan()
      assert.is(said(ran, 'a'), 'True False')
      assert.equal(Object.values(ran.trips), [1, 1, 1])
    },
  ))

test('a play that gathers none does not come to gather some by saying which', () =>
  withPlays(
    play(say('a', 'it is {{ ansible_system is defined }}'), '  gather_facts: false\n  gather_subset: [min]\n'),
    async rig => assert.is(said(await rig.plan(), 'a'), 'it is False'),
  ))

test.run()
