import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../src/core/event.ts'
import { startServer, varsOf } from '../../host/server.ts'
import { type Ran, sandbox, untilBegun } from '../rig.ts'

// What is said of a run that is ended from outside, against what is on its host.

const host = await startServer()
const place = sandbox()
const at = (name: string): string => join(host.folder, name)
const names = ['a', 'b', 'b.begun', 'c']
test.before(() => {
  place.write('hosts.json', JSON.stringify({ all: { hosts: { node0: varsOf(host) } } }))
  execFileSync('mkfifo', [at('fifo')])
  place.write(
    'site.yml',
    `- hosts: all
  tasks:
    - { name: a, copy: { dest: ${at('a')}, content: x } }
    - { name: b, command: { argv: [sh, -c, 'touch ${at('b.begun')}; read -r x <${at('fifo')}; touch ${at('b')}'], creates: ${at('b')} } }
    - { name: c, copy: { dest: ${at('c')}, content: x } }
`,
  )
})
test.before.each(() => {
  for (const name of names) rmSync(at(name), { force: true })
})
test.after(async () => {
  place.remove()
  await host.stop()
})

const there = (): string[] => names.filter(name => existsSync(at(name)))

const runs = join(place.folder, '.runbook/runs')
const lastRun = (): string => readdirSync(runs).sort().at(-1)!.replace('.ndjson', '')
/** A host begins its second task a moment before the controller has heard that the first is done. */
const isUnderWay = (): boolean =>
  existsSync(at('b.begun')) && readFileSync(join(runs, `${lastRun()}.ndjson`), 'utf8').includes('"type":"result"')

/** Ends an apply while its second task is under way, and waits until nothing of it is left on the host. */
const ended = async (end: (kill: (signal: NodeJS.Signals) => void) => void, more: string[] = []): Promise<Ran> => {
  const { child, ran } = place.begin(['apply', 'site.yml', '-i', 'hosts.json', ...more])
  await untilBegun(ran, isUnderWay)
  end(signal => child.kill(signal))
  const said = await ran
  await host.idle()
  return said
}
const eventsOf = ({ out }: Ran): Event[] =>
  out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

for (const [signal, way] of [
  ['SIGINT', 'ssh'],
  ['SIGTERM', 'ssh'],
  ['SIGHUP', 'ssh'],
  ['SIGINT', 'openssh'],
  ['SIGINT', 'local'],
] as const)
  test(`${signal}, ${way}: what was done, what is not known, what had not begun; each planned node has one result`, async () => {
    const ran = await ended(kill => kill(signal), ['--format', 'json', '-c', way])
    assert.is(ran.code, signal === 'SIGHUP' ? 129 : 130)
    assert.equal(there(), ['a', 'b.begun'])
    const events = eventsOf(ran)
    assert.equal(
      events.flatMap(e => (e.type === 'result' ? [`${e.node} ${e.unbegun ? 'not begun' : e.status}`] : [])),
      ['node0/a changed', 'node0/b unverified', 'node0/c not begun'],
    )
    assert.is(events.filter(e => e.type === 'host-lost').length, 0, 'that we let go of a host is no loss')
    const { hosts } = events.at(-1) as Event & { type: 'summary' }
    const { ok, changed, failed, skipped, unverified, unbegun } = hosts.node0!
    assert.equal([ok, changed, failed, skipped, unverified, unbegun], [0, 1, 0, 1, 1, 1])
  })

test('Ctrl-C in words; the run record says the same, and resume goes on', async () => {
  const ran = await ended(kill => kill('SIGINT'))
  assert.match(ran.out, 'node0  ~ a: it does not exist')
  assert.match(ran.out, 'node0  ? b: the run was interrupted while it was under way: what it has done is not known')
  assert.match(ran.out, 'node0  not known: b\nnode0  not begun: c\n')
  assert.match(ran.out, 'Apply: 1 changed, 1 not known, 1 not begun, 0 unchanged on 1 host')
  assert.is(place.run(['runs', 'show', lastRun()]).out, ran.out)
  assert.match(place.run(['runs']).out, 'exit 130, 1 changed, 1 not known in')
  writeFileSync(at('b'), '')
  const resumed = await place.start(['resume'])
  assert.is(resumed.code, 0)
  assert.match(resumed.out, 'Apply: 1 changed, 2 unchanged on 1 host')
  assert.equal(there(), ['a', 'b', 'b.begun', 'c'])
})

test('a connection that breaks: what the host has told is told, and the rest of the frame is not known', async () => {
  const ran = await ended(() => host.cut())
  assert.is(ran.code, 3)
  assert.match(ran.out, 'node0  ~ a: it does not exist')
  assert.match(ran.out, 'node0  not known: b, c\n')
  assert.match(ran.out, 'Apply: 1 changed, 2 not known, 0 unchanged on 1 host')
  assert.match(ran.out, '1 host lost.')
})

test('kill -9: runs show says what was done, what is not known and what had not begun', async () => {
  await ended(kill => kill('SIGKILL'))
  const { out } = place.run(['runs', 'show', lastRun()])
  assert.match(out, 'node0  ~ a: it does not exist')
  assert.match(out, 'This run did not end.\nnode0  not known: b, c\n\nOnce it is over, `runbook resume')
})

test.run()
