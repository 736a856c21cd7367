import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { accountGroup, type GroupAnswer, type UserAnswer, user } from '../../../src/module/probes/account.ts'
import { accountNumbers } from '../../../src/module/probes/account-numbers.ts'
import { probed, sh } from './local.ts'

const probe = user('root').probe
const ask = (...items: string[]): (UserAnswer | GroupAnswer)[] =>
  probed(
    probe,
    items.map(item => ({ item, facets: [] })),
  )
const canned = (stdout: string, ...items: string[]) =>
  probe.read(
    { stdout: Buffer.from(stdout), stderr: Buffer.alloc(0), status: 0 },
    items.map(item => ({ item, facets: [] })),
  )

test('users and groups of this machine, in the order asked, absent ones among them', () => {
  const found = ask('user root', 'group nosuchgroup', 'user nosuchuser', 'group root', 'user nobody')
  assert.equal(found[0], { exists: true, uid: 0, group: 'root', groups: [], home: '/root', ...shell('root') })
  assert.equal(found.slice(1, 4), [{ exists: false }, { exists: false }, { exists: true, gid: 0 }])
  assert.is((found[4] as { uid: number }).uid, 65534)
})

const shell = (name: string): { shell: string; comment: string } => {
  const fields = sh(`getent passwd ${name}`).trim().split(':')
  return { shell: fields[6]!, comment: fields[4]! }
}

test('groups alone need no users', () => {
  assert.equal(ask('group root'), [{ exists: true, gid: 0 }])
  assert.equal(ask('group nosuchgroup'), [{ exists: false }])
})

test('supplementary groups are sorted, the primary one is named, one without a name stays a number', () => {
  const text =
    'ada:x:1000:1000:Ada Lovelace,,,:/home/ada:/bin/bash\nbob:x:1001:77777::/:/bin/sh\n--\n' +
    'sudo:x:27:ada,bob\nada:x:1000:\nadm:x:4:syslog,ada\nempty:x:9:\n'
  assert.equal(canned(text, 'user ada', 'user bob', 'group empty'), [
    {
      exists: true,
      uid: 1000,
      group: 'ada',
      groups: ['adm', 'sudo'],
      home: '/home/ada',
      shell: '/bin/bash',
      comment: 'Ada Lovelace,,,',
    },
    { exists: true, uid: 1001, group: '77777', groups: ['sudo'], home: '/', shell: '/bin/sh', comment: '' },
    { exists: true, gid: 9 },
  ])
})

test('a group that is printed twice, since its number was asked for too, counts once', () => {
  const text = 'ada:x:1000:1000::/:/bin/sh\n--\nadm:x:4:ada\nlaws:x:4100:ada\nlaws:x:4100:ada\n'
  assert.equal((canned(text, 'user ada')[0] as { groups: string[] }).groups, ['adm', 'laws'])
})

test('all accounts with their numbers, and what login.defs says of those', () => {
  const text =
    'ada:x:1000:27::/:/bin/sh\n--\nsudo:x:27:ada,bob\n--\nada:x:1000:27::/:/bin/sh\nbob:x:1001:5::/:/bin/sh\n--\n' +
    'UID_MIN\t\t 500\n  SYS_GID_MAX 800\nUSERGROUPS_ENAB yes\n'
  const numbers = (stdout: string) => accountNumbers().parse(canned(stdout, 'numbers  ')[0])
  assert.equal(numbers(text), {
    users: [
      { name: 'ada', uid: 1000, group: 'sudo' },
      { name: 'bob', uid: 1001, group: '5' },
    ],
    groups: [{ name: 'sudo', gid: 27, members: ['ada', 'bob'] }],
    defaults: {
      uids: { people: { min: 500, max: 60000 }, services: { min: 101, max: 499 } },
      gids: { people: { min: 1000, max: 60000 }, services: { min: 101, max: 800 } },
      userGroups: true,
    },
  })
  const unlisted = numbers('far:x:5000:5001::/:\n--\nadm:x:4:\nfars:x:5001:\n--\nada:x:1:4::/:\n--\n')
  assert.equal(
    unlisted.users.map(({ name, group }) => [name, group]),
    [
      ['ada', 'adm'],
      ['far', 'fars'],
    ],
  )
  assert.is(numbers('--\n--\n--\n').defaults.userGroups, false)
  const [here, root] = ask('numbers 0 0', 'user root') as unknown[]
  assert.equal(accountNumbers().parse(here as never).users[0], { name: 'root', uid: 0, group: 'root' })
  assert.is((root as { uid: number }).uid, 0)
})

test('a user and a group of one name are two things', () => {
  assert.is(user('www').key, 'user:www')
  assert.is(accountGroup('www').key, 'group:www')
  const text = 'www:x:33:33::/:/bin/sh\n--\nwww:x:44:\n'
  assert.equal(canned(text, 'group www'), [{ exists: true, gid: 44 }])
})

test('a name that is a number, or a part of another, is not found as such', () => {
  assert.equal(ask('user 0', 'group 0', 'user roo', 'group roo'), Array(4).fill({ exists: false }))
})

test.run()
