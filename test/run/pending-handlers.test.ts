import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../src/core/event.ts'
import { pendingHandlers } from '../../src/run/pending-handlers.ts'
import { graphOf } from '../graph/rig.ts'
import { results, withRig } from '../plan/rig.ts'

const playbook = `- hosts: web
  tasks:
    - { name: conf, debug: { msg: a }, notify: restart }
    - { name: sites, loop: [a, b], debug: { msg: a }, notify: [reload] }
  handlers:
    - { name: restart, debug: { msg: a } }
    - { name: reload, debug: { msg: a } }
`
const told = (...list: string[]): Event[] =>
  list.map(text => {
    const [node, status] = text.split(' ')
    return {
      type: status === 'running' ? 'running' : 'result',
      host: node!.split('/')[0],
      node,
      task: '',
      status,
      steps: 0,
      ms: 0,
      diff: [],
      seq: 1,
      time: 0,
    } as Event
  })
const pending = (...list: string[]): string[] => [
  ...pendingHandlers(graphOf(playbook), [{ id: 'a-run', events: told(...list) }]).keys(),
]

test('a handler is due on a host where what notifies it has changed and it has not run', () => {
  assert.equal(pending('web0/conf changed', 'web1/conf ok'), ['web0/restart'])
  assert.equal(pending('web0/conf changed', 'web0/restart changed'), [])
  assert.equal(pending('web0/conf changed', 'web0/restart failed'), ['web0/restart'])
  assert.equal(pending('web0/conf changed', 'web0/restart skipped'), ['web0/restart'])
  assert.equal(pending(), [])
})

test('a handler stays due over any number of runs that do not come to it', () => {
  const first = ['web0/conf changed', 'web0/sites[a] failed', 'web0/restart skipped']
  assert.equal(pending(...first, 'web0/conf ok', 'web0/sites[a] failed', 'web0/restart skipped'), ['web0/restart'])
  assert.equal(pending(...first, 'web0/conf ok', 'web0/restart changed'), [])
  assert.equal(pending(...first, 'web0/restart changed', 'web0/conf changed'), ['web0/restart'])
})

test('what was cut off while it was at work may have changed something', () => {
  assert.equal(pending('web0/conf running'), ['web0/restart'])
  assert.equal(pending('web0/conf running', 'web0/conf failed'), ['web0/restart'])
  assert.equal(pending('web0/conf running', 'web0/conf changed', 'web0/restart running', 'web0/restart changed'), [])
})

test('what travels behind a line may have begun as well; what is not known may have changed something', () => {
  const [running] = told('web0/say running') as [Event & { type: 'running' }]
  const events = [{ ...running, behind: ['web0/conf'] }]
  const due = (more: Event[]): string[] => [
    ...pendingHandlers(graphOf(playbook), [{ id: 'a-run', events: [...events, ...more] }]).keys(),
  ]
  assert.equal(due([]), ['web0/restart'])
  assert.equal(due(told('web0/conf unverified')), ['web0/restart'])
  assert.equal(due(told('web0/conf ok')), [])
  assert.equal(due(told('web0/conf skipped')), [])
})

test('a handler with a loop has run when all its items have', () => {
  const first = ['web0/conf changed', 'web0/restart[a] changed']
  assert.equal(pending(...first, 'web0/restart[b] changed'), [])
  assert.equal(pending(...first, 'web0/restart[b] failed'), ['web0/restart'])
  assert.equal(pending('web0/conf changed', 'web0/restart[a] failed', 'web0/restart[b] changed'), ['web0/restart'])
  assert.equal(pending(...first, 'web0/restart[b] running'), ['web0/restart'])
})

test('each handler is due since the run that left it so, and records say by themselves what notifies what', () => {
  const planned = { type: 'planned', host: 'web0', node: 'web0/old', notifies: ['web0/gone'] }
  const start = { type: 'started', due: [{ node: 'web1/restart', run: 'before' }] }
  const records = [
    { id: 'one', events: [start as Event, planned as Event, ...told('web0/old changed')] },
    { id: 'two', events: [{ ...start, due: [] } as unknown as Event, ...told('web0/old changed')] },
  ]
  assert.equal(
    [...pendingHandlers(graphOf(playbook), records, [{ node: 'web1/restart', run: 'before' }])],
    [
      ['web1/restart', 'before'],
      ['web0/gone', 'one'],
    ],
  )
})

test('of a loop any item counts', () =>
  assert.equal(pending('web1/sites[a] ok', 'web1/sites[b] changed'), ['web1/reload']))

test('a handler that is due runs although nothing notifies it any more', () =>
  withRig(
    `- hosts: all
  tasks: [{ name: conf, copy: { dest: "{{ root }}/conf", content: a }, notify: restart }]
  handlers: [{ name: restart, file: { path: "{{ root }}/restarted", state: touch } }]
`,
    { pendingHandlers: ['node0/restart'] },
    async rig => {
      writeFileSync(join(rig.hosts.root('node0'), 'conf'), 'a')
      assert.equal(results(await rig.apply()), { 'node0/conf': 'ok', 'node0/restart': 'changed' })
    },
  ))

test.run()
