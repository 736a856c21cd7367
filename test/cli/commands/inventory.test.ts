import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
place.write(
  'hosts.ini',
  'free x=1\n[web]\nw[1:2] port=80 ansible_password=hunter2\n[web:vars]\nname = "{{ inventory_hostname }}"\n',
)
mkdirSync(join(place.folder, 'group_vars'))
place.write('group_vars/all.yml', 'site: example.org\n')
const inventory = (args: string[], source = 'hosts.ini') => place.run(['inventory', '-i', source, ...args])

test('all of it, in the form of ansible-inventory: keys sorted, hosts in their order, passwords masked', () => {
  const { code, out } = inventory([])
  assert.is(code, 0)
  const listing = JSON.parse(out)
  assert.equal(listing.web, { hosts: ['w1', 'w2'] })
  assert.equal(listing.all, { children: ['ungrouped', 'web'] })
  assert.equal(listing._meta, {
    hostvars: {
      free: { site: 'example.org', x: 1 },
      w1: { ansible_password: '<secret>', name: '{{ inventory_hostname }}', port: 80, site: 'example.org' },
      w2: { ansible_password: '<secret>', name: '{{ inventory_hostname }}', port: 80, site: 'example.org' },
    },
  })
  assert.match(out, /^\{\n {4}"_meta": \{\n {8}"hostvars": \{\n/)
  assert.equal(inventory(['--list']).out, out)
  assert.not.match(inventory(['--list', '-e', 'ansible_become_pass=swordfish']).out, 'swordfish')
})

test('one host, a part of the hosts, a picture, YAML', () => {
  assert.equal(JSON.parse(inventory(['--host', 'free', '-e', 'y=2']).out), { site: 'example.org', x: 1, y: '2' })
  assert.equal(JSON.parse(inventory(['--host', 'localhost']).out), { ansible_connection: 'local', site: 'example.org' })
  assert.equal(JSON.parse(inventory(['--limit', 'w2']).out).web, { hosts: ['w2'] })
  assert.is(inventory(['--graph']).out, '@all:\n  |--@ungrouped:\n  |  |--free\n  |--@web:\n  |  |--w1\n  |  |--w2\n')
  assert.match(
    inventory(['--graph', 'web', '--vars']).out,
    /^@web:\n {2}\|--w1\n {2}\| {2}\|--\{ansible_password = <secret>\}\n/,
  )
  const yaml = inventory(['--yaml', '--export']).out
  assert.match(yaml, /^all:\n {2}children:\n {4}ungrouped:\n {6}hosts:\n {8}free:\n {10}x: 1\n/)
  assert.match(yaml, / {2}vars:\n {4}site: example\.org\n$/)
})

test('scripts and expressions are read, in other commands too', () => {
  const script = `#!/bin/sh\necho '{"web": {"hosts": ["s1", "s2"]}, "_meta": {"hostvars": {"s1": {"port": 80}}}}'\n`
  place.write('hosts.sh', script)
  chmodSync(join(place.folder, 'hosts.sh'), 0o755)
  place.write('z.yml', 'plugin: constructed\ngroups: { low: port | default(0) == 80 }\n')
  assert.equal(JSON.parse(inventory(['-i', 'z.yml'], 'hosts.sh').out).low, { hosts: ['s1'] })
  place.write('play.yml', '- { name: P, hosts: low, tasks: [{ name: Say, debug: hello }] }\n')
  const { out, code } = place.run(['graph', 'play.yml', '-i', 'hosts.sh', '-i', 'z.yml', '--format', 'json'])
  assert.is(code, 0)
  assert.match(out, 's1/say')
  assert.not.match(out, 's2/say')
})

test('what it is asked wrongly, and what is wrong with the inventory', () => {
  const cases: [args: string[], what: RegExp][] = [
    [['--host', 'w*'], /--host wants one host, and "w\*" names 2/],
    [['--graph', 'wbe'], /There is no group "wbe"/],
    [['--list', '--graph'], /Ask one of them/],
    [['-l', 'nobody'], /There is no host or group "nobody"/],
  ]
  for (const [args, what] of cases) {
    const { code, out, err } = inventory(args)
    assert.equal([code, out], [4, ''])
    assert.match(err, what)
  }
  place.write('bad.ini', '[a\n')
  assert.match(inventory([], 'bad.ini').err, 'bad.ini:1:1')
})

test.run()
