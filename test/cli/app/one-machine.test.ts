import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { machinesAmong, targetsOfMachines } from '../../../src/cli/app/one-machine.ts'
import type { Target } from '../../../src/settings/target.ts'
import { closedPort, sandbox } from '../rig.ts'

// Names in the inventory that lead to one place are one machine.

const target = (name: string, more: Partial<Target> = {}): Target => ({
  name,
  host: '10.0.0.1',
  port: 22,
  user: 'ada',
  knownHosts: [],
  timeoutSeconds: 10,
  ...more,
})
const machines = (...list: Target[]) => {
  const targets = Object.fromEntries(list.map(one => [one.name, one]))
  return { targets, machines: machinesAmong(Object.keys(targets), targets) }
}
const bastion = { host: 'bastion', port: 22, user: 'ada', knownHosts: [], timeoutSeconds: 10 }

test('names of one address, as one user, by one way are one machine, which bears the first name', () => {
  const found = machines(target('a'), target('b', { keyFiles: ['/k'] }), target('x', { host: '10.0.0.2' }), target('c'))
  assert.equal([...found.machines], [['b', 'a'], ['c', 'a']]) // biome-ignore format: one line
  assert.equal([...machines(target('a', { host: 'Host' }), target('b', { host: 'host' })).machines], [['b', 'a']]) // biome-ignore format: one line
})

test('another port, another user, another way: another machine', () => {
  for (const more of [
    { port: 23 },
    { user: 'bob' },
    { via: [bastion] },
    { proxyCommand: 'nc bastion 22' },
    { connection: 'local' },
  ] as Partial<Target>[]) {
    assert.is(machines(target('a'), target('b', more)).machines.size, 0, JSON.stringify(more))
    assert.is(machines(target('a', more), target('b', more)).machines.size, 1, JSON.stringify(more))
  }
  const behind = (host: string) => ({ via: [{ ...bastion, host }] })
  assert.is(machines(target('a', behind('one')), target('b', behind('two'))).machines.size, 0)
})

test('where runbook runs is one machine, whatever its address', () => {
  const local = { connection: 'local' } as const
  assert.is(machines(target('a', local), target('b', { ...local, host: 'localhost' })).machines.size, 1)
})

test('a machine is read as the identity that any of its names needs, as root where they differ', () => {
  const as = (user: string) => ({ become: { user, method: 'sudo' as const } })
  const identity = (...list: Target[]) => {
    const found = machines(...list)
    return targetsOfMachines(found.targets, found.machines)[list[0]!.name]?.become?.user
  }
  assert.is(identity(target('a'), target('b', as('root'))), 'root')
  assert.is(identity(target('a', as('root')), target('b')), 'root')
  assert.is(identity(target('a', as('root')), target('b', as('web'))), 'root')
  assert.is(identity(target('a', as('web')), target('b', as('root'))), 'root')
  assert.is(identity(target('a'), target('b')), undefined)
})

const place = sandbox()
test.after(place.remove)
const port = await closedPort()
place.write('play.yml', '- hosts: all\n  tasks:\n    - copy: { dest: "/srv/{{ inventory_hostname }}", content: x }\n')

test('a machine that does not answer is unreachable under each of its names', () => {
  const at = (name: string): string => `${name} ansible_host=127.0.0.1 ansible_port=${port}\n`
  place.write('hosts.ini', at('alpha') + at('beta'))
  const { code, out, err } = place.run(['plan', 'play.yml', '-i', 'hosts.ini', '--format', 'json'])
  assert.is(code, 3, err)
  const events = out.trim().split('\n').map(line => JSON.parse(line)) // biome-ignore format: one line
  assert.equal(events.flatMap(e => (e.type === 'host-lost' ? [e.host] : [])), ['alpha', 'beta']) // biome-ignore format: one line
})

test('what the picture of a graph shows of two names needs no host', () => {
  const { code } = place.run(['graph', 'play.yml', '-i', 'hosts.ini'])
  assert.is(code, 0)
})

test.run()
