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

test.run()
