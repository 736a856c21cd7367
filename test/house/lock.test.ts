import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// `npm ci` installs what package-lock.json says and refuses one that says too little; `npm install` completes it, which
// `git status` shows. With a complete one both leave the checkout as it is.

type Package = {
  resolved?: string
  integrity?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'))
const packages: Record<string, Package> = read('package-lock.json').packages

/** Whether a package that lies at `from` finds `name` as Node would look for it. */
const isFound = (from: string, name: string, all = packages): boolean => {
  if (`${from ? `${from}/` : ''}node_modules/${name}` in all) return true
  return from !== '' && isFound(from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)), name, all)
}

const lacking = (all: Record<string, Package>): string[] =>
  Object.entries(all).flatMap(([from, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...(from === '' ? devDependencies : {}), ...optionalDependencies })
      .filter(name => !isFound(from, name, all))
      .map(name => `${from} needs ${name}`),
  )

test('every package that one asks for is in the lock, those of other platforms too', () => {
  assert.ok(Object.keys(packages).length > 100)
  assert.equal(lacking(packages), [])
  const { 'node_modules/@biomejs/cli-win32-x64': _, ...some } = packages
  assert.equal(lacking(some), ['node_modules/@biomejs/biome needs @biomejs/cli-win32-x64'])
})

test('the lock is of this package.json', () => {
  const { name, version, bin, engines, dependencies, devDependencies } = read('package.json')
  const { license: _, ...locked } = packages[''] as Record<string, unknown>
  assert.equal(locked, { name, version, bin, engines, dependencies, devDependencies })
})

test('every package has a digest, and none says where it came from: npm is told so in this folder', () => {
  const entries = Object.entries(packages).filter(([path]) => path !== '')
  assert.equal(
    entries.filter(([, one]) => one.integrity === undefined || one.resolved !== undefined).map(([path]) => path),
    [],
  )
  assert.match(
    readFileSync(new URL('../../.npmrc', import.meta.url), 'utf8'),
    /^omit-lockfile-registry-resolved=true$/m,
  )
})

test.run()
