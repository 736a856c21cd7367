import { test } from 'uvu'
import { cases, fc, seed } from '../chance.ts'
import { lawful } from './lawful.ts'
import { plainPlaybook } from './playbooks.ts'
import type { Task } from './tasks.ts'

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

test(`laws 2 to 5 where two names are one machine: ${numRuns} playbooks (seed ${seed}) do what their plan says`, () =>
  lawful(playbook, numRuns, { hosts: names, machines }))

test.run()
