import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from './rig.ts'

// Whatever is named where a file is wanted, runbook says at once that it is none, and where it was named.

const place = sandbox()
test.after(place.remove)
const at = (name: string): string => join(place.folder, name)
place.write('ok.yml', '- name: P\n  hosts: all\n  tasks: [{ name: Say, debug: { msg: hello } }]\n')
place.write('here.ini', 'here ansible_connection=local\n')
mkdirSync(at('folder'))
execFileSync('mkfifo', [at('pipe')])
symlinkSync('nowhere', at('dangling'))
writeFileSync(at('sparse'), '')
truncateSync(at('sparse'), 5 * 1024 ** 3)

/** What is said of a command line that is refused. */
const refusal = (...args: string[]): string => {
  const { code, out, err } = place.run(args)
  assert.is(code, 4, `${args.join(' ')}: ${code}\n${out}${err}`)
  return err
}

test('playbooks, inventories, variables, password files and settings that are no plain file', () => {
  for (const [args, said] of [
    [['plan', '/dev/zero', '-i', 'here.ini'], 'playbook /dev/zero is a device'],
    [['plan', 'pipe', '-i', 'here.ini'], 'playbook pipe is a named pipe'],
    [['plan', 'sparse', '-i', 'here.ini'], 'playbook sparse has 5120 MB'],
    [['apply', 'ok.yml', '-i', 'pipe'], 'inventory pipe is a named pipe'],
    [['apply', 'ok.yml', '-i', '/dev/zero'], 'inventory /dev/zero is a device'],
    [['plan', 'ok.yml', '-i', 'here.ini', '-e', '@/dev/zero'], 'variables /dev/zero is a device.\n  -e:1:1'],
    [['plan', 'ok.yml', '-i', 'here.ini', '-e', '@pipe'], 'variables pipe is a named pipe.\n  -e:1:1'],
    [['exec', 'all', '-i', 'pipe', '--', 'true'], 'inventory pipe is a named pipe'],
    [['ping', 'all', '-i', 'sparse'], 'inventory sparse has 5120 MB'],
    [['plan', 'ok.yml', '-i', 'here.ini', '--connection-password-file', 'pipe'], 'It is a named pipe'],
    [['plan', 'ok.yml', '-i', 'here.ini', '--become-password-file', '/dev/zero'], 'It is a device'],
    [['plan', 'show', 'pipe'], 'plan pipe is a named pipe'],
    [['plan', 'ok.yml', '-i', 'web,', '--ssh-config', 'pipe'], 'pipe is a named pipe'],
  ] as const)
    assert.match(refusal(...args), said)
})

test('a private key that is no plain file: no host is asked', () => {
  for (const [name, fault] of [
    ['/dev/zero', 'is a device'],
    ['pipe', 'is a named pipe'],
    ['folder', 'is a folder'],
    ['sparse', 'has 5120 MB'],
  ] as const) {
    for (const command of [
      ['plan', 'ok.yml'],
      ['ping', 'all'],
    ] as const)
      assert.match(refusal(...command, '-i', 'web,', '--private-key', name), `${fault}`)
    place.write('keyed.ini', `web ansible_ssh_private_key_file=${name.startsWith('/') ? name : at(name)}\n`)
    const err = refusal('plan', 'ok.yml', '-i', 'keyed.ini')
    assert.match(err, fault)
    assert.match(err, 'keyed.ini:1:')
  }
})

test('what a task names as its source', () => {
  for (const [task, said] of [
    ['copy: { src: /dev/zero, dest: /tmp/x }', '/dev/zero is a device'],
    ['copy: { src: pipe, dest: /tmp/x }', 'pipe is a named pipe'],
    ['copy: { src: dangling, dest: /tmp/x }', 'There is no dangling'],
    ['template: { src: pipe, dest: /tmp/x }', 'pipe is a named pipe'],
    ['template: { src: folder, dest: /tmp/x }', 'A folder is no template'],
    ['template: { src: sparse, dest: /tmp/x }', 'has 5120 MB'],
    ['unarchive: { src: /dev/zero, dest: /tmp }', '/dev/zero is a device'],
    ['unarchive: { src: pipe, dest: /tmp }', 'pipe is a named pipe'],
  ] as const) {
    place.write('play.yml', `- hosts: all\n  tasks:\n    - ${task}\n`)
    const err = refusal('plan', 'play.yml', '-i', 'here.ini')
    assert.match(err, said)
    assert.match(err, /\.yml:3:\d+|folder:1:1|sparse:1:1/)
  }
})

test('a module beside a playbook that is no plain file', () => {
  mkdirSync(at('modules'))
  place.write('mine.yml', '- hosts: all\n  tasks: [{ mine: {} }]\n')
  for (const [target, said] of [
    ['/dev/zero', 'is a device'],
    ['../pipe', 'is a named pipe'],
    ['../sparse', 'has 5120 MB'],
    ['../folder', 'is a folder'],
  ] as const) {
    symlinkSync(target, at('modules/mine.ts'))
    const err = refusal('plan', 'mine.yml', '-i', 'here.ini')
    assert.match(err, said)
    assert.match(err, 'modules/mine.ts')
    rmSync(at('modules/mine.ts'))
  }
  rmSync(at('modules'), { recursive: true })
})

test('pipes that a shell hands over are read, as by Ansible', () => {
  place.write('say.yml', '- hosts: all\n  tasks: [{ debug: { msg: "{{ a }} {{ b }}" } }]\n')
  const bash = (script: string): string =>
    execFileSync('bash', ['-c', script, process.execPath, new URL('../../src/runbook.mjs', import.meta.url).pathname], {
      cwd: place.folder,
      encoding: 'utf8',
      input: 'b: piped\n',
    })
  const said = bash('"$0" "$1" apply say.yml -v -i <(cat here.ini) -e @<(echo "a: handed") -e @/dev/stdin')
  assert.match(said, 'handed piped')
})

test('an archive that unpacks to far more than it is, or is a folder, is told in the plan', () => {
  const header = Buffer.alloc(512)
  header.write('zeros')
  header.write(`${'0000644\0'}${'0000000\0'.repeat(2)}${(3 * 1024 ** 3).toString(8).padStart(11, '0')}\0`, 100)
  header.write('        0', 148)
  header.write(
    `${header
      .reduce((a, b) => a + b)
      .toString(8)
      .padStart(6, '0')}\0`,
    148,
  )
  const zeros = gzipSync(Buffer.alloc(64 * 1024 ** 2))
  writeFileSync(at('bomb.tar.gz'), Buffer.concat([gzipSync(header), ...Array.from({ length: 48 }, () => zeros)]))
  for (const [src, said] of [
    ['bomb.tar.gz', 'the archive unpacks to too much'],
    ['folder', 'is a folder'],
    ['sparse', 'there is nothing in it'],
  ] as const) {
    place.write('play.yml', `- hosts: all\n  tasks:\n    - unarchive: { src: ${src}, dest: ${place.folder} }\n`)
    const { code, out, err } = place.run(['plan', 'play.yml', '-i', 'here.ini'])
    assert.is(code, 1, err)
    assert.match(out + err, said)
  }
})

test.run()
