import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isUnknown, Later } from '../../../src/core/unknown.ts'
import { accountGroup, user } from '../../../src/module/probes/account.ts'
import { type FileAnswer, file, stat } from '../../../src/module/probes/file.ts'
import { recordAnswer } from '../../../src/world/answers.ts'
import { createSky, text, word } from '../../world/sky.ts'

// A file belongs to numbers; its owner's names are what the accounts say behind each change of them.

type Sky = ReturnType<typeof createSky>
const ada = { exists: true, uid: 4200, group: 'gm', groups: ['adm'], home: '/home/ada', shell: '/bin/sh', comment: '' }
const present = { owner: 'ada', uid: 4200, group: 'gm', gid: 4200 }

const opened = (): Sky => {
  const sky = createSky()
  recordAnswer(sky.answers, user('ada'), ada, [])
  recordAnswer(sky.answers, user('bob'), { exists: false }, [])
  recordAnswer(sky.answers, accountGroup('gm'), { exists: true, gid: 4200 }, [])
  recordAnswer(sky.answers, accountGroup('new'), { exists: true, gid: 4300 }, [])
  sky.seen('/x', { ...text('x'), ...present, kind: 'file' } as FileAnswer)
  sky.seen('/n', { ...text('x'), ...present, owner: '4201', uid: 4201, group: '4201', gid: 4201 } as FileAnswer)
  sky.seen('/r', text('x'))
  return sky
}
/** `OWNER/uid GROUP/gid`, each as it is known. */
const owners = (sky: Sky, path: string): string => {
  const found = sky.ask(stat(path)) as Record<string, unknown>
  const said = (value: unknown): string => (isUnknown(value) ? `(${word(value)})` : String(value))
  return `${said(found.owner)}/${said(found.uid)} ${said(found.group)}/${said(found.gid)}`
}
const all = (sky: Sky): string[] => ['/x', '/n', '/r'].map(path => owners(sky, path))
const as = 'ada/4200 gm/4200'
const nobody = '4201/4201 4201/4201'
const root = 'root/0 root/0'

const table: [string, (sky: Sky) => void, string[]][] = [
  ['nothing happens', () => {}, [as, nobody, root]],
  [
    'a group gets another number: what had the old one keeps it, what had the new one gets the name',
    sky => sky.change('t', [[accountGroup('gm'), { gid: 4201 }]]),
    ['ada/4200 4200/4200', '4201/4201 gm/4201', root],
  ],
  [
    'a user gets another number',
    sky => sky.change('t', [[user('ada'), { uid: 4201 }]]),
    ['4200/4200 gm/4200', 'ada/4201 4201/4201', root],
  ],
  ['a user goes', sky => sky.change('t', [[user('ada'), { exists: false }]]), ['4200/4200 gm/4200', nobody, root]],
  [
    'a group goes',
    sky => sky.change('t', [[accountGroup('gm'), { exists: false }]]),
    ['ada/4200 4200/4200', nobody, root],
  ],
  [
    'a user comes with a number that files have',
    sky => sky.change('t', [[user('bob'), { exists: true, uid: 4201 }]]),
    [as, 'bob/4201 4201/4201', root],
  ],
  [
    'a user comes whose number nobody knows yet: only what has no name may get one',
    sky => sky.change('t', [[user('bob'), { exists: true }]]),
    [as, '(after t)/4201 4201/4201', root],
  ],
  [
    'what else changes of a user leaves the name',
    sky => sky.change('t', [[user('ada'), { shell: '/bin/bash' }]]),
    [as, nobody, root],
  ],
  [
    'there and back',
    sky => {
      sky.change('t', [[user('ada'), { uid: 4201 }]])
      sky.change('u', [[user('ada'), { uid: 4200 }]])
    },
    [as, nobody, root],
  ],
  [
    'one goes, and another comes with its number',
    sky => {
      sky.change('t', [[user('ada'), { exists: false }]])
      sky.change('u', [[user('bob'), { exists: true, uid: 4200 }]])
    },
    ['bob/4200 gm/4200', nobody, root],
  ],
  [
    'it is not known what happens to a user',
    sky => sky.touches('t', 'user:ada'),
    ['(after t)/4200 gm/4200', '(after t)/4201 4201/4201', root],
  ],
  [
    'the file of the users is written: all names may be others',
    sky => sky.touches('t', 'path:/etc/passwd'),
    ['(after t)/4200 gm/4200', '(after t)/4201 4201/4201', '(after t)/0 root/0'],
  ],
  ['its mode is set', sky => sky.touches('t', 'attributes:/etc/passwd'), [as, nobody, root]],
  ['one user in it', sky => sky.touches('t', 'member:/etc/passwd#bob'), [as, nobody, root]],
  [
    'another resolver',
    sky => sky.touches('t', 'tree:/etc'),
    ['(after t)/4200 (after t)/4200', '(after t)/4201 (after t)/4201', '(after t)/0 (after t)/0'],
  ],
  [
    'a new number is handed over to what is in the home',
    sky => sky.change('t', [[user('ada'), { uid: 4201 }]], ['owners:/#user:ada']),
    ['ada/4201 gm/4200', 'ada/4201 4201/4201', root],
  ],
  [
    'another primary group is handed over there',
    sky => sky.change('t', [[user('ada'), { group: 'new' }]], ['owners:/#group:gm:new']),
    ['ada/4200 new/4300', nobody, root],
  ],
]

for (const [what, happens, expected] of table)
  test(what, () => {
    const sky = opened()
    happens(sky)
    assert.equal(all(sky), expected)
    const found = sky.ask(file('/x')) as Extract<FileAnswer, { kind: 'file' }>
    assert.is(found.content.bytes.toString(), 'x', 'its content stays known')
  })

test('of a file that was promised by a name alone the number is not known, nor the name behind a change of the account', () => {
  const sky = opened()
  sky.seen('/p', { exists: false })
  sky.change('t', [[stat('/p'), { exists: true, kind: 'file', owner: 'ada', group: 'gm' }]])
  sky.change('u', [[user('ada'), { shell: '/bin/bash' }]])
  assert.is(word((sky.ask(stat('/p')) as { owner: unknown }).owner), 'after u')
  assert.is((sky.ask(stat('/p')) as { group: unknown }).group, 'gm')
})

test('what is not there stays so when a home is handed over', () => {
  const sky = opened()
  sky.seen('/none', { exists: false })
  sky.change('t', [[user('ada'), { uid: 4201 }]], ['owners:/#user:ada'])
  assert.is(sky.look('/none'), 'absent')
})

test('set-ID bits do not survive that a file is handed over', () => {
  const sky = opened()
  sky.seen('/s', { ...text('x'), ...present, kind: 'file', mode: '4755' } as FileAnswer)
  sky.change('t', [[user('ada'), { uid: 4201 }]], ['owners:/#user:ada'])
  assert.is(word((sky.ask(stat('/s')) as { mode: unknown }).mode), 'after t')
  assert.is((sky.ask(stat('/x')) as { mode: unknown }).mode, '0644')
})

test('once it has happened only those files are read again that belong to the account, or to nobody', () => {
  const sky = opened()
  sky.happened('user:ada')
  assert.equal(['/x', '/n', '/r'].map(sky.look), ['?', '?', 'x'])
})

test('a user is in the groups that are left, and its primary group keeps it', () => {
  const sky = opened()
  recordAnswer(sky.answers, accountGroup('adm'), { exists: true, gid: 4 }, [])
  const groups = (): unknown => (sky.ask(user('ada')) as Record<string, unknown>).groups
  sky.change('t', [[accountGroup('adm'), { gid: 5 }]])
  sky.change('t', [[accountGroup('gm'), { gid: 4202 }]])
  assert.equal(groups(), ['adm'])
  assert.is((sky.ask(user('ada')) as Record<string, unknown>).group, 'gm')
  sky.change('t', [[accountGroup('adm'), { exists: false }]])
  assert.equal(groups(), [])
  sky.touches('u', 'member:/etc/group#gm', 'group:gm')
  assert.is(word((sky.ask(user('ada')) as Record<string, unknown>).group), 'after u')
  sky.touches('v', 'path:/etc/group')
  assert.is(word(groups()), 'after v')
})

test('an owner that will be known with the change is shown so, also where the one before is not known yet', () => {
  const gone = new Later('node0/first')
  const shown = (group: unknown, gid: unknown): string[] =>
    file('/x').show!(
      { ...text('x'), ...present, kind: 'file', group, gid } as FileAnswer,
      {
        exists: true,
        group: new Later('node0/second'),
      } as unknown as FileAnswer,
    ).map(one => JSON.stringify(one))
  assert.equal(shown('gm', 4200), [
    '{"kind":"value","subject":"/x group","before":"gm","after":"(known after node0/second)"}',
  ])
  assert.equal(shown(gone, gone), [
    '{"kind":"value","subject":"/x group","before":"(known after node0/first)","after":"(known after node0/second)"}',
  ])
  assert.equal(shown('root', 0), [], "root's mostly stays root's")
})

test.run()
