import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connectSsh } from '../../src/host/connect.ts'
import type { Target } from '../../src/settings/target.ts'
import { failuresOf } from './local.ts'
import { ROOT, type ServerOptions, type TestServer, withServer } from './server.ts'

/** A login user who is not root, in the eyes of `id`, and a sudo of ours. */
const deploy = (sudo: string): ServerOptions => ({ programs: { id: 'echo 1000', sudo } })
const becoming = (server: TestServer): Target => ({ ...server.target, user: 'deploy', become: ROOT })

test('become: the shell is started by sudo, once, and the identity is root', () =>
  withServer(deploy('echo "sudo $*" >> "$HOME/log"; shift 3; exec "$@"'), async server => {
    const transport = await connectSsh(becoming(server))
    assert.is(transport.user, 'root')
    await transport.run([{ sh: ':' }])
    await transport.run([{ sh: ':' }])
    assert.match(readFileSync(join(server.folder, 'log'), 'utf8'), /^sudo -n -H -- \/bin\/sh -c [^\n]* sh \/bin\/sh\n$/)
    await transport.close()
  }))

test('become: sudo that refuses is told in its own words, with the line for sudoers', () =>
  withServer(deploy('echo "sudo: a password is required" >&2; exit 1'), async server => {
    const transport = await connectSsh(becoming(server))
    const [failure] = await failuresOf(transport.run([{ sh: `touch ${server.folder}/ran` }]))
    assert.is(failure?.reason, 'host-become')
    assert.is(failure?.why, 'sudo: a password is required')
    assert.match(failure!.fix!, 'deploy ALL=(ALL) NOPASSWD: ALL')
    assert.not(existsSync(join(server.folder, 'ran')))
    await transport.close()
  }))

test('become: each cause is told in the words of sudo, with what mends it', async () => {
  const line = 'deploy ALL=(ALL) NOPASSWD: ALL'
  const resolve = 'sudo: unable to resolve host node0: Name or service not known'
  const cases: [said: string, why: string, fix: string][] = [
    [
      'sudo: sorry, you must have a tty to run sudo',
      'sudo: sorry, you must have a tty to run sudo',
      'Defaults:deploy !requiretty',
    ],
    ['sudo: a password is required', 'sudo: a password is required', line],
    ['deploy is not in the sudoers file.', 'deploy is not in the sudoers file.', line],
    ["Sorry, user deploy is not allowed to execute '/bin/sh' as root on node0.", 'not allowed to execute', line],
    [
      `${resolve}\nsudo: a terminal is required to read the password\nsudo: a password is required`,
      'a password is required',
      line,
    ],
    [`sudo: a password is required\n${resolve}`, 'sudo: a password is required', line],
    ['sh: 1: exec: sudo: not found', 'sudo: not found', 'install sudo'],
    [
      'sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set',
      'setuid bit',
      'chmod 4755 /usr/bin/sudo',
    ],
    [
      '/etc/sudoers.d/x:1:9: syntax error\nsudo: no valid sudoers sources found, quitting',
      'no valid sudoers',
      'visudo -c',
    ],
    ['sudo: account validation failure, is your account locked?', 'locked', 'chage -l deploy'],
    [
      'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
      'no new privileges',
      'NoNewPrivileges',
    ],
  ]
  for (const [said, why, fix] of cases)
    await withServer(
      { ...deploy(`cat >&2 <<'X'\n${said}\nX\nexit 1`), greets: 'echo "To run as root use sudo." >&2' },
      async server => {
        const transport = await connectSsh(becoming(server))
        const [failure] = await failuresOf(transport.run([{ sh: ':' }]))
        assert.is(failure?.reason, 'host-become')
        assert.match(failure!.why!, why)
        assert.match(failure!.fix!, fix)
        if (fix !== line) assert.not.match(failure!.fix!, line, said)
        await transport.close()
      },
    )
})

test('become: sudo speaks English whatever the login does', () =>
  withServer(
    { ...deploy('echo "$LC_ALL" >"$HOME/language"; shift 3; exec "$@"'), greets: 'export LC_ALL=de_DE.UTF-8' },
    async server => {
      const transport = await connectSsh(becoming(server))
      await transport.run([{ sh: ':' }])
      assert.is(readFileSync(join(server.folder, 'language'), 'utf8'), 'C\n')
      await transport.close()
    },
  ))

test('become: who is root already needs no sudo', () =>
  withServer({ programs: { sudo: 'exit 1', id: 'echo 0' } }, async server => {
    for (const user of ['root', 'toor']) {
      const transport = await connectSsh({ ...server.target, user, become: ROOT })
      assert.is((await transport.run([{ sh: ':' }])).length, 1)
      await transport.close()
    }
  }))

test.run()
