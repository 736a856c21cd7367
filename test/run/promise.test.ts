import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failuresOf, type Options, type Ran, type Rig, results, withRig } from '../plan/rig.ts'
import { dark, knowing, late, liar, meddler, restless, slow, stubborn, tidy } from './modules.ts'

const modules = { dark, knowing, liar, meddler, restless, slow, stubborn, tidy }
const applied = (tasks: string, judge: (ran: Ran, rig: Rig) => void, options: Options = {}) =>
  withRig(`- hosts: all\n  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`, { modules, ...options }, async rig =>
    judge(await rig.apply(), rig),
  )
const failureOf = ({ outcome }: Ran) => outcome.failures[0]!

test('a module that does not do what it promised is caught, and blamed; nothing new is begun', () =>
  applied(
    `- { name: lie, liar: { path: "{{ root }}/f" } }
     - { name: wait, slow: { path: "{{ root }}/s", after: 0, seconds: 9 } }
     - { name: end, file: { path: "{{ root }}/g", state: touch } }`,
    (ran, rig) => {
      assert.equal(failuresOf(ran), { 'node0/lie': 'module-broke-promise' })
      assert.match(failureOf(ran).what, 'liar did not do what it planned')
      assert.match(failureOf(ran).why!, 'mode: promised "0700", is "0755"')
      assert.is(results(ran)['node0/wait'], 'skipped (needs node0/lie)')
      assert.is(results(ran)['node0/end'], 'skipped (needs node0/lie)')
      assert.equal(readdirSync(rig.hosts.root('node0')), ['f'])
      assert.is(ran.outcome.exit, 1)
    },
  ))

test('nothing runs behind a broken promise in its frame, and what needed no step is planned anew', () =>
  applied(
    `- { name: lie, liar: { path: "{{ root }}/f" } }
     - { name: same, copy: { dest: "{{ root }}/g", content: "x" } }
     - { name: quiet, file: { path: "{{ root }}/g", state: file } }
     - { name: free, needs: [], file: { path: "{{ root }}/h", state: touch } }`,
    (ran, rig) => {
      assert.equal(results(ran), {
        'node0/lie': 'failed',
        'node0/same': 'skipped (needs node0/lie)',
        'node0/quiet': 'skipped (needs node0/lie)',
        'node0/free': 'changed',
      })
      assert.equal(readdirSync(rig.hosts.root('node0')).sort(), ['f', 'h'])
    },
  ))

test('where only planning again fails, what ran behind it is named', () =>
  applied(
    `- { name: again, restless: { path: "{{ root }}/f" } }
     - { name: behind, copy: { dest: "{{ root }}/g", content: "x" } }
     - { name: last, copy: { dest: "{{ root }}/h", content: "x" } }`,
    ran => {
      assert.equal(results(ran), { 'node0/again': 'failed', 'node0/behind': 'changed', 'node0/last': 'changed' })
      assert.match(failureOf(ran).why!, /"change".*node0\/behind, node0\/last/s)
    },
  ))

test('what is told as ok each time may be left to do behind a change', () =>
  applied(
    `- { name: tidy, tidy: { path: "{{ root }}/f" } }
     - { name: again, tidy: { path: "{{ root }}/f" } }`,
    ran => assert.equal(results(ran), { 'node0/tidy': 'changed', 'node0/again': 'ok' }),
  ))

test('a promise that no test can tell on the host ends its frame; behind the last change none is asked for', () =>
  applied(
    `- { name: dark, dark: { path: "{{ root }}/f" } }
     - { name: seen, file: { path: "{{ root }}/f", state: file } }
     - { name: a, copy: { dest: "{{ root }}/a", content: "x" } }
     - { name: b, copy: { dest: "{{ root }}/b", content: "x" } }`,
    (ran, rig) => {
      const doing = rig.hosts.frames.filter(({ fragments }) => fragments.some(({ step }) => step))
      assert.equal(results(ran)['node0/seen'], 'ok')
      assert.equal(
        doing.map(({ fragments }) => fragments.filter(({ step }) => step).length),
        [2, 3],
      )
    },
  ))

test('a promise that comes true by itself behind the test is kept, and what is behind it runs', () =>
  applied(
    `- { name: late, late: { path: "{{ root }}/f" } }
     - { name: behind, file: { path: "{{ root }}/f", state: absent } }`,
    (ran, rig) => {
      assert.equal(results(ran), { 'node0/late': 'changed', 'node0/behind': 'changed' })
      assert.equal(readdirSync(rig.hosts.root('node0')), [])
    },
    { modules: { late } },
  ))

const keep = '- { name: keep, file: { path: "{{ root }}/orig", state: touch } }'
const gone = '- { name: gone, file: { path: "{{ root }}/orig", state: absent } }'

for (const [what, args, says, fix] of [
  [
    'does not make',
    'cmd: "true", creates: "{{ root }}/backup"',
    /creates says \S+backup, and the command did not make/,
    'Check',
  ],
  [
    'does not remove',
    'cmd: "true", removes: "{{ root }}/orig"',
    /removes says \S+orig, and the command did not remove/,
    'Check',
  ],
  [
    'asks a shell to make',
    'cmd: "echo hi > {{ root }}/f && date", creates: "{{ root }}/f"',
    /did not make it.*`>` and `&&`/s,
    /argv: \[sh, -c, 'echo hi > \S+ && date'\]$/,
  ],
] as const)
  test(`what a command ${what} is a slip of whoever wrote it, and nothing runs behind it`, () =>
    applied(
      `${keep}
       - { name: slip, command: { ${args} } }
       ${gone}`,
      (ran, rig) => {
        assert.equal(failuresOf(ran), { 'node0/slip': 'host-step' })
        assert.match(failureOf(ran).what + failureOf(ran).why, says)
        assert.match(failureOf(ran).fix!, fix)
        assert.is(results(ran)['node0/gone'], 'skipped (needs node0/slip)')
        assert.equal(readdirSync(rig.hosts.root('node0')), ['orig'])
      },
    ))

test('a command that has made a link to nothing has made it, and what it said stays its output', () =>
  applied(
    `- { name: link, command: { argv: [sh, -c, 'ln -s nowhere "$0"; echo made', "{{ root }}/l"], creates: "{{ root }}/l" }, register: link }
     - { name: said, copy: { dest: "{{ root }}/said", content: "{{ link.rc }} {{ link.stdout }}" } }`,
    (ran, rig) => {
      assert.equal(results(ran), { 'node0/link': 'changed', 'node0/said': 'changed' })
      assert.is(readFileSync(`${rig.hosts.root('node0')}/said`, 'utf8'), '0 made')
    },
  ))

test('what a command prints that is no UTF-8 is warned of, where it is registered', () =>
  applied(
    `- { name: raw, command: { argv: [sh, -c, 'printf "a\\\\377"; touch "$0"', "{{ root }}/l"], creates: "{{ root }}/l" }, register: raw }
     - { name: text, command: { argv: [sh, -c, 'printf "ä"; touch "$0"', "{{ root }}/m"], creates: "{{ root }}/m" }, register: text }
     - { name: asked, command: { argv: [printf, 'b\\377'], reads: ["{{ root }}/l"] }, register: asked }
     - { name: nobodys, command: { argv: [sh, -c, 'printf "a\\\\377"; touch "$0"', "{{ root }}/n"], creates: "{{ root }}/n" } }`,
    ran => {
      const warnings = ran.events.flatMap(e => (e.type === 'warning' ? [`${e.node}: ${e.text}`] : []))
      assert.is(warnings.length, 2)
      assert.match(warnings[1]!, 'node0/asked: what it printed is not UTF-8')
      assert.match(warnings[0]!, 'node0/raw: what it printed is not UTF-8: in raw U+FFFD')
    },
  ))

test('what the plan has warned of is not said again in its place', () =>
  applied(`- { name: asked, command: { argv: [printf, 'b\\377'], reads: [] }, register: asked }`, ran => {
    assert.is(ran.events.filter(event => event.type === 'warning').length, 1)
  }))

test('a module that would change again at once has broken its promise too', () =>
  applied(`- { name: again, restless: { path: "{{ root }}/f" } }`, ran => {
    assert.equal(failuresOf(ran), { 'node0/again': 'module-broke-promise' })
    assert.match(failureOf(ran).why!, '"change"')
  }))

test('a promise about what is only looked at is a mistake that is told at once', () =>
  withRig(`- hosts: all\n  tasks:\n    - { meddler: { path: "{{ root }}/f" } }`, { modules }, async rig => {
    try {
      await rig.plan()
      assert.unreachable()
    } catch (error) {
      assert.match(String(error), 'meddler promises file:')
    }
  }))

test('a promise that takes a while is waited for, on the host', () =>
  applied(
    `- { name: wait, slow: { path: "{{ root }}/f", after: 0.3, seconds: 20 }, register: s }
     - { name: then, assert: { that: "s.size == 5" } }`,
    (ran, rig) => {
      assert.equal(results(ran), { 'node0/wait': 'changed', 'node0/then': 'ok' })
      assert.ok(ran.trips.node0! <= 5, `the wire is not polled: ${ran.trips.node0} trips`)
      assert.ok(rig.hosts.frames.some(f => f.fragments.some(one => one.sh.includes('sleep 0.1'))))
    },
  ))

test('a promise that does not come true in its time is a failure, with what is missing and the last log lines', () =>
  applied(`- { name: wait, slow: { path: "{{ root }}/f", after: 30, seconds: 0.2 } }`, ran => {
    assert.equal(failuresOf(ran), { 'node0/wait': 'host-settle' })
    assert.match(failureOf(ran).what, 'within 0.2 s')
    assert.is(failureOf(ran).why, 'it is still not there\nthe last words')
  }))

for (const [where, says, logs] of [
  ['a failed step says', 'E42', ''],
  ['the log says after a wait in vain', '', 'E42'],
])
  test(`what ${where} is told by its cause, with what to do, where the module knows it`, () =>
    applied(`- { name: k, knowing: { path: "{{ root }}/f", says: "${says}", logs: "${logs}" } }`, ran => {
      const { what, why, fix } = failureOf(ran)
      assert.equal([what, fix], ['it is cold', 'heat it'])
      assert.match(why ?? '', 'E42')
    }))

for (const says of ['sh: write error: No space left on device', '/bin/sh: 1: printf: printf: I/O error'])
  test(`a full disk is told as that in any step: ${says}`, () =>
    applied(`- { name: k, knowing: { path: "{{ root }}/f", says: "${says}", logs: "" } }`, ran => {
      assert.match(failureOf(ran).what, 'The disk is full')
      assert.match(failureOf(ran).fix ?? '', 'df -h')
    }))

test('words that the module does not know are shown as they are', () =>
  applied(`- { name: k, knowing: { path: "{{ root }}/f", says: "", logs: "E43" } }`, ran => {
    assert.match(failureOf(ran).what, 'within 0.1 s')
    assert.is(failureOf(ran).why, 'it did not come\none\nE43\ntwo')
    assert.is(failureOf(ran).fix, undefined)
  }))

test('waiting ends as soon as it is hopeless', () =>
  applied(`- { name: wait, stubborn: { path: "{{ root }}/f" } }`, ran => {
    assert.is(failuresOf(ran)['node0/wait'], 'host-settle')
    assert.is(failureOf(ran).what, 'a folder is in its place')
  }))

test.run()
