import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rules } from '../../src/lint/rules.ts'
import { linted, lintedTasks } from './linted.ts'

/** What a rule says of tasks, or that it says nothing. `play` is what else the play says. */
type Case = { what: string; tasks: string; play?: string; says?: string[] }

const cases: Record<string, Case[]> = {
  'mode-not-octal': [
    { what: 'decimal', tasks: '- file: { path: /x, state: directory, mode: 755 }', says: ['4:49'] },
    { what: 'octal, and text', tasks: '- file: { path: /x, mode: 0755 }\n- file: { path: /x, mode: "755" }' },
    {
      what: 'through a variable',
      play: 'vars: { m: 644, n: 644 }',
      tasks: '- file: { path: /x, mode: "{{ m }}" }',
      says: ['2:14'],
    },
    { what: 'a variable that is called so', play: 'vars: { conf_mode: 640 }', tasks: '- debug: {}', says: ['2:22'] },
    { what: 'deep in a loop', tasks: '- debug: {}\n  loop: [{ mode: 600 }, { mode: 0600 }]', says: ['5:22'] },
    { what: 'with a fourth digit', tasks: '- file: { path: /x, mode: 1777 }', says: ['4:31'] },
  ],
  'never-runs': [
    { what: 'false', tasks: '- debug: {}\n  when: false', says: ['5:13'] },
    { what: 'false as an expression', tasks: '- debug: {}\n  when: 1 == 2', says: ['5:13'] },
    { what: 'false with anything', tasks: '- debug: {}\n  when: x is defined and false', says: ['5:13'] },
    { what: 'true or anything, denied', tasks: '- debug: {}\n  when: not (true or x)', says: ['5:13'] },
    { what: 'one of several', tasks: '- debug: {}\n  when:\n    - x is defined\n    - no', says: ['7:11'] },
    { what: 'of the block', tasks: '- block:\n    - debug: {}\n    - debug: {}\n  when: false', says: ['7:13'] },
    { what: 'against each other', tasks: '- debug: {}\n  when: [a, not a]', says: ['5:17'] },
    { what: 'two values of one', tasks: '- debug: {}\n  when: a == "x" and a == "y"', says: ['5:13'] },
    { what: 'defined and not', tasks: '- debug: {}\n  when: [a is undefined, a is defined]', says: ['5:30'] },
    { what: 'a constant of the task', tasks: '- debug: {}\n  vars: { active: false }\n  when: active', says: ['6:13'] },
    {
      what: 'compared with one',
      tasks: '- debug: {}\n  vars: { kind: a }\n  when: kind == "b"',
      says: ['6:13'],
    },
    { what: 'a switch', play: 'vars: { active: false }', tasks: '- debug: {}\n  when: active' },
    { what: 'over nothing', tasks: '- debug: {}\n  loop: []', says: ['5:13'] },
    { what: 'what depends', tasks: '- debug: {}\n  when: [a or false, b, a == "x" or a == "y", not (a and b)]' },
    { what: 'true', tasks: '- debug: {}\n  when: true' },
  ],
  'unseeded-random': [
    { what: 'a filter', tasks: '- debug: { msg: "{{ 9 | random }}" }', says: ['4:29'] },
    { what: 'by its long name', tasks: '- debug: { msg: "{{ 9 | ansible.builtin.random }}" }', says: ['4:29'] },
    { what: 'shuffle', tasks: '- debug: { msg: "{{ [1, 2] | shuffle | first }}" }', says: ['4:34'] },
    { what: 'in a variable', play: 'vars: { x: "{{ 9 | random }}" }', tasks: '- debug: {}', says: ['2:22'] },
    { what: 'in a condition', tasks: '- debug: {}\n  when: 9 | random > 3', says: ['5:17'] },
    { what: 'a lookup', tasks: `- debug: { msg: "{{ lookup('random_choice', 'a', 'b') }}" }`, says: ['4:25'] },
    {
      what: 'a password that is kept nowhere',
      tasks: `- debug: { msg: "{{ lookup('password', '/dev/null') }}" }`,
      says: ['4:25'],
    },
    { what: 'a salt', tasks: `- debug: { msg: "{{ 'x' | password_hash('sha512') }}" }`, says: ['4:31'] },
    {
      what: 'with a seed',
      tasks: `- debug: { msg: "{{ 9 | random(seed=inventory_hostname) }} {{ [1] | shuffle('a') }} {{ 'x' | password_hash('sha512', 'abc') }}" }`,
    },
    { what: 'a password that is kept', tasks: `- debug: { msg: "{{ lookup('password', 'pw.txt') }}" }` },
    { what: 'the word alone', tasks: '- debug: { msg: "random {{ random_port | default(1) }}" }' },
  ],
  'handler-not-notified': [
    { what: 'nobody', play: 'handlers: [{ name: h, debug: {} }]', tasks: '- debug: {}', says: ['2:14'] },
    { what: 'by name', play: 'handlers: [{ name: h, debug: {} }]', tasks: '- debug: {}\n  notify: h' },
    { what: 'by topic', play: 'handlers: [{ name: h, debug: {}, listen: t }]', tasks: '- debug: {}\n  notify: [t]' },
    {
      what: 'by one that is notified, and by one that is not',
      play: 'handlers: [{ name: a, debug: {}, notify: b }, { name: b, debug: {} }, { name: c, debug: {}, notify: d }, { name: d, debug: {} }]',
      tasks: '- debug: {}\n  notify: a',
      says: ['2:73', '2:108'],
    },
    { what: 'by itself', play: 'handlers: [{ name: h, debug: {}, notify: h }]', tasks: '- debug: {}', says: ['2:14'] },
    {
      what: 'by a block, for its tasks',
      play: 'handlers: [{ name: h, debug: {} }]',
      tasks: '- block: [{ debug: {} }]\n  notify: h',
    },
  ],
  'hiding-name': [
    { what: 'a magic one', play: 'vars: { play_hosts: 1 }', tasks: '- debug: {}', says: ['2:23'] },
    { what: 'registered', tasks: '- debug: {}\n  register: playbook_dir', says: ['5:17'] },
    { what: 'of a task', tasks: '- debug: {}\n  vars: { role_path: x }', says: ['5:26'] },
    { what: 'a keyword', play: 'vars: { environment: x }', tasks: '- debug: {}', says: ['2:24'] },
    {
      what: 'an argument that slipped among variables',
      tasks: '- file:\n    path: /x\n  vars:\n    state: directory',
      says: ['7:9'],
    },
    { what: 'one that is read', tasks: '- file: { path: "{{ path }}" }\n  vars: { path: /x }' },
    { what: "names of one's own", play: 'vars: { site: 1 }', tasks: '- debug: {}\n  register: seen' },
  ],
  'bare-loop': [
    { what: 'a name', tasks: '- debug: {}\n  with_items: packages', says: ['5:19'] },
    { what: 'a member', tasks: '- debug: {}\n  with_dict: site.users', says: ['5:18'] },
    { what: 'braces, and lists', tasks: '- debug: {}\n  with_items: "{{ x }}"\n- debug: {}\n  with_items: [a, b]' },
    { what: 'what takes texts', tasks: '- debug: {}\n  with_lines: uptime\n- debug: {}\n  with_file: a' },
  ],
  'braces-in-condition': [
    { what: 'of a task', tasks: '- debug: {}\n  when: "{{ a }}"', says: ['5:14'] },
    { what: 'one of a list, of a block', tasks: '- block: [{ debug: {} }]\n  when: [a, "{{ b }}"]', says: ['5:18'] },
    { what: 'of another word', tasks: '- command: x\n  failed_when: "{{ a }}"', says: ['5:21'] },
    { what: 'none', tasks: '- debug: {}\n  when: a' },
  ],
  'ignored-errors': [
    { what: 'nobody looks', tasks: '- command: x\n  ignore_errors: true', says: ['5:22'] },
    { what: 'in another word', tasks: '- command: x\n  ignore_errors: yes', says: ['5:22'] },
    { what: 'registered', tasks: '- command: x\n  ignore_errors: true\n  register: x' },
    { what: 'off', tasks: '- command: x\n  ignore_errors: false' },
  ],
  'same-file-twice': [
    {
      what: 'one path',
      tasks: '- copy: { content: a, dest: /x }\n- copy: { content: b, dest: /x }',
      says: ['5:7'],
    },
    {
      what: 'by its folder',
      tasks: '- copy: { content: a, dest: /x/a }\n- copy: { src: files/a, dest: /x/ }',
      says: ['5:7'],
    },
    {
      what: 'the same expression',
      tasks: '- copy: { content: a, dest: "/x/{{ n }}" }\n- copy: { content: b, dest: "/x/{{ n }}" }',
      says: ['5:7'],
    },
    {
      what: 'one of them always',
      tasks: '- copy: { content: a, dest: /x }\n- copy: { content: b, dest: /x }\n  when: a',
      says: ['5:7'],
    },
    {
      what: 'one or the other',
      tasks: '- copy: { content: a, dest: /x }\n  when: not a\n- copy: { content: b, dest: /x }\n  when: a',
    },
    { what: 'two paths', tasks: '- copy: { content: a, dest: /x }\n- copy: { content: b, dest: /y }' },
    { what: 'a part of it', tasks: '- copy: { content: a, dest: /x }\n- lineinfile: { path: /x, line: b }' },
    {
      what: 'another one for each item',
      tasks:
        '- copy: { content: a, dest: "/x/{{ item }}" }\n  loop: [a]\n- copy: { content: b, dest: "/x/{{ item }}" }\n  loop: [b]',
    },
  ],
  'unused-variable': [
    { what: 'of the play', play: 'vars: { a: 1, b: 2 }', tasks: '- debug: { msg: "{{ a }}" }', says: ['2:20'] },
    { what: 'of its defaults', play: 'defaults: { a: 1 }', tasks: '- debug: {}', says: ['2:18'] },
    { what: 'of a task', tasks: '- debug: {}\n  vars: { a: 1 }', says: ['5:18'] },
    { what: 'only of a block', tasks: '- block: [{ debug: {} }]\n  vars: { a: 1 }', says: ['5:18'] },
    { what: 'in a condition', play: 'vars: { a: 1 }', tasks: '- debug: {}\n  when: a == 1' },
    { what: 'in a loop', play: 'vars: { a: [1] }', tasks: '- debug: {}\n  loop: "{{ a }}"' },
    { what: 'in another variable', play: 'vars: { a: 1, b: "{{ a }}" }', tasks: '- debug: { msg: "{{ b }}" }' },
    { what: 'in an expression by its place', play: 'vars: { a: 1 }', tasks: '- assert: { that: a == 1 }' },
    { what: 'of every host', play: 'vars: { a: 1 }', tasks: '- debug: { msg: "{{ hostvars.x.a | default(1) }}" }' },
    {
      what: 'taken out of all hosts',
      play: 'vars: { a: 1 }',
      tasks: `- debug: { msg: "{{ groups.all | map('extract', hostvars, 'a') }}" }`,
    },
    {
      what: 'looked up',
      play: 'vars: { a_b: 1 }',
      tasks: `- debug: { msg: "{{ lookup('vars', 'a_' + item) }}" }\n  loop: [b]`,
    },
    { what: 'by a pattern', play: 'vars: { a_b: 1 }', tasks: `- debug: { msg: "{{ lookup('varnames', '^a_') }}" }` },
    { what: 'of the connection', play: 'vars: { ansible_port: 22 }', tasks: '- debug: {}' },
    { what: 'in a word of the play', play: 'vars: { a: 1 }\n  environment: { X: "{{ a }}" }', tasks: '- debug: {}' },
    { what: 'in the word alone', play: 'vars: { a: 1 }', tasks: '- debug: { msg: a }', says: ['2:14'] },
  ],
  'secret-in-clear': [
    { what: 'a password', play: 'vars: { db_password: hunter22 }', tasks: '- debug: {}', says: ['2:24'] },
    { what: 'of digits', play: 'vars: { dbPassword: 12345678 }', tasks: '- debug: {}', says: ['2:23'] },
    { what: 'deep', play: 'vars: { db: { users: [{ name: a, token: b1c2 }] } }', tasks: '- debug: {}', says: ['2:43'] },
    { what: 'a key', play: 'defaults: { aws_secret_access_key: abc }', tasks: '- debug: {}', says: ['2:38'] },
    {
      what: 'in case there is none',
      play: `vars: { api_token: "{{ x | default('abc1') }}" }`,
      tasks: '- debug: {}',
      says: ['2:23'],
    },
    { what: 'in an address', play: 'vars: { db_url: "postgres://a:b1@c/d" }', tasks: '- debug: {}', says: ['2:20'] },
    { what: 'in the environment', tasks: '- command: x\n  environment: { DB_PASSWORD: hunter22 }', says: ['5:35'] },
    {
      what: 'what says something of one',
      play: 'vars: { password_file: a, token_ttl: 3600, password_length: 12, secret_path: a/b, pass_through: true, update_password: always }',
      tasks: '- debug: {}',
    },
    { what: 'where it is', play: 'vars: { tls_secret: /etc/x, token: "{{ y }}", password: "" }', tasks: '- debug: {}' },
    { what: 'a digest of it', play: `vars: { password: "$6$abc$def" }`, tasks: '- debug: {}' },
    {
      what: 'words that only sound so',
      play: 'vars: { compass: north, monkey: a, tokenizer: b }',
      tasks: '- debug: {}',
    },
  ],
}

for (const [rule, all] of Object.entries(cases))
  for (const { what, tasks, play, says = [] } of all)
    test(`${rule}, ${says.length > 0 ? 'told' : 'not told'}: ${what}`, async () => {
      assert.equal(await lintedTasks(rule, tasks, play), says.map(one => `site.yml:${one}`).sort())
    })

test('each rule is tried, and told in the docs', () => {
  assert.equal(Object.keys(cases).sort(), Object.keys(rules).sort())
  const page = readFileSync(new URL('../../docs/writing-playbooks.md', import.meta.url), 'utf8')
  for (const rule of Object.keys(rules)) assert.ok(page.includes(`| \`${rule}\` |`), rule)
})

const role = {
  'site.yml': '- hosts: all\n  roles: [{ role: r, given: 1, lost: 2 }]\n',
  'roles/r/defaults/main.yml': 'a: 1\nb: 2\nc_password: hunter22\n',
  'roles/r/vars/main.yml': 'd: 1\nidle: false\n',
  'roles/r/tasks/main.yml':
    '- template: { src: t.j2, dest: /x }\n- debug: { msg: "{{ given }} {{ c_password }}" }\n  when: idle\n',
  'roles/r/templates/t.j2': '{{ a }}\n',
  'roles/r/handlers/main.yml': '- name: h\n  debug: {}\n',
}

test('roles: variables of defaults, vars and parameters, conditions, handlers', async () => {
  assert.equal(await linted('unused-variable', role), [
    'roles/r/defaults/main.yml:2:4',
    'roles/r/vars/main.yml:1:4',
    'site.yml:2:38',
  ])
  assert.equal(await linted('never-runs', role), ['roles/r/tasks/main.yml:3:9'])
  assert.equal(await linted('secret-in-clear', role), ['roles/r/defaults/main.yml:3:13'])
  assert.equal(await linted('handler-not-notified', role), ['roles/r/handlers/main.yml:1:3'])
})

test('what a template reads is read; where it is not known which, what any of them does', async () => {
  const files = (src: string): Record<string, string> => ({
    'site.yml': `- hosts: all\n  vars: { a: 1, b: 1, n: t.j2 }\n  tasks:\n    - template: { src: ${src}, dest: "/x/{{ n }}" }\n`,
    'templates/t.j2': '{{ a }}\n',
    'templates/u.j2': '{% for x in b %}{{ x }}{% endfor %}\n',
  })
  assert.equal(await linted('unused-variable', files('t.j2')), ['site.yml:2:20'])
  assert.equal(await linted('unused-variable', files('"{{ n }}"')), [])
})

test('inventories: secrets, and which plays meet on a host', async () => {
  const files = {
    'hosts.yml':
      'all:\n  vars: { vault_pass: hunter22 }\n  hosts:\n    a: { ansible_password: hunter23 }\n    b:\n  children: { left: { hosts: { a: } }, right: { hosts: { b: } } }\n',
    'site.yml':
      '- hosts: left\n  tasks:\n    - copy: { content: a, dest: /x }\n- hosts: right\n  tasks:\n    - copy: { content: b, dest: /x }\n- hosts: all\n  tasks:\n    - copy: { content: c, dest: /x }\n',
  }
  assert.equal(await linted('secret-in-clear', files), ['hosts.yml:2:23', 'hosts.yml:4:28'])
  assert.equal(await linted('same-file-twice', files), ['site.yml:9:7'])
})

test('a handler of a role that one of two plays notifies is not told', async () => {
  const files = {
    'site.yml': '- hosts: a\n  roles: [r]\n- hosts: b\n  roles: [r]\n  tasks: [{ command: x, notify: h }]\n',
    'roles/r/handlers/main.yml': '- name: h\n  debug: {}\n',
  }
  assert.equal(await linted('handler-not-notified', files), [])
})

test.run()
