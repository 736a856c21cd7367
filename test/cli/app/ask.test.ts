import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ServerOptions, type TestServer, varsOf, withServer } from '../../host/server.ts'
import { onTerminal } from '../on-terminal.ts'
import { bin, type Ran, ranOf, sandbox } from '../rig.ts'

// What is asked is asked on the terminal, whatever standard input and output are, before anything connects.

const place = sandbox()
test.after(place.remove)
const PASSWORD = 'correct-horse-77'
const runbook = `'${process.execPath}' '${bin}'`

/** A server that wants a password, and an inventory that has none. */
const withHost = (options: ServerOptions, use: (server: TestServer) => Promise<void>, vars = {}): Promise<void> =>
  withServer(options, async server => {
    for (const name of readdirSync(place.folder)) rmSync(join(place.folder, name), { recursive: true })
    const { ansible_ssh_private_key_file: _, ...host } = varsOf(server)
    place.write('hosts.json', JSON.stringify({ all: { hosts: { node0: { ...host, ...vars } } } }))
    place.write('site.yml', `- hosts: all\n  tasks: [{ name: say, command: { argv: [echo, "it-is-done"] } }]\n`)
    await use(server)
  })

const asked: ServerOptions = { closed: true, password: PASSWORD }

/** Without a terminal: in a session of its own. */
const detached = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  ranOf(
    spawn(process.execPath, [bin, ...args], {
      cwd: place.folder,
      env: { ...process.env, HOME: place.folder, SSH_AUTH_SOCK: '', ...env },
      detached: true,
    }),
  )

const plain = `HOME='${place.folder}'; export HOME; unset SSH_AUTH_SOCK;`
const files = (): string =>
  readdirSync(place.folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(place.folder, name))
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path, 'utf8'))
    .join('\n')

test('a password is asked on the terminal, though input and output are none, and stands nowhere', () =>
  withHost(asked, async server => {
    const line = `${plain} stty -a >before; ${runbook} apply -k site.yml -i hosts.json </dev/null >out 2>err; code=$?; stty -a >after; exit $code`
    const { screen, code } = await onTerminal(place.folder, line, [['log in with', `${PASSWORD}\r`]])
    const read = (name: string): string => readFileSync(join(place.folder, name), 'utf8')
    assert.is(code, 0, screen + read('out') + read('err'))
    assert.is(read('before'), read('after'))
    assert.not.match(screen, PASSWORD)
    assert.not.match(files(), PASSWORD)
    assert.equal(server.logins, ['password'])
    // What was asked for is remembered, and nothing else.
    assert.match(files(), '"askPass":true')
  }))

test('typing can be mended, and what is typed ahead answers the next question', () =>
  withHost(asked, async () => {
    const typed = `nonsense\x15correct-horsä\x7fe-7x\x7f7\rof-sudo\r`
    const line = `${plain} ${runbook} plan -kK site.yml -i hosts.json`
    const { screen, code } = await onTerminal(place.folder, line, [['log in with', typed]])
    assert.is(code, 0, screen)
    assert.match(screen, 'nothing: the same')
    assert.not.match(screen, 'horse')
  }))

for (const [what, key] of [
  ['Ctrl-C', '\x03'],
  ['the end of input', '\x04'],
])
  test(`${what} instead of an answer ends it with 130, before anything connects, and restores the terminal`, () =>
    withHost(asked, async server => {
      const line = `${plain} stty -a >before; ${runbook} apply -k site.yml -i hosts.json; code=$?; stty -a >after; exit $code`
      const { screen, code } = await onTerminal(place.folder, line, [
        ['log in with', `half${key}`.replace(/half\x04/, '\x04')],
      ])
      assert.is(code, 130, screen)
      assert.is(readFileSync(join(place.folder, 'before'), 'utf8'), readFileSync(join(place.folder, 'after'), 'utf8'))
      assert.is(server.connections, 0)
      assert.not.match(screen, 'runbook resume')
    }))

test('behind the question Ctrl-C is what it was', () =>
  withHost(asked, async () => {
    const begun = join(place.folder, 'begun')
    const line = `echo >'${begun}'; exec sleep 60`
    place.write(
      'long.yml',
      `- hosts: all\n  tasks: [{ name: long, command: { argv: [sh, -c, ${JSON.stringify(line)}] } }]\n`,
    )
    const interrupt = async (type: (text: string) => void): Promise<void> => {
      while (!existsSync(begun)) await new Promise(setImmediate)
      type('\x03')
    }
    const { screen, code } = await onTerminal(place.folder, `${plain} ${runbook} apply -k long.yml -i hosts.json`, [
      ['log in with', `${PASSWORD}\r`],
      ['\n', type => void interrupt(type)],
    ])
    assert.is(code, 130, screen)
    assert.match(screen, 'interrupted')
  }))

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const)
  test(`${signal} while it asks restores the terminal`, () =>
    withHost(asked, async server => {
      const line = `${plain} stty -a >before; sh -c 'echo $$ >pid; exec "$@"' sh ${runbook} plan -k site.yml -i hosts.json; code=$?; stty -a >after; exit $code`
      const kill = (): void => void process.kill(Number(readFileSync(join(place.folder, 'pid'), 'utf8')), signal)
      const { screen, code } = await onTerminal(place.folder, line, [['log in with', kill]])
      assert.is(code, { SIGTERM: 130, SIGINT: 130, SIGHUP: 129, SIGQUIT: 131 }[signal], screen)
      assert.is(readFileSync(join(place.folder, 'before'), 'utf8'), readFileSync(join(place.folder, 'after'), 'utf8'))
      assert.is(server.connections, 0)
    }))

test('without a terminal the option, the file and the variable are named, with exit code 4', () =>
  withHost(asked, async server => {
    const { code, err, out } = await detached(['plan', '-kK', 'site.yml', '-i', 'hosts.json'])
    assert.is(code, 4)
    for (const word of ['--ask-pass (-k)', '--connection-password-file FILE', 'ansible_password'])
      assert.match(err + out, word)
    for (const word of ['--ask-become-pass (-K)', '--become-password-file FILE', 'ansible_become_password'])
      assert.match(err + out, word)
    assert.is(server.connections, 0)
  }))

test('a password comes from a file, or from what a program prints', () =>
  withHost(asked, async () => {
    place.write('held', `${PASSWORD}\n`)
    place.write('prints', `#!/bin/sh\necho '${PASSWORD}'\n`)
    place.write('fails', '#!/bin/sh\necho "no such entry" >&2\nexit 3\n')
    place.write('empty', '\n')
    for (const name of ['prints', 'fails']) chmodSync(join(place.folder, name), 0o755)
    for (const name of ['held', 'prints']) {
      const { code, err, out } = await detached(['plan', 'site.yml', '-i', 'hosts.json', '--conn-pass-file', name])
      assert.is(code, 0, err + out)
    }
    for (const [name, why] of [
      ['fails', 'no such entry'],
      ['empty', 'It is empty'],
      ['nowhere', 'no such file'],
    ] as const) {
      const { code, err, out } = await detached([
        'plan',
        'site.yml',
        '-i',
        'hosts.json',
        '--connection-password-file',
        name,
      ])
      assert.is(code, 4, err + out)
      assert.match(err + out, why)
    }
    const both = await detached(['plan', '-k', 'site.yml', '-i', 'hosts.json', '--connection-password-file', 'held'])
    assert.is(both.code, 4)
  }))

test('resume asks again for what the run was asked for', () =>
  withHost(asked, async server => {
    const apply = `${plain} ${runbook} apply -k site.yml -i hosts.json`
    const failed = await onTerminal(place.folder, apply, [['log in with', 'wrong\r']])
    assert.is(failed.code, 3, failed.screen)
    const { screen, code } = await onTerminal(place.folder, `${plain} ${runbook} resume`, [
      ['log in with', `${PASSWORD}\r`],
    ])
    assert.is(code, 0, screen)
    assert.equal(server.logins, ['password', 'password'])
  }))

test('resume takes a password another way than the run did', () =>
  withHost(asked, async () => {
    place.write('wrong', 'nonsense')
    place.write('right', PASSWORD)
    const failed = await detached(['apply', 'site.yml', '-i', 'hosts.json', '--connection-password-file', 'wrong'])
    assert.is(failed.code, 3, failed.err + failed.out)
    assert.is((await detached(['resume'])).code, 3)
    const { code, err, out } = await detached(['resume', '--connection-password-file', 'right'])
    assert.is(code, 0, err + out)
  }))

const encrypted = (passphrase: string): { path: string; line: string } => {
  const path = join(place.folder, 'key')
  const { status } = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', path])
  assert.is(status, 0)
  return { path, line: readFileSync(`${path}.pub`, 'utf8') }
}

test('the passphrase of a key is asked once for all hosts, again where it is wrong, and is shown nowhere', async () => {
  const authorized: string[] = []
  await withHost({ authorized }, async server => {
    const { path, line } = encrypted('open-sesame-19')
    authorized.push(line)
    const host = { ...varsOf(server), ansible_ssh_private_key_file: path }
    place.write(
      'hosts.json',
      JSON.stringify({ all: { hosts: { node0: host, node1: { ...host, ansible_user: 'ada' } } } }),
    )
    const { screen, code } = await onTerminal(place.folder, `${plain} ${runbook} plan site.yml -i hosts.json`, [
      ['Passphrase of', 'wrong\r'],
      ['Passphrase of', 'open-sesame-19\r'],
    ])
    assert.is(code, 0, screen)
    assert.is(screen.split('Passphrase of').length, 3)
    assert.not.match(screen + files(), 'open-sesame-19')
    const without = await detached(['plan', 'site.yml', '-i', 'hosts.json'])
    assert.is(without.code, 4)
    assert.match(without.err + without.out, `ssh-add ${path}`)
    assert.match(without.err + without.out, 'ansible_ssh_private_key_passphrase')
  })
})

test.run()
