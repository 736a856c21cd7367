import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Become } from '../../src/core/transport.ts'
import { connectSsh } from '../../src/host/connect.ts'
import { failuresOf, reasonsOf } from './local.ts'
import { ROOT, type ServerOptions, withServer } from './server.ts'

/** A sudo of ours that tells what it was asked for; who becomes nobody gets its refusal. */
const SUDO = `echo "$*" | sed 's/ -- .*//' >>"$HOME/asked"
who=root
while [ "$1" != -- ]; do [ "$1" = -u ] && who=$2; shift; done
shift
[ "$who" != nobody ] || { echo "Sorry, user deploy is not allowed to execute '/bin/sh' as nobody on node0." >&2; exit 1; }
WHO=$who; export WHO; exec "$@"`
const deploy = (options: ServerOptions = {}): ServerOptions => ({
  ...options,
  programs: { id: 'case $1 in -un) echo deploy;; *) echo 1000;; esac', sudo: SUDO },
})
const to = (user: string): Become => ({ user, method: 'sudo' })

test('each identity has one shell over the one connection, opened with its first frame', () =>
  withServer(deploy(), async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy' })
    const [postgres, root] = [transport.as(to('postgres')), transport.as(ROOT)]
    assert.equal(await postgres.run([]), [])
    assert.is(server.commands.length, 1, 'nothing is opened before a frame is')
    const userIn = async (one: typeof transport): Promise<string> =>
      `${(await one.run([{ sh: 'echo $USER $$' }]))[0]?.stdout}`
    const first = await Promise.all([transport, postgres, root].map(userIn))
    assert.equal(
      first.map(line => line.split(' ')[0]),
      ['deploy', 'postgres', 'root'],
    )
    assert.equal([transport.user, postgres.user, root.user], ['deploy', 'postgres', 'root'])
    assert.equal(await Promise.all([transport, postgres, root].map(userIn)), first, 'the same shells')
    assert.is(transport.as(to('postgres')), postgres)
    assert.is(postgres.as(ROOT), root)
    assert.is(root.as(), transport)
    assert.is(transport.as(to('deploy')), transport, 'who logs in needs nothing to be there')
    assert.equal([server.connections, server.commands.length, transport.roundTrips], [1, 3, 6])
    assert.equal(readFileSync(join(server.folder, 'asked'), 'utf8').trim().split('\n').sort(), [
      '-n -H',
      '-n -H -u postgres',
    ])
    await transport.close()
    await server.idle()
  }))

test('the first shell may be that of another identity; the login itself is one more', () =>
  withServer(deploy(), async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy', become: ROOT })
    const [output] = await transport.as().run([{ sh: 'echo $USER' }])
    assert.is(`${output?.stdout}`, 'deploy\n')
    assert.is(transport.as(ROOT), transport)
    await transport.close()
  }))

test('an identity that is refused is told as that, and the others go on', () =>
  withServer(deploy(), async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy' })
    const [failure] = await failuresOf(transport.as(to('nobody')).run([{ sh: ':' }]))
    assert.equal([failure?.reason, failure?.what], ['host-become', 'deploy cannot become nobody on node0'])
    assert.match(failure!.fix!, 'deploy ALL=(nobody) NOPASSWD: ALL')
    assert.is((await transport.run([{ sh: ':' }])).length, 1)
    assert.is((await transport.as(to('postgres')).run([{ sh: ':' }])).length, 1)
    await transport.close()
  }))

test('a server that allows no further session refuses that identity alone, with the setting to change', () =>
  withServer(deploy({ sessions: 1 }), async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy' })
    const postgres = transport.as(to('postgres'))
    for (const _ of [1, 2]) {
      const [failure] = await failuresOf(postgres.run([{ sh: ':' }]))
      assert.equal(
        [failure?.reason, failure?.what],
        ['host-become', 'node0 gives deploy no further session to become postgres in'],
      )
      assert.match(failure!.fix!, 'MaxSessions 10')
    }
    assert.is((await transport.run([{ sh: ':' }])).length, 1)
    await transport.close()
  }))

test('an upload is put there by the identity that sends it', () =>
  withServer(deploy(), async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy' })
    const bytes = Buffer.from('x')
    const digest = createHash('sha256').update(bytes).digest('hex')
    const upload = { source: { bytes }, size: 1, digest, path: join(server.folder, 'f'), mode: '0640' }
    await transport.as(to('postgres')).upload(upload)
    assert.is(statSync(upload.path).mode & 0o777, 0o640)
    assert.match(readFileSync(join(server.folder, 'asked'), 'utf8'), /^-n -H -u postgres$/m)
    await transport.close()
  }))

test('closing ends what runs as any identity, and nothing is opened afterwards', () =>
  withServer(deploy(), async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy' })
    const postgres = transport.as(to('postgres'))
    const begun = Promise.withResolvers<void>()
    const frame = postgres.run(
      [{ sh: ':' }, { sh: `mkfifo ${server.folder}/block; read -r x <${server.folder}/block` }],
      () => begun.resolve(),
    )
    const reasons = reasonsOf(frame)
    await begun.promise
    await transport.close()
    assert.equal(await reasons, ['run-interrupted'])
    await server.idle()
    assert.is((await reasonsOf(transport.as(ROOT).run([{ sh: ':' }]))).length, 1)
    assert.is(server.commands.length, 2)
  }))

test('a connection that breaks loses every identity', () =>
  withServer(deploy(), async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy' })
    const postgres = transport.as(to('postgres'))
    await postgres.run([{ sh: ':' }])
    server.cut()
    assert.equal(await reasonsOf(postgres.run([{ sh: ':' }])), ['host-lost'])
    assert.equal(await reasonsOf(transport.as(ROOT).run([{ sh: `touch ${server.folder}/ran` }])), ['host-lost'])
    assert.not.ok(existsSync(join(server.folder, 'ran')))
    await transport.close()
  }))

test.run()
