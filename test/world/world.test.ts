import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Later, strict } from '../../src/core/unknown.ts'
import { content } from '../../src/core/value.ts'
import { type FileAnswer, file, stat } from '../../src/module/probes/file.ts'
import { command } from '../../src/module/probes/program.ts'
import { service } from '../../src/module/probes/service.ts'
import type { ServiceAnswer } from '../../src/module/probes/unit-answer.ts'
import { recordAnswer } from '../../src/world/answers.ts'
import { plainUnit } from '../modules/answers.ts'
import { absent, createSky, folder, text, word } from './sky.ts'

test('what was read is known, what was not is to be read', () => {
  const sky = createSky()
  sky.seen('/a', text('old'))
  assert.equal([sky.look('/a'), sky.look('/b')], ['old', '?'])
})

test('a prediction lies over what was read, and only what it says', () => {
  const sky = createSky()
  sky.seen('/a', text('old'))
  sky.change('chmod', [[stat('/a'), { mode: '0600' }]])
  const found = sky.ask(file('/a')) as FileAnswer & { mode: string }
  assert.equal([found.mode, sky.look('/a')], ['0600', 'old'])
})

test('of a thing newly made, what is not said is unknown until it is there', () => {
  const sky = createSky()
  sky.seen('/a', absent)
  sky.change('unpack', [[stat('/a'), { exists: true, kind: 'file' }]])
  const found = strict(sky.ask(file('/a'))) as FileAnswer & { mode: string; content: unknown }
  assert.is(found.exists, true)
  for (const read of [() => found.mode, () => found.content, () => 'owner' in found])
    assert.throws(read, (error: Error) => error instanceof Later && error.node === 'h/unpack')
  sky.change('chmod', [[stat('/a'), { mode: '0600' }]])
  const after = strict(sky.ask(file('/a'))) as FileAnswer & { mode: string; content: unknown }
  assert.is(after.mode, '0600', 'what is said later is known')
  assert.throws(
    () => after.content,
    (error: Error) => error instanceof Later && error.node === 'h/unpack',
  )
})

test('something of another kind is a new thing', () => {
  const sky = createSky()
  sky.seen('/a', text('old'))
  sky.removes('rm', '/a')
  sky.makesFolder('mkdir', '/a')
  const found = strict(sky.ask(stat('/a'))) as FileAnswer & { owner: string }
  assert.throws(
    () => found.owner,
    (error: Error) => error instanceof Later && error.node === 'h/mkdir',
  )
})

test('an absent folder answers for all below it', () => {
  const sky = createSky()
  sky.seen('/srv/app', absent)
  assert.equal(['/srv/app/a', '/srv/app/a/b/c', '/srv/apple', '/srv'].map(sky.look), ['absent', 'absent', '?', '?'])
})

test('a folder newly made holds what is put into it and nothing else', () => {
  const sky = createSky()
  sky.seen('/d', absent)
  sky.makesFolder('mkdir', '/d')
  assert.is(sky.look('/d/x'), 'absent')
  sky.makes('write', '/d/x', 'new')
  assert.equal(['/d/x', '/d/y'].map(sky.look), ['new', 'absent'])
})

test('remove a folder, make it again, edit a child: the old child does not come back', () => {
  const sky = createSky()
  sky.seen('/d', folder)
  sky.seen('/d/x', text('old'))
  sky.removes('rm', '/d')
  assert.equal(['/d', '/d/x', '/d/never/seen'].map(sky.look), ['absent', 'absent', 'absent'])
  sky.makesFolder('mkdir', '/d')
  assert.equal(['/d', '/d/x', '/d/never/seen'].map(sky.look), ['directory', 'absent', 'absent'])
  sky.makes('write', '/d/x', 'new')
  assert.equal(['/d/x', '/d/y'].map(sky.look), ['new', 'absent'])
  sky.removes('rm2', '/d')
  assert.is(sky.look('/d/x'), 'absent')
})

test('an unknown change hides what is below it, until something newer says more', () => {
  const sky = createSky()
  sky.seen('/d', folder)
  sky.seen('/d/x', text('old'))
  sky.seen('/e', text('beside'))
  sky.makes('write', '/d/y', 'known')
  sky.touches('unpack', 'tree:/d')
  assert.equal(['/d/x', '/d/y', '/d', '/e'].map(sky.look), ['after unpack', 'after unpack', 'after unpack', 'beside'])
  sky.makes('write', '/d/x', 'newer')
  assert.equal(['/d/x', '/d/y'].map(sky.look), ['newer', 'after unpack'])
  sky.removes('rm', '/d')
  assert.equal(['/d/x', '/d/y'].map(sky.look), ['absent', 'absent'])
  sky.touches('again', 'tree:/d')
  assert.is(sky.look('/d/x'), 'after again')
})

test('a patch over something unknown: what it says is known', () => {
  const sky = createSky()
  sky.seen('/d/x', text('old'))
  sky.touches('unpack', 'tree:/d')
  sky.change('chmod', [[stat('/d/x'), { mode: '0600' }]])
  const found = strict(sky.ask(file('/d/x'))) as FileAnswer & { mode: string; owner: string }
  assert.is(found.mode, '0600')
  assert.throws(
    () => found.owner,
    (error: Error) => error instanceof Later,
  )
})

test('a patch over something not read yet waits for the read', () => {
  const sky = createSky()
  sky.seen('/a', text('old'), '/', [])
  sky.change('chmod', [[stat('/a'), { mode: '0600' }]])
  assert.is(word(sky.ask(file('/a'))), '?', 'its content has not been asked for')
  assert.is((sky.ask(stat('/a')) as { mode: string }).mode, '0600')
})

test('what is absent, or a folder, has no facet that was not asked for', () => {
  const sky = createSky()
  sky.seen('/a', absent, '/', [])
  sky.seen('/b', folder, '/', [])
  assert.equal(['/a', '/b'].map(sky.look), ['absent', 'directory'])
})

test('a changed member hides the content of its file, not its mode', () => {
  const sky = createSky()
  sky.seen('/c.json', text('{}'))
  sky.touches('config', 'member:/c.json#a.b')
  const found = strict(sky.ask(file('/c.json'))) as FileAnswer & { mode: string; content: unknown; changed: number }
  assert.equal([found.exists, found.mode], [true, '0644'])
  for (const read of [() => found.content, () => found.changed])
    assert.throws(read, (error: Error) => error instanceof Later && error.node === 'h/config')
})

test('predicted moments lie after every real one and are ordered by node', () => {
  const sky = createSky()
  sky.seen('/a', text('a'))
  sky.seen('/b', text('b'))
  sky.writes('first', '/a', 'x')
  sky.writes('second', '/b', 'y')
  const at = (path: string): number => (sky.ask(stat(path)) as { changed: number }).changed
  assert.ok(at('/a') < at('/b'))
  assert.ok(at('/a') > Date.now() * 1000)
})

const off: ServiceAnswer = { ...plainUnit, id: 'x.service', load: 'not-found', enabled: '', result: '' }
const unitPath = '/etc/systemd/system/x.service'

// systemd reads what it has not in memory whenever it is asked for it.
test('the state of a unit follows from its unit file that an earlier task writes', () => {
  const sky = createSky()
  sky.seen(unitPath, absent)
  recordAnswer(sky.answers, service('x'), off, [])
  sky.makes('unit', unitPath, '[Service]\n[Install]\nWantedBy=x\n')
  const found = sky.ask(service('x')) as ServiceAnswer
  assert.equal([found.load, found.active, found.enabled, found.reload], ['loaded', 'inactive', 'disabled', false])
})

test('a unit file rewritten needs a reload; its unit keeps running', () => {
  const sky = createSky()
  sky.seen(unitPath, text('[Service]'))
  recordAnswer(sky.answers, service('x'), { ...off, load: 'loaded', active: 'active', enabled: 'static', since: 7 }, [])
  sky.writes('unit', unitPath, '[Service]\nX=1')
  const found = sky.ask(service('x')) as ServiceAnswer
  assert.equal([found.active, found.reload, found.since], ['active', true, 7])
})

test('what follows from a prediction and from something not read yet is read first', () => {
  const sky = createSky()
  sky.seen(unitPath, text('[Service]'))
  sky.writes('unit', unitPath, '[Service]\nX=1')
  assert.is(word(sky.ask(service('x'))), '?')
})

test('a unit whose file is unknown is unknown; whose file goes away too', () => {
  const sky = createSky()
  sky.seen(unitPath, text('[Service]'))
  recordAnswer(sky.answers, service('x'), { ...off, load: 'loaded' }, [])
  sky.touches('unpack', 'tree:/etc')
  assert.is(word(sky.ask(service('x'))), 'after unpack')
})

test('a start moves the time of the unit, enabling does not', () => {
  const sky = createSky()
  recordAnswer(sky.answers, service('x'), { ...off, load: 'loaded', enabled: 'disabled', since: 7 }, [])
  sky.change('enable', [[service('x'), { enabled: 'enabled' }]])
  assert.is((sky.ask(service('x')) as ServiceAnswer).since, 7)
  sky.change('start', [[service('x'), { active: 'active' }]])
  const found = sky.ask(service('x')) as ServiceAnswer
  assert.equal([found.active, found.enabled], ['active', 'enabled'])
  assert.ok(found.since > Date.now() * 1000)
})

test('a command that reads is not asked while anything it looks at is still to change', () => {
  const sky = createSky()
  const said = command('cat /a', ['/a'])
  assert.is(word(sky.ask(said)), '?')
  sky.makes('other', '/b', 'x')
  assert.is(word(sky.ask(said)), '?', 'a change elsewhere does not matter')
  sky.makes('write', '/a', 'x')
  assert.is(word(sky.ask(said)), 'after write')
  assert.is(word(sky.ask(command('uptime', undefined))), 'after write', 'one that does not say looks at everything')
})

test('nor while a member of a file that it looks at is', () => {
  const sky = createSky()
  sky.touches('set', 'member:/a.json#x')
  assert.is(word(sky.ask(command('cat /a.json', ['/a.json']))), 'after set')
})

test('a change that has happened makes older answers stale, not newer ones', () => {
  const sky = createSky()
  sky.seen('/a', text('old'))
  sky.seen('/b', text('old'))
  sky.happened('path:/a')
  assert.equal(['/a', '/b'].map(sky.look), ['?', 'old'])
  sky.seen('/a', text('new'))
  assert.is(sky.look('/a'), 'new')
  sky.happened('any')
  assert.equal(['/a', '/b'].map(sky.look), ['?', '?'])
})

test('an absent folder that has been made answers no longer', () => {
  const sky = createSky()
  sky.seen('/d', absent)
  sky.happened('path:/d', 'children:/')
  assert.is(sky.look('/d/x'), '?')
})

test('contents travel by digest: what is promised can be looked at by the next', () => {
  const sky = createSky()
  sky.seen('/a', absent)
  sky.makes('write', '/a', 'x=1\n')
  const found = sky.ask(file('/a')) as FileAnswer & { content: { digest: string } }
  assert.is(found.content.digest, content('x=1\n').digest)
})

test.run()
