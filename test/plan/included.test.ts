import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Options, type Rig, results, said, verdicts, withRig } from './rig.ts'

/** What a task has said: in an apply when its turn came, else in the plan. */
const say = (name: string, text: string): string => `- { name: ${name}, debug: { msg: '${text}' } }\n`
const inPlay = (tasks: string, more = ''): string =>
  `- hosts: all\n  gather_facts: false\n${more}  tasks:\n${tasks.replace(/^(?=.)/gm, '    ')}`
const withTasks = (
  tasks: string,
  files: NonNullable<Options['files']>,
  use: (rig: Rig) => Promise<void>,
  more = '',
  hosts: string[] = ['node0'],
) => withRig(inPlay(tasks, more), { files, hosts }, use)

const copy = (name: string): string =>
  `- { name: ${name}, copy: { dest: "{{ root }}/${name}", content: "{{ inventory_hostname }}" } }\n`

test('the tasks of a file come right behind the include, with its variables and what is around it, and not with its words', () =>
  withTasks(
    '- block:\n    - { include_tasks: { file: it.yml, apply: { vars: { more: apply } } }, when: go, tags: [t], vars: { own: here } }\n  vars: { around: there }\n' +
      say('behind', 'x'),
    { 'it.yml': `- { set_fact: { go: false } }\n${say('inside', '{{ own }} {{ around }} {{ more }} {{ go }}')}` },
    async rig => {
      const ran = await rig.plan()
      assert.equal(
        ran.lines.map(line => line.id),
        ['node0/include_tasks', 'node0/include_tasks.set_fact', 'node0/include_tasks.inside', 'node0/behind'],
      )
      assert.is(said(ran, 'include_tasks.inside'), 'here there apply False')
      assert.equal(ran.lines[2]!.node.task.tags, [])
    },
    '  vars: { go: true }\n',
  ))

test('what is included may include more, for each item and each host what it asks for', () =>
  withTasks(
    '- { include_tasks: "{{ inventory_hostname }}.yml", loop: [a, b], loop_control: { loop_var: outer, index_var: at } }\n',
    {
      'node0.yml': `- { name: deep, include_tasks: inner.yml, loop: [1, 2] }\n${say('end', '{{ outer }}')}`,
      'node1.yml': say('only', '{{ outer }} {{ at }}'),
      'inner.yml': say('in', '{{ outer }}{{ item }}'),
    },
    async rig => {
      const { lines } = await rig.plan()
      const texts = (host: string) => lines.filter(one => one.host === host).flatMap(({ text }) => text ?? [])
      assert.equal(texts('node0'), ['a1', 'a2', 'a', 'b1', 'b2', 'b'])
      assert.equal(texts('node1'), ['a 0', 'b 1'])
    },
    '',
    ['node0', 'node1'],
  ))

test('an include that is skipped brings nothing, and its file need not be there', () =>
  withTasks(
    '- { include_tasks: nowhere.yml, when: false }\n- { include_tasks: nowhere.yml, when: [true, false] }\n',
    {},
    async rig =>
      assert.equal(
        (await rig.plan()).lines.map(({ verdict }) => verdict),
        ['skipped', 'skipped'],
      ),
  ))

test('a file that is not there, or cannot be read, is a failure of the host that comes to it, with its place', () =>
  withTasks(
    '- { name: it, include_tasks: "{{ inventory_hostname }}.yml" }\n',
    { 'node0.yml': '- { name: wrong, debug: { msg: x }, whne: y }\n', 'node1.yml': '- debug: { msg: fine }\n' },
    async rig => {
      const { lines } = await rig.plan()
      const [wrong] = lines.filter(({ verdict }) => verdict === 'fail')
      assert.is(wrong!.id, 'node0/it')
      assert.match(wrong!.why!, /no "whne"/)
      assert.match(wrong!.origin!.file, /node0\.yml$/)
      assert.ok(lines.some(({ id, verdict }) => id === 'node1/it.debug' && verdict === 'ok'))
    },
    '',
    ['node0', 'node1'],
  ))

test('a file that includes itself ends by a condition, or is told', () =>
  withTasks(
    '- { set_fact: { n: 3 } }\n- { name: count, include_tasks: down.yml }\n- { name: ever, include_tasks: ever.yml }\n',
    {
      'down.yml': `${say('at', '{{ n }}')}- { set_fact: { n: "{{ n | int - 1 }}" } }\n- { name: down, include_tasks: down.yml, when: n > 0 }\n`,
      'ever.yml': '- { name: ever, include_tasks: ever.yml }\n',
    },
    async rig => {
      const ran = await rig.plan()
      assert.equal(
        ran.lines.flatMap(({ text }) => text ?? []),
        ['3', '2', '1'],
      )
      assert.match(ran.lines.find(({ verdict }) => verdict === 'fail')!.why!, /More than 50 files/)
    },
  ))

const say3 = `- { name: say, command: { argv: [printf, one] }, register: out }\n`

test('a file known and a condition not: its tasks are undecided, each for itself; in a run they are done', () =>
  withTasks(
    `${say3}- { name: known, include_tasks: known.yml, when: out.stdout == "one" }\n${copy('behind')}`,
    { 'known.yml': copy('inside') },
    async rig => {
      const planned = verdicts(await rig.plan())
      assert.is(planned['node0/known.inside'], 'undecided: known after node0/say')
      const ran = await rig.apply()
      assert.is(results(ran)['node0/known.inside'], 'changed')
      assert.is(results(ran)['node0/behind'], 'changed')
    },
  ))

test('a file whose name only the run knows is read then, and what it brings is done before what follows', () =>
  withTasks(
    `${say3}- { name: later, include_tasks: "{{ out.stdout }}.yml" }\n${copy('behind')}- { name: last, command: { argv: [ls, "{{ root }}"] }, register: seen }\n${say('seen', '{{ seen.stdout_lines | join(" ") }}')}`,
    { 'one.yml': `${copy('first')}- { name: more, include_tasks: two.yml }\n`, 'two.yml': copy('second') },
    async rig => {
      const planned = verdicts(await rig.plan())
      assert.match(planned['node0/later']!, /^undecided/)
      const ran = await rig.apply()
      const done = ran.events.flatMap(event => (event.type === 'result' ? [event.node] : []))
      assert.equal(done.slice(0, 6), [
        ...[
          'node0/say',
          'node0/later',
          'node0/later.first',
          'node0/later.more',
          'node0/later.more.second',
          'node0/behind',
        ],
      ])
      assert.is(said(ran, 'seen'), 'behind first second')
    },
  ))

test('handlers are notified by what is included, in each part of the play', () =>
  withRig(
    '- hosts: all\n  gather_facts: false\n  pre_tasks: [{ include_tasks: pre.yml }]\n  tasks: [{ include_tasks: it.yml }]\n' +
      '  handlers:\n    - { name: h, debug: { msg: ran } }\n    - { name: never, debug: { msg: x } }\n',
    {
      files: {
        'pre.yml': copy('a').replace(' }\n', ', notify: h }\n'),
        'it.yml': copy('b').replace(' }\n', ', notify: h }\n'),
      },
    },
    async rig => {
      const ran = await rig.apply()
      const done = ran.events.flatMap(event =>
        event.type === 'result' && event.status !== 'skipped' ? [event.node] : [],
      )
      assert.equal(done, [
        ...['node0/include_tasks', 'node0/include_tasks.a', 'node0/h'],
        ...['node0/include_tasks_2', 'node0/include_tasks_2.b', 'node0/h_2'],
      ])
    },
  ))

test('a role that is included has its own variables, and its handlers are there from then on', () =>
  withTasks(
    `- { name: web, include_role: { name: "{{ which }}", public: true }, vars: { port: 80 } }\n${say('behind', '{{ d }} {{ v }}')}- { name: touch, copy: { dest: "{{ root }}/x", content: x }, notify: web handler }\n`,
    {
      'roles/web/tasks/main.yml': say('in', '{{ d }} {{ v }} {{ port }} {{ role_name }}'),
      'roles/web/defaults/main.yml': 'd: default\n',
      'roles/web/vars/main.yml': 'v: "{{ d }}!"\n',
      'roles/web/handlers/main.yml': say('web handler', 'handled {{ d }}'),
    },
    async rig => {
      const ran = await rig.apply()
      assert.is(said(ran, 'web.web_in'), 'default default! 80 web')
      assert.is(said(ran, 'behind'), 'default default!')
      assert.is(said(ran, 'web.web_web_handler'), 'handled default')
    },
    '  vars: { which: web }\n',
  ))

test('the variables of a role that is not public are its own', () =>
  withTasks(
    `- include_role: { name: web }\n${say('behind', '{{ d | default("none") }}')}`,
    { 'roles/web/tasks/main.yml': say('in', '{{ d }}'), 'roles/web/defaults/main.yml': 'd: default\n' },
    async rig => assert.is(said(await rig.plan(), 'behind'), 'none'),
  ))

test('variables of a file count from there on: over those of task and play, under set_fact, as templates', () =>
  withTasks(
    `- { set_fact: { fact: set } }\n${say('before', '{{ a }}')}- include_vars: some.yml\n` +
      `- { name: behind, debug: { msg: "{{ a }} {{ b }} {{ fact }} {{ c }}" }, vars: { b: of the task } }\n` +
      `- include_vars: { file: more.yml, name: whole }\n${say('whole', '{{ whole.a }} {{ a }}')}` +
      `- { include_vars: "{{ item }}", with_first_found: [none.yml, vars/more.yml] }\n${say('last', '{{ a }}')}`,
    { 'vars/some.yml': 'a: "new {{ c }}"\nb: of the file\nfact: of the file\n', 'vars/more.yml': 'a: more\n' },
    async rig => {
      const ran = await rig.plan()
      assert.equal(
        ['before', 'behind', 'whole', 'last'].map(task => said(ran, task)),
        ['old', 'new c of the file set c', 'more new c', 'more'],
      )
    },
    '  vars: { a: old, c: c }\n',
  ))

test('a name that a file may give is not known before the file is; names of a file that is known are so alone', () =>
  withTasks(
    `${say3}- { name: perhaps, include_vars: some.yml, when: out.stdout == "one" }\n${say('given', '{{ a }}')}${say('other', '{{ c }}')}` +
      `- { name: unknown, include_vars: "{{ out.stdout }}.yml" }\n${say('any', '{{ c }}')}`,
    { 'some.yml': 'a: new\n', 'one.yml': 'c: from one\n' },
    async rig => {
      const planned = verdicts(await rig.plan())
      assert.match(planned['node0/given']!, /^undecided: known after/)
      assert.is(planned['node0/other'], 'ok')
      assert.match(planned['node0/any']!, /^undecided: known after/)
      const ran = await rig.apply()
      assert.equal(
        ['given', 'other', 'any'].map(task => said(ran, task)),
        ['new', 'c', 'from one'],
      )
    },
    '  vars: { a: old, c: c }\n',
  ))

test('what facts decide is read with no more than one look besides', () =>
  withRig(
    `- hosts: all\n  tasks:\n    - include_tasks: "{{ ansible_facts.system }}.yml"\n`,
    { files: { 'Linux.yml': copy('x') } },
    async rig => {
      const ran = await rig.plan()
      assert.is(verdicts(ran)['node0/include_tasks.x'], 'change')
      assert.is(ran.trips.node0, 2)
    },
  ))

test('a task of an include that hides what it says hides what it registers', () =>
  withTasks(
    `- { name: it, include_tasks: it.yml }\n- { name: use, copy: { dest: "{{ root }}/x", content: "{{ out.stdout }}" } }\n`,
    {
      'it.yml':
        '- { name: quiet, command: { argv: [printf, "%s%s", wor, dyyy] }, changed_when: false, no_log: true, register: out }\n',
    },
    async rig => {
      const { known } = await rig.apply()
      assert.is.not(known.secrets.text('wordyyy'), 'wordyyy')
    },
  ))

test.run()
