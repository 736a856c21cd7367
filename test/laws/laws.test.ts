import { test } from 'uvu'
import { cases, seed } from '../chance.ts'
import { lawful } from './lawful.ts'
import { playbook } from './playbooks.ts'

const numRuns = Number(process.env.RUNBOOK_RUNS ?? cases(120))

test(`laws 2, 3, 4 and 5: ${numRuns} playbooks (seed ${seed}) do what their plan says, once, and a plan does nothing`, () =>
  lawful(playbook, numRuns))

test.run()
