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
const pending = (...list: string[]): string[] => [...pendingHandlers(graphOf(playbook), told(...list))]

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
