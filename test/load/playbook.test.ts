import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePlaybook, readPlaybook } from '../../src/load/playbook.ts'
import { fc } from '../chance.ts'
import { refused, spot } from './refused.ts'

const play = (yaml: string) => parsePlaybook(yaml, 'books/site.yml').plays[0]!
const tasks = (yaml: string) => play(`- hosts: all\n  tasks:\n${yaml.replace(/^/gm, '    ')}`).tasks
const faults = (yaml: string) => refused(() => parsePlaybook(yaml, 'f'))
const taskFaults = (yaml: string) => faults(`- hosts: all\n  tasks:\n${yaml.replace(/^/gm, '    ')}`)

test('a play with everything', () => {
  const found = play(`
- name: Cluster
  hosts: [ipfs, '!node2']
  become: true
  tags: [base]
  defaults: {port: 1}
  vars: {port: 2, peers: ["{{ x }}"]}
  tasks:
    - name: Start it
      service: {name: ipfs, state: started}
      when: [port == 2, true]
      loop: "{{ [1] }}"
      register: started
      needs: []
      after: "{{ groups.ipfs[0] }}/x"
      notify: reload
      tags: extra
      run_once: true
      become: false
      vars: {a: 1}
  handlers:
    - name: reload
      command: reload
`)
  assert.is(found.name, 'Cluster')
  assert.is(found.hosts.value, 'ipfs,!node2')
  assert.equal(Object.keys(found.defaults), ['port'])
  assert.equal(found.vars.peers!.value, ['{{ x }}'])
  assert.is(found.vars.peers!.at('/0').line, 7)
  const [task] = found.tasks
  assert.is(task!.slug, 'start_it')
  assert.is(task!.module, 'service')
  assert.equal(task!.args.value, { name: 'ipfs', state: 'started' })
  assert.equal(
    task!.when.map(one => one.value),
    ['port == 2', true],
  )
  assert.is(task!.when[1]!.origin.column, 25)
  assert.is(task!.loop!.over.value, '{{ [1] }}')
  assert.is(task!.register, 'started')
  assert.equal(task!.needs, [])
  assert.equal(
    task!.after.map(one => one.value),
    ['{{ groups.ipfs[0] }}/x'],
  )
  const { notify, tags, runOnce, become } = task!
  assert.equal(
    [notify.map(({ value }) => value), tags, runOnce, become.value],
    [['reload'], ['base', 'extra'], true, false],
  )
  assert.is(task!.vars.a!.value, 1)
  assert.is(task!.handler, false)
  const [handler] = found.handlers
  assert.equal([handler!.handler, handler!.become.value, handler!.tags], [true, true, ['base']])
})

test('the playbook knows its file and folder', () => {
  const { file, folder } = parsePlaybook('- hosts: all', 'books/site.yml')
  assert.equal([file, folder], ['books/site.yml', 'books'])
})

test('arguments: a mapping, nothing, or text, of which the schema of the module will tell', () => {
  const found = tasks('- command: uptime\n- debug: "{{ x }}"\n- facts:\n- ansible.builtin.file: {path: /x}')
  assert.equal(
    found.map(task => [task.module, task.args.value]),
    [
      ['command', {}],
      ['debug', {}],
      ['facts', {}],
      ['runbook.builtin.file', { path: '/x' }],
    ],
  )
  assert.equal(
    found.map(task => task.text?.value),
    ['uptime', '{{ x }}', undefined, undefined],
  )
})

test('a task without needs has none, which is not the same as an empty list', () => {
  const [without, empty, one] = tasks('- facts:\n- facts:\n  needs:\n- facts:\n  needs: a')
  assert.is(without!.needs, undefined)
  assert.equal(empty!.needs, [])
  assert.equal(
    one!.needs!.map(need => need.value),
    ['a'],
  )
})

test('slugs are stable, readable and unique in a play, handlers included', () => {
  const found = play(`
- hosts: all
  tasks:
    - {name: 'Install: IPFS!', facts: }
    - {name: install ipfs, facts: }
    - {name: install_ipfs_2, facts: }
    - {facts: }
    - {name: '???', facts: }
  handlers:
    - {name: Install ipfs, facts: }
`)
  assert.equal(
    [...found.tasks, ...found.handlers].map(task => task.slug),
    ['install_ipfs', 'install_ipfs_2', 'install_ipfs_2_2', 'facts', 'facts_2', 'install_ipfs_3'],
  )
})

test('slugs of any names are unique', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[A-C _]{1,4}$/), { maxLength: 12 }), names => {
      const yaml = names.map(name => `- {name: ${JSON.stringify(name)}, facts: }`).join('\n')
      const wanted = names.filter(name => name.trim() !== '')
      if (wanted.length < names.length || names.length === 0) return
      const slugs = tasks(yaml).map(task => task.slug)
      assert.is(new Set(slugs).size, names.length)
    }),
  )
})

test('all mistakes of a file come together, in file order', () => {
  const found = faults(`
- hosts: all
  taks: []
  tasks:
    - name: A
    - {command: a, service: b}
    - {command: a, delegate_facts: x}
    - {facts: , with_itmes: [1]}
    - {facts: , when: 5, register: item, become: maybe, tags: {a: b}}
    - [a]
    - {service: [restart]}
- {tasks: []}
- x
`)
  const cases: [RegExp, RegExp, string][] = [
    [/A play has no "taks"/, /"tasks"/, '3:3'],
    [/no module/, /Add one/, '5:7'],
    [/2 modules: "command" and "service"/, /exactly one/, '6:20'],
    [/"delegate_facts" is not supported yet/, /^/, '7:20'],
    [/There is no lookup "itmes" for "with_itmes"/, /"items"/, '8:17'],
    [/"when" must be an expression, not the number 5/, /^/, '9:23'],
    [/register "item" is a name that runbook defines/, /^/, '9:36'],
    [/"become" must be true, false or an expression/, /^/, '9:50'],
    [/"tags" must be text/, /^/, '9:63'],
    [/A task must be a mapping, not a list/, /^/, '10:7'],
    [/"service" must be a mapping, not a list/, /^/, '11:17'],
    [/does not say its hosts/, /^/, '12:3'],
    [/A play must be a mapping, not text/, /^/, '13:3'],
  ]
  assert.is(found.length, cases.length, found.map(one => `${spot(one)} ${one.what}`).join('\n'))
  for (const [index, [what, fix, place]] of cases.entries()) {
    assert.match(found[index]!.what, what)
    assert.match(found[index]!.fix ?? '', fix)
    assert.is(spot(found[index]!), place, found[index]!.what)
  }
})

test('a slip in a keyword is not taken for a second module', () => {
  const found = taskFaults(`- {facts: , whne: x}\n- {nmae: A, facts: }`)
  assert.equal(
    found.map(one => [one.what, one.fix]),
    [
      ['A task has no "whne".', 'Did you mean "when"?'],
      ['A task has no "nmae".', 'Did you mean "name"?'],
    ],
  )
})

test('keywords of Ansible that runbook does not have are called by their name', () => {
  for (const word of ['delegate_facts', 'ignore_unreachable', 'throttle']) {
    assert.match(taskFaults(`- {facts: , ${word}: x}`)[0]!.what, new RegExp(`"${word}" is not supported yet`))
  }
  for (const word of ['serial', 'order']) {
    assert.match(faults(`- {hosts: all, ${word}: x}`)[0]!.what, new RegExp(`"${word}" is not supported yet`))
  }
})

test('names that expressions could not read are refused', () => {
  for (const name of ['hostvars', 'groups', 'facts', 'inventory_hostname', 'in', 'class', 'a-b', '1a']) {
    const [failure] = faults(`- {hosts: all, vars: {${name}: 1}}`)
    assert.is(failure!.reason, 'playbook-name', name)
    assert.is(failure!.origin!.column, 23)
    assert.is(taskFaults(`- {facts: , register: '${name}'}`)[0]!.reason, 'playbook-name')
  }
})

test('a playbook is a list', () => {
  assert.match(faults('hosts: all')[0]!.what, /must be a list of plays, not a mapping/)
  assert.is(faults('')[0]!.reason, 'playbook-yaml')
})

test('a play says how its hosts are reached, by a way that there is', () => {
  const connectionIn = (word: string) =>
    readPlaybook(`- {hosts: a, connection: ${word}, tasks: []}`, 'p.yml').playbook.plays[0]!.reach.connection?.value
  for (const word of ['local', 'ssh', 'ansible.builtin.local', 'openssh']) assert.is(connectionIn(word), word)
  const { problems } = readPlaybook('- {hosts: a, connection: docker, tasks: []}', 'p.yml')
  assert.match(problems[0]!.what, 'docker')
  const all = readPlaybook('- {hosts: a, remote_user: ada, port: "2222", tasks: []}', 'p.yml').playbook.plays[0]!.reach
  assert.equal([all.remote_user?.value, all.port?.value], ['ada', 2222])
  const wrong = readPlaybook('- {hosts: a, remote_user: "{{ x }}", port: 0, tasks: []}', 'p.yml').problems
  assert.equal(
    wrong.map(({ fix }) => fix),
    ['Set ansible_user under vars.', undefined],
  )
  const { problems: ofTask } = readPlaybook('- {hosts: a, tasks: [{facts: , connection: docker}]}', 'p.yml')
  assert.is(ofTask.length, 1)
})

test.run()
