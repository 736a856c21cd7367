import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from './rig.ts'

// A variable that says how a host is reached, or whom tasks become, and is wrong: its file, line and column, whichever file
// that is; and no password beside it is shown.

const place = sandbox()
test.after(place.remove)
mkdirSync(join(place.folder, 'host_vars'))
place.write('ok.yml', '- name: P\n  hosts: all\n  tasks: [{ name: Say, debug: { msg: hello } }]\n')

const refusal = (...args: string[]): string => {
  const { code, out, err } = place.run(['plan', 'ok.yml', ...args])
  assert.is(code, 4, `${args.join(' ')}: ${out}${err}`)
  return err
}

test('of an INI inventory the word; a line with a password is not shown', () => {
  place.write('i.ini', 'a ansible_host=b ansible_port=x\n')
  assert.match(
    refusal('-i', 'i.ini'),
    /ansible_port of a is "x"\n {2}i\.ini:1:18\n {5}1 \| a ansible_host=b ansible_port=x/,
  )
  place.write('i.ini', 'a ansible_password=tiger-lily-7 ansible_port=x\n')
  assert.match(refusal('-i', 'i.ini'), /ansible_port of a is "x"\n {2}i\.ini:1:33\n/)
  for (const line of [
    'a ansible_password=tiger-lily-7 word',
    'a ansible_become_pass=tiger lily-7',
    'a b ansible_ssh_pass=lily-7',
  ]) {
    place.write('i.ini', `${line}\n`)
    const err = refusal('-i', 'i.ini')
    assert.match(err, /i\.ini:1:\d+/)
    assert.not.match(err, 'lily')
  }
  place.write('i.ini', 'a\n[all:vars]\nansible_timeout=soon\n')
  assert.match(refusal('-i', 'i.ini'), /ansible_timeout of a is "soon"\n {2}i\.ini:3:1/)
})

test('of a YAML inventory, files beside it and -e', () => {
  const yaml = (variable: string): void =>
    place.write('i.yml', `all:\n  hosts:\n    a:\n      ansible_become: true\n      ${variable}\n`)
  for (const [variable, said] of [
    ['ansible_port: [1]', /ansible_port of a is \[1\]\n {2}i\.yml:5:21/],
    ['ansible_password: [tiger-lily-7]', /ansible_password of a is a list, not a text\n {2}i\.yml:5:25\n {2}fix/],
    ['ansible_ssh_private_key: tiger-lily-7', /is not followed\n {2}i\.yml:5:32\n {2}fix/],
    ['ansible_become_method: foo', /`ansible_become_method` is "foo".*\n {2}i\.yml:5:30/],
    ['ansible_become_user: [b]', /`ansible_become_user` wants a text of one line\.\n {2}i\.yml:5:28/],
    ['ansible_become_flags: "$x"', /`ansible_become_flags` holds .*\n {2}i\.yml:5:30/],
    ['ansible_become_password: { b: tiger-lily-7 }', /`ansible_become_password` wants .*\n {2}i\.yml:5:32\n/],
    ['ansible_password: tiger-lily-7: b', /This is not valid YAML.*\n {2}i\.yml:5:\d+\n/],
  ] as const) {
    yaml(variable)
    const err = refusal('-i', 'i.yml')
    assert.match(err, said)
    assert.not.match(err, 'lily')
  }
  place.write('i.yml', 'all: { hosts: { a: { ansible_become: maybe } } }\n')
  assert.match(refusal('-i', 'i.yml'), /`ansible_become` wants true or false\.\n {2}i\.yml:1:38/)
  place.write('i.ini', 'a\n')
  assert.match(refusal('-i', 'i.ini', '-e', 'ansible_port=x'), /ansible_port of a is "x"\n {2}-e:1:1/)
  place.write('host_vars/a.yml', '# b\nansible_port: x\n')
  assert.match(refusal('-i', 'i.ini'), /ansible_port of a is "x"\n {2}host_vars\/a\.yml:2:15/)
  place.write('host_vars/a.yml', '')
})

test('variables by hand that are none, and patterns that name nothing', () => {
  for (const given of ['{', '[1]', '{"a": }}', 'a', '1a=b', '{"1a": 1}', '5'])
    assert.match(refusal('-i', 'i.ini', '-e', given), /\n {2}-e:1:\d+/, given)
  for (const hosts of ['""', '" "', '[]', 'null', '[""]', '"!"', '"a["', '"~("']) {
    place.write('empty.yml', `- hosts: ${hosts}\n  tasks: []\n`)
    const { code, err } = place.run(['plan', 'empty.yml', '-i', 'i.ini'])
    assert.is(code, 4, err)
    assert.match(err, /empty\.yml:1:1\d/, hosts)
  }
  assert.match(refusal('-i', 'i.ini', '--limit', ''), '--limit:1:1')
})

test.run()
