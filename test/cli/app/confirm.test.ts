import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer, varsOf } from '../../host/server.ts'
import { onTerminal } from '../on-terminal.ts'
import { bin, sandbox } from '../rig.ts'

// Host keys that nobody knows are asked for on the terminal, in one question, before anything is shown or runs.

const servers = [await startServer(), await startServer()]
const place = sandbox()
const known = join(place.folder, 'ssh/known_hosts')
test.before(() => {
  const hosts = Object.fromEntries(
    servers.map((server, at) => [
      `node${at}`,
      {
        ...varsOf(server),
        ansible_ssh_common_args: `-o UserKnownHostsFile=${known} -o GlobalKnownHostsFile=/dev/null`,
      },
    ]),
  )
  place.write('hosts.json', JSON.stringify({ all: { hosts } }))
  place.write('site.yml', '- hosts: all\n  tasks: [{ name: say, command: { argv: [echo, done] } }]\n')
})
test.before.each(() => {
  if (existsSync(known)) writeFileSync(known, '')
  for (const server of servers) server.commands.length = 0
})
test.after(async () => {
  place.remove()
  for (const server of servers) await server.stop()
})

const runbook = `HOME='${place.folder}' '${process.execPath}' '${bin}'`
const answering = (line: string, ...talk: [wait: string, type: string][]) => onTerminal(place.folder, line, talk)

test('one question names all of them; yes, typed with a slip, keeps them and goes on', async () => {
  const { screen, code } = await answering(`${runbook} plan site.yml -i hosts.json`, ['(yes/no)', 'yed\x7fs\r'])
  assert.is(code, 0, screen)
  assert.is(screen.split('(yes/no)').length, 2, screen)
  assert.match(screen, /node0 \(127.0.0.1 port \d+\) +ssh-ed25519 SHA256:/)
  assert.match(screen, /node1 \(127.0.0.1 port \d+\) +ssh-ed25519 SHA256:/)
  assert.ok(screen.indexOf('(yes/no)') < screen.search(/say|planning/), 'before anything is shown')
  const lines = readFileSync(known, 'utf8')
    .split('\n')
    .filter(line => line !== '')
  assert.equal(lines.sort(), servers.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}`).sort())
  // Known from then on, also to a run that nobody watches.
  const again = await place.start(['ping', '-i', 'hosts.json'])
  assert.is(again.code, 0, again.err)
})

test('no leaves them refused, with the line to add', async () => {
  const { screen, code } = await answering(
    `${runbook} exec all -i hosts.json -- true`,
    ['(yes/no)', 'maybe\r'],
    ['type yes or no', 'no\r'],
  )
  assert.is(code, 3, screen)
  assert.match(screen, 'host-key-unknown')
  assert.is(servers.flatMap(({ commands }) => commands).length, 0)
  assert.is(readFileSync(known, 'utf8'), '')
})

test('Ctrl-C instead of an answer ends it with 130, and nothing has run', async () => {
  const line = `stty -a >before; ${runbook} apply site.yml -i hosts.json; code=$?; stty -a >after; exit $code`
  const { screen, code } = await answering(line, ['(yes/no)', '\x03'])
  assert.is(code, 130, screen)
  assert.is(servers.flatMap(({ commands }) => commands).length, 0)
  assert.is(readFileSync(join(place.folder, 'before'), 'utf8'), readFileSync(join(place.folder, 'after'), 'utf8'))
})

test('hosts that are known are in no question', async () => {
  writeFileSync(known, servers.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}\n`).join(''))
  const { screen, code } = await answering(`${runbook} ping -i hosts.json`)
  assert.is(code, 0, screen)
  assert.not.match(screen, 'yes/no')
})

test.run()
