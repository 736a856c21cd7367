import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../../src/core/failure.ts'
import { file, fileProbe, stat } from '../../../src/module/probes/file.ts'
import { asNobody, probed, temporary } from './local.ts'

const root = temporary()
chmodSync(root, 0o755)
mkdirSync(join(root, 'closed'))
writeFileSync(join(root, 'closed', 'there'), 'x')
chmodSync(join(root, 'closed'), 0o700)
writeFileSync(join(root, 'secret'), 'x', { mode: 0o600 })

const paths = ['closed/there', 'closed/none', 'none', 'secret'].map(path => join(root, path))
const [there, none, absent, secret] = paths as [string, string, string, string]
const answers = (facets: string[]) => {
  const raws = probed(
    fileProbe,
    paths.map(item => ({ item, facets })),
    // Messages are read: a session speaks plain English.
    script => asNobody(`export LC_ALL=C\n${script}`),
  )
  return new Map(paths.map((path, i) => [path, raws[i]!]))
}

test('what is hidden in a folder that may not be entered is not absent: nobody knows', () => {
  const raws = answers([])
  for (const path of [there, none])
    assert.equal(
      attempt(() => stat(path).parse(raws.get(path))).failures?.map(({ reason, what }) => [reason, what]),
      [['host-permission', `${path} may not be read.`]],
    )
  assert.equal(stat(absent).parse(raws.get(absent)), { exists: false })
  assert.is(stat(secret).parse(raws.get(secret)).exists, true, 'its owner and mode may be seen')
})

test('whatever its name holds', () => {
  const odd = ['café', "it's", 'two\nlines', 'back\\slash', 'tab\t', '\x01"', 'żółć 鯨'].map(name =>
    join(root, 'closed', name),
  )
  const raws = probed(
    fileProbe,
    odd.map(item => ({ item, facets: [] })),
    script => asNobody(`export LC_ALL=C\n${script}`),
  )
  assert.equal(
    raws.map(raw => raw.denied),
    odd.map(() => true),
  )
})

test('a file whose content may not be read is refused where the content counts', () => {
  const raws = answers(['digest', 'bytes'])
  assert.is(attempt(() => file(secret).parse(raws.get(secret))).failures?.[0]?.reason, 'host-permission')
})

test.run()
