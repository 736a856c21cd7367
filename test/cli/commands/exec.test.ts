import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer, varsOf } from '../../host/server.ts'
import { bin, closedPort, type Ran, ranOf, sandbox, untilBegun } from '../rig.ts'

const node0 = await startServer()
const node1 = await startServer({ greets: 'echo a greeting; echo another >&2' })
const place = sandbox()
test.before(async () => {
  const gone = { ...varsOf(node0), ansible_port: await closedPort() }
  const hosts = { node0: varsOf(node0), node1: varsOf(node1), gone }
  place.write('hosts.json', JSON.stringify({ all: { hosts, children: { up: { hosts: { node0: {}, node1: {} } } } } }))
})
test.after(async () => {
  place.remove()
  await node0.stop()
  await node1.stop()
})

const exec = (...args: string[]): Promise<Ran> => place.start(['exec', '-i', 'hosts.json', ...args])
const linesOf = (text: string): string[] => text.split('\n').filter(line => line !== '')
const eventsOf = ({ out }: Ran) => linesOf(out).map(line => JSON.parse(line))

test('what hosts print comes by lines with the host in front, errors on stderr; greetings are of nobody', async () => {
  const { code, out, err } = await exec('up', '--', 'echo a; echo b >&2; printf "no end"')
  assert.is(code, 0)
  assert.equal(linesOf(out).sort(), ['node0 | a', 'node0 | no end', 'node1 | a', 'node1 | no end'])
  assert.equal(
    linesOf(err)
      .filter(line => line.includes('|'))
      .sort(),
    ['node0 | b', 'node1 | b'],
  )
  assert.match(err, /2 hosts: 2 ok in /)
})

test('several words are a program with its arguments as they stand, one word is a line of sh', async () => {
  const words = await exec('node0', '--', 'printf', '[%s]\\n', 'a b', "it's", '$HOME', '*', '-l')
  assert.equal(
    linesOf(words.out),
    ['[a b]', "[it's]", '[$HOME]', '[*]', '[-l]'].map(word => `node0 | ${word}`),
  )
  assert.equal(linesOf((await exec('node0', '--', 'x=1; echo $x$(echo 2)')).out), ['node0 | 12'])
})

test('the exit code: a command that fails, a host out of reach, both', async () => {
  const failed = await exec('up', '--', 'test', '-e', node0.folder, '-a', '-e', '/nonexistent')
  assert.is(failed.code, 1)
  assert.match(failed.err, /node0 +! ended with 1/)
  assert.match(failed.err, /2 hosts: 2 failed \(node0, node1\)/)
  const gone = await exec('all', '--', 'true')
  assert.is(gone.code, 3)
  assert.match(gone.err, /error\[host-unreachable\]: gone /)
  assert.match(gone.err, /3 hosts: 2 ok, 1 lost \(gone\)/)
  assert.is((await exec('all', '--', 'false')).code, 1)
})

test('what a command prints is there before it ends', async () => {
  const go = join(node0.folder, 'go')
  const { child, ran } = place.begin([
    ...['exec', '-i', 'hosts.json', 'node0', '--', `echo tick; until test -e ${go}; do sleep 0.05; done; echo tock`],
  ])
  child.stdout!.on('data', (bytes: Buffer | string) => {
    if (`${bytes}`.includes('tick')) writeFileSync(go, '')
  })
  const { code, out } = await ran
  assert.equal([code, linesOf(out)], [0, ['node0 | tick', 'node0 | tock']])
})

test('bytes that are no text, controls and long lines are shown safely, and whole in JSON', async () => {
  const line = 'printf "a\\377b\\n\\033[2Jc\\r\\n"'
  const { out } = await exec('node0', '--', line)
  assert.equal(linesOf(out), ['node0 | a\\xffb', 'node0 | \\x1b[2Jc'])
  const events = eventsOf(await exec('node0', '--format', 'json', '--', line))
  const bytes = events
    .filter(({ type }) => type === 'output')
    .map(({ text, base64 }) => Buffer.from(base64 ?? text, base64 === undefined ? 'utf8' : 'base64').toString('latin1'))
  assert.is(bytes.join(''), 'a\xffb\n\x1b[2Jc\r\n')
  const long = await exec('node0', '--', 'head -c 200000 /dev/zero | tr "\\0" x')
  assert.is(long.out.replace(/\n|node0 \| /g, '').length, 200_000)
})

test('as JSON: the hosts, what they print, how each has ended, and the summary', async () => {
  const ran = await exec('up', '-o', 'json', '--', 'echo hello; exit 3')
  const events = eventsOf(ran)
  assert.equal([events[0].type, events[0].hosts], ['play', ['node0', 'node1']])
  const results = events.filter(({ type }) => type === 'result')
  assert.equal(results.map(({ host, status, code }) => [host, status, code]).sort(), [
    ['node0', 'failed', 3],
    ['node1', 'failed', 3],
  ])
  const summary = events.at(-1)
  assert.equal([summary.type, summary.exit, Object.keys(summary.hosts).sort()], ['summary', 1, ['node0', 'node1']])
  assert.is(ran.code, 1)
})

test('a command that has not ended in time is ended, with all that it has started', async () => {
  const file = join(node0.folder, 'late')
  const { code, err } = await exec('node0', '--time-limit', '1', '--', `sleep 300; echo > ${file}`)
  assert.is(code, 1)
  assert.match(err, /node0 ! the command had not ended after 1 s/)
  await node0.idle()
  assert.not(existsSync(file))
})

test('Ctrl-C ends what runs on the hosts, and says where', async () => {
  const [begun, late] = [join(node0.folder, 'begun'), join(node0.folder, 'ended')]
  const { child, ran } = place.begin([
    'exec',
    '-i',
    'hosts.json',
    'up',
    '--',
    `touch ${begun}; sleep 300; touch ${late}`,
  ])
  await untilBegun(ran, () => existsSync(begun))
  child.kill('SIGINT')
  const { code, err } = await ran
  await node0.idle()
  await node1.idle()
  assert.is(code, 130)
  assert.match(err, /The exec was interrupted/)
  assert.match(err, /Under way on .*node0/)
  assert.not(existsSync(late))
})

test('where nobody reads on, what runs on the hosts ends', async () => {
  const line = `'${process.execPath}' '${bin}' exec node0 -i hosts.json -- yes | head -n 2; echo end`
  const ran = await ranOf(spawn('sh', ['-c', line], { cwd: place.folder }))
  assert.equal(linesOf(ran.out), ['node0 | y', 'node0 | y', 'end'])
  await node0.idle()
})

test('-b runs it as root by sudo, --become-user as somebody else; one that is refused is told with its fix', async () => {
  const host = await startServer({
    programs: {
      id: 'case $1 in -un) echo deploy;; *) echo 1000;; esac',
      sudo: `who=root
while [ "$1" != -- ]; do [ "$1" = -u ] && who=$2; shift; done; shift
[ "$who" != nobody ] || { echo "Sorry, user deploy is not allowed to execute '/bin/sh' as nobody on h." >&2; exit 1; }
exec "$@"`,
    },
  })
  place.write('deploy.json', JSON.stringify({ all: { hosts: { h: { ...varsOf(host), ansible_user: 'deploy' } } } }))
  const as = async (...args: string[]) => place.start(['exec', 'h', '-i', 'deploy.json', ...args, '--', 'echo $USER'])
  assert.equal(linesOf((await as()).out), ['h | deploy'])
  assert.equal(linesOf((await as('-b')).out), ['h | root'])
  assert.equal(linesOf((await as('-b', '--become-user', 'postgres')).out), ['h | postgres'])
  const refused = await as('-b', '--become-user', 'nobody')
  assert.match(refused.err, 'error[host-become]')
  assert.match(refused.err, 'fix:')
  const ping = await place.start(['ping', '-b', '-i', 'deploy.json'])
  assert.match(ping.out, /^h +ok +deploy, as root by ssh/)
  await host.stop()
})

test('bad input ends with 4 before anything is contacted: no `--`, no such host, no inventory', async () => {
  const before = node0.connections
  for (const [args, words] of [
    [['exec', 'all', 'ls', '-l', 'node0', '-i', 'hosts.json'], '`--`'],
    [['exec', 'all', 'x', '-i', 'hosts.json', '--', 'ls'], '`--`'],
    [['exec', 'al', '-i', 'hosts.json', '--', 'ls'], 'no host or group "al"'],
    [['exec', 'all', '--', 'ls'], 'No inventory was given'],
    [['exec', 'all', '-i', 'hosts.json', '--'], 'command'],
  ] as const) {
    const { code, err } = place.run([...args])
    assert.is(code, 4, args.join(' '))
    assert.ok(err.includes(words), err)
  }
  assert.is(node0.connections, before)
})

test('a secret of the inventory is not shown, whoever prints it', async () => {
  const vars = { ...varsOf(node0), ansible_become_password: 'tell-nobody-17' }
  place.write('secret.json', JSON.stringify({ all: { hosts: { node0: vars } } }))
  const { out, err } = await place.start(['exec', '-i', 'secret.json', 'node0', '--', 'echo tell-nobody-17'])
  assert.not.match(out + err, 'tell-nobody-17')
})

test('ping says who is let in, as whom and by what, and what is wrong where nobody is', async () => {
  const up = await place.start(['ping', 'up', '-i', 'hosts.json'])
  assert.is(up.code, 0)
  assert.match(up.out, /^node0 +ok +root by ssh in \d+ ms$/m)
  assert.match(up.out, /^node1 +ok/m)
  const all = await place.start(['ping', '-i', 'hosts.json', '-o', 'json'])
  assert.is(all.code, 3)
  const events = eventsOf(all)
  const reached = events.filter(({ type }) => type === 'reached').sort((a, b) => (a.host < b.host ? -1 : 1))
  assert.equal(
    reached.map(({ host, user, identity, connection }) => [host, user, identity, connection]),
    [
      ['node0', 'root', 'root', 'ssh'],
      ['node1', 'root', 'root', 'ssh'],
    ],
  )
  assert.equal(
    events.filter(({ type }) => type === 'host-lost').map(({ host }) => host),
    ['gone'],
  )
})

test('ping: a changed host key ends with 5, and a new one can be taken in', async () => {
  const known = join(place.folder, 'known')
  writeFileSync(known, `[127.0.0.1]:${node0.port} ${node1.hostKey}\n`)
  const vars = { ...varsOf(node0), ansible_ssh_common_args: `-o UserKnownHostsFile=${known}` }
  place.write('other.json', JSON.stringify({ all: { hosts: { node0: vars } } }))
  const changed = await place.start(['ping', '-i', 'other.json'])
  assert.is(changed.code, 5)
  assert.match(changed.err, 'error[host-key-changed]')
  writeFileSync(known, '')
  const accepted = await place.start(['ping', '-i', 'other.json', '-e', 'ansible_host_key_checking=accept-new'])
  assert.is(accepted.code, 0, accepted.err)
  assert.match(accepted.err, /warning: .*taken in[\s\S]*node0.*SHA256:/)
  assert.is(readFileSync(known, 'utf8'), `[127.0.0.1]:${node0.port} ${node0.hostKey}\n`)
  assert.not.match((await place.start(['ping', '-i', 'other.json'])).err, 'warning')
})

test.run()
