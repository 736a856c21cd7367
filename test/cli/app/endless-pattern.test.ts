import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer, varsOf } from '../../host/server.ts'
import { sandbox } from '../rig.ts'

// A regular expression that would step back for ever breaks what it stands in, and nothing else.

const host = await startServer()
const place = sandbox()
test.after(async () => {
  place.remove()
  await host.stop()
})
const at = (name: string): string => join(place.folder, name)
place.write('slow.txt', `${'a'.repeat(44)}!\n`)
place.write('fast.txt', 'a b\n')
const slow = { ansible_connection: 'local', text: at('slow.txt') }
const fast = { ...varsOf(host), text: at('fast.txt') }
place.write('hosts.json', JSON.stringify({ all: { hosts: { slow, fast } } }))

test('lineinfile: the line fails and names pattern and file; the other host is done', async () => {
  place.write(
    'site.yml',
    `- hosts: all
  tasks:
    - { name: edit, lineinfile: { path: "{{ text }}", regexp: '^(\\w+\\s?)*$', line: here } }
    - { name: after, copy: { dest: "${at('done-')}{{ inventory_hostname }}", content: x } }
`,
  )
  const ran = await place.start(['apply', 'site.yml', '-i', 'hosts.json'])
  assert.is(ran.code, 1, ran.out + ran.err)
  const said = (ran.out + ran.err).replaceAll(/\s+/g, ' ')
  assert.match(said, 'The regular expression ^(\\w+\\s?)*$ takes too long')
  assert.ok(said.includes(at('slow.txt')), said)
  assert.is(readFileSync(at('fast.txt'), 'utf8'), 'here\n')
  assert.is(readFileSync(at('slow.txt'), 'utf8'), `${'a'.repeat(44)}!\n`)
  assert.equal([existsSync(at('done-fast')), existsSync(at('done-slow'))], [true, false])
})

for (const [name, task] of Object.entries({
  replace: `replace: { path: "{{ text }}", regexp: '^(\\w+\\s?)*$', replace: b }`,
  section: `replace: { path: "{{ text }}", after: '^(\\w+\\s?)*$', regexp: 'a', replace: b }`,
  matches: `debug: { msg: "{{ '${'a'.repeat(44)}!' is match('^(a+)+$') }}" }`,
}))
  test(`${name}: the same`, () => {
    place.write('site.yml', `- hosts: slow\n  tasks:\n    - { ${task} }\n`)
    const { code, out, err } = place.run(['plan', 'site.yml', '-i', 'hosts.json'])
    assert.is(code, name === 'matches' ? 4 : 1, out + err)
    assert.match(out + err, 'takes too long')
    assert.match(out + err, 'site.yml:3:')
  })

test('hosts and --limit: refused before anything is contacted, with a place', () => {
  place.write('long.json', JSON.stringify({ all: { hosts: { [`${'a'.repeat(60)}b`]: {} } } }))
  place.write('site.yml', '- hosts: "~(a+)+$"\n  tasks: [{ debug: { msg: x } }]\n')
  const ran = place.run(['plan', 'site.yml', '-i', 'long.json'])
  assert.is(ran.code, 4, ran.out)
  assert.match(ran.err, 'site.yml:1:11')
  assert.match(ran.err, 'takes too long')
  place.write('all.yml', '- hosts: all\n  tasks: [{ debug: { msg: x } }]\n')
  const limited = place.run(['plan', 'all.yml', '-i', 'long.json', '--limit', '~(a+)+$'])
  assert.is(limited.code, 4, limited.out)
  assert.match(limited.err, 'takes too long')
})

test.run()
