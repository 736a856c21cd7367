import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createArchives } from '../../../src/cli/app/archives.ts'
import { supplyFor } from '../../plan/supply.ts'
import { temporary } from '../../run/local.ts'

/** A tar archive of members without content: name, type, where it points. */
const tarOf = (members: [name: string, type: string, target?: string][]): Buffer =>
  Buffer.concat([
    ...members.map(([name, type, target = '']) => {
      const block = Buffer.alloc(512)
      block.write(name, 0)
      block.write('0000644\0', 100)
      block.write('0000000\0', 108)
      block.write('0000000\0', 116)
      block.write('00000000000\0', 124)
      block.write('00000000000\0', 136)
      block.write('        ', 148)
      block.write(type, 156)
      block.write(target, 157)
      block.write('ustar\0', 257)
      block.write('00', 263)
      const sum = block.reduce((all, byte) => all + byte, 0)
      block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
      return block
    }),
    Buffer.alloc(1024),
  ])

const told = async (bytes: Buffer): Promise<string> => {
  const folder = temporary()
  mkdirSync(join(folder, 'files'))
  writeFileSync(join(folder, 'files', 'a.tar'), bytes)
  const found = await createArchives(folder, supplyFor(folder)).own('a.tar')
  return found.exists ? 'read' : `${found.missing} / ${found.fix}`
}

test("what is wrong with a user's own archive is told by its member, with what to do", async () => {
  for (const [members, why, fix] of [
    [[['../x', '0']], "its member '../x' would be written outside", 'names that stay inside'],
    [[['/etc/x', '0']], "its member '/etc/x' would be written outside", 'names that stay inside'],
    [
      [
        ['l', '2', '/tmp'],
        ['l/x', '0'],
      ],
      "its member 'l/x' would be written through the link 'l'",
      "pack it again without 'l', or without what lies below it",
    ],
    [
      [
        ['a', '0'],
        ['a/b', '0'],
      ],
      "its member 'a/b' lies below 'a', which is a file in it",
      'without what lies below it',
    ],
    [[['b', '1', 'gone']], "its member 'b' is a second name of a file that is not in it", '--hard-dereference'],
  ] as [[string, string, string?][], string, string][]) {
    const said = await told(tarOf(members))
    assert.match(said, `a.tar: the archive cannot be read: ${why}`)
    assert.match(said, fix)
  }
  assert.match(await told(Buffer.from('no archive')), / \/ Pack it again, as .tar or .tar.gz.$/)
  assert.is(
    await told(
      tarOf([
        ['a', '0'],
        ['a', '5'],
        ['a/b', '0'],
      ]),
    ),
    'read',
    'the later of one name counts',
  )
})

test.run()
