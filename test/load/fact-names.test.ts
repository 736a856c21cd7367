import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { factOf, gatheredNames } from '../../src/load/fact-names.ts'
import { allSubsets, factsIn } from '../../src/module/probes/ansible-facts/gather.ts'

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

test.run()
