import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Options, type Ran, type Rig, results, verdicts, withRig } from './rig.ts'

const play = (tasks: string, more = ''): string =>
  `- hosts: all\n${more}  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`
/** Plans tasks on fresh hosts. */
const planned = (tasks: string, judge: (ran: Ran, rig: Rig) => void | Promise<void>, options: Options = {}) =>
  withRig(play(tasks), options, async rig => judge(await rig.plan(), rig))

test('a task is planned in a world in which the tasks before it have happened', () =>
  planned(
    `- { name: a, file: { path: "{{ root }}/d", state: directory } }
     - { name: b, copy: { dest: "{{ root }}/d/f", content: "x=1\\n" } }
     - { name: c, lineinfile: { path: "{{ root }}/d/f", line: "y=2" } }
     - { name: d, lineinfile: { path: "{{ root }}/d/f", line: "x=1" } }
     - { name: e, file: { path: "{{ root }}/d/f", mode: "0600" } }
     - { name: f, file: { path: "{{ root }}/d/none", state: absent } }`,
    ran => {
      const [a, b, c, d, e, f] = Object.values(verdicts(ran))
      assert.equal([a, b, c, d, e, f], ['change', 'change', 'change', 'ok', 'change', 'ok'])
      assert.is(ran.trips.node0, 1)
    },
  ))

test('a value that a step will make: who reads it is undecided and names the task it waits for', () =>
  planned(
    `- { name: make, command: { cmd: "sh -c 'echo 1; touch {{ root }}/made'", creates: "{{ root }}/made" }, register: made }
     - { name: use, copy: { dest: "{{ root }}/f", content: "{{ made.stdout }}" } }
     - { name: if, when: 'made.stdout == "1"', file: { path: "{{ root }}/g", state: touch } }
     - { name: known, when: made.changed, file: { path: "{{ root }}/h", state: touch } }
     - { name: each, loop: made.stdout_lines, file: { path: "{{ root }}/{{ item }}", state: touch } }`,
    ran =>
      assert.equal(verdicts(ran), {
        'node0/make': 'change',
        'node0/use': 'change',
        'node0/if': 'undecided: known after node0/make',
        'node0/known': 'change',
        'node0/each': 'undecided: known after node0/make',
      }),
  ))

test('a number that is known later, as all of a text argument, is its text: what is planned is what is done', () =>
  withRig(
    `- hosts: all
  tasks:
    - { name: made, file: { path: "{{ root }}/f", state: touch } }
    - { name: looked, stat: { path: "{{ root }}/f" }, register: r }
    - { name: told, copy: { dest: "{{ root }}/uid", content: "{{ r.stat.uid }}" } }`,
    {},
    async rig => {
      assert.is(verdicts(await rig.plan())['node0/told'], 'change')
      assert.is(results(await rig.apply())['node0/told'], 'changed')
      assert.is(readFileSync(`${rig.hosts.root('node0')}/uid`, 'utf8'), String(process.getuid!()))
      assert.is(verdicts(await rig.plan())['node0/told'], 'ok')
    },
  ))

test('content that is not known yet is no reason to be undecided where nothing is there; a path is', () =>
  planned(
    `- { name: make, command: { cmd: "sh -c 'echo 1; touch {{ root }}/made'", creates: "{{ root }}/made" }, register: made }
     - { name: new, copy: { dest: "{{ root }}/f", content: "{{ made.stdout }}" } }
     - { name: behind, lineinfile: { path: "{{ root }}/f", line: "x" } }
     - { name: path, file: { path: "{{ root }}/{{ made.stdout }}", state: touch } }`,
    ran =>
      assert.equal(verdicts(ran), {
        'node0/make': 'change',
        'node0/new': 'change',
        'node0/behind': 'undecided: known after node0/make',
        'node0/path': 'undecided: known after node0/make',
      }),
  ))

test('an undecided task hides what it may change, and only that', () =>
  planned(
    `- { name: make, command: { cmd: "touch {{ root }}/made", creates: "{{ root }}/made" }, register: made }
     - { name: maybe, when: 'made.stdout == ""', copy: { dest: "{{ root }}/f", content: "x" } }
     - { name: same, lineinfile: { path: "{{ root }}/f", line: "x" } }
     - { name: other, copy: { dest: "{{ root }}/g", content: "x" } }
     - { name: mode, file: { path: "{{ root }}", state: directory, mode: "0755" } }`,
    ran =>
      assert.equal(verdicts(ran), {
        'node0/make': 'change',
        'node0/maybe': 'undecided: known after node0/make',
        'node0/same': 'undecided: known after node0/maybe',
        'node0/other': 'change',
        'node0/mode': 'ok',
      }),
  ))

test('a command that makes a folder on the way to what it creates may fill it, also where it is undecided itself', () =>
  planned(
    `- { name: clone, command: { argv: [sh, -c, 'mkdir -p "$0/app/.git"; echo x >"$0/app/README"', "{{ root }}"], creates: "{{ root }}/app/.git" } }
     - { name: readme, stat: { path: "{{ root }}/app/README" } }
     - { name: beside, stat: { path: "{{ root }}/beside" } }
     - { name: any, command: { cmd: "true", touches: ["{{ root }}/lib"] } }
     - { name: maybe, command: { cmd: "make lib", creates: "{{ root }}/lib/a/.done" } }
     - { name: within, stat: { path: "{{ root }}/lib/a/b" } }
     - { name: still, stat: { path: "{{ root }}/beside" } }`,
    ran =>
      assert.equal(verdicts(ran), {
        'node0/clone': 'change',
        'node0/readme': 'undecided: known after node0/clone',
        'node0/beside': 'ok',
        'node0/any': 'change',
        'node0/maybe': 'undecided: known after node0/any',
        'node0/within': 'undecided: known after node0/maybe',
        'node0/still': 'ok',
      }),
  ))

test('so does a loop over items that are not known yet, and a handler that may be called', () =>
  withRig(
    `- hosts: all
  tasks:
    - { name: make, command: { cmd: "sh -c 'echo x=2; touch {{ root }}/made'", creates: "{{ root }}/made" }, register: made }
    - { name: each, loop: made.stdout_lines, lineinfile: { path: "{{ root }}/f", line: "{{ item }}", create: true } }
    - { name: behind, copy: { dest: "{{ root }}/f", content: x } }
    - { name: maybe, when: 'made.stdout == "1"', file: { path: "{{ root }}/h", state: touch }, notify: [first, second] }
  handlers:
    - { name: first, copy: { dest: "{{ root }}/g", content: y } }
    - { name: second, copy: { dest: "{{ root }}/g", content: x } }
`,
    {},
    async rig =>
      assert.equal(verdicts(await rig.plan()), {
        'node0/make': 'change',
        'node0/each': 'undecided: known after node0/make',
        'node0/behind': 'undecided: known after node0/each',
        'node0/maybe': 'undecided: known after node0/make',
        'node0/first': 'undecided: known after node0/maybe',
        'node0/second': 'undecided: known after node0/first',
      }),
  ))

test('a new account is a change of the files that hold the accounts', () =>
  planned(
    `- { name: make, user: { name: nobody_of_that_name, create_home: false } }
     - { name: ask, command: { cmd: id nobody_of_that_name, reads: [/etc/passwd] } }
     - { name: other, command: { cmd: "true", reads: [/etc/hosts] } }`,
    ran =>
      assert.equal(verdicts(ran), {
        'node0/make': 'change',
        'node0/ask': 'undecided: known after node0/make',
        'node0/other': 'ok',
      }),
  ))

test('a task whose arguments are not known hides everything on its host, nothing elsewhere', () =>
  planned(
    `- { name: make, command: { cmd: "touch {{ root }}/made", creates: "{{ root }}/made" }, register: made }
     - { name: where, when: 'inventory_hostname == "node0"', file: { path: "{{ root }}/x{{ made.stdout }}", state: touch } }
     - { name: after, file: { path: "{{ root }}/y", state: touch } }`,
    ran => {
      const found = verdicts(ran)
      assert.is(found['node0/after'], 'undecided: known after node0/where')
      assert.is(found['node1/where'], 'skipped: its condition is false')
      assert.is(found['node1/after'], 'change')
    },
    { hosts: ['node0', 'node1'] },
  ))

test('values of other hosts: known ones are used, unknown ones are waited for', () =>
  planned(
    `- { name: say, command: { cmd: "cat {{ root }}/name", reads: ["{{ root }}/name"] }, register: said }
     - { name: list, copy: { dest: "{{ root }}/names", content: "{{ groups.all | map('extract', hostvars, ['said', 'stdout']) | join(',') }}" } }
     - { name: make, command: { cmd: "touch {{ root }}/made", creates: "{{ root }}/made" }, register: made }
     - { name: first, copy: { dest: "{{ root }}/names", content: "{{ hostvars.node0.made.stdout }}" } }`,
    async (_, rig) => {
      for (const host of ['node0', 'node1']) {
        writeFileSync(join(rig.hosts.root(host), 'name'), `I am ${host}\n`)
        writeFileSync(join(rig.hosts.root(host), 'names'), 'I am node0,I am node1')
      }
      const ran = await rig.plan()
      for (const host of ['node0', 'node1']) {
        assert.is(verdicts(ran)[`${host}/list`], 'ok')
        assert.is(verdicts(ran)[`${host}/first`], 'undecided: known after node0/make')
        assert.ok(ran.trips[host]! <= 2)
      }
    },
    { hosts: ['node0', 'node1'] },
  ))

test('loop items see the items before them, and register together', () =>
  planned(
    `- { name: lines, loop: "['a', 'b', 'a']", register: all, lineinfile: { path: "{{ root }}/f", line: "{{ item }}", create: true } }
     - { name: count, assert: { that: "all.results | length == 3 and all.changed and not all.results[2].changed" } }`,
    ran =>
      assert.equal(verdicts(ran), {
        'node0/lines[a]': 'change',
        'node0/lines[b]': 'change',
        'node0/lines[a_2]': 'ok',
        'node0/count': 'ok',
      }),
  ))

test('a value of a step within a list of an argument: undecided, and known when it is run', () =>
  planned(
    `- { name: make, command: { argv: [echo, a] }, register: made }
     - { name: list, command: { argv: [echo, "{{ made.stdout }}"] }, register: told }
     - { name: touched, command: { argv: [touch, "{{ root }}/f"], creates: "{{ root }}/f", touches: ["/{{ made.stdout }}"] } }
     - { name: asked, command: { argv: [echo, "{{ made.stdout }}"], reads: [] }, register: asked }
     - { name: use, copy: { dest: "{{ root }}/g", content: "{{ told.stdout }}{{ asked.stdout }}" } }`,
    async (ran, rig) => {
      assert.match(verdicts(ran)['node0/list']!, 'undecided: known after node0/make')
      assert.match(verdicts(ran)['node0/asked']!, 'undecided: known after node0/make')
      const applied = await rig.apply()
      assert.is(applied.outcome.exit, 0)
      assert.is(readFileSync(join(rig.hosts.root('node0'), 'g'), 'utf8'), 'aa')
    },
  ))

test('an empty loop registers no results, and a loop over what is not known yet says nothing of them', () =>
  planned(
    `- { name: none, loop: [], register: n, file: { path: "{{ root }}/x", state: touch } }
     - { name: made, command: { argv: [echo, a] }, register: made }
     - { name: open, loop: made.stdout_lines, register: o, file: { path: "{{ root }}/{{ item }}", state: touch } }
     - { name: three, assert: { that: "n.results == [] and not n.changed and n.skipped" } }
     - { name: four, debug: { msg: "{{ o.results | length }}" } }`,
    ran => {
      assert.is(verdicts(ran)['node0/three'], 'ok')
      assert.match(verdicts(ran)['node0/four']!, 'undecided: known after')
    },
  ))

test('an empty loop and a false condition are skipped, what reads them goes on', () =>
  planned(
    `- { name: none, loop: "[]", register: n, file: { path: "{{ root }}/x", state: touch } }
     - { name: "no", when: "false", register: m, file: { path: "{{ root }}/x", state: touch } }
     - { name: then, assert: { that: "not n.changed and not m.changed and m.skipped" } }`,
    ran =>
      assert.equal(verdicts(ran), {
        'node0/none': 'skipped: nothing to loop over',
        'node0/no': 'skipped: its condition is false',
        'node0/then': 'ok',
      }),
  ))

test('what depends on a task that would fail is skipped with the root cause, other hosts go on', () =>
  planned(
    `- { name: a, when: 'inventory_hostname == "node1"', assert: { that: 'facts.system == "plan9"', fail_msg: "no" } }
     - { name: b, file: { path: "{{ root }}/x", state: touch } }
     - { name: free, needs: [], file: { path: "{{ root }}/y", state: touch } }
     - { name: later, needs: [b], file: { path: "{{ root }}/z", state: touch } }`,
    ran =>
      assert.equal(verdicts(ran), {
        'node0/a': 'skipped: its condition is false',
        'node1/a': 'fail: no',
        'node0/b': 'change',
        'node1/b': 'skipped: needs node1/a',
        'node0/free': 'change',
        'node1/free': 'change',
        'node0/later': 'change',
        'node1/later': 'skipped: needs node1/a',
      }),
    { hosts: ['node0', 'node1'] },
  ))

test('a value of a task that would fail: skipped with the root cause, on any host', () =>
  planned(
    `- { name: a, when: 'inventory_hostname == "node0"', command: { cmd: "false", reads: [/none] }, register: v }
     - { name: b, needs: [], copy: { dest: "{{ root }}/f", content: "{{ hostvars.node0.v.stdout }}" } }`,
    ran => {
      assert.match(verdicts(ran)['node0/a']!, 'fail: false ended with status 1')
      assert.is(verdicts(ran)['node1/b'], 'skipped: needs node0/a')
    },
    { hosts: ['node0', 'node1'] },
  ))

test('bad input that only a value shows is a failure of its task, with the words of the check', () =>
  planned(
    `- { name: a, file: { path: "{{ root }}/f", mode: "{{ 'wide' + root }}", state: touch } }
     - { name: b, needs: [], when: "root", file: { path: "{{ root }}/g", state: touch } }
     - { name: c, needs: [], loop: "root", file: { path: "{{ root }}/h", state: touch } }`,
    ran => {
      const found = verdicts(ran)
      assert.match(found['node0/a']!, /^fail: .*mode/)
      assert.match(found['node0/b']!, /^fail: `when` wants true or false/)
      assert.match(found['node0/c']!, /^fail: `loop` wants a list/)
    },
  ))

test('input that can only fail is known to be so before any host is contacted', () =>
  planned(
    `- { name: a, file: { path: "{{ root }}/f", mode: "{{ 'wide' + root }}", state: touch } }
     - { name: b, file: { path: "{{ root }}/g", state: touch } }`,
    ran => {
      assert.ok(ran.untouched)
      assert.is(ran.trips.node0, 0)
      assert.is(ran.lines[0]?.verdict, 'fail')
    },
  ))

test('files, links and folders of one chain, as they will be', () =>
  planned(
    `- { name: r1, copy: { dest: "{{ root }}/r1/f", content: "1" } }
     - { name: cur, file: { path: "{{ root }}/cur", src: r2, state: link, force: true } }
     - { name: same, copy: { dest: "{{ root }}/cur/f", content: "2" } }
     - { name: new, copy: { dest: "{{ root }}/cur/g", content: "2" } }
     - { name: back, file: { path: "{{ root }}/r2/g", state: absent } }
     - { name: gone, file: { path: "{{ root }}/cur/g", state: absent } }`,
    async (_, rig) => {
      const root = rig.hosts.root('node0')
      for (const r of ['r1', 'r2']) mkdirSync(join(root, r))
      writeFileSync(join(root, 'r1/f'), '1')
      writeFileSync(join(root, 'r2/f'), '2')
      const found = Object.values(verdicts(await rig.plan()))
      assert.equal(found, ['ok', 'change', 'ok', 'change', 'change', 'ok'])
      assert.is((await rig.apply()).outcome.exit, 0)
    },
  ))

test.run()
