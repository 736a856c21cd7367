import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Options, type Ran, type Rig, results, said, verdicts, withRig } from '../plan/rig.ts'
import { held } from '../planfile/saving.ts'

// What a block says is done when one of its tasks fails, and in any case.

const file = (name: string, more = ''): string =>
  `{ name: ${name}, file: { path: "{{ root }}/${name}", state: touch }${more} }`
/** A step that fails on one host, however well it was planned; it promises nothing else than its file. */
const breaks = (name: string, host = 'node0', more = ''): string =>
  `{ name: ${name}, command: { argv: [sh, -c, '[ "$0" != ${host} ] && touch "$1" || { echo no >&2; exit 7; }', "{{ inventory_hostname }}", "{{ root }}/${name}"], creates: "{{ root }}/${name}" }, register: ${name}${more} }`
const say = (name: string, msg: string): string => `{ name: ${name}, debug: { msg: '${msg}' } }`
/** Fails in the plan already, by what its host says. */
const wrong = (name: string, more = ''): string => `{ name: ${name}, assert: { that: facts.kernel == "none" }${more} }`

type Sections = Partial<Record<'block' | 'rescue' | 'always', string[]>>
const block = (sections: Sections, more = ''): string =>
  `{ ${Object.entries(sections)
    .map(([word, tasks]) => `${word}: [${tasks.join(', ')}]`)
    .join(', ')}${more} }`
const on = (tasks: string[], use: (rig: Rig) => Promise<void>, options: Options = {}, more = '') =>
  withRig(`- hosts: all\n${more}  tasks:\n${tasks.map(task => `    - ${task}\n`).join('')}`, options, use)
/** What became of the tasks of node0. */
const came = (ran: Ran): Record<string, string> =>
  Object.fromEntries(
    Object.entries(results(ran)).flatMap(([id, is]) =>
      id.startsWith('node0/') ? [[id.slice(6), is.replaceAll('node0/', '')]] : [],
    ),
  )
const planned = (ran: Ran): Record<string, string> =>
  Object.fromEntries(
    Object.entries(verdicts(ran)).flatMap(([id, is]) =>
      id.startsWith('node0/') ? [[id.slice(6), is.replaceAll('node0/', '')]] : [],
    ),
  )

test('a task that fails is rescued, what is done in any case is done, and its host goes on', () =>
  on(
    [block({ block: [file('a'), breaks('b'), file('c')], rescue: [file('r')], always: [file('al')] }), file('after')],
    async rig => {
      const plan = await rig.plan()
      assert.equal(planned(plan), {
        ...{ a: 'change', b: 'change', c: 'change', al: 'change', after: 'change' },
        r: 'standby: only if a or one of 2 behind it fails',
      })
      assert.is(plan.outcome.hosts.node0!.standby, 1)
      const ran = await rig.apply()
      assert.equal(came(ran), {
        ...{ a: 'changed', b: 'rescued', c: 'skipped (needs b)', r: 'changed', al: 'changed', after: 'changed' },
      })
      assert.is(ran.outcome.exit, 0)
      assert.equal(ran.outcome.failures, [])
      const { failed, rescued } = ran.outcome.hosts.node0!
      assert.equal([failed, rescued], [0, 1])
      assert.equal(readdirSync(rig.hosts.root('node0')).sort(), ['a', 'after', 'al', 'r'])
      assert.not.ok(ran.events.some(event => event.type === 'warning'))
    },
  ))

test('where nothing fails a rescue costs nothing: no step, no round trip, no other order', async () => {
  const trips: number[] = []
  for (const rescue of [[], [file('r')]])
    await on([block({ block: [file('a'), file('b')], rescue, always: [file('al')] }), file('after')], async rig => {
      const ran = await rig.apply()
      trips.push(ran.trips.node0!)
      const told = ran.events.flatMap(event => (event.type === 'result' ? [event.node.slice(6)] : []))
      assert.equal(told, ['a', 'b', ...rescue.map(() => 'r'), 'al', 'after'])
      if (rescue.length === 0) return
      assert.is(came(ran).r, 'skipped')
      const again = await rig.plan()
      assert.is(planned(again).r, 'skipped: nothing failed')
      assert.is(again.outcome.exit, 0)
    })
  assert.is(trips[0], trips[1])
})

test('a failure in a rescue, or in what is done in any case, is one of its host', () =>
  on(
    [block({ block: [breaks('b')], rescue: [breaks('r'), file('r2')], always: [file('al')] }), file('after')],
    async rig => {
      const ran = await rig.apply()
      assert.equal(came(ran), {
        ...{ b: 'rescued', r: 'failed', r2: 'skipped (needs r)', al: 'changed', after: 'skipped (needs r)' },
      })
      assert.is(ran.outcome.exit, 1)
      assert.is(ran.outcome.failures.length, 1)
    },
  ))

test('without a rescue a failure goes on behind what is done in any case', () =>
  on(
    [block({ block: [breaks('b'), file('c')], always: [file('al'), breaks('al2'), file('al3')] }), file('after')],
    async rig =>
      assert.equal(came(await rig.apply()), {
        ...{ b: 'failed', c: 'skipped (needs b)', al: 'changed', al2: 'failed', al3: 'skipped (needs al2)' },
        after: 'skipped (needs b)',
      }),
  ))

const nested = (inner: Sections): string[] => [
  block({
    block: [file('first'), block(inner), file('last')],
    rescue: [file('outer')],
    always: [file('end')],
  }),
  file('after'),
]

test('a block in a block rescues for itself; what it does not rescue is for the one around it', async () => {
  await on(nested({ block: [breaks('b')], rescue: [file('r')], always: [file('al')] }), async rig =>
    assert.equal(came(await rig.apply()), {
      ...{ first: 'changed', b: 'rescued', r: 'changed', al: 'changed', last: 'changed', outer: 'skipped' },
      ...{ end: 'changed', after: 'changed' },
    }),
  )
  await on(nested({ block: [breaks('b')], rescue: [breaks('r')], always: [file('al')] }), async rig =>
    assert.equal(came(await rig.apply()), {
      ...{ first: 'changed', b: 'rescued', r: 'rescued', al: 'changed', last: 'skipped (needs r)' },
      ...{ outer: 'changed', end: 'changed', after: 'changed' },
    }),
  )
  await on(nested({ block: [file('b')], always: [file('al')] }), async rig => {
    writeFileSync(join(rig.hosts.root('node0'), 'first'), '')
    const plan = planned(await rig.plan())
    assert.is(plan.outer, 'standby: only if b or one of 2 behind it fails')
  })
})

test('a block that fails before a block in it has begun does nothing of that', () =>
  on(
    [
      block({
        block: [breaks('b'), block({ block: [file('i')], rescue: [file('ir')], always: [file('ia')] })],
        rescue: [file('r')],
      }),
    ],
    async rig =>
      assert.equal(came(await rig.apply()), {
        b: 'rescued',
        ...{ i: 'skipped (needs b)', ir: 'skipped (needs b)', ia: 'skipped (needs b)', r: 'changed' },
      }),
  ))

test('a block in a rescue has a rescue of its own', () =>
  on(
    [
      block({
        block: [wrong('b')],
        rescue: [block({ block: [breaks('r')], rescue: [file('rr')] }), file('r2')],
      }),
    ],
    async rig => {
      assert.equal(planned(await rig.plan()), {
        ...{ b: 'fail: it is not true', r: 'change', rr: 'standby: only if r fails', r2: 'change' },
      })
      assert.equal(came(await rig.apply()), { b: 'rescued', r: 'rescued', rr: 'changed', r2: 'changed' })
    },
  ))

test('what a plan knows to fail and is rescued keeps its host from nothing', () =>
  on(
    [
      file('before'),
      block({ block: [file('a'), wrong('b'), file('c')], rescue: [file('r')] }),
      file('after'),
      block({ block: [wrong('d')], rescue: [] }, ', when: false'),
    ],
    async rig => {
      const plan = await rig.plan()
      assert.equal(planned(plan), {
        ...{ before: 'change', a: 'change', b: 'fail: it is not true', c: 'skipped: needs b' },
        ...{ r: 'change', after: 'change', d: 'skipped: its condition is false' },
      })
      assert.is(plan.outcome.exit, 2)
      assert.is(plan.outcome.hosts.node0!.rescued, 1)
      assert.ok(plan.events.some(event => event.type === 'planned' && event.node === 'node0/b' && event.rescued))
      const ran = await rig.apply()
      assert.equal([came(ran).b, came(ran).r, came(ran).after], ['rescued', 'changed', 'changed'])
      assert.is(ran.outcome.exit, 0)
      assert.is((await rig.plan()).outcome.exit, 0)
    },
  ))

test('a rescue that would fail itself, and a block without one, keep their host from any step', async () => {
  await on([file('before'), block({ block: [wrong('b')], rescue: [wrong('r')] })], async rig => {
    const ran = await rig.apply()
    assert.equal(came(ran), { before: 'skipped (needs r)', b: 'rescued', r: 'failed' })
    assert.is(ran.outcome.exit, 1)
  })
  await on([file('before'), block({ block: [wrong('b')], always: [file('al')] })], async rig =>
    assert.equal(came(await rig.apply()), { before: 'skipped (needs b)', b: 'failed', al: 'skipped (needs b)' }),
  )
})

test('a rescue sees what failed: its task, its result, and what it has registered', () =>
  on(
    [
      block({
        block: [breaks('b', 'node0', ', tags: [t]')],
        rescue: [
          say(
            'r',
            '{{ ansible_failed_task.name }} {{ ansible_failed_task.action }} {{ ansible_failed_result.rc }} {{ b.stderr }}',
          ),
        ],
        always: [say('al', '{{ ansible_failed_task is defined }} {{ ansible_failed_result.failed }}')],
      }),
      block({
        block: [wrong('w')],
        rescue: [say('z', '{{ ansible_failed_result.msg }} {{ ansible_failed_task.name }}')],
      }),
    ],
    async rig => {
      const ran = await rig.apply()
      assert.equal(
        ['r', 'al', 'z'].map(task => said(ran, task)),
        ['b command 7 no', 'True True', 'Assertion failed w'],
      )
      await rig.plan()
    },
  ))

test('before anything has failed there is no failed task', () =>
  on([say('a', '{{ ansible_failed_task is defined }}')], async rig => assert.is(said(await rig.plan(), 'a'), 'false')))

test('what is ignored calls no rescue; what failed_when says does', () =>
  on(
    [
      block({ block: [breaks('b', 'node0', ', ignore_errors: true'), file('c')], rescue: [file('r')] }),
      block({
        block: ['{ name: f, command: echo x, failed_when: true, changed_when: false }', file('g')],
        rescue: [file('r2')],
      }),
      block({ block: [breaks('h')], rescue: [file('r3')] }, ', ignore_errors: true'),
    ],
    async rig =>
      assert.equal(came(await rig.apply()), {
        ...{ b: 'ignored', c: 'changed', r: 'skipped', f: 'rescued', g: 'skipped (needs f)', r2: 'changed' },
        ...{ h: 'ignored', r3: 'skipped' },
      }),
  ))

test('a host that is lost is rescued by nothing; one that fails is rescued alone', () =>
  on(
    [block({ block: [file('a'), breaks('b', 'node1')], rescue: [file('r')], always: [file('al')] }), file('after')],
    async rig => {
      await rig.hosts.kill('node2')
      const ran = await rig.apply()
      assert.equal(
        Object.entries(results(ran)).map(([id, is]) => `${id} ${is}`),
        [
          ...['node0/a changed', 'node1/a changed', 'node2/a skipped (needs node2)'],
          ...['node0/b changed', 'node1/b rescued', 'node2/b skipped (needs node2)'],
          ...['node0/r skipped', 'node1/r changed', 'node2/r skipped (needs node2)'],
          ...['node0/al changed', 'node1/al changed', 'node2/al skipped (needs node2)'],
          ...['node0/after changed', 'node1/after changed', 'node2/after skipped (needs node2)'],
        ].sort((a, b) => order(ran, a) - order(ran, b)),
      )
      assert.is(ran.outcome.exit, 3)
    },
    { hosts: ['node0', 'node1', 'node2'] },
  ))

const order = ({ events }: Ran, text: string): number =>
  events.findIndex(event => event.type === 'result' && text.startsWith(`${event.node} `))

test('loops: the items behind one that fails are done, then the rescue', () =>
  on(
    [
      block({
        block: [
          '{ name: b, command: { argv: [sh, -c, \'[ "$0" != q ] && touch "$1"\', "{{ item }}", "{{ root }}/{{ item }}"], creates: "{{ root }}/{{ item }}" }, loop: [p, q, s] }',
        ],
        rescue: ['{ name: r, file: { path: "{{ root }}/r{{ item }}", state: touch }, loop: [x, y] }'],
      }),
    ],
    async rig => {
      assert.is(planned(await rig.plan()).r, 'standby: only if b[p] fails')
      assert.equal(came(await rig.apply()), {
        ...{ 'b[p]': 'changed', 'b[q]': 'rescued', 'b[s]': 'changed', 'r[x]': 'changed', 'r[y]': 'changed' },
      })
    },
  ))

test('includes in a block and in its rescue bring tasks that stand there', () =>
  on(
    [
      block({
        block: ['{ name: in, include_tasks: it.yml }', file('c')],
        rescue: ['{ name: re, include_tasks: re.yml }', file('r')],
      }),
      file('after'),
    ],
    async rig => {
      assert.is(planned(await rig.plan()).re, 'standby: only if in.a or one of 2 behind it fails')
      assert.equal(came(await rig.apply()), {
        ...{ in: 'ok', 'in.a': 'changed', 'in.b': 'rescued', c: 'skipped (needs in.b)' },
        ...{ re: 'ok', 're.d': 'changed', r: 'changed', after: 'changed' },
      })
    },
    { files: { 'it.yml': `- ${file('a')}\n- ${breaks('b')}\n`, 're.yml': `- ${file('d')}\n` } },
  ))

test('handlers: what a failing block has notified runs; those that are flushed in a block are of it', () =>
  withRig(
    `- hosts: all
  tasks:
    - ${block({
      block: [file('a', ', notify: h'), 'meta: flush_handlers', breaks('b')].map(one =>
        one.startsWith('{') ? one : `{ ${one} }`,
      ),
      rescue: [file('r', ', notify: k')],
    })}
    - ${file('after')}
  handlers:
    - ${breaks('h')}
    - ${file('k')}
`,
    {},
    async rig =>
      assert.equal(came(await rig.apply()), {
        ...{ a: 'changed', h: 'rescued', b: 'skipped (needs h)', r: 'changed', after: 'changed', k: 'changed' },
      }),
  ))

test('--tags that leave a rescue out leave nothing that rescues', () =>
  on(
    [block({ block: [breaks('b', 'node0', ', tags: [t]')], rescue: [file('r')] }), file('after', ', tags: [t]')],
    async rig => assert.equal(came(await rig.apply()), { b: 'failed', after: 'skipped (needs b)' }),
    { tags: ['t'] },
  ))

test('a rescue of no tasks but a meta rescues', () =>
  on([block({ block: [breaks('b')], rescue: ['{ meta: noop }'] }), file('after')], async rig =>
    assert.equal(came(await rig.apply()), { b: 'rescued', after: 'changed' }),
  ))

test('a saved plan: a rescue runs where the plan says what has to fail for it, and not over what has moved', () =>
  on([block({ block: [breaks('b'), file('c')], rescue: [file('r')] }), file('after')], async rig => {
    const plan = held(await rig.plan())
    assert.equal(came(await rig.apply(plan)), { b: 'rescued', c: 'skipped (needs b)', r: 'changed', after: 'changed' })
    assert.not.ok(existsSync(join(rig.hosts.root('node0'), 'c')))
  }))

test('what failed half way is looked at anew by its rescue', () =>
  on(
    [
      block({
        block: [
          `{ name: b, command: { argv: [sh, -c, 'echo half >"$0"; exit 1', "{{ root }}/f"], creates: "{{ root }}/f" } }`,
        ],
        rescue: ['{ name: r, lineinfile: { path: "{{ root }}/f", line: whole } }'],
      }),
    ],
    async rig => {
      assert.equal(came(await rig.apply()), { b: 'rescued', r: 'changed' })
      assert.is(readFileSync(join(rig.hosts.root('node0'), 'f'), 'utf8'), 'half\nwhole\n')
    },
  ))

test.run()
