import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connectionOptionsLike, writtenConnection } from '../../../src/cli/app/connection-options.ts'
import { attempt } from '../../../src/core/failure.ts'
import { closedPort, sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
place.write('play.yml', '- hosts: all\n  tasks:\n    - { name: Say, debug: "{{ ansible_user }}" }\n')

/** What is said of the hosts that could not be reached: where, and as whom. */
const planned = async (vars: string, args: string[], env = {}): Promise<string> => {
  place.write(
    'hosts.yml',
    `all:\n  hosts:\n    web: { ansible_host: 127.0.0.1, ansible_port: ${await closedPort()}${vars} }\n`,
  )
  const { code, out, err } = place.run(['plan', 'play.yml', '-i', 'hosts.yml', ...args], { env })
  assert.is(code, 3, err)
  return out + err
}

test('options are taken in every way that Ansible has for them, and variables win', async () => {
  place.write('key', '')
  for (const words of [['-u', 'ada'], ['--user=ada'], ['-uada'], ['--remote-user', 'ada']])
    assert.match(await planned('', [...words, '--key-file', 'key', '-T', '2']), /web/)
  assert.is(place.run(['plan', 'play.yml', '-i', 'hosts.yml', '-T', 'soon']).code, 4)
  assert.match(place.run(['plan', 'play.yml', '-i', 'hosts.yml', '-T', 'soon']).err, '--timeout is "soon"')
})

test('what may be written down is, what may hold a secret is not', () => {
  const options = { user: 'ada', jump: 'b', sshCommonArgs: '-o ProxyCommand="x hunter2"' }
  const written = writtenConnection(options)
  assert.equal(written, { reach: { user: 'ada', jump: 'b' }, reachNames: ['sshCommonArgs'] })
  assert.equal(writtenConnection({}), {})
  const again = attempt(() => connectionOptionsLike(written, { user: 'bob' }, 'runbook resume'))
  assert.match(again.failures![0]!.what, '--ssh-common-args was given for that')
  assert.match(again.failures![0]!.fix!, 'runbook resume --ssh-common-args=…')
  const { value } = attempt(() =>
    connectionOptionsLike(written, { user: 'bob', sshCommonArgs: '-C' }, 'runbook resume'),
  )
  assert.equal(value, { user: 'bob', jump: 'b', sshCommonArgs: '-C' })
})

test('a run record holds what may be written down, and a resume goes the same way', async () => {
  await planned('', [])
  const more = ['-u', 'ada', '-c', 'ssh', '--ssh-common-args=-o StrictHostKeyChecking=yes -l hunter2']
  assert.is(place.run(['apply', 'play.yml', '-i', 'hosts.yml', ...more]).code, 3)
  const [run] = readdirSync(`${place.folder}/.runbook/runs`)
  const record = readFileSync(`${place.folder}/.runbook/runs/${run}`, 'utf8')
  assert.match(record, '"reach":{"user":"ada","connection":"ssh"},"reachNames":["sshCommonArgs"]')
  assert.not.match(record, 'StrictHostKey')
  const { code, err } = place.run(['resume'])
  assert.equal([code, /--ssh-common-args was given/.test(err)], [4, true])
  assert.is(place.run(['resume', '--ssh-common-args=-C']).code, 3)
})

test.run()
