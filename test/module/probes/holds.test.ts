import { chmodSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content } from '../../../src/core/value.ts'
import { accountGroup, user } from '../../../src/module/probes/account.ts'
import { file } from '../../../src/module/probes/file.ts'
import { program } from '../../../src/module/probes/program.ts'
import { service } from '../../../src/module/probes/service.ts'
import type { Query } from '../../../src/module/query.ts'
import { local, probed, temporary } from './local.ts'

// What a query tests on a host is what it reads there: the same members, equal and no others.

const root = temporary()
type Members = Record<string, unknown>
const held = (query: Query<never>, promised: Members): boolean => {
  const { status, stderr } = local(query.holds!(promised)!)
  assert.is(stderr.toString().replace(/find: .*No such file.*\n/, ''), '')
  return status === 0
}
const seen = (query: Query<never>): Members => {
  const [raw] = probed(query.probe, [query])
  return query.parse(raw) as Members
}
/** Every member holds as it is read, alone and with all others; another value in its place does not. */
const agrees = (query: Query<never>, others: Members): void => {
  const is = seen(query)
  const promised = Object.fromEntries(Object.entries(is).filter(([member]) => member in others || member === 'exists'))
  assert.ok(held(query, promised), `all of ${query.subject}`)
  for (const [member, other] of Object.entries(others)) {
    assert.ok(held(query, { [member]: is[member] }), `${query.subject} ${member} ${JSON.stringify(is[member])}`)
    assert.not(held(query, { ...promised, [member]: other }), `${query.subject} ${member} ${JSON.stringify(other)}`)
  }
}

const odd = ['plain', "it's a name", 'a\nline', '-x $(id) `id` \\ "*"', '%s%%', 'é']
const attributes = { mode: '0123', uid: 4711, owner: 'daemon', gid: 4711, group: 'daemon' }

for (const name of odd) {
  const at = (kind: string): string => join(root, `${kind} ${name}`)
  test(`a file, a folder and a link: ${JSON.stringify(name)}`, () => {
    writeFileSync(at('file'), `of ${name}\n`)
    chmodSync(at('file'), 0o4640)
    mkdirSync(at('folder'))
    chmodSync(at('folder'), 0)
    symlinkSync(`${name}\n`, at('link'))
    lchownSync(at('link'), 77_777, 1)
    agrees(file(at('file')) as never, { ...attributes, kind: 'directory', size: 1, content: content('other') })
    agrees(file(at('folder')) as never, { ...attributes, kind: 'link' })
    agrees(file(at('link')) as never, { uid: 0, owner: 'root', gid: 0, kind: 'file', target: name })
    for (const kind of ['file', 'folder', 'link']) {
      const query = file(at(kind)) as Query<never>
      assert.equal([held(query, { exists: true }), held(query, { exists: false })], [true, false])
    }
  })
}

test('what is not there is gone, and nothing of it holds', () => {
  const query = file(join(root, 'none')) as Query<never>
  assert.ok(held(query, { exists: false }))
  for (const promised of [{ exists: true }, { mode: '0644' }, { content: content('') }, { exists: true, kind: 'file' }])
    assert.not(held(query, promised), JSON.stringify(promised))
})

test('a link to a file with that content is no file with it', () => {
  writeFileSync(join(root, 'target'), 'x')
  symlinkSync('target', join(root, 'to'))
  assert.not(held(file(join(root, 'to')) as never, { content: content('x') }))
  assert.ok(held(file(join(root, 'target')) as never, { content: content('x'), changed: 1 }), 'a time is not tested')
})

test('users and groups', () => {
  const other = { home: '/x', shell: '/x', comment: 'x', group: 'daemon', groups: ['daemon', 'sys'] }
  for (const name of ['root', 'nobody']) agrees(user(name) as never, { ...other, uid: 4711 })
  agrees(accountGroup('daemon') as never, { gid: 4711 })
  for (const query of [user('nosuch'), accountGroup('nosuch'), user('0'), accountGroup('0')] as Query<never>[])
    assert.equal([held(query, { exists: false }), held(query, { exists: true })], [true, false], query.subject)
  for (const query of [user('root'), accountGroup('root')] as Query<never>[]) {
    assert.not(held(query, { exists: false }))
    assert.not(held(query, { exists: true, ...(query.item.startsWith('user') ? { uid: 1 } : { gid: 1 }) }))
  }
})

test('a unit, as systemd or the portable manager shows it', () => {
  const query = service('no-such-unit') as Query<never>
  const { load, active } = seen(query)
  assert.equal([load, active], ['not-found', 'inactive'])
  assert.ok(held(query, { load, active, reload: false, since: 1 }))
  assert.not(held(query, { load: 'loaded' }))
  assert.not(held(query, { load, active: 'active' }))
  assert.not(held(query, { load, reload: true }))
  assert.is(query.holds!({ manager: 'systemd' }), undefined)
})

test('a program, where what it prints is known', () => {
  const query = program({
    key: 'word',
    sh: `printf '%s\\n' "it's"; exit 3`,
    looks: [],
    parse: ({ stdout }) => ({ word: stdout.toString().trim() }),
    prints: ({ word }) => (word === 'secret' ? undefined : String(word)),
  }) as Query<never>
  agrees(query, { word: 'its' })
  assert.is(query.holds!({ word: 'secret' }), undefined)
})

test('what no test is known for is not taken for tested', () => {
  assert.is(file('/x').holds!({ kind: 'other' }), undefined)
  assert.is(file('/x').holds!({ exists: true, colour: 'red' }), undefined)
  assert.is(file('/x').holds!({ content: 'text' }), undefined)
  assert.is(user('x').holds!({ exists: true, age: 7 }), undefined)
})

test.run()
