import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createComposing } from '../../src/load/composing.ts'
import { load } from '../../src/load/load.ts'
import { locatedAt } from '../../src/load/located.ts'
import { layersFor } from '../../src/load/variables.ts'
import { files, goldenFile, pairs } from '../golden/levels.ts'
import { folderWith } from './folder.ts'

test('of each two places that set a variable the one wins that wins in Ansible', () => {
  const folder = folderWith(files())
  const { value, failures } = load({
    playbook: join(folder, 'site.yml'),
    inventories: [join(folder, 'inventory.yml')],
    extra: [`@${join(folder, 'extra.json')}`],
    composing: createComposing({ extra: {}, roles: [], collections: [] }),
  })
  assert.is(failures, undefined, JSON.stringify(failures))
  const { playbook, inventory, extra } = value!
  const [read] = playbook.plays
  const prompted = read!.prompts!.map(({ name, fallback, origin }) => [name, locatedAt(fallback, origin)])
  const play = { ...read!, prompted: Object.fromEntries(prompted) }
  const layers = layersFor({ play, inventory, host: 'host1', task: play.tasks[0]!, extra })
  const winner = (name: string): unknown => layers.findLast(layer => Object.hasOwn(layer, name))?.[name]?.value
  assert.equal(
    pairs.map(([one, other]) => [one, other, winner(`v_${one}__${other}`)]),
    JSON.parse(readFileSync(goldenFile, 'utf8')),
  )
})

test.run()
