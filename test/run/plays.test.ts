import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rig as makeRig, type Options, results, verdicts, withRig } from '../plan/rig.ts'
import { createHosts } from './local.ts'
import { slow } from './modules.ts'

const hosts = ['node0', 'node1']
const modules = { slow }
/** Makes a file some time after its step, and asks for another host's file where no graph can see it. */
const made = (name: string): string =>
  `{ name: ${name}, slow: { path: "{{ root }}/${name}", after: 0.2, seconds: 5 }, register: ${name} }`
const asks = (name: string, path: string): string =>
  `{ name: ${name}, command: { argv: [sh, -c, 'test -e ${path} && touch "$0"', "{{ root }}/${name}"], creates: "{{ root }}/${name}" } }`
const plays = (...written: { hosts: string; more?: string; tasks: string[]; handlers?: string[] }[]): string =>
  written
    .map(
      ({ hosts: on, more = '', tasks, handlers = [] }) =>
        `- hosts: ${on}\n${more}  tasks:\n${tasks.map(task => `    - ${task}\n`).join('')}` +
        (handlers.length > 0 ? `  handlers:\n${handlers.map(task => `    - ${task}\n`).join('')}` : ''),
    )
    .join('')
const of0 = '{{ hostvars.node0.root }}'
const withPlays = (text: string, use: Parameters<typeof withRig>[2], options: Options = {}) =>
  withRig(text, { hosts, modules, ...options }, use)

test('a later play begins when the plays before it have ended on all their hosts, and all are planned at once', () =>
  withPlays(
    plays({ hosts: 'node0', tasks: [made('web')] }, { hosts: 'node1', tasks: [asks('look', `${of0}/web`)] }),
    async rig => {
      const plan = await rig.plan()
      assert.equal(verdicts(plan), { 'node0/web': 'change', 'node1/look': 'change' })
      assert.equal(Object.values(plan.trips), [1, 1])
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/web': 'changed', 'node1/look': 'changed' })
      assert.equal(Object.values((await rig.apply()).trips), [1, 1])
    },
  ))

test('handlers of a play, and tasks without a place in its order, belong to it', () =>
  withPlays(
    plays(
      {
        hosts: 'node0',
        tasks: [
          `{ name: a, file: { path: "{{ root }}/a", state: touch }, notify: [last] }`,
          made('free').replace('{ name', '{ needs: [], name'),
        ],
        handlers: [made('last')],
      },
      { hosts: 'node1', tasks: [asks('look', `${of0}/last -a -e ${of0}/free`).replace('{ name', '{ needs: [], name')] },
    ),
    async rig => assert.is(results(await rig.apply())['node1/look'], 'changed'),
  ))

test('needs: [] takes the barrier away; a list leaves those plays', () =>
  withPlays(
    plays(
      // The first play ends only when the second has: it looks for what that makes.
      {
        hosts: 'node0',
        more: '  name: slow one\n',
        tasks: [asks('a', `/; until [ -e "{{ hostvars.node1.root }}/early" ]; do sleep 0.02; done; true`)],
      },
      { hosts: 'node1', more: '  name: free\n  needs: []\n', tasks: [asks('early', '/')] },
      { hosts: 'node1', more: '  name: behind\n  needs: [slow one]\n', tasks: [asks('behind', `${of0}/a`)] },
    ),
    async rig =>
      assert.equal(results(await rig.apply()), {
        'node0/a': 'changed',
        'node1/early': 'changed',
        'node1/behind': 'changed',
      }),
  ))

test('a host that fails, and one that is lost, do not hold up the plays behind', async () => {
  const fails = `{ name: bad, command: { argv: ["false"], creates: "{{ root }}/bad" } }`
  await withPlays(
    plays({ hosts: 'node0', tasks: [fails, made('a')] }, { hosts: 'node1', tasks: [made('b')] }),
    async rig => {
      const ran = await rig.apply()
      assert.equal(results(ran), {
        'node0/bad': 'failed',
        'node0/a': 'skipped (needs node0/bad)',
        'node1/b': 'changed',
      })
    },
  )
  let kill = (): void => {}
  const local = createHosts((host, fragments) => {
    if (host === 'node0' && fragments.some(({ step }) => step)) kill()
  })
  kill = () => void local.kill('node0')
  try {
    const rig = makeRig(
      plays({ hosts: 'node0', tasks: [made('a')] }, { hosts: 'node1', tasks: [made('b')] }),
      { hosts, modules },
      local,
    )
    const ran = await rig.apply()
    assert.is(ran.outcome.hosts.node0?.unreachable, true)
    assert.is(results(ran)['node1/b'], 'changed')
  } finally {
    await local.close()
  }
})

test('what an earlier play waits for is not held up by it', () =>
  withPlays(
    plays(
      { hosts: 'node0', tasks: [made('a').replace('{ name', '{ after: [node1/b], name')] },
      { hosts: 'node1', tasks: [made('b'), asks('c', `${of0}/a`)] },
    ),
    async rig =>
      assert.equal(results(await rig.apply()), {
        'node0/a': 'changed',
        'node1/b': 'changed',
        'node1/c': 'changed',
      }),
  ))

test('what --limit and --tags leave out is not waited for', async () => {
  const text = plays(
    { hosts: 'node0', more: '  tags: [first]\n', tasks: [made('a')] },
    { hosts: 'node1', more: '  tags: [second]\n', tasks: [made('b')] },
  )
  for (const part of [{ limit: 'node1' }, { tags: ['second'] }])
    await withPlays(
      text,
      async rig => {
        assert.equal(results(await rig.apply()), { 'node1/b': 'changed' })
        assert.equal(existsSync(join(rig.hosts.root('node0'), 'a')), false)
      },
      part,
    )
})

test('on one host plays travel in one frame, as tasks do', () =>
  withPlays(
    plays(
      { hosts: 'all', tasks: ['{ name: a, copy: { dest: "{{ root }}/a", content: a } }'] },
      { hosts: 'all', tasks: ['{ name: b, copy: { dest: "{{ root }}/b", content: b } }'] },
      { hosts: 'all', tasks: ['{ name: c, needs: [], copy: { dest: "{{ root }}/c", content: c } }'] },
    ),
    async rig => {
      const ran = await rig.apply()
      assert.equal(readdirSync(rig.hosts.root('node0')).sort(), ['a', 'b', 'c'])
      // Planning, what is read again under the lease, and one frame.
      assert.equal(Object.values(ran.trips), [3])
    },
    { hosts: ['node0'] },
  ))

test.run()
