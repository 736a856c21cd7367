import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bin, closedPort, privateKey, sandbox } from './rig.ts'

const place = sandbox()
test.after(place.remove)
place.write('hosts.yml', 'all:\n  hosts:\n    web:\n      ansible_host: 127.0.0.1\n')
place.write('empty.yml', '')
mkdirSync(join(place.folder, 'folder.yml'))

const playbook = (...tasks: string[]): string =>
  ['- hosts: all', '  tasks:', ...tasks.map(t => `    ${t}`), ''].join('\n')

/** What is said of a playbook that is refused before any host is contacted. */
const refused = (text: string, args: string[] = []): string => {
  place.write('play.yml', text)
  const { code, out, err } = place.run(['apply', 'play.yml', '-i', 'hosts.yml', ...args])
  assert.is(code, 4, err)
  assert.is(out, '')
  return err
}

test('a playbook that is not there, is empty, or is a folder', () => {
  for (const [file, words] of [
    ['none.yml', 'There is no playbook none.yml.'],
    ['empty.yml', 'The playbook empty.yml is empty.'],
    ['folder.yml', 'folder.yml is a folder, a playbook is wanted.'],
  ] as const) {
    const { code, err } = place.run(['plan', file, '-i', 'hosts.yml'])
    assert.is(code, 4)
    assert.ok(err.includes(words), err)
  }
})

test('no inventory: the places that were looked at are named', () => {
  place.write('play.yml', playbook('- debug: hi'))
  const none = place.run(['plan', 'play.yml'])
  assert.is(none.code, 4)
  assert.match(none.err, 'inventory/play.yml')
  assert.match(none.err, 'RUNBOOK_INVENTORY')
  const wrong = place.run(['plan', 'play.yml', '-i', 'none.yml'])
  assert.is(wrong.code, 4)
  assert.match(wrong.err, 'There is no inventory none.yml.')
})

const mistaken = `- name: One
  hosts: wbe
  becom: true
  vars: { a: "{{ nosuch }}", b: "{{ 1 + }}" }
  tasks:
    - coppy: { dest: /a }
    - zzzzzz: {}
    - yyyyyy: {}
    - copy: { dest: /a, contnet: x }
    - file: { path: [1], state: touch }
    - name: Unread
      register: unread
      notify: unheard
    - debug: "{{ unread.word }} {{ prot }} {{ a }}"
    - debug: hi
      when: inventory_hostname ==
    - copy: { dest: /a, src: no-file.txt }
    - copy: { dest: /a, src: not-looked-for.txt }
      when: "false"
    - template: { dest: /a, src: no-template.hbs }
    - template: { dest: /a, src: bad.hbs }
    - debug: hi
      notify: nobody
`
const mistakes: [place: string, word: string, what: RegExp][] = [
  ['many.yml:2:10', 'wbe', /no host or group "wbe"/],
  ['many.yml:3:3', 'becom', /no "becom"/],
  ['many.yml:4:18', 'nosuch', /"nosuch"/],
  ['many.yml:4:41', '}', /ends too early/],
  ['many.yml:6:7', 'coppy', /no module "coppy"/],
  ['many.yml:7:7', 'zzzzzz', /no module "zzzzzz"/],
  ['many.yml:8:7', 'yyyyyy', /no module "yyyyyy"/],
  ['many.yml:9:25', 'contnet', /no argument "contnet"/],
  ['many.yml:10:21', '[', /must be text, not a list/],
  ['many.yml:11:7', 'n', /has no module/],
  ['many.yml:14:36', 'prot', /no variable or register "prot"/],
  ['many.yml:16:34', '', /ends too early/],
  ['many.yml:17:30', 'no-file.txt', /There is no no-file.txt/],
  ['many.yml:20:34', 'no-template.hbs', /There is no no-template.hbs/],
  ['many.yml:23:15', 'nobody', /no handler "nobody"/],
  ['bad.hbs:1:3', '{', /not a valid/],
]

test('all mistakes of all kinds are told at once, each once, with its place and the word underlined', () => {
  place.write('many.yml', mistaken)
  place.write('bad.hbs', 'x={{#if a}')
  const { code, err } = place.run(['plan', 'many.yml', '-i', 'hosts.yml'])
  assert.is(code, 4)
  const told = err.split(/^error/m).slice(1)
  for (const [i, [at, word, what]] of mistakes.entries()) {
    const [said = '', spot = '', text = '', under = ''] = told[i]?.split('\n') ?? []
    assert.match(said, what)
    assert.is(spot.trim(), at)
    const column = under.indexOf('^')
    assert.is(text.slice(column, column + word.length), word)
    assert.ok(word.length < 3 || under.trim().endsWith('^'.repeat(word.length)), `${at}: ${under}`)
  }
  assert.is(told.length, mistakes.length, err)
  assert.is(err.split('Modules: ').length, 2, 'the list of modules is told once')
})

test('where the inventory cannot be read its names are not missed, and all else is told', () => {
  place.write('many.yml', mistaken)
  place.write('bad-hosts.yml', 'all:\n  hosts: [web]\n')
  const { err } = place.run(['plan', 'many.yml', '-i', 'bad-hosts.yml'])
  assert.match(err, /"hosts" of the group "all" must be a mapping/)
  assert.match(err, 'no module "coppy"')
  assert.not.match(err, 'wbe"')
  assert.not.match(err, '"prot"')
})

test('an address, a port, a duration that is nothing of the kind', () => {
  for (const [task, words] of [
    ['cluster_join: { peers: [{ id: a, address: "" }] }', '"peers[0].address" of "cluster_join" must match'],
    ['bootstrap: { peers: [{ id: a, address: b, port: 99999 }] }', '"peers[0].port" of "bootstrap" must be'],
    [
      'cluster_peers: { peers: [], monitor_ping_interval: 0s }',
      '"monitor_ping_interval" of "cluster_peers" must match',
    ],
    ['cluster_peers: { peers: [], monitor_ping_interval: soon }', '"monitor_ping_interval" of "cluster_peers" must'],
  ] as const)
    assert.match(refused(playbook(`- ${task}`)), words)
})

test('a template that is no text, or a folder', () => {
  mkdirSync(join(place.folder, 'folder.hbs'))
  writeFileSync(join(place.folder, 'image.hbs'), Buffer.from([0x89, 0x50, 0xff]))
  assert.match(
    refused(playbook('- template: { src: folder.hbs, dest: /x }')),
    'A folder is no template.\n  folder.hbs:1:1',
  )
  assert.match(refused(playbook('- template: { src: image.hbs, dest: /x }')), 'no UTF-8 text.\n  image.hbs:1:1')
})

test('a folder that others lie beside is absolute and has no slash at its end', () => {
  for (const [task, said] of [
    ['ipfs_install: { version: v0.42.0, bin_dir: bin }', '"bin"'],
    ['ipfs_init: { path: /srv/ipfs/ }', '"/srv/ipfs/"'],
    ['cluster_init: { path: cluster }', '"cluster"'],
  ] as const)
    assert.match(refused(playbook(`- ${task}`)), `, which ${said} does not.`)
})

test('a template file that uses an unknown name, with its place, before anything connects', () => {
  place.write('motd.hbs', 'hello\n{{greting}}\n')
  const tasks = ['- template: { src: motd.hbs, dest: /etc/motd }', '  vars: { greeting: hi }']
  assert.match(refused(playbook(...tasks)), /"greting".*motd\.hbs:2:3.*Did you mean "greeting"\?/s)
})

test('a tag that no task has', () => {
  const text = playbook('- debug: hi', '  tags: [greet]')
  assert.match(refused(text, ['--tags', 'great']), /No task has the tag "great".*Did you mean "greet"\?/s)
})

test('broken YAML, with its line', () => {
  assert.match(refused('- hosts: [\n'), /not valid YAML.*play\.yml:\d+:\d+/s)
})

test('an unknown module or argument: the nearest one is offered, the place underlined', () => {
  const module = refused(playbook('- coppy: { dest: /x }'))
  assert.match(module, 'There is no module "coppy".')
  assert.match(module, 'Did you mean "copy"?')
  assert.match(module, /play\.yml:3:7.*\^/s)
  const argument = refused(playbook('- copy: { dset: /x }'))
  assert.match(argument, 'Did you mean "dest"?')
  assert.match(argument, 'play.yml:3:15')
})

test('a wrong type, with what to write', () => {
  const said = refused(playbook('- copy: { dest: /x, content: hi, mode: 644 }'))
  assert.match(said, 'is 644 in decimal, which would be the mode 1204.')
  assert.match(said, 'Write its octal digits: "0644".')
  assert.match(said, 'play.yml:3:44')
})

test('an unknown name in an expression', () => {
  const said = refused(playbook('- debug: "{{ ansible_hots }}"'))
  assert.match(said, 'There is no variable or register "ansible_hots".')
  assert.match(said, 'Did you mean "ansible_host"?')
})

test('a cycle, as a path', () => {
  const said = refused(playbook('- { name: a, after: [b], debug: hi }', '- { name: b, debug: hi }'))
  assert.match(said, 'web/a -> waits for web/b -> waits for web/a')
})

test('a host pattern, or a limit, that matches nothing', () => {
  assert.match(refused('- hosts: wbe\n  tasks:\n    - debug: hi\n'), 'There is no host or group "wbe"')
  assert.match(refused(playbook('- debug: hi'), ['--limit', 'db']), 'There is no host or group "db"')
})

test('several mistakes are told at once', () => {
  const said = refused(playbook('- copy: { dest: x, mode: 644 }', '- debug: "{{ nothing }}"'))
  assert.ok(said.match(/^error/gm)!.length >= 3, said)
})

test('with --format json the last line is the summary, on every exit', async () => {
  place.write('play.yml', playbook('- debug: hi'))
  place.write('bad.yml', playbook('- coppy: { dest: /x }'))
  const summary = (args: string[]): Record<string, unknown> => {
    const { code, out } = place.run([...args, '--format', 'json'])
    const last = JSON.parse(out.trimEnd().split('\n').at(-1)!)
    assert.is(last.type, 'summary')
    assert.is(last.exit, code)
    return last
  }
  assert.is(summary(['plan', 'bad.yml', '-i', 'hosts.yml']).exit, 4)
  assert.is(summary(['apply', 'none.yml', '-i', 'hosts.yml']).exit, 4)
  assert.is(summary(['plan', 'play.yml']).exit, 4)
  assert.is(summary(['plan', 'play.yml', '--nope']).exit, 4)
  assert.is(summary(['plan', 'play.yml', '-i', 'hosts.yml', '--limit', 'db']).exit, 4)
})

test('a folder that is gone: exit code 4', () => {
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
  const words = [process.execPath, bin, 'plan', join(place.folder, 'play.yml')]
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', ...words], { cwd: place.folder, encoding: 'utf8' })
  assert.is(status, 4, stderr)
  assert.match(stderr, 'The folder that runbook was started in is gone.')
})

test('a host that cannot be reached: exit code 3 and a plain sentence', async () => {
  const port = await closedPort()
  place.write('key', privateKey())
  place.write('known_hosts', '')
  const words = [
    `ansible_port: ${port}`,
    'ansible_ssh_private_key_file: key',
    'ansible_ssh_common_args: -o UserKnownHostsFile=known_hosts',
  ]
  place.write(
    'closed.yml',
    `all:\n  hosts:\n    web:\n      ansible_host: 127.0.0.1\n      ${words.join('\n      ')}\n`,
  )
  place.write('play.yml', playbook('- debug: hi'))
  const { code, out, err } = place.run(['apply', 'play.yml', '-i', 'closed.yml'])
  assert.is(code, 3)
  assert.match(out + err, /web[^\n]*127\.0\.0\.1.*(refused|listens)/s)
  assert.not.match(out + err, /\bat .*\.ts:\d+/)
  const lines = place.run(['apply', 'play.yml', '-i', 'closed.yml', '--format', 'json']).out.trimEnd().split('\n')
  const { type, exit, hosts } = JSON.parse(lines.at(-1)!)
  assert.equal([type, exit, hosts.web.unreachable], ['summary', 3, true])
})

test('a loop of too many items is refused before any host is contacted', () => {
  const list = Array.from({ length: 10_001 }, () => '0').join(', ')
  const text = `- hosts: all\n  vars: { xs: [${list}] }\n  tasks: [{ name: t, debug: { msg: x }, loop: "{{ xs }}" }]\n`
  place.write('play.yml', text)
  const { code, out, err } = place.run(['apply', 'play.yml', '-i', 'hosts.yml'])
  assert.is(code, 4, out + err)
  assert.match(out + err, '`loop` has 10001 items, at most 10000 are done.')
  assert.match(out + err, 'play.yml:3:48')
})

test.run()
