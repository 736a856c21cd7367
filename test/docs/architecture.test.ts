import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { importsOf } from '../house/imports.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

const rooms = [...textOf('docs/architecture.md').matchAll(/^\| `((?:src|modules)\/\w+)` \| [^|]+ \|([^|]*)\|$/gm)].map(
  ([, room, imports]) => ({ room: room!, imports: imports!.trim().split(' ').filter(Boolean) }),
)
/** `src/plan/walk.ts` is in `src/plan`. */
const roomOf = (file: string): string => file.split('/').slice(0, 2).join('/')

test('docs/architecture.md has every room', () => {
  const folders = globSync(['src/*/', 'modules/*/'], { cwd: root }).map(path => path.replace(/\/$/, ''))
  assert.equal(rooms.map(({ room }) => room).sort(), folders.sort())
})

for (const { room, imports } of rooms)
  test(`docs/architecture.md: what ${room} imports`, () => {
    const files = globSync(`${room}/**/*.ts`, { cwd: root })
    const all = files.flatMap(file => importsOf(file, textOf(file)).map(({ what }) => roomOf(what)))
    const found = new Set(all.filter(other => /^(src|modules)\//.test(other) && other !== room).map(nameOf))
    if (imports.join(' ') !== 'all of these') assert.equal([...found].sort(), imports.toSorted())
  })

const nameOf = (room: string): string => room.split('/')[1]!

/** What a room imports, and all that these import. */
const reached = (room: string): Set<string> => {
  const own = rooms.find(one => nameOf(one.room) === room)?.imports ?? []
  return new Set(own.flatMap(name => [name, ...reached(name)]))
}

test('the picture has an arrow for each import that does not follow from others', () => {
  const [, picture = ''] = /```mermaid\ngraph BT\n([^`]*)```/.exec(textOf('docs/architecture.md')) ?? []
  const drawn = [...picture.matchAll(/^ {2}(\w+) --> (.+)$/gm)].flatMap(([, from, to]) =>
    to!.split(' & ').map(name => `${from} --> ${name}`),
  )
  const direct = rooms
    .filter(({ imports }) => imports.join(' ') !== 'all of these')
    .flatMap(({ room, imports }) =>
      imports
        .filter(name => !imports.some(other => other !== name && reached(other).has(name)))
        .map(name => `${nameOf(room)} --> ${name}`),
    )
  const ofAll = rooms.map(({ room }) => nameOf(room)).filter(name => room(name) && !isBelow(name))
  assert.equal(drawn.sort(), [...direct, ...ofAll.map(name => `cli --> ${name}`)].sort())
})

/** Rooms that cli wires; modules are found, not imported. */
const room = (name: string): boolean => rooms.some(one => one.room === `src/${name}`) && name !== 'cli'
/** Whether another room of src brings it along. */
const isBelow = (name: string): boolean =>
  rooms.some(one => one.room.startsWith('src/') && nameOf(one.room) !== 'cli' && one.imports.includes(name))

test('a room stands below those that it imports', () => {
  const order = rooms.map(({ room }) => nameOf(room))
  for (const { room, imports } of rooms)
    for (const one of imports.filter(name => order.includes(name)))
      assert.ok(order.indexOf(one) < order.indexOf(nameOf(room)), `${room} imports ${one}`)
})

for (const page of ['docs/architecture.md', 'CONTRIBUTING.md'])
  test(`${page}: every file that it names is there`, () => {
    const named = [...textOf(page).matchAll(/`((?:src|modules|test|docs)\/[\w./-]*)`/g)].map(([, path]) => path!)
    assert.equal(
      named.filter(path => !path.includes('NAME') && !existsSync(join(root, path))),
      [],
    )
  })

test.run()
