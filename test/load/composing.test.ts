import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createComposing } from '../../src/load/composing.ts'
import { locatedAt } from '../../src/load/located.ts'
import { readPlaybook } from '../../src/load/playbook.ts'
import { folderWith } from './folder.ts'
import { spot } from './refused.ts'

const read = (files: Record<string, string>, extra: Record<string, unknown> = {}) => {
  const folder = folderWith(files)
  const given = Object.entries(extra).map(([name, value]) => [
    name,
    locatedAt(value, { file: '-e', line: 1, column: 1 }),
  ])
  const composing = createComposing({ extra: Object.fromEntries(given), roles: [], collections: [] })
  const { playbook, problems } = readPlaybook(files['site.yml']!, join(folder, 'site.yml'), composing)
  const tasks = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const told = problems.map(one =>
    `${one.origin!.file}:${spot(one)} ${one.what} ${one.why ?? ''}`.replaceAll(`${folder}/`, '').trim(),
  )
  return { folder, playbook, tasks, told, names: tasks.map(({ name }) => name) }
}

test('tasks of a file stand in place of what imports it, and take over what it says', () => {
  const { folder, playbook, tasks, told, names } = read(
    {
      'site.yml': `
- hosts: all
  vars: {kind: web}
  tasks:
    - {name: A, debug: }
    - name: More
      import_tasks: "tasks/{{ kind }}-{{ size }}.yml"
      when: outer
      tags: [t]
      vars: {x: 1}
    - ansible.builtin.import_tasks: {file: empty.yml}
    - {name: Z, debug: }
  handlers:
    - import_tasks: handlers.yml
`,
      'tasks/web-big.yml': `
- {name: B, debug: , when: own, tags: u, notify: H}
- block:
    - import_tasks: deep/c.yml
  vars: {x: 2}
`,
      'tasks/deep/c.yml': '- {name: C, debug: }\n- import_tasks: d.yml\n- import_tasks: e.yml',
      'tasks/deep/d.yml': '- {name: D, debug: }',
      'e.yml': '- {name: E, debug: }',
      'empty.yml': '---\n# nothing yet\n',
      'handlers.yml': '- {name: H, debug: }',
    },
    { size: 'big' },
  )
  assert.equal(told, [])
  assert.equal(names, ['A', 'B', 'C', 'D', 'E', 'Z', 'H'])
  const [, b, c] = tasks
  assert.equal([b!.when.map(({ value }) => value), b!.tags, b!.vars.x!.value], [['outer', 'own'], ['t', 'u'], 1])
  assert.equal([c!.when.map(({ value }) => value), c!.tags, c!.vars.x!.value], [['outer'], ['t'], 2])
  assert.equal(
    tasks.map(one => one.folders.map(path => path.replace(folder, ''))),
    [[], ['/tasks'], ['/tasks/deep'], ['/tasks/deep'], [], [], []],
  )
  assert.is(b!.origin.file, join(folder, 'tasks/web-big.yml'))
  assert.equal(
    playbook.warnings.map(one => one.replace(`${folder}/`, '')),
    ['empty.yml is imported and has no tasks.'],
  )
  assert.is(playbook.files.length, 6)
})

test('all that is wrong with imports is told at once, with its place', () => {
  const { told } = read({
    'site.yml': `- hosts: all
  tasks:
    - import_tasks: gone.yml
    - import_tasks: "{{ unknown_one }}.yml"
    - import_tasks: [a]
    - {import_tasks: loop.yml, loop: [1]}
    - import_tasks: loop.yml
    - import_tasks: text.yml
    - import_tasks: wrong.yml
`,
    'loop.yml': '- import_tasks: other.yml',
    'other.yml': '- import_tasks: loop.yml',
    'text.yml': 'hello: you',
    'wrong.yml': '- {name: W, debug: , whn: x}\n- debug: {a: [}',
  })
  assert.equal(told, [
    'other.yml:1:17 loop.yml imports itself. loop.yml -> other.yml -> loop.yml',
    'other.yml:1:17 loop.yml imports itself. loop.yml -> other.yml -> loop.yml',
    'site.yml:3:21 There is no file of tasks gone.yml. Looked for gone.yml.',
    told[3]!,
    'site.yml:5:21 "import_tasks" wants the path of a file, not a list.',
    'site.yml:6:32 "import_tasks" does not take the keyword "loop" yet.',
    'text.yml:1:1 A file of tasks must be a list, not a mapping.',
    told[7]!,
  ])
  assert.match(told[3]!, /^site\.yml:4:22 What is named here is not known: \{\{ unknown_one \}\}\.yml .*unknown_one/)
  assert.match(told[7]!, /^wrong\.yml:2:\d+ This is not valid YAML/)
})

test('plays of another playbook stand in place of what imports it, with what they take over', () => {
  const { playbook, names, told, tasks, folder } = read({
    'site.yml': `
- import_playbook: sub/web.yml
  when: outer
  tags: [t]
  vars: {x: over, y: over}
- hosts: all
  tasks: [{name: Last, debug: , import_later: }]
`.replace(', import_later: ', ''),
    'sub/web.yml': `
- name: Web
  hosts: web
  tags: own
  vars: {x: own, z: own}
  vars_files: [more.yml]
  tasks: [{name: A, debug: , when: inner, notify: H}]
  handlers: [{name: H, debug: }]
- ansible.builtin.import_playbook: db.yml
  tags: u
`,
    'sub/db.yml': '- {name: DB, hosts: db, roles: [r]}',
    'sub/roles/r/tasks/main.yml': '- {name: R, debug: }',
    'sub/vars/more.yml': 'y: file',
  })
  assert.equal(told, [])
  assert.equal(names, ['A', 'H', 'r : R', 'Last'])
  assert.equal(
    playbook.plays.map(({ name }) => name),
    ['Web', 'DB', 'all'],
  )
  const [a, h, r] = tasks
  assert.equal([a!.when.map(one => one.value), a!.tags, h!.when], [['outer', 'inner'], ['t', 'own'], []])
  assert.equal([r!.when.map(one => one.value), r!.tags], [['outer'], ['t', 'u']])
  const [web] = playbook.plays
  assert.equal(
    [web!.vars.x!.value, web!.vars.z!.value, web!.fileVars!.y!.value, a!.folders.map(one => one.replace(folder, ''))],
    ['over', 'own', 'file', ['/sub']],
  )
})

test('vars_files: later ones win, of alternatives the first that there is counts, and one that is missing is told', () => {
  const { playbook, told } = read({
    'site.yml': `
- hosts: all
  vars: {os: debian}
  vars_files:
    - one.yml
    - ["{{ os }}.yml", default.yml]
    - "{{ next }}.yml"
    - [no.yml, none.yml]
  tasks: []
`,
    'vars/one.yml': 'a: 1\nb: 1\nnext: two',
    'one.yml': 'a: 0',
    'default.yml': 'b: 2',
    'two.yml': 'c: 3',
  })
  assert.equal(
    Object.entries(playbook.plays[0]!.fileVars!).map(([name, { value }]) => `${name}=${value}`),
    ['a=1', 'b=2', 'next=two', 'c=3'],
  )
  assert.equal(told, [
    'site.yml:8:7 There is no such file of variables. Looked for vars/no.yml, no.yml, vars/none.yml, none.yml.',
  ])
})

test('what vars_prompt asks, and what it cannot ask', () => {
  const { playbook, told } = read({
    'site.yml': `
- hosts: all
  vars_prompt:
    - {name: a}
    - {name: b, prompt: B please, private: false, default: 7, confirm: true}
    - {prompt: x}
    - {name: c, encrypt: sha512_crypt, promt: x}
  tasks: []
`,
  })
  assert.equal(
    playbook.plays[0]!.prompts!.map(({ origin: _, ...one }) => one),
    [
      { name: 'a', question: 'a', isPrivate: true, confirm: false },
      { name: 'b', question: 'B please', fallback: '7', isPrivate: false, confirm: true },
      { name: 'c', question: 'c', isPrivate: true, confirm: false },
    ],
  )
  assert.equal(
    told.map(one => one.slice(0, 60)),
    [
      'site.yml:6:7 A question of vars_prompt does not say which va',
      'site.yml:7:17 "encrypt" of vars_prompt is not supported yet.',
      'site.yml:7:40 vars_prompt has no "promt".',
    ],
  )
})

test.run()
