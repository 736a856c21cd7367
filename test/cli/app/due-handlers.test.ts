import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer, varsOf } from '../../host/server.ts'
import { type Ran, sandbox, untilBegun } from '../rig.ts'

// Handlers that a run has left due, because it was killed, failed or was told to leave them.

const host = await startServer()
const place = sandbox()
const at = (name: string): string => join(host.folder, name)
test.before(() => {
  place.write('hosts.json', JSON.stringify({ all: { hosts: { node0: varsOf(host) } } }))
  execFileSync('mkfifo', [at('fifo')])
})
test.before.each(() => {
  for (const name of ['conf', 'passed', 'begun', 'log', 'broken']) rmSync(at(name), { force: true })
  rmSync(join(place.folder, '.runbook'), { recursive: true, force: true })
})
test.after(async () => {
  place.remove()
  await host.stop()
})

const tasks = `    - { name: conf, copy: { dest: ${at('conf')}, content: a }, notify: restart }
    - { name: pass, command: { argv: [sh, -c, 'touch ${at('begun')}; read -r x <${at('fifo')}; touch ${at('passed')}'], creates: ${at('passed')} } }
`
const handlers = `  handlers:
    - { name: restart, command: { argv: [sh, -c, 'echo x >>${at('log')}; [ ! -e ${at('broken')} ]'] } }
`
const playbook = `- hosts: all\n  tasks:\n${tasks}${handlers}`
const log = (): string => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : '')
const runbook = (...words: string[]): Promise<Ran> => place.start([...words, '-i', 'hosts.json'])
const runs = (): string[] => readdirSync(join(place.folder, '.runbook/runs')).map(name => name.replace('.ndjson', ''))

/** Begins an apply and kills it when its second task is under way. Returns the run. */
const killed = async (): Promise<string> => {
  place.write('site.yml', playbook)
  const { child, ran } = place.begin(['apply', 'site.yml', '-i', 'hosts.json'])
  await untilBegun(ran, () => existsSync(at('begun')))
  child.kill('SIGKILL')
  await ran
  await host.idle()
  writeFileSync(at('passed'), '')
  assert.is(log(), '')
  return runs()[0]!
}

test('a handler that a killed run has left due is shown by the plan, and run by the next apply, once', async () => {
  const run = await killed()
  const planned = await runbook('plan', 'site.yml')
  assert.match(planned.out, `~ restart  due since run ${run}: `)
  const explained = await runbook('explain', 'site.yml', 'restart')
  assert.match(explained.out, `due since run ${run}`)
  const applied = await runbook('apply', 'site.yml')
  assert.is(applied.code, 0, applied.out + applied.err)
  assert.match(applied.out, `~ restart: due since run ${run}: `)
  assert.is(log(), 'x\n')
  const again = await runbook('apply', 'site.yml')
  assert.match(again.out, 'Apply: 0 changed')
  assert.is(log(), 'x\n')
})

test('--no-pending leaves it due, and says so, over any number of runs', async () => {
  const run = await killed()
  for (let i = 0; i < 2; i++) {
    const left = await runbook('apply', 'site.yml', '--no-pending')
    assert.is(left.code, 0)
    assert.match(left.err, `warning: handlers stay due, as --no-pending says: node0/restart (run ${run}).`)
    assert.is(log(), '')
  }
  assert.match((await runbook('plan', 'site.yml')).out, `due since run ${run}`)
  assert.not.match((await runbook('plan', 'site.yml', '--no-pending')).out, 'due since')
  assert.is((await place.start(['resume'])).code, 4, 'the last run ended well')
  await runbook('apply', 'site.yml')
  assert.is(log(), 'x\n')
})

test('one that fails stays due until it has run', async () => {
  await killed()
  writeFileSync(at('broken'), '')
  assert.is((await runbook('apply', 'site.yml')).code, 1)
  assert.is((await runbook('apply', 'site.yml')).code, 1)
  rmSync(at('broken'))
  assert.is((await runbook('apply', 'site.yml')).code, 0)
  assert.is(log(), 'x\nx\nx\n')
  assert.match((await runbook('apply', 'site.yml')).out, 'Apply: 0 changed')
})

test('one that is no longer in the playbook is named and dropped', async () => {
  const run = await killed()
  place.write('site.yml', playbook.replaceAll('restart', 'reload'))
  const planned = await runbook('plan', 'site.yml')
  assert.match(planned.err, `no longer in the playbook: they are dropped: node0/restart (run ${run}).`)
  const applied = await runbook('apply', 'site.yml')
  assert.match(applied.err, 'node0/restart')
  assert.is(log(), '')
  place.write('site.yml', playbook)
  assert.match((await runbook('apply', 'site.yml')).out, 'Apply: 0 changed')
})

test('one of a host of another inventory stays due', async () => {
  await killed()
  const { node0 } = { node0: varsOf(host) }
  place.write('other.json', JSON.stringify({ all: { hosts: { other: node0 } } }))
  assert.not.match((await place.start(['apply', 'site.yml', '-i', 'other.json'])).err, 'restart')
  assert.is(log(), '')
  assert.is((await runbook('apply', 'site.yml')).code, 0)
  assert.is(log(), 'x\n')
})

test('a saved plan holds it, also where no run is remembered, and it is run once', async () => {
  const run = await killed()
  assert.is((await runbook('plan', 'site.yml', '-o', 'plan.json')).code, 0)
  assert.match(place.run(['plan', 'show', 'plan.json']).out, `due since run ${run}`)
  rmSync(join(place.folder, '.runbook/runs'), { recursive: true })
  const applied = await place.start(['apply', 'plan.json'])
  assert.is(applied.code, 0, applied.out + applied.err)
  assert.is(log(), 'x\n')
  assert.match((await place.start(['apply', 'plan.json'])).out, 'Apply: 0 changed')
  assert.is(log(), 'x\n')
})

test('a saved plan that does not show it leaves it due, and says so', async () => {
  place.write('site.yml', playbook)
  writeFileSync(at('passed'), '')
  writeFileSync(at('conf'), 'a')
  assert.is((await runbook('plan', 'site.yml', '-o', 'plan.json')).code, 0)
  rmSync(at('conf'))
  rmSync(at('passed'))
  const run = await killed()
  const applied = await place.start(['apply', 'plan.json'])
  assert.is(applied.code, 0, applied.out + applied.err)
  assert.match(applied.err, `handlers stay due, which the saved plan does not show: node0/restart (run ${run}).`)
  assert.is(log(), '')
})

test.run()
