import { mkdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sandbox } from '../rig.ts'

// What is expected was printed by ansible-playbook 2.19 for the same files.

const place = sandbox()
test.after(place.remove)
mkdirSync(`${place.folder}/roles/r/tasks`, { recursive: true })
place.write(
  'hosts.yml',
  'all:\n  hosts:\n    web1: { ansible_host: 127.0.0.1 }\n    web2: { ansible_host: 127.0.0.1 }\n',
)
place.write(
  'site.yml',
  `- hosts: web1
  connection: local
  gather_facts: no
  tags: [p]
  pre_tasks:
    - {name: pre, debug: {msg: a}, tags: x}
  roles: [{role: r, tags: rt}]
  tasks:
    - {name: t1, command: "true", notify: h, tags: t1}
    - {name: nev, debug: {msg: a}, tags: [never, z]}
    - {name: alw, debug: {msg: a}, tags: [always]}
    - {debug: {msg: a}}
  handlers:
    - {name: h, debug: {msg: handler}, tags: other}
- name: Second
  hosts: all
  tasks: []
`,
)
place.write(
  'roles/r/tasks/main.yml',
  '- {name: in role, debug: {msg: r}}\n- block:\n    - {name: blk, debug: {msg: b}, tags: b}\n  tags: blt\n',
)
place.write('bad.yml', '- hosts: web1\n  tasks:\n    - copy: { dset: /x }\n    - nosuch: {}\n')

const listed = (...args: string[]): string => {
  const { code, out, err } = place.run(['plan', 'site.yml', '-i', 'hosts.yml', ...args])
  assert.is(code, 0, err)
  return out
}

test('--list-tasks lists what would run', () => {
  assert.is(
    listed('--list-tasks'),
    `
playbook: site.yml

  play #1 (web1): web1\tTAGS: [p]
    tasks:
      pre\tTAGS: [p, x]
      r : in role\tTAGS: [p, rt]
      r : blk\tTAGS: [b, blt, p, rt]
      t1\tTAGS: [p, t1]
      alw\tTAGS: [always, p]
      debug\tTAGS: [p]

  play #2 (all): Second\tTAGS: []
    tasks:
`,
  )
  const names = (...args: string[]): string[] =>
    [...listed('--list-tasks', ...args).matchAll(/^ {6}(.*)\t/gm)].map(([, name]) => name!)
  assert.equal(names('--tags', 'x'), ['pre', 'alw'])
  assert.equal(names('--skip-tags', 'p'), [])
  assert.equal(names('--tags', 'never'), ['nev', 'alw'])
  assert.equal(names('--tags', 'all', '--skip-tags', 't1,always'), ['pre', 'r : in role', 'r : blk', 'debug'])
  assert.equal(names('--tags', 'untagged'), ['alw'])
  assert.equal(names('--start-at-task', 'b?k'), ['r : blk', 't1', 'alw', 'debug'])
})

test('--list-tags and --list-hosts, and all together', () => {
  assert.is(
    listed('--list-tags'),
    `
playbook: site.yml

  play #1 (web1): web1\tTAGS: [p]
      TASK TAGS: [always, b, blt, never, p, rt, t1, x, z]

  play #2 (all): Second\tTAGS: []
      TASK TAGS: []
`,
  )
  assert.is(
    listed('--list-hosts', '-l', 'web1'),
    `
playbook: site.yml

  play #1 (web1): web1\tTAGS: [p]
    pattern: ['web1']
    hosts (1):
      web1

  play #2 (all): Second\tTAGS: []
    pattern: ['all']
    hosts (1):
      web1
`,
  )
  assert.match(listed('--list-tasks', '--list-tags'), '      nev\tTAGS: [never, p, z]\n')
})

test('--syntax-check checks all, and says no more where nothing is wrong; no inventory is needed for it', () => {
  assert.is(listed('--syntax-check'), '\nplaybook: site.yml\n')
  assert.is(place.run(['apply', 'site.yml', '--syntax-check']).out, '\nplaybook: site.yml\n')
  const { code, err } = place.run(['plan', 'bad.yml', '--syntax-check'])
  assert.is(code, 4)
  assert.match(err, 'bad.yml:3')
  assert.match(err, 'There is no module "nosuch"')
})

test('a tag and a task that there are not are told with the nearest ones', () => {
  const told = (...args: string[]): string => {
    const { code, err } = place.run(['plan', 'site.yml', '-i', 'hosts.yml', '--list-tasks', ...args])
    assert.is(code, 4)
    return err
  }
  assert.match(told('--skip-tags', 'tt1'), 'Did you mean "t1"')
  assert.match(told('--start-at-task', 'nev '), 'Did you mean "nev"')
})

test.run()
