import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { argumentSpecFaults } from '../../src/load/argument-spec.ts'
import { createComposing } from '../../src/load/composing.ts'
import type { Loaded } from '../../src/load/load.ts'
import { readPlaybook } from '../../src/load/playbook.ts'
import { layersFor } from '../../src/load/variables.ts'
import { folderWith } from './folder.ts'
import { spot } from './refused.ts'

type Files = Record<string, string>

const read = (files: Files, places: { roles?: string[]; collections?: string[] } = {}) => {
  const folder = folderWith(files)
  const within = (paths: string[] = []): string[] => paths.map(path => join(folder, path))
  const composing = createComposing({ extra: {}, roles: within(places.roles), collections: within(places.collections) })
  const { playbook, problems } = readPlaybook(files['site.yml']!, join(folder, 'site.yml'), composing)
  const [play] = playbook.plays
  const tasks = [...play!.tasks, ...play!.handlers]
  const inventory = { hosts: ['h'], vars: { h: {} }, groups: { all: ['h'] }, warnings: [] }
  const value = (name: string, of: string | undefined): unknown => {
    const task = tasks.find(one => one.name === of)
    const layers = layersFor({ play: play!, inventory, host: 'h', ...(task && { task }), extra: {} })
    return layers.findLast(layer => Object.hasOwn(layer, name))?.[name]?.value
  }
  return {
    folder,
    playbook,
    tasks,
    value,
    told: problems.map(one =>
      [one.origin!.file, spot(one), one.what, one.why ?? ''].join(' ').replaceAll(`${folder}/`, '').trim(),
    ),
    names: tasks.map(({ name }) => name),
  }
}
const task = (name: string, more = ''): string => `- {name: ${name}, debug: ${more}}\n`

test('roles of a play come behind pre_tasks and before tasks, their dependencies before them', () => {
  const { names, told, tasks, value, folder } = read({
    'site.yml': `
- hosts: all
  pre_tasks: [{name: Pre, debug: }]
  tasks: [{name: Task, debug: }]
  roles:
    - web
    - role: db
      tags: [d]
      when: outer
      become: true
      vars: {given: 1}
      size: 2
`,
    'roles/web/tasks/main.yml': task('Install', ', notify: restart web'),
    'roles/web/handlers/main.yaml': task('restart web'),
    'roles/web/meta/main.yml': 'dependencies:\n  - common\n  - {role: base, x: 1, when: inner, tags: b}\n',
    'roles/web/defaults/main.yml': 'a: web default\nb: web default\n',
    'roles/web/vars/main.json': '{"b": "web"}',
    'roles/common/tasks/main': task('Common'),
    'roles/common/defaults/main/1.yml': 'a: common default\nc: common default\nd: 1\n',
    'roles/common/defaults/main/2.yml': 'd: 2\n',
    'roles/base/tasks/main.yml': task('Base', ', when: own'),
    'roles/db/tasks/main.yml': '- import_tasks: more.yml\n',
    'roles/db/tasks/more.yml': task('Database', ', tags: own'),
    'roles/db/vars/main.yml': 'given: 0\nsize: 0\n',
  })
  assert.equal(told, [])
  assert.equal(names, [
    'Pre',
    'common : Common',
    'base : Base',
    'web : Install',
    'db : Database',
    'Task',
    'web : restart web',
  ])
  const [, , base, , database] = tasks
  assert.equal([base!.when.map(one => one.value), base!.tags, base!.slug], [['inner', 'own'], ['b'], 'base_base'])
  assert.equal(
    [database!.when.map(one => one.value), database!.tags, database!.become.value],
    [['outer'], ['d', 'own'], true],
  )
  assert.equal(
    base!.folders.map(path => path.replace(`${folder}/`, '')),
    ['roles/base', 'roles/web', 'roles/base/tasks'],
  )
  const seen = (of: string | undefined) =>
    ['a', 'b', 'c', 'd', 'x', 'given', 'size', 'role_name'].map(name => value(name, of))
  assert.equal(seen('web : Install'), ['web default', 'web', 'common default', 2, undefined, 0, 0, 'web'])
  assert.equal(seen('common : Common'), ['common default', 'web', 'common default', 2, undefined, 0, 0, 'common'])
  assert.equal(seen('base : Base').slice(4), [1, 0, 0, 'base'])
  assert.equal(seen('db : Database').slice(5), [1, 2, 'db'])
  assert.equal(seen('Pre'), ['web default', 'web', 'common default', 2, undefined, 0, 0, undefined])
  assert.is(value('role_path', 'db : Database'), join(folder, 'roles/db'))
})

test('a role runs once with the same parameters, unless it says otherwise', () => {
  const { names } = read({
    'site.yml': `
- hosts: all
  roles: [a, a, {role: a, tags: t}, {role: a, x: 1}, {role: a, vars: {x: 1}}, {role: a, x: 1}, twice, twice, b, c]
  tasks:
    - import_role: {name: a}
    - import_role: {name: a}
    - import_role: {name: a, allow_duplicates: false}
`,
    'roles/a/tasks/main.yml': task('A'),
    'roles/twice/tasks/main.yml': task('T'),
    'roles/twice/meta/main.yml': 'allow_duplicates: true',
    'roles/b/meta/main.yml': 'dependencies: [d]',
    'roles/c/meta/main.yml': 'dependencies: [{role: d}]',
    'roles/d/tasks/main.yml': task('D'),
  })
  assert.equal(names, [...Array(4).fill('a : A'), 'twice : T', 'twice : T', 'd : D', 'a : A', 'a : A'])
})

test('import_role stands where its task stands; its files and its variables can be named', () => {
  const { names, told, tasks, value } = read({
    'site.yml': `
- hosts: all
  tasks:
    - {name: Before, debug: }
    - name: The role
      import_role: {name: web, tasks_from: other, vars_from: big.yml, defaults_from: special, handlers_from: h}
      when: cond
      vars: {v: task}
      tags: t
    - ansible.builtin.import_role: {role: hidden, public: false}
    - {name: After, debug: , notify: [restart, "web : restart"]}
  handlers:
    - {name: restart, debug: }
`,
    'roles/web/tasks/main.yml': task('No'),
    'roles/web/tasks/other.yml': `- import_role: {name: web, tasks_from: third}\n${task('Other')}`,
    'roles/web/tasks/third.yml': task('Third'),
    'roles/web/vars/big.yml': 'size: big\nv: file',
    'roles/web/defaults/special.yml': 'kind: special',
    'roles/web/handlers/h.yml': task('restart'),
    'roles/hidden/tasks/main.yml': task('Hidden'),
    'roles/hidden/defaults/main.yml': 'secretive: 1',
  })
  assert.equal(told, [])
  assert.equal(names, ['Before', 'web : Third', 'web : Other', 'hidden : Hidden', 'After', 'restart', 'web : restart'])
  const other = tasks[2]!
  assert.equal([other.when.map(one => one.value), other.tags, value('v', 'web : Other')], [['cond'], ['t'], 'task'])
  assert.equal(
    ['size', 'kind', 'secretive'].map(name => value(name, 'After')),
    ['big', 'special', undefined],
  )
  assert.is(value('secretive', 'hidden : Hidden'), 1)
  assert.equal(
    tasks.slice(-2).map(one => one.called!.names),
    [[], ['restart', 'web : restart']],
  )
})

test('roles are found in collections, in configured folders, beside the role that depends on them, by paths', () => {
  const { names, told } = read(
    {
      'site.yml': `
- hosts: all
  collections: [my.second]
  roles: [my.first.nginx, short, shared, ../elsewhere/p, plain]
`,
      'coll/ansible_collections/my/first/roles/nginx/tasks/main.yml': task('N', ', notify: h'),
      'coll/ansible_collections/my/first/roles/nginx/handlers/main.yml': task('h'),
      'coll/ansible_collections/my/first/roles/nginx/meta/main.yml': 'dependencies: [helper]',
      'coll/ansible_collections/my/first/roles/helper/tasks/main.yml': task('H'),
      'collections/ansible_collections/my/second/roles/short/tasks/main.yml': task('S'),
      'conf/shared/meta/main.yml': 'dependencies: [near]',
      'conf/shared/tasks/main.yml': task('Shared'),
      'conf/near/tasks/main.yml': task('Near'),
      'elsewhere/p/tasks/main.yml': task('P'),
      'plain/tasks/main.yml': task('Plain'),
    },
    { roles: ['conf', 'more'], collections: ['coll'] },
  )
  assert.equal(told, [])
  assert.equal(names, [
    'my.first.helper : H',
    'my.first.nginx : N',
    'my.second.short : S',
    'near : Near',
    'shared : Shared',
    '../elsewhere/p : P',
    'plain : Plain',
    'my.first.nginx : h',
  ])
})

test('all that is wrong with roles is told at once, with its place and where it was looked for', () => {
  const { told } = read(
    {
      'site.yml': `- hosts: all
  roles:
    - gone
    - my.coll.gone
    - {tags: x}
    - 7
    - {role: "{{ nobody }}"}
    - loop
    - wrong
    - {role: words, delegate_facts: x}
  tasks:
    - import_role: {name: words, tasks_from: gone}
    - import_role: {tasks_from: gone}
    - import_role: {name: words, nme: x}
    - {import_role: {name: words}, loop: [1]}
`,
      'roles/loop/meta/main.yml': 'dependencies: [back]',
      'roles/back/meta/main.yml': 'dependencies: [loop]',
      'roles/wrong/defaults/main.yml': '- a',
      'roles/wrong/vars/main.yml': 'a-b: 1',
      'roles/wrong/tasks/main.yml': 'a: 1',
      'roles/wrong/handlers/main.yml': '- block: [{debug: }]',
      'roles/words/tasks/main.yml': '[]',
    },
    { roles: ['conf'] },
  )
  const [unknown] = told.filter(one => one.includes('nobody'))
  assert.equal(
    told.filter(one => one !== unknown),
    [
      'roles/back/meta/main.yml 1:16 roles/loop imports itself. roles/loop -> roles/back -> roles/loop',
      'roles/wrong/defaults/main.yml 1:1 A file of variables must be a mapping, not a list.',
      'roles/wrong/handlers/main.yml 1:3 A block is no handler.',
      'roles/wrong/tasks/main.yml 1:1 A file of tasks must be a list, not a mapping.',
      'roles/wrong/vars/main.yml 1:1 The variable "a-b" is no name: letters, digits and _ only, and no digit first.',
      'site.yml 3:7 There is no role "gone". Looked for roles/gone, conf/gone, gone.',
      'site.yml 4:7 There is no role "my.coll.gone". Looked for collections/ansible_collections/my/coll/roles/gone, roles/my.coll.gone, conf/my.coll.gone, my.coll.gone.',
      'site.yml 5:7 The role has no name.',
      'site.yml 6:7 A role is a name, or a mapping with one, not the number 7.',
      'site.yml 10:21 A role does not take the keyword "delegate_facts" yet.',
      'site.yml 12:27 The role has no file gone in tasks/. Looked for roles/words/tasks/gone, roles/words/tasks/gone.yml, roles/words/tasks/gone.yaml, roles/words/tasks/gone.json.',
      'site.yml 13:20 import_role does not say which role.',
      'site.yml 14:34 "import_role" has no "nme".',
      'site.yml 15:36 "import_role" does not take the keyword "loop" yet.',
    ],
  )
  assert.match(unknown!, /^site\.yml 7:\d+ What is named here is not known/)
})

test('what a role is used with is held against its argument_specs', () => {
  const { playbook, folder } = read({
    'site.yml': `- hosts: all
  vars: {level: hihg}
  roles:
    - {role: web, sizes: [1, x], user: {nme: a}, "on": 1}
    - {role: web, name_of_it: x, level: low, sizes: "{{ y }}", when: z}
    - {role: web, name_of_it: x, level: low, sizes: many}
`,
    'roles/web/tasks/main.yml': task('W'),
    'roles/web/meta/argument_specs.yml': `argument_specs:
  main:
    options:
      name_of_it: {type: str, required: true}
      level: {choices: [low, high]}
      sizes: {type: list, elements: int}
      user: {type: dict, options: {name: {required: true}}}
`,
  })
  const inventory = { hosts: ['h'], vars: { h: {} }, groups: { all: ['h'], ungrouped: ['h'] }, warnings: [] }
  const found = argumentSpecFaults({ playbook, inventory, extra: {} } as unknown as Loaded)
  assert.equal(
    found.map(one => `${spot(one)} ${one.what} ${one.fix ?? ''}`.replace(folder, '').trim()),
    [
      '4:56 The role "web" takes no "on". It takes name_of_it, level, sizes, user.',
      '4:14 The role "web" needs "name_of_it". Give it beside the name of the role, or in the inventory.',
      '2:17 "level" cannot be "hihg". Did you mean "high"?',
      '4:30 "sizes[1]" must be int, not text.',
      '4:40 "user" has no "nme". Did you mean "name"?',
      '4:40 "user" needs "name".',
    ],
  )
})

test.run()
