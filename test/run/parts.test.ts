import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { results, verdicts, withRig } from '../plan/rig.ts'

// Handlers behind each part of a play, and what imported files of tasks name.

/** Adds a line to a file on the host, each time it runs. */
const adds = (name: string): string => `command: { argv: [sh, -c, 'echo ${name} >> "{{ root }}/log"'] }`
const made = (name: string): string => `copy: { dest: "{{ root }}/${name}", content: ${name} }`

test('what was notified runs behind the part of its play, once in each, and not for what did not change', () =>
  withRig(
    `- hosts: all
  pre_tasks: [{ name: Pre, ${made('pre')}, notify: [h, g] }]
  tasks:
    - { name: Task, ${made('task')}, notify: topic }
    - meta: flush_handlers
    - { name: Late, ${made('late')} }
  post_tasks: [{ name: Post, ${made('pre')}, notify: h }]
  handlers:
    - { name: g, ${adds('g')}, listen: topic }
    - { name: h, ${adds('h')}, listen: topic }
`,
    {},
    async rig => {
      assert.equal(Object.keys(verdicts(await rig.plan())), [
        'node0/pre',
        'node0/g',
        'node0/h',
        'node0/task',
        'node0/g_2',
        'node0/h_2',
        'node0/late',
        'node0/post',
        'node0/h_3',
      ])
      const ran = results(await rig.apply())
      assert.equal(
        [ran['node0/h'], ran['node0/h_2'], ran['node0/post'], ran['node0/h_3']],
        ['changed', 'changed', 'ok', 'skipped'],
      )
      assert.is(readFileSync(join(rig.hosts.root('node0'), 'log'), 'utf8'), 'g\nh\ng\nh\n')
      assert.is((await rig.apply()).outcome.exit, 0)
      assert.is(readFileSync(join(rig.hosts.root('node0'), 'log'), 'utf8'), 'g\nh\ng\nh\n')
    },
  ))

test('a handler that is due from an earlier run runs once, and so does what it notifies itself', () =>
  withRig(
    `- hosts: all
  pre_tasks: [{ name: Pre, ${made('pre')}, notify: a }]
  tasks: [{ name: Task, ${made('task')} }]
  handlers:
    - { name: c, ${adds('c')} }
    - { name: a, ${adds('a')}, notify: [b, c] }
    - { name: b, ${adds('b')} }
`,
    {},
    async rig => {
      const ran = results(await rig.apply())
      assert.equal(Object.entries(ran), [
        ['node0/pre', 'changed'],
        ['node0/a', 'changed'],
        ['node0/b', 'changed'],
        ['node0/task', 'changed'],
        ['node0/c', 'changed'],
      ])
      assert.is(readFileSync(join(rig.hosts.root('node0'), 'log'), 'utf8'), 'a\nb\nc\n')
    },
  ))

test('a file that an imported task names lies beside that task, before it lies beside the playbook', () =>
  withRig(
    `- hosts: all
  vars: { where: one }
  tasks:
    - import_tasks: "{{ where }}/tasks.yml"
    - import_tasks: two/tasks.yml
`,
    {
      files: {
        'one/tasks.yml':
          '- { name: One, copy: { src: "{{ item }}", dest: "{{ root }}/{{ item }}1" }, loop: [a, common] }',
        'two/tasks.yml':
          '- { name: Two, copy: { src: a, dest: "{{ root }}/a2" } }\n- { name: Made, template: { src: t.j2, dest: "{{ root }}/t" } }',
        'one/files/a': 'one a',
        'two/files/a': 'two a',
        'two/templates/t.j2': 'two {{ where }}',
        'files/a': 'own a',
        'files/common': 'common',
      },
    },
    async rig => {
      const ran = await rig.apply()
      const text = (name: string): string => readFileSync(join(rig.hosts.root('node0'), name), 'utf8')
      assert.equal(['a1', 'common1', 'a2', 't'].map(text), ['one a', 'common', 'two a', 'two one'])
      assert.is(ran.outcome.exit, 0)
    },
  ))

test('of a file that is not there all places are told that it was looked for in', () =>
  withRig(
    '- hosts: all\n  vars: { where: one }\n  tasks: [{ import_tasks: two/tasks.yml }]\n',
    { files: { 'two/tasks.yml': '- { name: Gone, copy: { src: "{{ where }}.cfg", dest: "{{ root }}/g" } }' } },
    async rig => {
      assert.match(
        verdicts(await rig.plan())['node0/gone']!,
        /There is no one\.cfg: looked for .*two\/files\/one\.cfg and .*two\/one\.cfg and .*\/files\/one\.cfg and .*\/one\.cfg\./,
      )
    },
  ))

test('two roles have files of one name each, and their variables are their own', () =>
  withRig(
    `- hosts: all
  vars: { kind: play }
  roles: [{ role: one, kind: given }, two]
`,
    {
      files: {
        ...Object.fromEntries(
          ['one', 'two'].flatMap(name => [
            [
              `roles/${name}/tasks/main.yml`,
              `- { name: Put, copy: { src: f, dest: "{{ root }}/${name}-f" }, notify: [call] }\n- { name: Make, template: { src: t.j2, dest: "{{ root }}/${name}-t" } }`,
            ],
            [`roles/${name}/files/f`, name],
            [`roles/${name}/templates/t.j2`, '{{ role_name }} {{ kind }} {{ size }}'],
            [`roles/${name}/defaults/main.yml`, `size: ${name}`],
            [`roles/${name}/handlers/main.yml`, `- { name: call, ${adds(name)} }`],
          ]),
        ),
      },
    },
    async rig => {
      const ran = await rig.apply()
      assert.equal(results(ran), {
        'node0/one_put': 'changed',
        'node0/one_make': 'changed',
        'node0/two_put': 'changed',
        'node0/two_make': 'changed',
        'node0/one_call': 'skipped',
        'node0/two_call': 'changed',
      })
      const text = (name: string): string => readFileSync(join(rig.hosts.root('node0'), name), 'utf8')
      assert.equal(['one-f', 'two-f', 'one-t', 'two-t', 'log'].map(text), [
        'one',
        'two',
        'one given one',
        'two play two',
        'two\n',
      ])
    },
  ))

test.run()
