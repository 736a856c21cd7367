import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fc, seed } from '../chance.ts'
import { type Ran, results, rig, verdicts } from '../plan/rig.ts'
import { before, playbook, prepare, templates } from './generated.ts'
import { holds } from './property.ts'

const numRuns = Number(process.env.RUNBOOK_RUNS ?? 500)

/** All that can be seen of a tree without touching it, to the nanosecond, by none of the ways the program has. */
const stateOf = (path: string): string => {
  const found = lstatSync(path, { bigint: true })
  const { mode, uid, gid, size, mtimeNs, ctimeNs, ino, nlink } = found
  const below = found.isDirectory() ? readdirSync(path).sort() : []
  return [
    `${path} ${[mode, uid, gid, size, mtimeNs, ctimeNs, ino, nlink]}`,
    ...below.map(name => stateOf(join(path, name))),
  ].join('\n')
}

const becomes: Record<string, string> = { ok: 'ok', change: 'changed', skipped: 'skipped' }

/** What an apply must come to by the word of its plan: a host that would fail gets no step at all. */
const promised = ({ lines }: Ran): Record<string, string> => {
  const halted = lines.some(l => l.verdict === 'fail')
  return Object.fromEntries(
    lines
      .filter(l => l.verdict !== 'undecided')
      .map(l => [
        l.id,
        l.verdict === 'fail' ? 'failed' : halted && l.verdict === 'change' ? 'skipped' : becomes[l.verdict]!,
      ]),
  )
}

const steps = ({ events }: Ran): number => events.reduce((sum, e) => sum + (e.type === 'result' ? e.steps : 0), 0)
/** A command that makes a file which another task sets: what it puts into it no plan can know. */
const isMade = (text: string): boolean =>
  ['a', 'c'].some(
    name => text.includes(`"creates":"{{ root }}/${name}"`) && text.split(`{{ root }}/${name}"`).length > 3,
  )
const fights = ({ events }: Ran): boolean => events.some(e => e.type === 'warning')
const waits = ({ lines }: Ran): boolean => lines.some(l => l.verdict === 'undecided')
const counts = { plays: 0, quiet: 0, tasks: 0, changed: 0, undecided: 0, failing: 0, fights: 0, trips: 0 }

test(`${numRuns} playbooks (seed ${seed}): what the plan says is what apply does, and it does it once`, async () => {
  await holds(
    fc.asyncProperty(playbook, before, async (text, there) => {
      const made = rig(text, { files: templates })
      try {
        const root = made.hosts.root('node0')
        prepare(root, there)
        const atFirst = stateOf(root)
        const plan = await made.plan()
        assert.is(stateOf(root), atFirst, 'a plan writes nothing')
        const links = text.split('"when"').length - 1
        assert.ok(plan.trips.node0! <= 2 + links, `${plan.trips.node0} trips, ${links} values in a chain`)

        const apply = await made.apply()
        assert.equal(verdicts(apply), verdicts(plan), 'planned twice, planned the same')
        const came = results(apply)
        for (const [id, status] of Object.entries(promised(plan)))
          assert.is(came[id]?.replace(/ .*/, ''), status, `${id} was planned so`)
        assert.equal(Object.keys(came).sort(), Object.keys(verdicts(plan)).sort(), 'each node has one result')

        const inTheEnd = stateOf(root)
        const check = await made.plan()
        const again = await made.apply()
        // What is undecided cannot be seen to fight: the next check says so, if that is decided.
        const isOpen = isMade(text) || (waits(plan) && (fights(check) || waits(check)))
        if (!fights(plan) && !isOpen) {
          counts.quiet += 1
          assert.is(steps(again), 0, 'the second apply has nothing to do')
          assert.is(stateOf(root), inTheEnd, 'and touches nothing')
          assert.ok(again.trips.node0! <= check.trips.node0!, 'nor does it ask more than a check')
        }
        count(plan, apply)
      } finally {
        await made.close()
      }
    }),
    numRuns,
    3,
  )
  console.log(`  ${JSON.stringify(counts)}`)
})

const count = (plan: Ran, apply: Ran): void => {
  counts.plays += 1
  counts.tasks += plan.lines.length
  counts.changed += Object.values(results(apply)).filter(r => r === 'changed').length
  counts.undecided += plan.lines.filter(l => l.verdict === 'undecided').length
  counts.failing += plan.lines.some(l => l.verdict === 'fail') ? 1 : 0
  counts.fights += fights(plan) ? 1 : 0
  counts.trips = Math.max(counts.trips, plan.trips.node0!)
}

test.run()
