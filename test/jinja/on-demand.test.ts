import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filtersOnDemand, testsOnDemand } from '../../src/jinja/on-demand.ts'
import { rareFilters, rareTests } from '../../src/jinja/rarely-used.ts'

test('what is loaded on demand is known by its name before', () => {
  assert.equal(Object.keys(filtersOnDemand).sort(), Object.keys(rareFilters).sort())
  assert.equal(Object.keys(testsOnDemand).sort(), Object.keys(rareTests).sort())
})

test('and takes what there is, as all that is loaded at once', () => {
  for (const one of [...Object.values(rareFilters), ...Object.values(rareTests)])
    assert.is(one.accepts, 'what is there')
})

test.run()
