import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePlaybook } from '../../src/load/playbook.ts'
import { applySchemas } from '../../src/load/task-schemas.ts'

/** Of modules that the engine has never heard of: what holds for builtin ones holds for those of a user. */
const signatures = {
  say: { args: Type.Object({ words: Type.String({ main: true }) }) },
  need: { args: Type.Object({ all: Type.Any({ expression: true }), note: Type.String() }) },
  ask: { args: Type.Object({ environment: Type.Any() }) },
  run: { args: Type.Object({ touches: Type.Any(), changed_when: Type.Any() }) },
  called: {
    args: Type.Object({ path: Type.String({ aliases: ['dest', 'name'] }), mode: Type.Optional(Type.String()) }),
  },
  render: { args: Type.Object({ from: Type.String({ template: true }), src: Type.String() }) },
}
const tasks = (yaml: string) => {
  const playbook = parsePlaybook(`- hosts: all\n  tasks:\n${yaml.replace(/^/gm, '    ')}`, 'site.yml')
  return applySchemas({ playbook } as Parameters<typeof applySchemas>[0], signatures).playbook.plays[0]!.tasks
}

test('text is the main argument, in its own place', () => {
  const [task] = tasks('- say: hello {{ x }}')
  assert.equal(task!.args.value, { words: 'hello {{ x }}' })
  assert.is(task!.args.at('/words').column, 12)
  assert.is(task!.args.at('/other').column, 12)
  assert.is(task!.text, undefined)
})

test('an argument under another name has its own, and stands where it was written', () => {
  const [one, pairs, both] = tasks(
    '- called: {dest: /x, mode: 0644}\n- called: dest=/x\n- called: {dest: /x, path: /y}',
  )
  assert.equal(one!.args.value, { path: '/x', mode: 420 })
  assert.is(one!.args.at('/path').column, 22)
  assert.is(one!.args.at('/path~k').column, 16)
  assert.equal(pairs!.args.value, { path: '/x' })
  assert.equal(both!.args.value, { dest: '/x', path: '/y' })
})

test('a module without a main argument leaves the text to be refused', () => {
  const [task] = tasks('- need: hello')
  assert.equal([task!.args.value, task!.text?.value], [{}, 'hello'])
})

test('an expression needs no braces, alone or in a list; other arguments are as written', () => {
  const [one, many] = tasks('- need: {all: x > 1, note: x > 1}\n- need: {all: [x, "{{ y }}", true]}')
  assert.equal(one!.args.value, { all: '{{ x > 1 }}', note: 'x > 1' })
  assert.equal(many!.args.value, { all: ['{{ x }}', '{{ y }}', true] })
})

test('arguments that name a template file are known', () =>
  assert.equal(
    tasks('- render: {from: a, src: b}\n- say: x').map(task => task.templates),
    [['from'], []],
  ))

test("the environment of a play is every task's that takes one, before its own; other modules have none", () => {
  const text = `- hosts: all
  environment: {A: "1", B: "{{ b }}"}
  tasks:
  - {ask: }
  - {ask: , environment: {B: mine}}
  - {ask: {environment: {C: mine}}}
  - {say: x}
`
  const playbook = parsePlaybook(text, 'site.yml')
  const [play] = applySchemas({ playbook } as Parameters<typeof applySchemas>[0], signatures).playbook.plays
  const given = { A: '1', B: '{{ b }}' }
  assert.equal(
    play!.tasks.map(task => task.args.value),
    [
      { environment: given },
      { environment: [given, { B: 'mine' }] },
      { environment: [given, { C: 'mine' }] },
      { words: 'x' },
    ],
  )
  const [, second] = play!.tasks
  assert.equal(
    ['/environment/0/B', '/environment/1/B'].map(at => second!.args.at(at).line),
    [2, 5],
  )
})

const apt = {
  args: Type.Object({
    name: Type.Array(Type.String()),
    state: Type.String(),
    cache: Type.Boolean(),
    valid: Type.Integer(),
  }),
}
const run = { args: Type.Object({ cmd: Type.String({ main: true }), creates: Type.String(), chdir: Type.String() }) }
const argsIn = (yaml: string, before = '') => {
  const playbook = parsePlaybook(`- hosts: all\n${before}  tasks:\n${yaml.replace(/^/gm, '    ')}`, 'site.yml')
  const all = { ...signatures, apt, run }
  const [play] = applySchemas({ playbook } as Parameters<typeof applySchemas>[0], all).playbook.plays
  return play!.tasks.map(task => task.args.value)
}

test('a text names arguments, each of the kind that the module wants', () =>
  assert.equal(
    argsIn(`- apt: name=git,curl state=present cache=yes valid=3600
- apt: 'name="a b" state={{ x == "y z" }}   cache={{ c }}'
- say: words="hello = you"
- say: hello words=you and=me
- run: make install creates=/x chdir="/a b"
- run: echo a=b   c  'creates=no'
- run: sh -c "x creates=y" creates={{ dir }}/x
- action: apt name=git
- action: {module: apt, state: absent}
- action: run uptime`),
    [
      { name: ['git', 'curl'], state: 'present', cache: true, valid: 3600 },
      { name: ['a b'], state: '{{ x == "y z" }}', cache: '{{ c }}' },
      { words: 'hello = you' },
      { words: 'hello words=you and=me' },
      { cmd: 'make install', creates: '/x', chdir: '/a b' },
      { cmd: "echo a=b   c  'creates=no'" },
      { cmd: 'sh -c "x creates=y"', creates: '{{ dir }}/x' },
      { name: ['git'] },
      { state: 'absent' },
      { cmd: 'uptime' },
    ],
  ))

test('arguments of args and of module_defaults stand below those of the module', () =>
  assert.equal(
    argsIn(
      `- run: make
  args: {chdir: /a, creates: /b}
- run: {cmd: make, chdir: /own}
  args: {chdir: /a}
- block:
    - {apt: {name: x}, module_defaults: {apt: {cache: false}}}
    - ansible.builtin.apt: {state: own}
  module_defaults: {ansible.builtin.apt: {state: block, valid: 1}}
- apt: {name: y}`,
      '  module_defaults: {apt: {state: play, cache: true}}\n',
    ),
    [
      { chdir: '/a', creates: '/b', cmd: 'make' },
      { chdir: '/own', cmd: 'make' },
      { state: 'block', cache: false, valid: 1, name: 'x' },
      { state: 'own', cache: true, valid: 1 },
      { state: 'play', cache: true, name: 'y' },
    ],
  ))

test('check_mode: false makes a question of what changes nothing; else it says nothing', () => {
  const args = (words: string) => {
    const [task] = tasks(`- run:\n  ${words}`)
    return { ...task!.args.value, ...Object.fromEntries(Object.entries(task!.says)) }
  }
  assert.equal(args('check_mode: false\n  changed_when: false'), { touches: [], changed_when: false })
  assert.equal(args('check_mode: no\n  changed_when: no\n  touches: [/a]'), { touches: ['/a'], changed_when: false })
  assert.equal(args('check_mode: false'), {})
  assert.throws(() => tasks('- run:\n  check_mode: true'), /false alone/)
})

test.run()
