import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../rig.ts'

const env = { SSH_AUTH_SOCK: '', WORD: 'from the environment' }

/** A playbook about this machine whose tasks make files in its folder. */
const playbookOf = (folder: string, tasks: Record<string, string>, more = ''): string =>
  `- hosts: localhost
  vars: { folder: ${folder}, word: a word${more} }
  tasks:
${Object.entries(tasks)
  .map(
    ([name, content]) =>
      `    - { name: ${name}, copy: { dest: "${folder}/${name}", content: ${JSON.stringify(content)} } }\n`,
  )
  .join('')}`

test('values, variables and templates look things up; the second apply has nothing to do', () => {
  const { folder, write, run, remove } = sandbox()
  mkdirSync(join(folder, 'files'))
  mkdirSync(join(folder, 'templates'))
  write('files/motd', 'welcome\n')
  write('templates/greet.j2', "{{ lookup('file', 'motd') }}, {{ word }} {{ n | default(1) }}\n")
  const tasks = {
    file: "{{ lookup('file', 'motd') }}!",
    env: "{{ lookup('env', 'WORD') }}",
    vars: "{{ lookup('vars', 'word') }}",
    template: "{{ lookup('template', 'greet.j2', template_vars={'n': 2}) }}",
    pipe: "{{ lookup('pipe', 'echo {{ word }}') }}",
    password: "{{ lookup('password', 'secrets/it.txt', length=16) }}",
    through: '{{ looked }}',
  }
  write(
    'site.yml',
    playbookOf(folder, tasks, ", looked: \"{{ lookup('first_found', ['nope', 'files/motd']) | basename }}\""),
  )
  const planned = run(['plan', 'site.yml', '--diff'], { env })
  assert.is(planned.code, 0, planned.err)
  assert.not.ok(existsSync(join(folder, 'secrets')), 'a plan makes no file')
  const applied = run(['apply', 'site.yml', '--diff'], { env })
  assert.is(applied.code, 0, applied.out + applied.err)
  const made = (name: string) => readFileSync(join(folder, name), 'utf8')
  assert.is(made('file'), 'welcome!')
  assert.is(made('env'), 'from the environment')
  assert.is(made('vars'), 'a word')
  assert.is(made('template'), 'welcome, a word 2\n')
  assert.is(made('pipe'), 'a word')
  assert.is(made('through'), 'motd')
  assert.is(made('secrets/it.txt'), `${made('password')}\n`)
  assert.is(statSync(join(folder, 'secrets/it.txt')).mode & 0o777, 0o600)
  assert.not.match(applied.out + applied.err + planned.out, made('password'))
  const again = run(['apply', 'site.yml'], { env })
  assert.match(again.out, /0 changed|7 ok/)
  assert.is(made('secrets/it.txt'), `${made('password')}\n`)
  remove()
})

test('what is left to chance is what the plan of the same apply has shown', () => {
  const { folder, write, run, remove } = sandbox()
  write('site.yml', playbookOf(folder, { number: '{{ 10 ** 20 | int | random }} {{ now().year > 2000 }}' }))
  const applied = run(['apply', 'site.yml'], { env })
  assert.is(applied.code, 0, applied.out + applied.err)
  assert.match(readFileSync(join(folder, 'number'), 'utf8'), /^\d+ True$/)
  remove()
})

test('a lookup that fails is told with its place; --no-lookups refuses commands', () => {
  const { folder, write, run, remove } = sandbox()
  write('site.yml', playbookOf(folder, { file: "{{ lookup('file', 'nope.txt') }}" }))
  const failed = run(['plan', 'site.yml'], { env })
  assert.is.not(failed.code, 0)
  assert.match(failed.out + failed.err, 'There is no file nope.txt')
  assert.match(failed.out + failed.err, 'site.yml:4')
  write('pipe.yml', playbookOf(folder, { pipe: "{{ lookup('pipe', 'touch here') }}" }))
  const refused = run(['plan', 'pipe.yml', '--no-lookups'], { env })
  assert.match(refused.out + refused.err, '--no-lookups was given')
  assert.not.ok(existsSync(join(folder, 'here')))
  remove()
})

test.run()
