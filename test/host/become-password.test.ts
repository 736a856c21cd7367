import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Become } from '../../src/core/transport.ts'
import { connectSsh, connectTo } from '../../src/host/connect.ts'
import type { Target } from '../../src/settings/target.ts'
import { failuresOf } from './local.ts'
import { type ServerOptions, type TestServer, withServer } from './server.ts'

const PASSWORD = "it's $HOME; a \\ secret"
const id = 'case $1 in -un) echo deploy;; *) echo 1000;; esac'

/** What reads a password notes it, so that tries can be counted. */
const ASKS = `note() { printf '%s\\n' "$1" >>"$HOME/given"; }
argv() { printf '%s\\n' "$*" >>"$HOME/argv"; }
right='${PASSWORD.replaceAll("'", `'\\''`)}'`

/** sudo as it is: three tries, a lecture before the first, and nothing asked where \`$open\` is set. */
const SUDO = (more = ''): string => `${ASKS}
${more}
argv "$@"
prompt= quiet=
while [ "$1" != -- ]; do case $1 in -p) prompt=$2; shift;; -n) quiet=1;; esac; shift; done
shift
[ -z "$open" ] || exec "$@"
[ -z "$quiet" ] || { echo 'sudo: a password is required' >&2; exit 1; }
printf 'We trust you have received the usual lecture.\\n\\n' >&2
for try in 1 2 3; do
  printf %s "$prompt" >&2
  IFS= read -r given || { echo 'sudo: no password was provided' >&2; exit 1; }
  note "$given"
  [ "$given" != "$right" ] || exec "$@"
  [ "$try" = 3 ] || echo 'Sorry, try again.' >&2
done
echo 'sudo: 3 incorrect password attempts' >&2
exit 1`

/** su as it is: it asks at its terminal, once. */
const SU = `${ASKS}
argv "$@"
[ -t 0 ] || { echo 'su: must be run from a terminal' >&2; exit 1; }
stty -echo; printf 'Password: ' >&2; IFS= read -r given; stty echo; echo >&2
note "$given"
[ "$given" = "$right" ] || { echo 'su: Authentication failure' >&2; exit 1; }
while [ "$1" != -c ]; do shift; done
exec /bin/sh -c "$2"`

/** doas as it is: it asks at the terminal whatever its streams are, once, and closes what else is open. */
const DOAS = (more = ''): string => `${ASKS}
${more}
argv "$@"
quiet=; while [ "$1" != -- ]; do [ "$1" != -n ] || quiet=1; shift; done
shift
exec 3<&- 4>&- 5>&-
[ -z "$open" ] || exec "$@"
[ -z "$quiet" ] || { echo 'doas: Authorization required' >&2; exit 1; }
exec 9<>/dev/tty || { echo 'doas: a tty is required' >&2; exit 1; }
stty -echo <&9; printf 'doas (deploy@node0) password: ' >&9; IFS= read -r given <&9; stty echo <&9; echo >&9
note "$given"
[ "$given" = "$right" ] || { echo 'doas: Authentication failed' >&2; exit 1; }
exec "$@" 9<&-`

const programs = (more: Record<string, string>): ServerOptions => ({ programs: { id, ...more } })
const as = (become: Partial<Become>, { target }: TestServer): Target => ({
  ...target,
  user: 'deploy',
  become: { user: 'root', method: 'sudo', password: PASSWORD, ...become },
})
const linesOf = ({ folder }: TestServer, name: string): string[] =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8').trimEnd().split('\n') : []

const BYTES = 'printf "a\\0b\\377\\r\\n"; printf "err\\0\\r" >&2; exit 3'

/** Frames go over as they are: bytes, both streams, status; and the password is in no argument and no environment. */
const needUsable = async (server: TestServer, target: Target): Promise<void> => {
  const transport = await connectTo(target)
  const seen = 'tr "\\0" "\\n" </proc/$$/environ; env; tr "\\0" "\\n" </proc/$$/cmdline'
  const [bytes, user, around] = await transport.run([{ sh: BYTES }, { sh: 'echo $USER' }, { sh: seen }])
  assert.equal(
    [bytes?.stdout.toString('latin1'), bytes?.stderr.toString('latin1'), bytes?.status],
    ['a\0b\xff\r\n', 'err\0\r', 3],
  )
  assert.is(`${user?.stdout}`, `${target.become!.user}\n`)
  assert.not.match(`${around?.stdout}`, PASSWORD)
  const big = 'x'.repeat(100_000)
  const [echoed] = await transport.run([{ sh: `printf %s ${big}` }])
  assert.is(echoed?.stdout.toString(), big, 'nothing is too long for it')
  await transport.close()
  assert.not.match(linesOf(server, 'argv').join('\n'), PASSWORD)
  assert.not.match(server.commands.join('\n'), PASSWORD)
}

test('sudo gets the password once, after its own prompt', () =>
  withServer(programs({ sudo: SUDO() }), async server => {
    await needUsable(server, as({}, server))
    assert.equal(linesOf(server, 'given'), [PASSWORD])
    assert.match(linesOf(server, 'argv')[0]!, /^-S -p password-[0-9a-f]+: -H -- \/bin\/sh -c /)
  }))

test('sudo that asks nothing gets no password, and so no shell runs it as a command', () =>
  withServer(programs({ sudo: SUDO('open=1') }), async server => {
    await needUsable(server, as({}, server))
    assert.equal(linesOf(server, 'given'), [])
  }))

const ssh = spawnSync('ssh', ['-V']).error ? test.skip : test
ssh('by the ssh program it is the same (needs ssh)', async () => {
  for (const [become, program] of [
    [{}, { sudo: SUDO() }],
    [{ method: 'su' }, { su: SU }],
  ] as [Partial<Become>, Record<string, string>][])
    await withServer(programs(program), async server => {
      await needUsable(server, { ...as(become, server), connection: 'openssh' })
      assert.equal(linesOf(server, 'given'), [PASSWORD])
    })
})

test('with a password it is one round trip more: the question comes with the start, and frames with the answer', () =>
  withServer(programs({ sudo: SUDO() }), async server => {
    const transport = await connectSsh(as({}, server))
    assert.is(server.commands.length, 1, 'all is said in the line that is started')
    await transport.run([{ sh: ':' }])
    assert.is(server.commands.length, 1)
    assert.is(transport.roundTrips, 1)
    await transport.close()
  }))

test('a wrong password is tried once, and told in words with what to give', async () => {
  for (const [become, sudo] of [
    [{ method: 'sudo' }, { sudo: SUDO() }],
    [{ method: 'su' }, { su: SU }],
    [{ method: 'doas' }, { doas: DOAS() }],
  ] as [Partial<Become>, Record<string, string>][])
    await withServer(programs(sudo), async server => {
      const [failure] = await failuresOf(connectSsh(as({ ...become, password: 'wrong' }, server)))
      assert.is(failure?.reason, 'host-become')
      assert.match(failure!.why!, 'the password is wrong')
      assert.match(failure!.fix!, /password of (deploy|root) on node0.*-K/)
      assert.equal(linesOf(server, 'given'), ['wrong'])
      await server.idle()
      assert.equal(linesOf(server, 'given'), ['wrong'], 'nor is anything else taken for one')
    })
})

test('of several identities one with a wrong password is asked once, however often it is wanted', () =>
  withServer(programs({ sudo: SUDO() }), async server => {
    const transport = await connectSsh({ ...server.target, user: 'deploy' })
    const postgres = transport.as({ user: 'postgres', method: 'sudo', password: 'wrong' })
    for (let time = 0; time < 3; time++)
      assert.match((await failuresOf(postgres.run([{ sh: ':' }])))[0]!.why!, 'the password is wrong')
    assert.equal(linesOf(server, 'given'), ['wrong'])
    assert.is((await transport.run([{ sh: ':' }])).length, 1, 'the login itself goes on')
    await transport.close()
  }))

test('uploads and the lease are begun in the same way', () =>
  withServer(programs({ sudo: SUDO() }), async server => {
    const transport = await connectSsh(as({}, server))
    await transport.run([{ sh: ':' }])
    const lease = await transport.lease({ run: 'a-run', who: 'ada@laptop' })
    assert.is(lease.is, 'mine')
    if (lease.is === 'mine') await lease.give()
    const path = join(server.folder, 'f')
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    await transport.upload({ source: { bytes: Buffer.from('abc') }, size: 3, digest, path, mode: '0600' })
    assert.is(readFileSync(path, 'utf8'), 'abc')
    assert.equal(linesOf(server, 'given'), [PASSWORD, PASSWORD, PASSWORD])
    await transport.close()
  }))

test('su and doas ask at a terminal, and frames go over as they are nevertheless', async () => {
  for (const [become, program] of [
    [{ method: 'su' }, { su: SU }],
    [{ method: 'doas' }, { doas: DOAS() }],
    [{ method: 'su', user: 'postgres' }, { su: SU }],
    [{ method: 'doas', user: 'postgres' }, { doas: DOAS() }],
  ] as [Partial<Become>, Record<string, string>][])
    await withServer(programs(program), async server => {
      await needUsable(server, as(become, server))
      assert.equal(linesOf(server, 'given'), [PASSWORD])
    })
})

test('su without a terminal to be had reads its input; one that asks nothing leaves it to the shell', async () => {
  const few =
    'few="$HOME/few"; mkdir -p "$few"; for p in sh id env head sed cat tr ps locale; do ln -sf "$(command -v $p)" "$few"; done; PATH=$few:${PATH%%:*}; export PATH'
  const body = SU.replace(/^\[ -t 0 \].*$/m, '').replaceAll(/stty -?echo; |; echo >&2$/gm, '')
  await withServer({ ...programs({ su: body }), greets: few }, async server => {
    await needUsable(server, as({ method: 'su' }, server))
    assert.equal(linesOf(server, 'given'), [PASSWORD])
    const [failure] = await failuresOf(connectSsh(as({ method: 'su', password: 'wrong' }, server)))
    assert.match(failure!.why!, 'the password is wrong')
  })
  const open = 'while [ "$1" != -c ]; do shift; done; exec /bin/sh -c "$2"'
  for (const greets of [few, ':'])
    await withServer({ ...programs({ su: open }), greets }, async server => {
      await needUsable(server, as({ method: 'su' }, server))
    })
})

test('doas that asks nothing leaves the input to the shell, with a password and without', async () => {
  await withServer(programs({ doas: DOAS('open=1') }), async server => {
    await needUsable(server, as({ method: 'doas' }, server))
    const { password: _, ...become } = as({ method: 'doas' }, server).become!
    await needUsable(server, { ...as({}, server), become })
    assert.equal(linesOf(server, 'given'), [])
    assert.match(linesOf(server, 'argv').at(-1)!, /^-n -- \/bin\/sh -c /)
  })
})

test('who is asked for a password and has none is told where to give it', async () => {
  const none = (become: Partial<Become>, server: TestServer): Target => {
    const { password: _, ...rest } = as(become, server).become!
    return { ...as({}, server), become: rest }
  }
  await withServer(programs({ su: SU, sudo: SUDO(), doas: DOAS() }), async server => {
    for (const method of ['sudo', 'su', 'doas'] as const) {
      const [failure] = await failuresOf(
        (async () => (await connectSsh(none({ method }, server))).run([{ sh: ':' }]))(),
      )
      assert.is(failure?.reason, 'host-become')
      for (const way of ['-K', '--become-password-file', 'ansible_become_password']) assert.match(failure!.fix!, way)
    }
    assert.equal(linesOf(server, 'given'), [])
  })
})

test('sudo that wants a terminal gets one, with a password and without, and streams stay apart', async () => {
  const sudo = (more = '') =>
    SUDO(`( : </dev/tty ) 2>/dev/null || { echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1; }\n${more}`)
  await withServer(programs({ sudo: sudo() }), async server => {
    await needUsable(server, as({}, server))
    assert.equal(linesOf(server, 'given'), [PASSWORD])
  })
  await withServer(programs({ sudo: sudo('open=1') }), async server => {
    const { password: _, ...become } = as({}, server).become!
    await needUsable(server, { ...as({}, server), become })
  })
})

test('a login that asks something is answered first, and the password is still for sudo alone', () =>
  withServer(
    { ...programs({ sudo: SUDO() }), greets: 'printf "Update now? [y/N] "; read -r answer; echo "$answer" >answer' },
    async server => {
      await needUsable(server, as({}, server))
      assert.equal(linesOf(server, 'given'), [PASSWORD])
      assert.equal(linesOf(server, 'answer'), [''])
    },
  ))

test('become_exe and become_flags are what is run; how a password is asked for stays as it is', () =>
  withServer(programs({ mysudo: SUDO() }), async server => {
    await needUsable(server, as({ exe: 'mysudo', flags: ['-H', '-S', '-n', '-nE'] }, server))
    assert.match(linesOf(server, 'argv')[0]!, /^-S -p password-[0-9a-f]+: -H -E -- /)
  }))

test('who is the user already is asked nothing', () =>
  withServer({ programs: { id: 'case $1 in -un) echo postgres;; *) echo 0;; esac' } }, async server => {
    for (const method of ['sudo', 'su', 'doas'] as const) {
      await needUsable(server, { ...as({ method }, server), user: 'toor' })
      await needUsable(server, { ...as({ method, user: 'postgres' }, server), user: 'toor' })
    }
  }))

test.run()
