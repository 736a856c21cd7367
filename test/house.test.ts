import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { circlesIn } from './house/circles.ts'
import { importsOf, strayPackages, strayRooms } from './house/imports.ts'
import { longFunctions, longFunctionsLeft } from './house/long-functions.ts'
import { isKebabCase, namesTwice, oldNames } from './house/names.ts'
import { strayReaders } from './house/readers.ts'
import { STILL_THERE } from './house/still-there.ts'
import { moduleNames, namesIpfs, strayTest, strayWords, WORDS } from './house/words.ts'

// The rules of the house, read from the text of every file in the repository.

const root = fileURLToPath(new URL('..', import.meta.url))
const notOurs = ['.git', 'node_modules', '.runbook', 'dist', 'package-lock.json']
const files = readdirSync(root)
  .filter(name => !notOurs.includes(name))
  .flatMap(name => globSync([name, `${name}/**`], { cwd: root }))
  .filter(file => statSync(root + file, { throwIfNoEntry: false })?.isFile())
const texts = new Map(files.map(file => [file, readFileSync(root + file, 'utf8')]))
const sources = [...texts].filter(([file]) => /^(src|modules|test|build)\/.*\.ts$/.test(file))
const ours = sources.filter(([file]) => /^(src|modules)\//.test(file))
const imports = sources.flatMap(([file, text]) => importsOf(file, text))

const names = files.flatMap(file => /^modules\/\w+\/(\w+)\.ts$/.exec(file)?.[1] ?? [])

test('there is a repository to look at', () => {
  assert.ok(sources.length > 100)
  assert.ok(imports.length > 300)
})

test('rooms import one way', () => assert.equal(strayRooms(imports).sort(), STILL_THERE.rooms))

test('each package has one door', () => assert.equal(strayPackages(imports), []))

test('no files import each other in a circle', () => {
  assert.equal(circlesIn(imports.filter(({ from }) => !from.startsWith('test/'))), [])
})

test('an exported name stands for one thing', () => assert.equal(namesTwice(ours), STILL_THERE.namesTwice))

test('no exported name is made of a word that has a better one', () => {
  assert.equal(ours.flatMap(([file, text]) => oldNames(file, text)).sort(), STILL_THERE.oldNames)
})

test('files of the controller are read through one door', () => {
  const stray = ours.flatMap(([file, text]) => strayReaders(file, text).map(name => `${file}: ${name}`))
  assert.equal(stray, [])
})

test('files and folders have names in kebab-case', () => {
  const named = files.filter(file => /^(src|modules|test|docs)\/.*\.(ts|md)$/.test(file) && !file.includes('/standin/'))
  assert.equal(
    named.filter(file => !isKebabCase(file)),
    [],
  )
})

test('the builtin collection knows nothing of IPFS', () => {
  const found = ours.filter(([file, text]) => file.startsWith('modules/builtin/') && namesIpfs(text))
  assert.equal(found.map(([file]) => file).sort(), STILL_THERE.ipfsInBuiltin)
})

test('no function has more than 60 lines, but in the files of which biome.json says so', () => {
  assert.equal(longFunctions(root), longFunctionsLeft(root))
})

test('files have at most 400 lines', () => {
  const length = (text: string): number => text.split('\n').length - 1
  const long = sources.filter(([, text]) => length(text) > 400).map(([file, text]) => `${file}: ${length(text)}`)
  assert.equal(long, [])
})

test('no word stands where it must not', () => {
  assert.equal(
    [...texts].flatMap(([file, text]) => strayWords(file, text, [...WORDS, moduleNames(names)])),
    [],
  )
})

test('test files run their tests, and are named so that they are found', () => {
  assert.equal(
    sources.filter(([file]) => file.startsWith('test/')).flatMap(([file, text]) => strayTest(file, text)),
    [],
  )
})

test('no file names the place of this checkout, or the home of who works on it', () => {
  // On a machine where root works, root's home is every host's.
  const places = [root, ...(homedir() === '/root' ? [] : [`${homedir()}/`])]
  const found = [...texts].filter(([, text]) => places.some(place => place.length > 2 && text.includes(place)))
  assert.equal(
    found.map(([file]) => file),
    [],
  )
})

test('package-lock.json does not say where packages came from: those addresses belong to the machine that wrote it', () => {
  assert.not.match(readFileSync(`${root}package-lock.json`, 'utf8'), /"resolved":/)
})

test.run()
