import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Ran, sandbox } from '../rig.ts'

// To this machine and from it: what ways to a machine do is tried elsewhere.

const place = sandbox()
const at = (...names: string[]): string => join(place.folder, ...names)
const cp = (...args: string[]): Ran => place.run(['cp', ...args])
const said = ({ out, err }: Ran): string => `${out}${err}`

mkdirSync(at('site', 'sub'), { recursive: true })
writeFileSync(at('site', 'a'), 'a\n')
writeFileSync(at('site', 'sub', 'b'), 'b\n')
writeFileSync(at('script'), 'x\n')
chmodSync(at('script'), 0o750)
mkdirSync(at('there'))

test('a file goes to a path, or into a folder that is there; what is there already is not sent again', () => {
  const first = cp('script', `localhost:${at('one')}`)
  assert.is(first.code, 0, said(first))
  assert.match(first.out, '1 changed')
  assert.is(readFileSync(at('one'), 'utf8'), 'x\n')
  assert.is(statSync(at('one')).mode & 0o777, 0o750, 'with its mode')
  assert.match(cp('script', `localhost:${at('one')}`).out, '0 changed, 1 unchanged')
  assert.is(cp('script', 'site/a', `localhost:${at('there')}`).code, 0)
  assert.equal(readdirSync(at('there')).sort(), ['a', 'script'])
  assert.not(existsSync(at('.runbook')), 'nothing is remembered of it')
})

test('a folder goes with all that is in it, where that is asked for; with / at its end what is in it', () => {
  const refused = cp('site', `localhost:${at('www')}`)
  assert.is(refused.code, 4)
  assert.match(refused.err, 'site is a folder')
  assert.match(refused.err, '-r')
  assert.is(cp('-r', 'site', `localhost:${at('www')}`).code, 0)
  assert.is(readFileSync(at('www', 'site', 'sub', 'b'), 'utf8'), 'b\n')
  assert.is(cp('-r', 'site/', `localhost:${at('flat')}`).code, 0)
  assert.equal(readdirSync(at('flat')).sort(), ['a', 'sub'])
})

test('with --check it is said, and nothing is copied', () => {
  const { code, out } = cp('-C', 'script', `localhost:${at('unmade')}`)
  assert.is(code, 0)
  assert.match(out, 'it does not exist')
  assert.not(existsSync(at('unmade')))
})

test('a file comes from the one host that is named as it is called here, from others below their names', () => {
  assert.is(cp(`localhost:${at('site/a')}`, 'came').code, 0)
  assert.is(readFileSync(at('came'), 'utf8'), 'a\n')
  assert.is(cp(`localhost:${at('site/a')}`, `localhost:${at('script')}`, 'several').code, 0)
  assert.equal(readdirSync(at('several')).sort(), ['a', 'script'])
  assert.is(cp('-i', 'localhost,', '-c', 'local', `all:${at('site/a')}`, 'many').code, 0)
  assert.is(readFileSync(join(at('many'), 'localhost', at('site/a')), 'utf8'), 'a\n')
  const none = cp(`localhost:${at('none')}`, 'came')
  assert.is(none.code, 1)
  assert.match(said(none), `${at('none')} does not exist`)
})

test('what cannot be meant is refused before any host is contacted', () => {
  const cases: [args: string[], why: string][] = [
    [['script', 'other'], 'no host is named'],
    [['localhost:/a', 'localhost:/b'], 'hosts are named on both sides'],
    [['script', 'localhost:b'], 'localhost:b is no absolute path'],
    [['none', 'localhost:/b'], 'There is no none'],
    [['script'], 'what is to be copied, and where to?'],
    [['script', 'web:/b'], 'No inventory was given'],
  ]
  for (const [args, why] of cases) {
    const ran = cp(...args)
    assert.is(ran.code, 4, args.join(' '))
    assert.match(ran.err, why)
  }
})

test.run()
