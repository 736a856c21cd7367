import { rmSync } from 'node:fs'
import { test } from 'uvu'
import { cases, fc, seed } from '../chance.ts'
import { rig } from '../plan/rig.ts'
import { shared } from '../run/modules.ts'
import { holds } from '../run/property.ts'
import { audit } from './audit.ts'
import { createCounts, judge } from './judge.ts'
import { plainPlaybook } from './playbooks.ts'
import type { Task } from './tasks.ts'
import { before, files, prepare } from './tree.ts'

const names = ['node0', 'node1', 'node2']
const machines = { node2: 'node0' }
const numRuns = Number(process.env.RUNBOOK_RUNS ?? cases(25))

/** Playbooks whose tasks are for all names, or for one of them. */
const playbook = fc
  .tuple(plainPlaybook(names), fc.array(fc.constantFrom(undefined, ...names), { minLength: 8, maxLength: 8 }))
  .map(([{ text }, picks]) => {
    const [play] = JSON.parse(text)
    const only = (name: string | undefined) => (name === undefined ? {} : { when: `inventory_hostname == "${name}"` })
    play.tasks = play.tasks.map((task: Task, i: number) => ({ ...only(picks[i % picks.length]), ...task }))
    return { text: JSON.stringify([play]), hosts: ['node0', 'node1'] }
  })

test(`laws 2 to 5 where two names are one machine: ${numRuns} playbooks (seed ${seed}) do what their plan says`, async () => {
  const counts = createCounts()
  const property = fc.asyncProperty(playbook, before, async (generated, there) => {
    const made = rig(generated.text, { files, hosts: names, machines, modules: { shared } })
    const roots = generated.hosts.map(made.hosts.root)
    try {
      for (const root of roots) prepare(root, there)
      await judge(made, generated, () => Promise.all(roots.map(audit)), counts)
    } finally {
      await made.close()
      for (const root of roots) rmSync(root, { recursive: true, force: true })
    }
  })
  await holds(property, numRuns, 3)
  console.log(`  ${counts.text()}`)
})

test.run()
