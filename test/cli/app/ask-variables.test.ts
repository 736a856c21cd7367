import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onTerminal } from '../on-terminal.ts'
import { bin, type Ran, ranOf, sandbox } from '../rig.ts'

// What vars_prompt asks is asked on the terminal before anything connects; what is private is nowhere to be seen.

const place = sandbox()
test.after(place.remove)
const SECRET = 'correct-horse-88'
place.write(
  'site.yml',
  `- hosts: localhost
  connection: local
  vars: {town: Berlin}
  vars_prompt:
    - {name: town, prompt: Which town, private: false, default: Paris}
    - {name: pin, prompt: The pin, confirm: true}
  tasks:
    - {name: Say, debug: "{{ town }} {{ pin }}"}
`,
)
const detached = (args: string[]): Promise<Ran> =>
  ranOf(spawn(process.execPath, [bin, ...args], { cwd: place.folder, env: process.env, detached: true }))
const files = (): string =>
  readdirSync(place.folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(place.folder, name))
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path, 'utf8'))
    .join('\n')

test('answers count over vars, and a private one is a secret', async () => {
  const { screen, code } = await onTerminal(place.folder, `'${process.execPath}' '${bin}' apply site.yml`, [
    ['Which town [Paris]: ', 'Rome\r'],
    ['The pin: ', `${SECRET}\r`],
    ['confirm The pin: ', 'other\r'],
    ['The pin: ', `${SECRET}\r`],
    ['confirm The pin: ', `${SECRET}\r`],
  ])
  assert.is(code, 0, screen)
  assert.match(screen, 'Rome <secret>')
  assert.not.match(screen, SECRET)
  assert.not.match(files(), SECRET)
})

test('without a terminal a default counts; where there is none the variable that gives it is named', async () => {
  const refused = await detached(['plan', 'site.yml'])
  assert.is(refused.code, 4)
  assert.match(refused.err, 'Give it with -e pin=VALUE')
  assert.not.match(refused.err, 'town')
  const given = await detached(['apply', 'site.yml', '-v', '-e', `pin=${SECRET}`])
  assert.is(given.code, 0, given.err)
  assert.match(given.out, 'Paris <secret>')
  assert.not.match(given.out + given.err, SECRET)
})

test.run()
