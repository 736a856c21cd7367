import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inTheWay, type Place, placeOf, placingSteps } from '../../../../modules/ipfs/lib/in-place.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-in-place-'))
test.after(() => rmSync(folder, { recursive: true }))

const mount: Place = { is: 'mount', target: '/x', isClosed: false }
const placed = (path: string): Place => {
  const query = placeOf(path, 'config')
  const { stdout, stderr, status } = spawnSync('sh', ['-c', query.item])
  return query.parse({ stdout, stderr, status } as never)
}

test('what a path is: a folder that gives way, a link, a link to nothing, one that is filled already', () => {
  const at = (name: string): string => join(folder, name)
  mkdirSync(at('plain'))
  mkdirSync(at('filled'))
  writeFileSync(at('filled/config'), '')
  symlinkSync(at('plain'), at('link'))
  symlinkSync(at('filled'), at('filled-link'))
  symlinkSync('gone', at('dangling'))
  assert.equal(placed(at('plain')), { is: 'beside', target: at('plain'), isClosed: false })
  assert.is(placed(at('absent')).is, 'beside')
  assert.equal(placed(at('link')), { is: 'link', target: at('plain'), isClosed: false })
  assert.is(placed(at('filled-link')).is, 'beside')
  assert.equal([placed(at('dangling')).is, placed(at('dangling')).target], ['dangling', at('gone')])
  assert.is(placed('/proc').is, 'mount')
})

test('names in the way: not those of the file system, nor of a run that was cut off, in a place that is filled', () => {
  assert.equal(inTheWay(['lost+found', '.runbook-making', 'x'], mount), ['x'])
  assert.equal(inTheWay(['.runbook-made', 'blocks'], mount), [])
  assert.equal(inTheWay(['lost+found'], { ...mount, is: 'beside' }), ['lost+found'])
})

const names = ['version', 'blocks', '.hidden', 'a b', 'config']
for (let moved = 0; moved <= names.length; moved++)
  test(`cut off when ${moved} of ${names.length} were moved up: the next run moves the others, the config last`, () => {
    const path = join(folder, `cut-${moved}`)
    const made = join(path, '.runbook-made')
    mkdirSync(made, { recursive: true })
    mkdirSync(join(path, 'lost+found'))
    for (const name of names) writeFileSync(join(made, name), name)
    for (const name of names.slice(0, moved)) renameSync(join(made, name), join(path, name))
    const steps = placingSteps({ path, user: 'ipfs' }, mount, [], {
      names: readdirSync(path),
      mode: '0750',
      last: 'config',
    })
    const last = steps.at(-1)!
    assert.is(last.do, 'exec')
    // With the config in its place it counts as made, and this is not run any more.
    if (last.do !== 'exec' || moved === names.length) return
    execFileSync(last.argv[0]!, last.argv.slice(1))
    assert.equal(readdirSync(path).sort(), [...names, 'lost+found'].sort())
  })

test.run()
