import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { closedPort, sandbox } from '../rig.ts'

// Two names in the inventory that lead to one place are no two hosts.

const place = sandbox()
test.after(place.remove)
const port = await closedPort()
place.write('play.yml', '- hosts: all\n  tasks:\n    - copy: { dest: "/srv/{{ inventory_hostname }}", content: x }\n')

const planned = (hosts: string, ...args: string[]): { code: number | null; err: string } => {
  place.write('hosts.ini', hosts)
  const { code, out, err } = place.run(['plan', 'play.yml', '-i', 'hosts.ini', ...args])
  return { code, err: out + err }
}
const at = (name: string, more = ''): string => `${name} ansible_host=127.0.0.1 ansible_port=${port} ${more}\n`

test('two names of one address are refused before anything connects, with both places', () => {
  const { code, err } = planned(`[web]\n${at('alpha')}[db]\n${at('beta')}`)
  assert.is(code, 4, err)
  assert.match(err, 'alpha and beta are one machine: ')
  assert.match(err, new RegExp(`@127\\.0\\.0\\.1 port ${port}`))
  for (const word of ['alpha: ', 'hosts.ini:2', 'beta: ', 'hosts.ini:4', "--limit '!beta'"])
    assert.ok(err.includes(word), err)
})

test('with one of them left out, another port or another user they are not', () => {
  for (const [hosts, ...args] of [
    [at('alpha') + at('beta'), '--limit', '!beta'],
    [at('alpha') + at('beta', `ansible_port=${port + 1}`)],
    [at('alpha') + at('beta', 'ansible_user=other')],
  ] as [string, ...string[]][]) {
    const { err } = planned(hosts, ...args)
    assert.not.match(err, 'one machine')
  }
})

test.run()
