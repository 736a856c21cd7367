import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../../src/core/value.ts'
import { type Listing, listing } from '../../../src/module/probes/listing.ts'
import { local, probed, sh, temporary } from './local.ts'

const here = temporary()

/** Archives as the probe tells them, all in one go, asked from a folder of their own. */
const told = (...paths: string[]): Listing[] =>
  probed<Listing>(
    listing('/').probe,
    paths.map(item => ({ item, facets: [] })),
    script => local(`export LC_ALL=C; cd '${here}'; ${script}`),
  )

const missing = (one: Listing | undefined): string => (one?.exists === false ? one.missing : 'it was read')

const tree = temporary()
const odd = 'a b/"q" \\ ü\nnew'
mkdirSync(`${tree}/a b`)
mkdirSync(`${tree}/a b/t`)
writeFileSync(`${tree}/${odd}`, 'odd')
writeFileSync(`${tree}/run`, '#!')
sh(`cd '${tree}' && chmod 6755 run && chmod 1777 'a b/t' && ln -s 'x -> "y"' link && ln run twin && : >empty`)
for (const [name, word] of [['plain.tar', '-c'], ['packed.tar.gz', '-cz']] as const) // biome-ignore format: one line
  sh(`cd '${here}' && tar ${word}f ${name} -C '${tree}' .`)

test('of a plain archive and of a packed one, whatever its names are', () => {
  const all = told(`${here}/plain.tar`, `${here}/packed.tar.gz`)
  for (const one of all) {
    assert.ok(one.exists)
    assert.equal(Object.fromEntries(one.members.map(({ path, ...rest }) => [path, rest])), {
      'a b': { kind: 'directory', mode: '0755', size: 0, sha256: '' },
      'a b/t': { kind: 'directory', mode: '1777', size: 0, sha256: '' },
      [odd]: { kind: 'file', mode: '0644', size: 3, sha256: sha256('odd') },
      run: { kind: 'file', mode: '6755', size: 2, sha256: sha256('#!') },
      twin: { kind: 'file', mode: '6755', size: 2, sha256: sha256('#!') },
      link: { kind: 'link', mode: '0777', size: 0, sha256: '', target: 'x -> "y"' },
      empty: { kind: 'file', mode: '0644', size: 0, sha256: sha256('') },
    })
  }
})

test('to look makes nothing, neither where it looks from nor beside the archive', () => {
  const before = readdirSync(here)
  told(`${here}/plain.tar`)
  assert.equal(readdirSync(here), before)
})

test('of two members with one name the last counts', () => {
  writeFileSync(`${tree}/run`, 'later')
  sh(`cd '${here}' && cp plain.tar two.tar && tar -rf two.tar -C '${tree}' ./empty ./run`)
  const [found] = told(`${here}/two.tar`)
  assert.ok(found?.exists)
  const run = found.members.filter(member => member.path === 'run')
  assert.equal(run.map(({ sha256 }) => sha256), [sha256('later')]) // biome-ignore format: one line
})

test('what is not there, no file, no archive, cut off or empty is told apart, and the next one is read all the same', () => {
  sh(
    `cd '${here}' && echo no >no.tar && head -c 1500 plain.tar >cut.tar && head -c 150 packed.tar.gz >cut.tar.gz && mkdir folder && ln -s plain.tar link && tar -cf empty.tar -T /dev/null`,
  )
  const names = ['none', 'folder', 'link', 'no.tar', 'cut.tar', 'cut.tar.gz', 'empty.tar', 'plain.tar']
  const all = told(...names.map(name => `${here}/${name}`))
  const words = [
    'does not exist on the host',
    'is no plain file',
    'is no plain file',
    'unpacked: This does not look like a tar archive',
    'unpacked: Unexpected EOF in archive',
    'unpacked: ',
    'unpacked: there is nothing in it',
    'it was read',
  ]
  for (const [i, word] of words.entries()) assert.match(missing(all[i]), word, names[i])
})

test('what would be written outside of the folder is refused', () => {
  sh(`cd '${here}' && tar -cPf up.tar '${tree}/../${tree.split('/').at(-1)}/run' && tar -cPf root.tar '${tree}/run'`)
  const [up, root] = told(`${here}/up.tar`, `${here}/root.tar`)
  assert.match(missing(up), "Member name contains '..'")
  assert.match(missing(root), 'would be written outside of the folder')
})

const fixOf = (one: Listing | undefined): string => (one?.exists === false ? one.fix : 'it was read')

test('each refusal keeps its own cause and its own fix', () => {
  sh(`cd '${here}' && touch "$(printf 'caf\\351')" && tar -cf bytes.tar caf* && rm caf* && tar -cPf root.tar '${tree}/run'
cp packed.tar.gz torn.tar.gz && printf 'xxxx' | dd of=torn.tar.gz bs=1 seek=40 conv=notrunc 2>/dev/null`)
  const [bytes, root, torn, no] = told(
    ...['bytes.tar', 'root.tar', 'torn.tar.gz', 'no.tar'].map(one => `${here}/${one}`),
  )
  assert.match(missing(bytes), 'has a name that is not UTF-8')
  assert.match(fixOf(bytes), 'with names in UTF-8')
  assert.match(fixOf(root), 'names that stay inside')
  assert.not.match(missing(torn), 'Child returned')
  for (const one of [torn, no]) assert.match(fixOf(one), 'pack it again, as .tar')
})

test.run()
