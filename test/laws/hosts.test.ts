import { readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cases, fc, seed } from '../chance.ts'
import { rig as makeRig, type Ran } from '../plan/rig.ts'
import { createHosts } from '../run/local.ts'
import { shared } from '../run/modules.ts'
import { holds } from '../run/property.ts'

const names = ['node0', 'node1', 'node2']
const numRuns = Number(process.env.RUNBOOK_HOST_RUNS ?? cases(40))

const host = fc.constantFrom(...names)
/** Tasks of every kind that makes hosts wait for each other; `i` makes names of its own. */
const kinds: ((i: number, on: string) => Record<string, unknown>)[] = [
  i => ({ copy: { dest: `{{ root }}/f${i}`, content: `${i}` }, register: `r${i}` }),
  (i, on) => ({ copy: { dest: `{{ root }}/v${i}`, content: `{{ hostvars.${on}.root }}` }, register: `r${i}` }),
  (i, on) => ({ file: { path: `{{ root }}/o${i}`, state: 'touch' }, after: [`${on}/t${i - 1}`], register: `r${i}` }),
  (i, on) => ({
    file: { path: `{{ root }}/x${i}`, state: 'touch' },
    when: `hostvars.${on}.r${i - 1}.changed`,
    register: `r${i}`,
  }),
  i => ({ file: { path: `{{ root }}/n${i}`, state: 'touch' }, needs: [], register: `r${i}` }),
  i => ({ shared: { path: `{{ root }}/k${i}` }, register: `r${i}` }),
  i => ({ file: { path: `{{ root }}/{{ item }}${i}`, state: 'touch' }, loop: "['p', 'q']", register: `r${i}` }),
  (i, on) => ({
    command: {
      argv: ['sh', '-c', '[ "$0" != "$1" ] && touch "$2"', '{{ inventory_hostname }}', on, `{{ root }}/c${i}`],
      creates: `{{ root }}/c${i}`,
    },
    register: `r${i}`,
  }),
]
const tasks = fc
  .array(fc.tuple(fc.nat(kinds.length - 1), host, fc.boolean()), { minLength: 2, maxLength: 7 })
  .map(list =>
    list.map(([kind, on], i) => ({ name: `t${i}`, ...kinds[i === 0 && [2, 3].includes(kind) ? 0 : kind]!(i, on) })),
  )

type Ended = { id: string; host: string; status: string; needs?: string }
const ended = ({ events }: Ran): Ended[] =>
  events.flatMap(e =>
    e.type === 'result' ? [{ id: e.node, host: e.host, status: e.status, ...(e.needs ? { needs: e.needs } : {}) }] : [],
  )

/** Everyone is told of, once, and who was skipped for a reason was skipped for a true one. */
const judge = (ran: Ran, dead: string | undefined): void => {
  const all = ended(ran)
  assert.equal(all.map(e => e.id).sort(), ran.lines.map(l => l.id).sort(), 'each node has one result')
  const failed = new Set(all.filter(e => e.status === 'failed').map(e => e.id))
  for (const { id, status, needs } of all)
    if (status === 'skipped' && needs !== undefined)
      assert.ok(failed.has(needs) || needs.split('/')[0] === dead, `${id} was skipped for ${needs}, which did not fail`)
  if (failed.size === 0 && dead === undefined) assert.is(ran.outcome.exit, 0)
}

test(`${numRuns} playbooks over three hosts, one of which fails or dies (seed ${seed})`, async () => {
  const counts = { died: 0, failed: 0, skipped: 0, changed: 0 }
  const playbook = tasks.map(list => JSON.stringify([{ hosts: 'all', tasks: list }]))
  await holds(
    fc.asyncProperty(playbook, host, fc.integer({ min: 1, max: 12 }), async (text, victim, at) => {
      let left = at
      const hosts = createHosts(name => {
        if (name === victim && --left === 0) hosts.kill(victim)
      })
      const rig = makeRig(text, { hosts: names, modules: { shared } }, hosts)
      try {
        const ran = await rig.apply()
        const dead = left <= 0 ? victim : undefined
        judge(ran, dead)
        if (dead !== undefined) assert.is(ran.outcome.exit === 3 || ran.outcome.exit === 1, true)
        for (const name of names.filter(n => n !== dead))
          for (const file of readdirSync(hosts.root(name))) assert.not.match(file, /^\./)
        counts.died += dead === undefined ? 0 : 1
        for (const { status } of ended(ran)) if (status in counts) counts[status as 'failed'] += 1

        if (dead !== undefined) return
        left = Number.POSITIVE_INFINITY
        const again = await rig.apply()
        judge(again, undefined)
        assert.is(
          again.events.reduce((sum, e) => sum + (e.type === 'result' && e.status === 'changed' ? 1 : 0), 0),
          0,
        )
      } finally {
        await rig.close()
      }
    }),
    numRuns,
  )
  console.log(`  ${JSON.stringify(counts)}`)
})

test.run()
