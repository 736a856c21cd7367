import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gathered, subsetFor } from '../../../../src/module/probes/ansible-facts/gather.ts'

/** What a host printed, and what Ansible's own collectors made of the same host at the same moment: see test/golden/facts. */
type Golden = { name: string; subsets: string[]; printed: string; facts: Record<string, unknown> }

const goldens = readFileSync(new URL('../../../golden/facts/facts.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line) as Golden)

const made = ({ subsets, printed }: Golden): Record<string, unknown> => {
  const { probe } = gathered('platform')
  const items = subsets.map(item => ({ item, facets: [] }))
  const all = probe.read({ stdout: Buffer.from(printed), stderr: Buffer.alloc(0), status: 0 }, items)
  return JSON.parse(JSON.stringify(Object.assign({}, ...all)))
}

/** Addresses of all interfaces stand in the order of a folder; what is asked of no subset of the case is not compared. */
const inOrder = (facts: Record<string, unknown>, subsets: string[]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(facts)
      .filter(([name]) => subsets.includes(subsetFor(name)))
      .map(([name, value]) => [name, /^all_ipv|^interfaces/.test(name) ? [...(value as string[])].sort() : value]),
  )

for (const golden of goldens)
  test(golden.name, () => {
    assert.equal(inOrder(made(golden), golden.subsets), inOrder(golden.facts, golden.subsets))
  })

test.run()
