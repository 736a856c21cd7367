import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../src/core/event.ts'
import { startServer } from '../host/server.ts'
import { closedPort, sandbox } from './rig.ts'

const place = sandbox()
const host = await startServer()
test.after(async () => {
  place.remove()
  await host.stop()
})

const at = (name: string): string => join(place.folder, name)
const on = (name: string): string => join(host.folder, name)
const site = `- hosts: all
  tasks:
    - { name: text, copy: { dest: "{{ root }}/text", content: "{{ word }}\\n", mode: "0644" } }
    - { name: page, template: { src: page.hbs, dest: "{{ root }}/page" } }
    - { name: free, needs: [], tags: [free], copy: { dest: "{{ root }}/free", content: "free\\n" } }
`
const vars = {
  ansible_host: '127.0.0.1',
  ansible_port: host.port,
  ansible_user: 'root',
  ansible_ssh_private_key_file: join(host.folder, 'key'),
  ansible_ssh_common_args: `-o UserKnownHostsFile=${join(host.folder, 'known_hosts')}`,
  root: host.folder,
}
const inventory = (more: object = {}): string => JSON.stringify({ all: { hosts: { node0: vars, ...more } } })
const asked = ['site.yml', '-i', 'hosts.json', '-e', 'word=one']

const reset = (): void => {
  for (const name of readdirSync(place.folder)) rmSync(at(name), { recursive: true })
  for (const name of ['text', 'page', 'free']) rmSync(on(name), { force: true })
  mkdirSync(at('templates'))
  mkdirSync(at('host_vars'))
  place.write('site.yml', site)
  place.write('hosts.json', inventory())
  place.write('host_vars/node0.yml', 'colour: blue\n')
  place.write('templates/page.hbs', '{{ colour }}\n')
}

/** Makes a plan of the fresh host. */
const kept = async (...more: string[]): Promise<string> => {
  reset()
  const { code, err } = await place.start(['plan', ...asked, '-o', 'plan.json', ...more])
  assert.is(code, 0, err)
  assert.is(err, 'The plan is in plan.json. Apply it with: runbook apply plan.json\n')
  return readFileSync(at('plan.json'), 'utf8')
}

/** What an apply that is refused says, with no host contacted. */
const refused = async (code: number, ...args: string[]): Promise<string> => {
  const before = host.connections
  const ran = await place.start(['apply', 'plan.json', ...args])
  assert.is(ran.code, code, ran.out + ran.err)
  assert.is(host.connections, before)
  assert.not.ok(existsSync(on('text')))
  return ran.err
}

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

test('without the key, with another one, or with one that others may read, nothing is applied', async () => {
  await kept()
  const key = at('.runbook/plan.key')
  chmodSync(key, 0o644)
  assert.match(await refused(5), /error\[plan-key\]: .* may be used by others/)
  chmodSync(key, 0o600)
  renameSync(key, at('kept.key'))
  assert.match(await refused(5), /error\[plan-key\]: (.*\n)+.*RUNBOOK_PLAN_KEY/)
  const shown = await place.start(['plan', 'show', 'plan.json'])
  assert.is(shown.code, 0)
  assert.match(shown.err, 'plan.json is unverified')
  const other = await place.start(['apply', 'plan.json'], { RUNBOOK_PLAN_KEY: 'another key altogether' })
  assert.is(other.code, 5)
  assert.match(other.err, /error\[plan-edited\]: (.*\n)+.*sealed with another key/)
  assert.not.ok(existsSync(key))
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

test('a plan that is edited, cut off, of another version or no plan at all is refused by name', async () => {
  const text = await kept()
  place.write('plan.json', text.replace('"free', '"fees'))
  assert.match(await refused(5), /error\[plan-edited\]: The plan plan\.json is not as it was written\.\n.*edited/)
  assert.is((await place.start(['plan', 'show', 'plan.json'])).code, 5)
  place.write('plan.json', text.slice(0, -300))
  assert.match(await refused(5), /error\[plan-edited\]: (.*\n)+.*cut off/)
  place.write('plan.json', text.slice(0, 9))
  assert.match(await refused(5), /error\[plan-edited\]/)
  place.write('plan.json', text.replace('"runbookPlan": 1', '"runbookPlan": 2'))
  assert.match(await refused(5), /error\[plan-version\]: .*of another version: 2/)
  writeFileSync(at('plan.json'), Buffer.concat([Buffer.from(text), Buffer.from([0xff])]))
  assert.match(await refused(5), /error\[plan-edited\]/)
  place.write('plan.json', '{ "all": {} }')
  assert.match(await refused(4), 'plan.json is no plan.')
  place.write('plan.json', '')
  assert.match(await refused(4, '-i', 'hosts.json'), 'The playbook plan.json is empty.')
  for (const [name, words] of [
    ['plan.json', 'The plan plan.json is empty.'],
    ['none.json', 'There is no plan none.json.'],
    ['templates', 'templates is a folder, a plan is wanted.'],
    ['site.yml', 'site.yml is no plan.'],
  ] as const) {
    const shown = await place.start(['plan', 'show', name])
    assert.is(shown.code, 4, shown.err)
    assert.ok(shown.err.includes(words), shown.err)
  }
})

test('a file that the plan was made from and that has changed is named, and --refresh is no way around it', async () => {
  const changes: [string, string][] = [
    ['site.yml', `${site}\n`],
    ['hosts.json', `${inventory()}\n`],
    ['host_vars/node0.yml', 'colour: red\n'],
    ['templates/page.hbs', '{{ colour }}!\n'],
  ]
  for (const [name, text] of changes) {
    await kept()
    place.write(name, text)
    for (const more of [[], ['--refresh']])
      assert.match(
        await refused(5, ...more),
        new RegExp(`error\\[plan-stale\\]: (.*\\n)+.*Changed or gone: ${name}\\.`),
      )
  }
  await kept()
  mkdirSync(at('group_vars'))
  place.write('group_vars/all.yml', 'colour: green\n')
  assert.match(await refused(5), /plan-stale(.*\n)+.*New: group_vars\/all\.yml\./)
  await kept()
  rmSync(at('site.yml'))
  assert.match(await refused(5), /plan-stale(.*\n)+.*Changed or gone: site\.yml\./)
})

test('what the plan was asked for is a part of it: the same may be said again, nothing else', async () => {
  await kept('--tags', 'free')
  assert.match(
    await refused(5, '--limit', 'node0'),
    /error\[plan-asked\]: The plan plan\.json was made with another --limit/,
  )
  assert.match(
    await refused(5, '--tags', 'other'),
    /was made with another --tags\.\n.*The plan: free\. Given now: other/,
  )
  assert.match(await refused(5, '-i', 'other.json'), 'was made with another --inventory')
  assert.match(await refused(5, '-e', 'word=two'), 'was made with another word, or without')
  assert.match(await refused(5, '-e', 'words=two'), 'was made with another words, or without')
  const same = await place.start(['apply', 'plan.json', '--tags', 'free', '-i', 'hosts.json', '-e', 'word=one'])
  assert.is(same.code, 0, same.err)
  assert.ok(existsSync(on('free')))
  assert.not.ok(existsSync(on('text')))
})

test('-o overwrites a plan and nothing else, and what cannot be written is told before any host is asked', async () => {
  await kept()
  assert.is((await place.start(['plan', ...asked, '-o', 'plan.json'])).code, 0)
  const before = host.connections
  for (const [out, words] of [
    ['site.yml', 'site.yml is there already, and it is no plan.'],
    ['templates', 'templates is a folder, a file for the plan is wanted.'],
    ['none/plan.json', 'The plan none/plan.json could not be written: ENOENT.'],
  ] as const) {
    const { code, err } = await place.start(['plan', ...asked, '-o', out])
    assert.is(code, 4, err)
    assert.ok(err.includes(words), err)
  }
  assert.is(host.connections, before)
  assert.is(readFileSync(at('site.yml'), 'utf8'), site)
  assert.is((await place.start(['plan', 'none.yml', '-o', 'new.json'])).code, 4)
  assert.not.ok(existsSync(at('new.json')))
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

test('--refresh without a kept plan is a slip', async () => {
  reset()
  const { code, err } = await place.start(['apply', ...asked, '--refresh'])
  assert.is(code, 4)
  assert.match(err, '--refresh is for a plan that was kept.')
})

test.run()
