import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isUnknown, strict } from '../../../src/core/unknown.ts'
import { accountGroup, user } from '../../../src/module/probes/account.ts'
import { type AccountNumbers, accountNumbers } from '../../../src/module/probes/account-numbers.ts'
import { recordAnswer } from '../../../src/world/answers.ts'
import { createSky, word } from '../../world/sky.ts'

// All accounts of a host behind what earlier tasks do to one of them.

type Sky = ReturnType<typeof createSky>
const opened = (): Sky => {
  const sky = createSky()
  const ada = { name: 'ada', uid: 1000, gid: 4, comment: '', home: '/', shell: '' }
  const groups = [
    { name: 'adm', gid: 4, members: [] },
    { name: 'web', gid: 33, members: ['ada', 'bob'] },
  ]
  recordAnswer(sky.answers, accountNumbers(), { users: [ada], groups, defaults: {} }, [])
  recordAnswer(sky.answers, user('ada'), { exists: true, uid: 1000, group: 'adm', groups: ['web'] }, [])
  recordAnswer(sky.answers, user('eve'), { exists: false }, [])
  for (const { name, gid } of groups) recordAnswer(sky.answers, accountGroup(name), { exists: true, gid }, [])
  recordAnswer(sky.answers, accountGroup('eve'), { exists: false }, [])
  return sky
}
const said = (value: unknown): string => (isUnknown(value) ? `(${word(value)})` : String(value))
const seen = (sky: Sky): string => {
  const found = sky.ask(accountNumbers()) as AccountNumbers
  if (isUnknown(found)) return word(found)
  const users = found.users.map(({ name, uid, group }) => `${name}=${said(uid)}:${said(group)}`)
  const groups = found.groups.map(({ name, gid, members }) => `${name}=${said(gid)}[${said(members)}]`)
  return [...users, ...groups].join(' ')
}

const table: [string, (sky: Sky) => void, string][] = [
  ['nothing happens', () => {}, 'ada=1000:adm adm=4[] web=33[ada,bob]'],
  ['a user goes, from its groups too', s => s.change('t', [[user('ada'), { exists: false }]]), 'adm=4[] web=33[bob]'],
  [
    'a user comes',
    s =>
      s.change('t', [
        [user('eve'), { exists: true, uid: 7, group: 'eve', groups: ['adm'] }],
        [accountGroup('eve'), { exists: true, gid: 7 }],
      ]),
    'ada=1000:adm eve=7:eve adm=4[eve] web=33[ada,bob] eve=7[]',
  ],
  [
    'a user comes of which not all is known',
    s => s.change('t', [[user('eve'), { exists: true, group: 'adm' }]]),
    'ada=1000:adm eve=(after t):adm adm=4[(after t)] web=33[(after t)]',
  ],
  [
    'a number changes',
    s => s.change('t', [[accountGroup('web'), { gid: 34 }]]),
    'ada=1000:adm adm=4[] web=34[ada,bob]',
  ],
  ['a group goes', s => s.change('t', [[accountGroup('web'), { exists: false }]]), 'ada=1000:adm adm=4[]'],
  [
    'what happens to a group is not known',
    s => s.touches('t', 'group:web'),
    'ada=1000:adm adm=4[] web=(after t)[ada,bob]',
  ],
  ['a file of theirs is written', s => s.touches('t', 'path:/etc/group'), 'after t'],
]
for (const [what, happens, expected] of table)
  test(what, () => {
    const sky = opened()
    happens(sky)
    assert.is(seen(sky), expected)
  })

test('who reads an account that is not known yet waits for it, who reads another does not', () => {
  const sky = opened()
  sky.touches('t', 'user:ada')
  const { users, groups } = strict(sky.ask(accountNumbers())) as AccountNumbers
  assert.throws(
    () => users.find(({ uid }) => uid === 4),
    (error: unknown) => isUnknown(error),
  )
  assert.is(groups.find(({ gid }) => gid === 4)?.name, 'adm')
})

test.run()
