import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePlaybook } from '../../src/load/playbook.ts'
import { refusedOnce } from './refused.ts'

const read = (task: string) =>
  parsePlaybook(`- hosts: all\n  tasks:\n    - {debug: x, ${task}}`, 'f').plays[0]!.tasks[0]!
const refusal = (task: string): string => {
  const { what, fix } = refusedOnce(() => read(task))
  return `${what} ${fix ?? ''}`
}

for (const [task, told] of [
  ['with_items: people', /no bare name.*"\{\{ people \}\}".*\[people\]/],
  ['with_dict: table', /no bare name.*"\{\{ table \}\}"/],
  ['with_together: ["{{ a }}", b.c]', /no bare name.*"\{\{ b\.c \}\}"/],
  ['with_subelements: [people, keys]', /no bare name.*"\{\{ people \}\}"/],
  ['with_itmes: [1]', /no lookup "itmes".*items/],
  ['with_items: null', /says nothing/],
  ['with_items: [1], loop: [2]', /two loops/],
  ['loop: [1], loop_control: {break_when: x}', /"break_when" is not supported/],
  ['loop: [1], loop_control: {pause: 3}', /"pause" is not supported/],
  ['loop: [1], loop_control: {loopvar: x}', /no "loopvar".*loop_var/],
  ['loop: [1], loop_control: {loop_var: a-b}', /"a-b" is no name/],
  ['loop: [1], loop_control: {extended: 3}', /"extended" must be true or false/],
] as const)
  test(`${task} is refused`, () => assert.match(refusal(task), told))

test('words that are meant as they stand are no names of variables', () => {
  for (const task of [
    'with_items: [people]',
    'with_file: motd',
    'with_sequence: count=3',
    'with_subelements: ["{{ a }}", keys]',
  ])
    assert.is.not(read(task).loop, undefined)
})

test('a file of a loop is looked for first where those of its module lie', () => {
  const subfolder = (module: string) =>
    parsePlaybook(`- hosts: all\n  tasks:\n    - {${module}: {}, with_first_found: [x]}`, 'f').plays[0]!.tasks[0]!.loop!
      .lookup!.subfolder
  assert.equal(['template', 'include_vars_of', 'copy', 'lineinfile'].map(subfolder), [
    'templates',
    'vars',
    'files',
    'files',
  ])
})

test.run()
