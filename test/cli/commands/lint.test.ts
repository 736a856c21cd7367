import { mkdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
mkdirSync(`${place.folder}/sub`)
place.write('hosts.yml', 'all:\n  hosts:\n    a: { ansible_host: 192.0.2.1, ansible_password: hunter22 }\n')
place.write('good.yml', '- hosts: all\n  tasks:\n    - debug: { msg: a }\n')
place.write(
  'bad.yml',
  '- hosts: all\n  vars_prompt: [{ name: asked }]\n  tasks:\n    - file: { path: /x, state: directory, mode: 755 }\n    - debug: { msg: "{{ asked }}" }\n      when: false\n',
)
place.write('refused.yml', '- hosts: all\n  tasks:\n    - debug: { mgs: a }\n')

test('nothing is 0; what is told is 1, each with its place, its rule and the fix', () => {
  assert.equal(place.run(['lint', 'good.yml']), { code: 0, out: 'Nothing to say.\n', err: '' })
  const { code, out, err } = place.run(['lint', 'good.yml', 'bad.yml'])
  assert.equal([code, err], [1, ''])
  assert.is(
    out,
    `bad.yml:4:49: mode-not-octal: 755 is a decimal number here: as a mode it is 1363.
  fix: Write "0755", with quotes.
bad.yml:6:13: never-runs: "debug" can never run: this condition is false on every host.
  fix: Take the task away, or the condition; to leave it out until it is asked for, tag it never.
2 findings.
`,
  )
})

test('an inventory is looked at once for several playbooks, and no secret is shown', () => {
  place.write('sub/also.yml', '- hosts: a\n  tasks: []\n')
  const { code, out } = place.run(['lint', 'good.yml', 'sub/also.yml', '-i', 'hosts.yml', '--format', 'json'])
  assert.is(code, 1)
  assert.not.match(out, 'hunter22')
  const [finding, ...more] = JSON.parse(out)
  assert.equal(more, [])
  assert.equal([finding.rule, finding.file, finding.line, finding.column], ['secret-in-clear', 'hosts.yml', 3, 53])
  assert.ok(finding.what && finding.fix)
  assert.equal(JSON.parse(place.run(['lint', 'good.yml', '--format', 'json']).out), [])
})

test('what plan refuses is refused, with its place', () => {
  const { code, err } = place.run(['lint', 'bad.yml', 'refused.yml'])
  assert.is(code, 4)
  assert.match(err, 'refused.yml:3:16')
  assert.match(err, 'Did you mean "msg"?')
  assert.is(place.run(['lint', 'missing.yml']).code, 4)
  assert.is(place.run(['lint']).code, 4)
})

test.run()
