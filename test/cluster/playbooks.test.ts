import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePlaybook } from '../../src/load/playbook.ts'
import { root } from './rig.ts'

// `adopt.yml` puts units in place that the main playbook goes on with: what both have has to be the same.

const defaultsOf = (name: string): Map<string, unknown> => {
  const { plays } = parsePlaybook(readFileSync(`${root}/playbooks/${name}`, 'utf8'), name)
  return new Map(Object.entries(plays[0]!.defaults).map(([variable, { value }]) => [variable, value]))
}
const [main, adopt] = [defaultsOf('private-cluster.yml'), defaultsOf('adopt.yml')]
/** Without root nothing is adopted, so these have one value. */
const rooted = ['bin_dir', 'ipfs_user', 'ipfs_path', 'ipfs_cluster_path', 'unit_dir']

test('what adopt.yml has in common with the main playbook has the same value', () => {
  const common = [...adopt.keys()].filter(name => main.has(name))
  assert.ok(common.length > rooted.length)
  assert.equal(
    common.filter(name => !rooted.includes(name) && JSON.stringify(adopt.get(name)) !== JSON.stringify(main.get(name))),
    [],
  )
  for (const name of rooted)
    assert.ok(String(main.get(name)).includes(String(adopt.get(name)).split('/').at(-1)!), name)
})

test('all that adopt.yml and the templates of the units name is there', () => {
  const words = [`${root}/src/runbook.mjs`, 'graph', `${root}/playbooks/adopt.yml`]
  const ran = spawnSync(process.execPath, [...words, '-i', `${root}/inventory/private-cluster.yml`], {
    encoding: 'utf8',
  })
  assert.is(ran.status, 0, ran.stderr)
})

test.run()
