import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connectSsh } from '../../src/host/connect.ts'
import type { Target } from '../../src/host/target.ts'
import { failuresOf } from './local.ts'
import { type ServerOptions, type TestServer, withServer } from './server.ts'

/** A login user who is not root, in the eyes of `id`, and a sudo of ours. */
const deploy = (sudo: string): ServerOptions => ({ programs: { id: 'echo 1000', sudo } })
const becoming = (server: TestServer): Target => ({ ...server.target, user: 'deploy', become: true })

test('become: the shell is started by sudo, once, and the identity is root', () =>
  withServer(deploy('echo "sudo $*" >> "$HOME/log"; shift 3; exec "$@"'), async server => {
    const transport = await connectSsh(becoming(server))
    assert.is(transport.user, 'root')
    await transport.run([{ sh: ':' }])
    await transport.run([{ sh: ':' }])
    assert.is(readFileSync(join(server.folder, 'log'), 'utf8'), 'sudo -n -H -- /bin/sh\n')
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

test('become: who is root already needs no sudo', () =>
  withServer({ programs: { sudo: 'exit 1', id: 'echo 0' } }, async server => {
    for (const user of ['root', 'toor']) {
      const transport = await connectSsh({ ...server.target, user, become: true })
      assert.is((await transport.run([{ sh: ':' }])).length, 1)
      await transport.close()
    }
  }))

test.run()
