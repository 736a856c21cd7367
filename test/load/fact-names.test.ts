import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check } from '../../src/load/check.ts'
import { factOf, gatheredNames } from '../../src/load/fact-names.ts'
import { applySchemas } from '../../src/load/task-schemas.ts'
import { allSubsets, factsIn } from '../../src/module/probes/ansible-facts/gather.ts'
import { loadModule } from '../modules/modules.ts'
import { inventoryOf, loadText } from '../plan/rig.ts'

test('what playbooks may name is what is gathered', () => {
  assert.equal([...gatheredNames], allSubsets.flatMap(subset => [...factsIn(subset)]).sort())
})

test('variables that stand for facts', () => {
  const facts = ['ansible_os_family', 'ansible_eth0', 'ansible_enp3s0', 'ansible_br_lan', 'ansible_lo', 'ansible_wlan0']
  assert.equal(facts.map(factOf), ['os_family', 'eth0', 'enp3s0', 'br_lan', 'lo', 'wlan0'])
  const others = [
    'ansible_facts',
    'ansible_user',
    'ansible_host',
    'ansible_local_tmp',
    'os_family',
    'ansible_',
    'ansible_loop',
  ]
  assert.equal(
    others.map(factOf),
    others.map(() => undefined),
  )
})

const said = async (expression: string): Promise<string[]> => {
  const debug = await loadModule('debug')
  const playbook = `- hosts: all\n  tasks:\n    - name: a\n      debug:\n        msg: "{{ ${expression} }}"\n`
  const loaded = applySchemas(loadText(playbook, inventoryOf(['node0'])), { debug })
  return check(loaded, { debug }).map(({ what, fix }) => `${what} ${fix ?? ''}`.trim())
}

test('a misspelt fact is told with the name that was meant; a member of all facts may be the own of a host', async () => {
  assert.equal(await said('ansible_distributon'), [
    'There is no variable or register "ansible_distributon". Did you mean "ansible_distribution"?',
  ])
  for (const right of [
    'ansible_distribution',
    'ansible_facts.mine',
    "ansible_facts['x']",
    'hostvars.node0.ansible_fqdn',
    'ansible_facts',
  ])
    assert.equal(await said(right), [], right)
})

test.run()
