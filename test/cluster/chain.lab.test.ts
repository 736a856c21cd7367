import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../src/core/event.ts'
import { judge, ofRunbook, unnamed, unshown } from '../bench/chain.ts'
import { counts, failures } from './reading.ts'
import { onLab, root, type Told, tell } from './rig.ts'

// Twenty ordinary tasks on a fresh host, each of which needs an earlier one: what other dry runs get wrong.

const { lab, check } = onLab('chain')
const chain = `${root}/test/bench/chain`
const go = async (command: 'plan' | 'apply'): Promise<Told> => {
  const words = [`${chain}/runbook.yml`, '-i', lab.inventory, '-e', `archive=${lab.folder}/app.tar.gz`]
  return tell(await lab.start(command, ...words, '--format', 'json').ended)
}
const warned = (events: Event[]): string[] =>
  events.flatMap(event => (event.type === 'warning' ? [event.node!.replace(/^.*\/(\d\d)_.*$/, '$1')] : []))
let plan: Told

check('the plan of the chain takes at most two round trips, and shows every change it is sure of', async () => {
  await lab.raise(1)
  await lab.must('tar', '-czf', `${lab.folder}/app.tar.gz`, '-C', chain, 'app')
  plan = await go('plan')
  assert.is(plan.code, 0, plan.stderr)
  assert.ok(Math.max(...Object.values(counts(plan, 'roundTrips'))) <= 2)
  assert.equal(unshown(plan.events), [])
})

check('only what a command has yet to say is left open, and the apply does all else as the plan said', async () => {
  const apply = await go('apply')
  assert.equal(failures(apply), [])
  // The lease and the planning are among them.
  assert.ok(counts(apply, 'roundTrips').node0! <= 10, `round trips: ${counts(apply, 'roundTrips').node0}`)
  const { said, wrong, undecided } = judge(ofRunbook(plan.events, 'planned'), ofRunbook(apply.events, 'result'))
  assert.is(said.length, 20)
  assert.equal([wrong, undecided], [[], ['13', '15']]) // biome-ignore format: one line
})

check('the host is as the tasks say, in their order', async () => {
  const look = 'stat -c "%n %a %U" * && cat a.conf b.conf answer.conf right && ls current/ && systemctl is-active app'
  const found = (await lab.ssh('node0', `cd /srv/app && ${look}`)).split('\n')
  assert.equal(found.slice(0, 7), [
    'a.conf 644 app',
    'answer 644 root',
    'answer.conf 644 root',
    'app 755 root',
    'b.conf 600 root',
    'current 777 root',
    'right 644 root',
  ])
  assert.equal(found.slice(7, 13), ['port=80', 'host=a', 'debug=1', 'port=81', 'host=a', 'debug=1'])
  assert.equal(found.slice(13), ['answer=42', 'the answer', 'answer.sh', 'run.sh', 'active'])
})

check('a second apply does again what the plan has named, and nothing else', async () => {
  assert.equal(warned(plan.events), ['04', '06', '07', '16', '17', '18'])
  const again = await go('apply')
  assert.equal(failures(again), [])
  assert.equal(unnamed(again.events), [])
  const { undecided, wrong } = judge(ofRunbook(again.events, 'planned'), ofRunbook(again.events, 'result'))
  assert.equal([wrong, undecided], [[], []])
})

test.run()
