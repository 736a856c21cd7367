import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isUnknown } from '../../src/core/unknown.ts'
import { type FileAnswer, folderAt } from '../../src/module/probes/file.ts'
import { absent, createSky, folder, linkTo, text, word } from './sky.ts'

test('two names of one file are one file: a real folder that was seen', () => {
  const sky = createSky()
  sky.seen('/var/run/x', text('old'), '/run')
  sky.seen('/run/x', text('old'))
  sky.writes('write', '/var/run/x', 'new')
  assert.equal(['/run/x', '/var/run/x'].map(sky.look), ['new', 'new'])
})

test('/run/./x is /run/x', () => {
  const sky = createSky()
  sky.seen('/run/./x', text('old'), '/run')
  sky.writes('write', '/run/x', 'new')
  assert.is(sky.look('/run/./x'), 'new')
})

test('what was read under one name is known under the other', () => {
  const sky = createSky()
  sky.seen('/var/run/y', text('y'), '/run')
  assert.is(sky.look('/run/y'), 'y')
})

test('the path of a link is the link, not what it points to', () => {
  const sky = createSky()
  sky.seen('/srv/cur', linkTo('r1'))
  sky.seen('/srv/cur/f', text('f1'), '/srv/r1')
  sky.links('switch', '/srv/cur', 'r2')
  assert.is(sky.look('/srv/cur'), 'link')
})

test('a link that is still to be made: what is written through it is written there', () => {
  const sky = createSky()
  sky.seen('/srv/cur', absent)
  sky.seen('/srv/r1', folder)
  sky.seen('/srv/r1/f', text('old'))
  sky.links('link', '/srv/cur', 'r1')
  assert.is(sky.look('/srv/cur/f'), 'old', 'what is there already is seen through it')
  sky.writes('write', '/srv/cur/f', 'new')
  assert.equal(['/srv/r1/f', '/srv/cur/f'].map(sky.look), ['new', 'new'])
})

test('a link that is switched: what is behind it is what is behind the new one', () => {
  const sky = createSky()
  sky.seen('/srv/cur', linkTo('r1'))
  sky.seen('/srv/cur/f', text('of r1'), '/srv/r1')
  sky.seen('/srv/r2/f', text('of r2'))
  sky.links('switch', '/srv/cur', 'r2')
  assert.is(sky.look('/srv/cur/f'), 'of r2')
  sky.writes('write', '/srv/cur/f', 'new')
  assert.equal(['/srv/r1/f', '/srv/r2/f'].map(sky.look), ['of r1', 'new'])
})

test('a link that is removed: nothing is behind it, what it pointed to stays', () => {
  const sky = createSky()
  sky.seen('/srv/cur', linkTo('r1'))
  sky.seen('/srv/cur/f', text('of r1'), '/srv/r1')
  sky.removes('unlink', '/srv/cur')
  assert.equal(['/srv/cur/f', '/srv/r1/f'].map(sky.look), ['absent', 'of r1'])
  sky.makesFolder('mkdir', '/srv/cur')
  sky.makes('write', '/srv/cur/f', 'new')
  assert.equal(['/srv/cur/f', '/srv/r1/f'].map(sky.look), ['new', 'of r1'])
})

test('links to links, with .. and absolute, are followed to the end', () => {
  const sky = createSky()
  sky.seen('/a/one', absent)
  sky.seen('/b/two', absent)
  sky.seen('/c/f', text('c'))
  sky.links('one', '/a/one', '../b/two')
  sky.links('two', '/b/two', '/c')
  assert.is(sky.look('/a/one/f'), 'c')
})

test('links in a circle lead nowhere, and nothing hangs', () => {
  const sky = createSky()
  sky.seen('/a', absent)
  sky.seen('/b', absent)
  sky.links('one', '/a', 'b')
  sky.links('two', '/b', 'a')
  assert.type(sky.look('/a/f'), 'string')
})

test('a folder that is removed through another name is removed', () => {
  const sky = createSky()
  sky.seen('/var/run/d', folder, '/run')
  sky.seen('/run/d/x', text('x'))
  sky.removes('rm', '/var/run/d')
  assert.equal(['/run/d/x', '/var/run/d/x'].map(sky.look), ['absent', 'absent'])
})

test('a cloud over one name hides the other', () => {
  const sky = createSky()
  sky.seen('/var/run/x', text('x'), '/run')
  sky.seen('/var/run/y', text('y'), '/run')
  sky.touches('unpack', 'tree:/run')
  assert.is(sky.look('/var/run/x'), 'after unpack')
})

test('a link that has been switched is read again through its new target', () => {
  const sky = createSky()
  sky.seen('/srv/cur', linkTo('r1'))
  sky.seen('/srv/cur/f', text('of r1'), '/srv/r1')
  sky.happened('tree:/srv/cur', 'children:/srv')
  assert.is(sky.look('/srv/cur/f'), '?')
  sky.seen('/srv/cur/f', text('of r2'), '/srv/r2')
  assert.equal(['/srv/cur/f', '/srv/r2/f', '/srv/r1/f'].map(sky.look), ['of r2', 'of r2', 'of r1'])
})

const lead = (sky: ReturnType<typeof createSky>, path: string): string => {
  const found = sky.ask(folderAt(path)) as FileAnswer
  return isUnknown(found) ? word(found) : found.exists ? (found.kind ?? '') : 'absent'
}

test('where a link leads: to what it points to, now and as it will be', () => {
  const sky = createSky()
  sky.seen('/srv/cur', linkTo('r1'))
  assert.is(lead(sky, '/srv/cur'), '?', 'the link alone does not tell')
  sky.seen('/srv/cur/.', folder, '/srv/r1')
  assert.is(lead(sky, '/srv/cur'), 'directory')
  assert.is(sky.look('/srv/cur'), 'link')
  sky.removes('rm', '/srv/r1')
  assert.is(lead(sky, '/srv/cur'), 'absent')
  sky.makesFolder('mkdir', '/srv/r1')
  assert.is(lead(sky, '/srv/cur'), 'directory')
  sky.seen('/srv/r2', absent)
  sky.links('switch', '/srv/cur', 'r2')
  assert.is(lead(sky, '/srv/cur'), 'absent')
})

test('where a path leads that is no link: to itself', () => {
  const sky = createSky()
  sky.seen('/d', folder)
  sky.seen('/', folder)
  sky.seen('/none', absent)
  assert.equal(
    ['/d', '/', '/none', '/none/deep'].map(path => lead(sky, path)),
    ['directory', 'directory', 'absent', 'absent'],
  )
  sky.removes('rm', '/d')
  assert.is(lead(sky, '/d'), 'absent')
})

test('a file that something is to be put into stays a file', () => {
  const sky = createSky()
  sky.seen('/f', text('content'))
  sky.seen('/f/.', absent, '/f')
  assert.equal([sky.look('/f'), lead(sky, '/f')], ['content', 'file'])
})

test('a link to nowhere leads nowhere, and so does one to itself', () => {
  const sky = createSky()
  sky.seen('/broken', linkTo('none'))
  sky.seen('/broken/.', absent, '/none')
  assert.is(lead(sky, '/broken'), 'absent')
  sky.seen('/round/.', absent, '/round')
  sky.seen('/round', linkTo('round'))
  assert.is(lead(sky, '/round'), 'absent')
})

test.run()
