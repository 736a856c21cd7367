import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { workplace } from './rig.ts'

/** The machine's own Node, which need not be the one that runs this. */
const nodes = (process.env.PATH ?? '')
  .split(':')
  .filter(folder => folder !== '' && !folder.endsWith('node_modules/.bin'))
  .map(folder => `${folder}/node`)
  .filter(file => existsSync(file))

const isTooOld = (node: string): boolean => {
  const [major = 0, minor = 0] = `${spawnSync(node, ['--version']).stdout}`.slice(1).split('.').map(Number)
  return major < 22 || (major === 22 && minor < 18)
}
const old = nodes.find(isTooOld)

const test = suite(old ? 'old Node' : 'old Node (skipped: the Node of this machine is new enough)')
const check = old ? test : test.skip
const place = workplace()
test.after(place.remove)

check('hands over to the Node that npm has installed, exit code and all', () => {
  const { code, out } = place.run(['--help'], { node: old! })
  assert.is(code, 0)
  assert.match(out, 'Usage: runbook')
  assert.is(place.run(['frob'], { node: old! }).code, 4)
})

check('where there is none, says in one line what is wrong and what to do', () => {
  const { code, out, err } = place.run(['--help'], { node: old!, env: { RUNBOOK_HANDED_OVER: '1' } })
  assert.is(code, 4)
  assert.is(out, '')
  assert.match(err, /^runbook needs Node 22\.18 or newer; this is [\d.]+\. Run `npm install`.*\n$/)
})

check('tells its version all the same', () => {
  assert.is(place.run(['--version'], { node: old! }).code, 0)
})

test.run()
