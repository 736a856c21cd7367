import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Options, type Ran, type Rig, results, verdicts, withRig } from '../plan/rig.ts'

// How what is not known yet goes on through expressions, loops, templates and other hosts.

const make = `- { name: make, command: { cmd: "sh -c 'echo 1; touch {{ root }}/made'", creates: "{{ root }}/made" }, register: made }`
const planned = (
  tasks: string,
  judge: (found: Record<string, string>, ran: Ran, rig: Rig) => void | Promise<void>,
  options: Options = {},
) =>
  withRig(`- hosts: all\n  tasks:\n    ${make}\n${tasks.replace(/^\s*- /gm, '    - ')}`, options, async rig => {
    const ran = await rig.plan()
    return judge(verdicts(ran), ran, rig)
  })
const after = (node: string): string => `undecided: known after ${node}`

test('a loop over items of which one is not known waits whole: an item names its line', () =>
  planned(
    `- { name: each, loop: "{{ [{'n': 'a', 'v': 'x'}, {'n': 'b', 'v': made.stdout}] }}", copy: { dest: "{{ root }}/{{ item.n }}", content: "{{ item.v }}" } }
     - { name: yaml, loop: [c, "{{ made.stdout }}"], file: { path: "{{ root }}/{{ item }}", state: touch } }`,
    async (found, _, rig) => {
      assert.is(found['node0/each'], after('node0/make'))
      assert.is(found['node0/yaml'], after('node0/make'))
      const ran = await rig.apply()
      const items = Object.keys(results(ran)).filter(id => id.startsWith('node0/yaml'))
      assert.equal(items, ['node0/yaml[c]', 'node0/yaml[1]'])
      assert.is(ran.outcome.exit, 0)
    },
  ))

test('what a loop registers is known item by item', () =>
  planned(
    `- { name: all, loop: [a, b], register: all, command: { cmd: "sh -c 'echo {{ item }} >{{ root }}/{{ item }}'", creates: "{{ root }}/{{ item }}" } }
     - { name: size, when: all.results | length == 2 and all.changed, file: { path: "{{ root }}/d", state: directory } }
     - { name: text, when: 'all.results[0].stdout == "a"', file: { path: "{{ root }}/e", state: directory } }`,
    found => {
      assert.is(found['node0/size'], 'change')
      assert.is(found['node0/text'], after('node0/all[a]'))
    },
  ))

test('a template with an unknown in it is content that is not known; the rest of the line is', () =>
  planned(
    `- { name: new, template: { src: t.hbs, dest: "{{ root }}/new" } }
     - { name: known, template: { src: u.hbs, dest: "{{ root }}/known" } }
     - { name: listed, vars: { texts: [a, "{{ made.stdout }}"] }, template: { src: l.hbs, dest: "{{ root }}/listed" } }
     - { name: again, template: { src: u.hbs, dest: "{{ root }}/new" } }`,
    (found, { lines }) => {
      assert.equal([found['node0/new'], found['node0/known'], found['node0/listed']], ['change', 'change', 'change'])
      assert.equal(
        lines.map(l => l.needs),
        [undefined, 'node0/make', undefined, 'node0/make', 'node0/make'],
      )
      assert.is(found['node0/again'], after('node0/make'))
    },
    {
      files: {
        'templates/t.hbs': 'x{{made.stdout}}\n',
        'templates/u.hbs': 'x\n',
        'templates/l.hbs': '{{#each texts}}{{this}},{{/each}}',
      },
    },
  ))

test('a condition decides as far as it can, and what it hides is only what its task would touch', () =>
  planned(
    `- { name: never, when: 'false and made.stdout == "1"', file: { path: "{{ root }}/a", state: touch } }
     - { name: done, when: 'made.stdout == "1" or made.changed', file: { path: "{{ root }}/b", state: directory } }
     - { name: maybe, when: 'made.stdout == "1"', register: maybe, file: { path: "{{ root }}/c", state: directory } }
     - { name: inside, copy: { dest: "{{ root }}/c/f", content: x } }
     - { name: "on", when: maybe.changed, file: { path: "{{ root }}/d", state: directory } }`,
    found =>
      assert.equal(found, {
        'node0/make': 'change',
        'node0/never': 'skipped: its condition is false',
        'node0/done': 'change',
        'node0/maybe': after('node0/make'),
        'node0/inside': after('node0/maybe'),
        'node0/on': after('node0/maybe'),
      }),
  ))

test('values of other hosts: a list of them is known but for what waits, and every trip is shared', () =>
  planned(
    `- { name: read, needs: [], command: { cmd: "echo {{ inventory_hostname }}", reads: [/etc/hostname] }, register: read }
     - { name: one, needs: [], copy: { dest: "{{ root }}/one", content: "{{ hostvars.node1.read.stdout }}" } }
     - { name: mixed, needs: [], when: "groups.all | map('extract', hostvars, ['made', 'stdout']) | join == 'ab'", file: { path: "{{ root }}/x", state: touch } }
     - { name: id, needs: [], when: 'hostvars.node1.made.stdout == "1"', file: { path: "{{ root }}/y", state: touch } }`,
    (found, ran) => {
      for (const host of ['node0', 'node1']) {
        assert.is(found[`${host}/one`], 'change')
        assert.is(found[`${host}/id`], after('node1/make'))
        assert.ok(ran.trips[host]! <= 2)
      }
      assert.is(found['node0/mixed'], after('node0/make'), 'what is asked of the whole list waits for all of it')
    },
    { hosts: ['node0', 'node1'] },
  ))

test.run()
