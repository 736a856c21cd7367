import { join } from 'node:path'
import { createController } from '../../src/cli/app/controller.ts'
import type { Event, EventBody } from '../../src/core/event.ts'
import { driftOf, leftStates } from '../../src/drift/drift.ts'
import { readProvenance } from '../../src/drift/provenance.ts'
import { keyFingerprint } from '../../src/plan/input-fingerprints.ts'
import { plan } from '../../src/plan/plan.ts'
import { type Rig, rig, withRig } from '../plan/rig.ts'
import { supplyFor } from '../plan/supply.ts'

type Told = { moved: string[]; follow: number; edited: number; undone: number }
type Drifting = {
  apply(): Promise<void>
  drift(): Promise<Told>
  at(path: string): string
  /** The playbook has other tasks from now on. */
  edit(tasks: string): void
  /** The frames that node0 was sent meanwhile. */
  trips(inside: () => Promise<unknown>): Promise<number>
}

const key = Buffer.from('a key of thirty-two bytes, nearly')

/** What an apply has said, as it is remembered. */
const remembered = (events: EventBody[]): Event[] =>
  events.map((body, i) => ({
    ...(body.type === 'started' ? { ...body, keyPrint: keyFingerprint(key) } : body),
    seq: i + 1,
    time: Date.now(),
  }))

/** Tasks on one host of this machine, applied and looked at again, with what every apply has said. */
export const drifting = (first: string, use: (drifting: Drifting) => Promise<void>): Promise<void> =>
  withRig('[]', {}, async ({ hosts }) => {
    let tasks = first
    const runs: { id: string; events: Event[] }[] = []
    const now = (): Rig => rig(`- hosts: all\n  tasks:${tasks}\n`, { key }, hosts)
    await use({
      at: path => join(hosts.root('node0'), path),
      edit: other => {
        tasks = other
      },
      trips: async inside => {
        const before = hosts.trips('node0')
        await inside()
        return hosts.trips('node0') - before
      },
      apply: async () => {
        const { events } = await now().apply()
        runs.unshift({ id: String(runs.length), events: remembered(events) })
      },
      drift: async () => {
        const known = await now().known()
        const { folder } = known.loaded.playbook
        const { local } = createController(folder, supplyFor(folder))
        const outside = { connect: hosts.connect, local, emit: () => {}, key }
        const made = await plan(known, outside)
        const { moved, ...rest } = await driftOf(made, outside, leftStates(runs, keyFingerprint(key)))
        await readProvenance(known, outside, moved)
        return { moved: moved.map(({ line }) => line.id), ...rest }
      },
    })
  })
