import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../cli/rig.ts'
import { startServer, varsOf } from '../host/server.ts'

// What README shows to somebody who is new is done here as it stands there.

const root = new URL('../../', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')
const section = (title: string): string => readme.split(`## ${title}\n`)[1]!.split('\n## ')[0]!
const block = (text: string, kind: string): string => new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'ms').exec(text)![1]!

const place = sandbox()
const host = await startServer()
test.after(async () => {
  place.remove()
  await host.stop()
})

test('the first playbook has ten lines, and does on a host what README shows', async () => {
  const text = section('Your first playbook')
  const playbook = block(text, 'yaml')
  assert.is(playbook.trimEnd().split('\n').length, 10)
  place.write('first.yml', playbook)
  // How the host of this test is reached; in README it is an address.
  place.write('hosts.json', JSON.stringify({ all: { hosts: { node0: varsOf(host) } } }))
  const folder = join(host.folder, 'first')

  const shown = /^```\n(\$ .*?)^```/ms.exec(text)![1]!.split('$ ').slice(1)
  assert.equal(
    shown.map(part => part.split(' ')[1]),
    ['plan', 'apply', 'apply'],
  )
  for (const part of shown) {
    const [command = '', ...said] = part.trimEnd().split('\n')
    const words = command
      .replace(/-i \S+/, '-i hosts.json')
      .replace('=admin', '=root')
      .split(' ')
      .slice(1)
    const { code, out, err } = await place.start([...words, '-e', `folder=${folder}`])
    assert.equal([code, err], [0, ''], out)
    const masked = (line: string): string => line.replace(/\d+\.\d s\./, 'N s.')
    for (const line of said) assert.ok(out.split('\n').map(masked).includes(masked(line)), `${line}\n${out}`)
    assert.is(existsSync(join(folder, 'greeting')), !command.includes(' plan '))
  }
  assert.is(readFileSync(join(folder, 'greeting'), 'utf8'), 'Hello, node0!\n')
})

test('the modules that are told not to be there are not', () => {
  const [, notThere = ''] = /- \*\*Modules\*\*: (?:.*?)Not yet there: (.*?)(?=\n- \*\*)/s.exec(readme)!
  const names = [...notThere.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
  const builtin = readdirSync(new URL('modules/builtin/', root)).flatMap(name => /^(\w+)\.ts$/.exec(name)?.[1] ?? [])
  assert.ok(names.length > 0)
  for (const name of names) assert.not.ok(builtin.includes(name), name)
})

test('what it says not to be there yet is refused', () => {
  place.write('hosts.yml', 'all:\n  hosts:\n    web: { ansible_host: 127.0.0.1 }\n')
  for (const [word, task] of [
    ['uri', 'uri: { url: x }'],
    ['serial', 'serial: 1\n      debug: x'],
    ['throttle', 'throttle: 1\n      debug: x'],
  ] as const) {
    place.write('no.yml', `- hosts: all\n  tasks:\n    - ${task}\n`)
    const { code, err } = place.run(['plan', 'no.yml', '-i', 'hosts.yml'])
    assert.is(code, 4)
    assert.match(err, word)
  }
})

test.run()
