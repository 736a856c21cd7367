import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../src/core/event.ts'
import { closedPort } from '../rig.ts'
import { asked, at, host, inventory, on, place, reset, vars } from '../saved.ts'

/** The playbook applied to a fresh host, and what was said. */
const applied = async (...more: string[]): Promise<void> => {
  reset()
  const { code, err } = await place.start(['apply', ...asked, ...more])
  assert.is(code, 0, err)
}
const word = ['-e', 'word=one']
const drift = (...more: string[]) => place.start(['drift', 'site.yml', ...word, ...more])
const eventsOf = (text: string): Event[] =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

test('right after an apply nothing has moved; what is moved by hand is told, with when and by whom', async () => {
  await applied()
  const none = await drift()
  assert.is(none.code, 0, none.err)
  assert.match(none.out, /^Drift: since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(run \S+\) nothing has moved on 1 host\.\n$/)
  chmodSync(on('text'), 0o600)
  rmSync(on('free'))
  const some = await drift()
  assert.is(some.code, 2)
  const lines = some.out.split('\n')
  assert.match(lines[0]!, /^node0 {2}~ text: its mode is 0600$/)
  assert.match(lines[1]!, /text mode: 0644 -> 0600$/)
  assert.match(lines[2]!, /text changed \d{4}-\S+ \S+ \(less than a minute ago\), owner root$/)
  assert.match(lines[3]!, /^node0 {2}~ free: /)
  assert.match(some.out, /free is gone; its folder changed /)
  assert.match(some.out, / 2 tasks on 1 of 1 host have moved\.\n$/)
  assert.not.match(some.out, 'page')
  const before = readdirSync(at('.runbook/runs'))
  assert.is((await place.start(['apply', ...asked])).code, 0)
  assert.is((await drift()).code, 0)
  assert.is(readdirSync(at('.runbook/runs')).length, before.length + 1)
})

test('a text that was edited by hand shows with --diff, from how it was left to how it is', async () => {
  await applied()
  writeFileSync(on('text'), 'two\n')
  const { out } = await drift('--diff')
  assert.match(out, /text \(left\)\n.*text \(now\)\n.*\n +-one\n +\+two\n/)
  assert.not.match((await drift()).out, /two/)
})

test('as JSON: what it is compared with, each that has moved, and the summary', async () => {
  await applied()
  chmodSync(on('text'), 0o600)
  const { code, out } = await drift('--format', 'json')
  assert.is(code, 2)
  const events = eventsOf(out).filter(({ type }) => type !== 'answered')
  assert.equal(
    events.map(({ type }) => type),
    ['started', 'compared', 'drifted', 'summary'],
  )
  const [, compared, drifted, summary] = events as [Event, Event, Event, Event & { type: 'summary' }]
  assert.match(JSON.stringify(compared), '"follow":0,"edited":0,"undone":0')
  assert.match(JSON.stringify(drifted), `"before":"0644","after":"0600"`)
  assert.is(drifted.type === 'drifted' && drifted.traces.length, 1)
  assert.is(summary.exit, 2)
  assert.is(summary.hosts.node0!.changed, 1)
})

test('what the playbook, a template, a variable or the inventory has become is no drift, only counted', async () => {
  await applied()
  writeFileSync(at('templates/page.hbs'), 'now {{ colour }}\n')
  const template = await drift()
  assert.is(template.code, 0, template.err)
  assert.match(template.out, /1 because something else is asked for by now; see `runbook plan`/)
  const variable = await place.start(['drift', 'site.yml', '-e', 'word=another'])
  assert.is(variable.code, 0)
  assert.match(variable.out, '2 because something else is asked for by now')
  place.write(
    'site.yml',
    `${readFileSync(at('site.yml'))}    - { name: more, copy: { dest: "{{ root }}/text2", content: "x" } }\n`,
  )
  const task = await drift()
  assert.match(task.out, '1 because something else is asked for by now, 1 that no apply has brought about yet')
  assert.is(task.code, 0)
  // What has moved is told beside it.
  rmSync(on('free'))
  assert.is((await drift()).code, 2)
})

test('a plan tells a script by its exit code what is pending: 2 if anything, 0 if nothing, and 0 without being asked', async () => {
  reset()
  const plan = (...more: string[]) => place.start(['plan', ...asked, ...more])
  assert.is((await plan('--detailed-exitcode')).code, 2)
  assert.is((await plan()).code, 0)
  assert.is((await place.start(['apply', ...asked])).code, 0)
  assert.is((await plan('--detailed-exitcode')).code, 0)
})

test('a run over a part counts for that part: the rest is as the runs before it have left it', async () => {
  await applied()
  chmodSync(on('text'), 0o600)
  assert.is((await place.start(['apply', ...asked, '--tags', 'free'])).code, 0)
  assert.is((await drift()).code, 2)
  assert.is((await drift('--tags', 'free')).code, 0)
})

test('a host that does not answer is exit 3, and what has moved on the others is told', async () => {
  await applied()
  rmSync(on('free'))
  place.write('hosts.json', inventory({ gone: { ...vars, ansible_port: await closedPort() } }))
  const { code, out, err } = await drift()
  assert.is(code, 3)
  assert.match(err, 'gone')
  assert.match(out, /~ free/)
})

test('no apply, another playbook, a variable that is not given again, a key that is not there: refused, no host contacted', async () => {
  await applied()
  const before = host.connections
  const refused = async (code: number, words: string[], env = {}): Promise<string> => {
    const ran = await place.start(['drift', ...words], env)
    assert.is(ran.code, code, ran.out + ran.err)
    assert.is(ran.out, '')
    return ran.err
  }
  assert.match(await refused(4, ['other.yml']), /No apply of other\.yml is remembered here(.|\n)*fix: `runbook plan`/)
  assert.match(await refused(4, ['site.yml']), /was given word by hand(.|\n)*runbook drift site\.yml -e word=…/)
  assert.is(host.connections, before)
  place.write('word.yml', `${word[1]!.replace('=', ': ')}\n`)
  const fromFile = await place.start(['drift', 'site.yml', '-e', '@word.yml'])
  assert.is(fromFile.code, 0, `a file keeps a secret off the command line\n${fromFile.err}`)
  const connected = host.connections
  const key = { RUNBOOK_PLAN_KEY: 'some other key than that' }
  assert.match(await refused(5, ['site.yml', ...word], key), 'Its fingerprints were made with another key.')
  renameSync(at('.runbook/plan.key'), at('plan.key'))
  assert.match(await refused(5, ['site.yml', ...word]), 'The key that its fingerprints were made with is not here.')
  rmSync(at('.runbook'), { recursive: true })
  const json = await place.start(['drift', 'site.yml', ...word, '--format', 'json'])
  assert.is(json.code, 4)
  assert.is(eventsOf(json.out).at(-1)!.type, 'summary')
  assert.is(host.connections, connected)
})

test('nothing of what was given by hand can be read in the journal, and a run without a key is none the worse', async () => {
  await applied('-e', 'secretive=tiger-lily-7')
  const [run] = readdirSync(at('.runbook/runs'))
  const text = readFileSync(at(`.runbook/runs/${run}`), 'utf8')
  assert.match(text, '"asks":{"args":"')
  assert.not.match(text, 'tiger-lily')
  reset()
  mkdirSync(at('.runbook'))
  writeFileSync(at('.runbook/plan.key'), 'no key', { mode: 0o600 })
  const ran = await place.start(['apply', ...asked])
  assert.is(ran.code, 0)
  assert.match(ran.err, /warning: this run is remembered without what `runbook drift` compares: /)
})

test.run()
