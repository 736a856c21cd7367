import { rmSync } from 'node:fs'
import { fc } from '../chance.ts'
import { rig } from '../plan/rig.ts'
import { shared } from '../run/modules.ts'
import { holds } from '../run/property.ts'
import { audit } from './audit.ts'
import { createCounts, judge } from './judge.ts'
import type { Playbook } from './playbooks.ts'
import { before, files, prepare } from './tree.ts'

/** How the hosts of a playbook are named, where those that it is judged on are not all of them. */
type Named = { hosts?: string[]; machines?: Record<string, string> }

/** Applies so many generated playbooks, each to a tree of files that is there, and judges what was made by its plan. */
export const lawful = async (playbooks: fc.Arbitrary<Playbook>, numRuns: number, named: Named = {}): Promise<void> => {
  const counts = createCounts()
  const property = fc.asyncProperty(playbooks, before, async (generated, there) => {
    const { text, hosts } = generated
    const made = rig(text, { files, hosts, ...named, modules: { shared } })
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
}
