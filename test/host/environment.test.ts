import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fragment } from '../../src/core/transport.ts'
import { connectSsh } from '../../src/host/connect.ts'
import { LOGIN_LINE, SYSTEM_PATH, startLine } from '../../src/host/environment.ts'
import { failuresOf } from './local.ts'
import { ROOT, type ServerOptions, type TestServer, withServer } from './server.ts'

/** What people export: settings of the programs that are to be set up, words that change tools, and worse. */
const EXPORTS: Record<string, string> = {
  CLUSTER_SECRET: 'hello',
  CLUSTER_FOLLOWERMODE: 'true',
  IPFS_PATH: '/elsewhere',
  LIBP2P_FORCE_PNET: '0',
  POSIXLY_CORRECT: '1',
  GREP_OPTIONS: '-v',
  TZ: 'Asia/Tokyo',
  LC_NUMERIC: 'de_DE.UTF-8',
  LANGUAGE: 'de',
  BASH_ENV: '/nonexistent',
  ENV: '/nonexistent',
  TMPDIR: '/nonexistent',
  HOME: '/nonexistent',
  USER: 'nobody',
  SHELL: '/usr/bin/fish',
  'BASH_FUNC_find%%': '() {  echo mine\n}',
  'no name': 'of a shell',
  LINES: 'two\nexport CLUSTER_ID=x',
}
/** Set by a shell for itself. */
const OF_SHELLS = new Set(['PWD', 'OLDPWD', 'SHLVL', '_'])

/** The environment that fragments of one kind have, without what a shell sets for itself. */
const environmentOf = async (
  { target }: TestServer,
  change: Partial<TestServer['target']> = {},
  kind: Partial<Fragment> = {},
): Promise<Record<string, string>> => {
  const transport = await connectSsh({ ...target, ...change })
  const [output] = await transport.run([{ sh: 'exec env -0', ...kind }])
  await transport.close()
  const entries = `${output?.stdout}`.split('\0').flatMap(line => (line === '' ? [] : [line.split(/=(.*)/s)]))
  return Object.fromEntries(entries.filter(([name]) => !OF_SHELLS.has(name!)).map(([name, value]) => [name!, value!]))
}

const root = { HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: '/bin/sh', LANG: 'C.UTF-8' }

test('a program of a task has the environment that is documented, and nothing of what a login exports', () =>
  withServer({ exports: EXPORTS, greets: 'export CLUSTER_ID=mine; umask 077' }, async server => {
    const { PATH, ...rest } = await environmentOf(server, {}, { step: true, lingers: true })
    assert.equal(rest, root)
    assert.match(PATH!, `:${SYSTEM_PATH}`)
    const { PATH: _, ...ours } = await environmentOf(server)
    assert.equal(ours, { ...root, LC_ALL: 'C' }, 'what we read ourselves is in the language we read')
  }))

test('become: what sudo keeps or PAM adds stays behind too', () => {
  const sudo = `shift 3; CLUSTER_SECRET=hello IPFS_PATH=/x; export CLUSTER_SECRET IPFS_PATH; exec "$@"`
  const id = 'case $1 in -un) echo root;; *) echo 1000;; esac'
  return withServer({ programs: { id, sudo }, exports: EXPORTS }, async server => {
    const { PATH: _, ...rest } = await environmentOf(server, { user: 'deploy', become: ROOT }, { lingers: true })
    assert.equal(rest, root)
  })
})

/** What PATH becomes of one. */
const pathFrom = async (path: string): Promise<string> => {
  let made = ''
  await withServer({ greets: `PATH=${path}; export PATH` }, async server => {
    made = (await environmentOf(server)).PATH!.replace(/^[^:]*\/bin-[^:]*:/, '')
  })
  return made
}

test('PATH: the folders of the system come first, then what a login has besides, as far as it is absolute', async () => {
  assert.is(await pathFrom('/opt/a/bin:/usr/bin:.:bin::/opt/b/bin:/opt/a/bin'), `${SYSTEM_PATH}:/opt/a/bin:/opt/b/bin`)
  assert.is(await pathFrom("'/opt/with blank/*'"), `${SYSTEM_PATH}:/opt/with blank/*`)
  assert.is(await pathFrom("''"), SYSTEM_PATH)
})

test('the folder of the session is kept, as nothing else than that', async () => {
  for (const [given, kept] of [
    ['/run/user/0', '/run/user/0'],
    ['/run/user/../../tmp', undefined],
    ['/tmp', undefined],
  ])
    await withServer({ exports: { XDG_RUNTIME_DIR: given! } }, async server => {
      assert.is((await environmentOf(server)).XDG_RUNTIME_DIR, kept)
    })
})

test('where a host has no C.UTF-8 the language is C, so that no program warns of it', () => {
  const { target } = { target: { user: 'root' } as TestServer['target'] }
  const language = (locales: string): string => {
    const line = startLine(target, '/bin/sh')
      .replaceAll('/usr/lib/locale/', '/nonexistent/')
      .replace('$(locale -a 2>/dev/null)', `"${locales}"`)
    return spawnSync('sh', ['-c', LOGIN_LINE], { input: `${line}printf %s "$LANG"` }).stdout.toString()
  }
  assert.is(language('C POSIX'), 'C')
  assert.is(language('C C.utf8 POSIX'), 'C.UTF-8')
})

/** Whether a host can be used as any other: frames, uploads of which `read` eats nothing, and the lease. */
const isUsable = async (options: ServerOptions): Promise<void> =>
  withServer(options, async server => {
    const transport = await connectSsh(server.target)
    const [output] = await transport.run([{ sh: 'echo out; echo err >&2; exit 3' }])
    assert.equal([`${output?.stdout}`, `${output?.stderr}`, output?.status], ['out\n', 'err\n', 3])
    const lease = await transport.lease({ run: 'a-run', who: 'ada@laptop' })
    assert.is(lease.is, 'mine')
    if (lease.is === 'mine') await lease.give()
    const bytes = Buffer.from('\n\nx\n')
    const path = join(server.folder, 'f')
    const digest = createHash('sha256').update(bytes).digest('hex')
    await transport.upload({ source: { bytes }, size: bytes.length, digest, path, mode: '0600' })
    assert.equal(readFileSync(path), bytes)
    await transport.close()
  })

// Each is a .bashrc that somebody has, or has had.
const LOGINS: Record<string, string> = {
  'greets without a line end': 'printf "Welcome to node0"; printf odd >&2',
  'prints bytes and escape sequences': `printf '\\033[2J\\033]0;node0\\007\\377\\376\\000\\200' ; printf '\\033[31m\\r\\b' >&2`,
  'prints more than is kept': 'head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2',
  'asks something': 'printf "Update now? [y/N] "; read -r answer',
  'asks for one key, with what it reads by blocks': 'head -c 40 >/dev/null; dd bs=1 count=8 of=/dev/null 2>/dev/null',
  'is slow': 'sleep 0.3; echo done',
  'stops at errors': 'set -eu; trap "echo bye" EXIT; cd /tmp',
  'is another shell that reads what is sent': 'echo "starting bash"; exec bash',
  'names functions like tools': 'id() { echo mine; }; env() { echo mine; }; find() { echo mine; }',
  'talks of itself by the words of a lease': 'echo mine; echo "theirs 3 a-run x"; echo "nobody it has no flock"',
}
for (const [what, greets] of Object.entries(LOGINS))
  test(`a login that ${what} changes nothing`, () => isUsable({ greets }))

test('a login whose own files end it is told as that', () =>
  withServer({ greets: 'exit 0' }, async server => {
    const transport = await connectSsh(server.target)
    const [failure] = await failuresOf(transport.run([{ sh: ':' }]))
    assert.is(failure?.reason, 'host-login')
    assert.match(failure!.why!, 'as an `exit` in .bashrc does')
    assert.match(failure!.fix!, 'ssh root@127.0.0.1 echo here')
    await transport.close()
  }))

test('become: a login that is another shell by then still becomes root by sudo', () =>
  withServer(
    { greets: 'exec bash', programs: { id: 'echo 1000', sudo: 'echo "$2" >"$HOME/sudo"; shift 3; exec "$@"' } },
    async server => {
      const transport = await connectSsh({ ...server.target, user: 'deploy', become: ROOT })
      assert.is((await transport.run([{ sh: ':' }])).length, 1)
      await transport.close()
      assert.ok(existsSync(join(server.folder, 'sudo')))
    },
  ))

test.run()
