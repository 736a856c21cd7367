import { rmSync } from 'node:fs'
import { test } from 'uvu'
import { cases, fc, seed } from '../chance.ts'
import { rig } from '../plan/rig.ts'
import { shared } from '../run/modules.ts'
import { holds } from '../run/property.ts'
import { audit } from './audit.ts'
import { createCounts, judge } from './judge.ts'
import { playbook } from './playbooks.ts'
import { before, files, prepare } from './tree.ts'

const numRuns = Number(process.env.RUNBOOK_RUNS ?? cases(120))

test(`laws 2, 3, 4 and 5: ${numRuns} playbooks (seed ${seed}) do what their plan says, once, and a plan does nothing`, async () => {
  const counts = createCounts()
  const property = fc.asyncProperty(playbook, before, async (generated, there) => {
    const { text, hosts } = generated
    const made = rig(text, { files, hosts, modules: { shared } })
    const roots = hosts.map(made.hosts.root)
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
