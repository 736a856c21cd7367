import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../src/core/event.ts'
import { closedPort } from '../rig.ts'
import { asked, at, inventory, kept, on, place, reset, site, vars } from '../saved.ts'

test('a plan is kept for its user alone, shown as it was, and applied as it was shown', async () => {
  reset()
  const shown = await place.start(['plan', ...asked, '--diff', '-v'])
  await kept('--diff')
  assert.is(statSync(at('plan.json')).mode & 0o777, 0o600)
  assert.is(statSync(at('.runbook/plan.key')).mode & 0o777, 0o600)
  assert.equal(
    readdirSync(place.folder).filter(name => name.startsWith('plan')),
    ['plan.json'],
  )
  assert.equal(await place.start(['plan', 'show', 'plan.json', '--diff', '-v']), shown)
  const events = (await place.start(['plan', 'show', 'plan.json', '--format', 'json'])).out.trim().split('\n')
  assert.equal(
    events.map(line => (JSON.parse(line) as Event).type),
    ['started', 'planned', 'planned', 'planned', 'summary'],
  )
  assert.is((await place.start(['apply', 'plan.json', '--check'])).code, 0)
  assert.not.ok(existsSync(on('text')))
  const applied = await place.start(['apply', 'plan.json'])
  assert.is(applied.code, 0, applied.err)
  assert.is(readFileSync(on('text'), 'utf8'), 'one\n')
  assert.match((await place.start(['apply', 'plan.json'])).out, '0 changed, 3 unchanged')
})

test('what has moved is refused with 5, and with --refresh it is planned anew', async () => {
  reset()
  writeFileSync(on('text'), 'zero\n', { mode: 0o644 })
  assert.is((await place.start(['plan', ...asked, '-o', 'plan.json'])).code, 0)
  chmodSync(on('text'), 0o600)
  const checked = await place.start(['apply', 'plan.json', '--check'])
  assert.is(checked.code, 5)
  assert.match(checked.out, /! text .*node0 has moved on/)
  const ran = await place.start(['apply', 'plan.json'])
  assert.is(ran.code, 5)
  assert.match(ran.out, /error\[plan-moved\]: node0 has moved on since the plan was made\./)
  assert.match(ran.out, `planned over: ${on('text')} mode 0644; now: mode 0600`)
  assert.is(readFileSync(on('text'), 'utf8'), 'zero\n')
  assert.ok(existsSync(on('free')))
  assert.not.ok(existsSync(on('page')))
  const refreshed = await place.start(['apply', 'plan.json', '--refresh'])
  assert.is(refreshed.code, 0, refreshed.err)
  assert.match(
    refreshed.err,
    /warning: node0\/text: it has moved on and is planned anew\.\n {2}planned: change, (.*\n)+ {2}planned over: .*0644/,
  )
  assert.is(readFileSync(on('text'), 'utf8'), 'one\n')
})

test('a plan made with the key of the environment is applied with it, and the key is told nowhere', async () => {
  reset()
  const env = { RUNBOOK_PLAN_KEY: 'a key of the environment' }
  place.write('site.yml', `${site}    - { name: say, debug: { msg: "{{ secretive }}" } }\n`)
  const more = ['-e', `secretive="${env.RUNBOOK_PLAN_KEY}"`]
  const made = await place.start(['plan', ...asked, ...more, '-o', 'plan.json'], env)
  assert.is(made.code, 0, made.err)
  assert.not.ok(existsSync(at('.runbook')))
  const ran = await place.start(['apply', 'plan.json', ...more], env)
  assert.is(ran.code, 0, ran.err)
  for (const text of [made.out, made.err, ran.out, ran.err, readFileSync(at('plan.json'), 'utf8')])
    assert.not.match(text, env.RUNBOOK_PLAN_KEY)
})

test('what a secret argument is made of is in no plan, which is applied with it given once more', async () => {
  reset()
  // Half of the argument: what hides the whole of it does not find this.
  const half = '5ec7e7'.padEnd(32, '0')
  place.write(
    'site.yml',
    `${site}    - swarm_key: { path: "{{ root }}", user: root, value: "{{ shared }}{{ shared }}" }\n`,
  )
  const more = ['-e', `shared=${half}`]
  const made = await place.start(['plan', ...asked, ...more, '-o', 'plan.json'])
  assert.is(made.code, 0, made.err)
  assert.match(made.out, 'swarm_key')
  for (const text of [made.out, made.err, readFileSync(at('plan.json'), 'utf8')]) assert.not.match(text, half)
  assert.match((await place.start(['apply', 'plan.json'])).err, 'shared')
  const ran = await place.start(['apply', 'plan.json', ...more])
  assert.is(ran.code, 0, ran.err)
  assert.match(readFileSync(on('swarm.key'), 'utf8'), half)
  for (const text of [ran.out, ran.err]) assert.not.match(text, half)
})

test('a plan says which hosts did not answer, and with none that did there is no plan', async () => {
  reset()
  place.write('host_vars/gone.yml', 'colour: grey\n')
  place.write('hosts.json', inventory({ gone: { ...vars, ansible_port: await closedPort() } }))
  const made = await place.start(['plan', ...asked, '-o', 'plan.json'])
  assert.is(made.code, 3)
  assert.match(made.err, 'The plan is in plan.json; gone did not answer, and would be refused.')
  const ran = await place.start(['apply', 'plan.json'])
  assert.is(ran.code, 3)
  assert.match(ran.err, 'warning: plan.json: gone did not answer')
  assert.ok(existsSync(on('text')))
  const none = await place.start(['plan', ...asked, '--limit', 'gone', '-o', 'none.json'])
  assert.is(none.code, 3, none.out + none.err)
  assert.match(none.err, 'No host answered: none.json is not written.')
  assert.not.ok(existsSync(at('none.json')))
})

test('a run of a plan is remembered as that, and gone on with by way of the plan', async () => {
  await kept()
  // A folder in the way: the first task fails.
  mkdirSync(on('text'))
  const first = await place.start(['apply', 'plan.json'])
  assert.is(first.code, 1, first.out)
  rmSync(on('text'), { recursive: true })
  const shown = (await place.start(['runs', 'list', '--format', 'json'])).out
  assert.match(shown, '"plan":"plan.json"')
  const resumed = await place.start(['resume'])
  assert.is(resumed.code, 0, resumed.out + resumed.err)
  assert.is(readFileSync(on('text'), 'utf8'), 'one\n')
  place.write('site.yml', `${site}\n`)
  const stale = await place.start(['resume', (await place.start(['runs'])).out.split(' ')[0]!])
  assert.is(stale.code, 5)
  assert.match(stale.err, 'plan-stale')
})

test('--refresh without a saved plan is a slip', async () => {
  reset()
  const { code, err } = await place.start(['apply', ...asked, '--refresh'])
  assert.is(code, 4)
  assert.match(err, '--refresh is for a saved plan.')
})

test.run()
