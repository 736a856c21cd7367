import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { asked, at, host, inventory, kept, on, place, refused, site } from '../saved.ts'

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
  const text = readFileSync(at('plan.json'), 'utf8')
  place.write('plan.json', text.replace('"steps":["', '"steps":7,"x":["'))
  assert.is((await place.start(['plan', 'show', 'plan.json', '-v'])).code, 5)
  place.write('plan.json', text)
  const other = await place.start(['apply', 'plan.json'], { RUNBOOK_PLAN_KEY: 'another key altogether' })
  assert.is(other.code, 5)
  assert.match(other.err, /error\[plan-edited\]: (.*\n)+.*sealed with another key/)
  assert.not.ok(existsSync(key))
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
  place.write('plan.json', text.replace('"runbookPlan": 2', '"runbookPlan": 1'))
  assert.match(
    await refused(5),
    /error\[plan-version\]: .*of another version: 1\.\n.*version 2\.\n.*Make the plan again/,
  )
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
    ['files/free', 'no\n'],
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
  mkdirSync(at('modules'))
  place.write('modules/copy.ts', 'export default {}\n')
  assert.match(await refused(5), /plan-stale(.*\n)+.*Changed or gone: module copy\./)
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
  const same = await place.start(['apply', 'plan.json', '--tags', 'free', '-i', './hosts.json', '-e', 'word=one'])
  assert.is(same.code, 0, same.err)
  assert.ok(existsSync(on('free')))
  assert.not.ok(existsSync(on('text')))
})

test('a plan given where a playbook is wanted is told what to do with it', async () => {
  await kept()
  for (const [command, ...more] of [['plan'], ['explain', 'node0/text'], ['graph']] as [string, ...string[]][]) {
    const { code, err } = await place.start([command, 'plan.json', ...more])
    assert.is(code, 4, err)
    assert.match(err, /plan\.json is a saved plan, no playbook\.\n.*runbook apply plan\.json/)
  }
})

test('a plan that is applied from another folder says that it may be that', async () => {
  await kept()
  rmSync(at('site.yml'))
  assert.match(await refused(5), /plan-stale(.*\n)+.*from the folder that the plan was made in/)
})

test('-o overwrites a plan and nothing else, and what cannot be written is told before any host is asked', async () => {
  await kept()
  assert.is((await place.start(['plan', ...asked, '-o', 'plan.json'])).code, 0)
  const before = host.connections
  for (const [out, words] of [
    ['site.yml', 'site.yml is there already, and it is no plan.'],
    ['templates', 'templates is a folder, a file for the plan is wanted.'],
    ['none/plan.json', 'There is no folder none to put the plan in.'],
    ['', '-o wants the name of a file.'],
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

test.run()
