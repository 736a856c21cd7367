import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt, type Failure, Refusal } from '../../src/core/failure.ts'
import { yamlText } from '../../src/jinja/filters/documents.ts'
import { dumpedJson } from '../../src/jinja/filters/json-text.ts'
import { Dict } from '../../src/jinja/value.ts'
import { readInventory, readyInventory, type WrittenInventory } from '../../src/load/inventory.ts'
import {
  drawnGroup,
  type InventoryListing,
  markedUnsafe,
  nestedListing,
  scriptListing,
} from '../../src/load/inventory-listing.ts'
import { matchHosts } from '../../src/load/pattern.ts'
import { parseExtra } from '../../src/load/variables.ts'
import type { InventoryCase } from '../golden/inventory-cases.ts'
import { folderWith } from './folder.ts'

// What Ansible itself makes of these inventories and patterns is in the file: `npm run golden` writes it.

type Form = InventoryCase['forms'][number]
type Answer = { refused?: true; patterns?: (string | null)[] } & Partial<Record<Form, string>>
type Golden = InventoryCase & { answer: Answer }

const cases = readFileSync(new URL('../golden/inventories.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Golden)

/** What is meant to be otherwise, by a part of the text of the inventory, and why. */
const DIFFERENCES: [part: string, why: string][] = [
  ['{"h.ini":"h =1\\n"}', 'a variable without a name is refused: nothing could read it'],
  ['[a:vars]\\n=1"}', 'the same'],
  ["'h i'\\n", 'a host without a blank: its name is part of those of tasks and files'],
  ['h\\\\ i\\n', 'the same'],
  ['"a,b":', 'a file with a comma in its name is read; Ansible looks for it in another folder'],
]

const json = (value: Dict): string =>
  dumpedJson(value, { sortsKeys: true, isAscii: false, between: ', ', behindKey: ': ' })

const knownOf = ({ draft, members, implicit }: WrittenInventory) => ({
  hosts: [...draft.hosts.keys()],
  groups: Object.fromEntries(members),
  ...(implicit === undefined ? {} : { implicit }),
})

const written: Record<Form, (listing: InventoryListing) => string> = {
  list: listing => json(scriptListing({ ...listing, untrusted: markedUnsafe })),
  export: listing => json(scriptListing({ ...listing, untrusted: markedUnsafe, perGroup: true })),
  yaml: listing => yamlText(nestedListing(listing), new Dict([['default_flow_style', false]])),
  graph: listing => drawnGroup(listing, 'all', true).join('\n'),
}

// What reads scripts and expressions is loaded once, by one of each.
const one = folderWith({ 'a.sh': '#!/bin/sh\n', 'b.yml': 'plugin: constructed\n' })
chmodSync(join(one, 'a.sh'), 0o755)
await readyInventory([one])

const inventoryOf = ({ files, sources, playbook = '.', patterns = [], extra = [] }: Golden): WrittenInventory => {
  const folder = folderWith(files)
  const paths = sources.map(source => (existsSync(join(folder, source)) ? join(folder, source) : source))
  const problems: Failure[] = []
  const thisMachine = patterns.some(pattern => /localhost/.test(pattern)) ? 'localhost' : undefined
  for (const [name, text] of Object.entries(files)) if (text.startsWith('#!')) chmodSync(join(folder, name), 0o755)
  const around = { playbookFolder: join(folder, playbook), thisMachine, extra: parseExtra(extra) }
  const inventory = readInventory(paths, around, problems)
  if (problems.length > 0) throw new Refusal(...problems)
  return inventory
}

const answerOf = (golden: Golden): Answer => {
  const { value: inventory, failures } = attempt(() => inventoryOf(golden))
  if (failures) return { refused: true }
  const known = knownOf(inventory)
  const hosts = golden.limit === undefined ? known.hosts : matchHosts(known, golden.limit).hosts
  const extra = parseExtra(golden.extra ?? [])
  const listing: InventoryListing = {
    inventory,
    hosts: new Set(hosts),
    extra,
    perGroup: false,
    untrusted: text => text,
    isSecret: () => false,
  }
  const forms = golden.forms.map((form): [Form, string] => [form, written[form](listing)])
  const patterns = golden.patterns?.map(
    pattern => attempt(() => matchHosts(known, pattern)).value?.hosts.join(' ') ?? null,
  )
  return { ...Object.fromEntries(forms), ...(patterns ? { patterns } : {}) }
}

const nameOf = ({ files, sources }: Golden): string => `${JSON.stringify(files)} ${sources.join(' ')}`

test(`${cases.length} inventories are read as Ansible reads them`, () => {
  const wrong = cases.flatMap(golden => {
    const mine = answerOf(golden)
    const { answer } = golden
    const isMeant = DIFFERENCES.some(([part]) => nameOf(golden).includes(part))
    const differs = (Object.keys({ ...answer, ...mine }) as (keyof Answer)[]).filter(
      key => key !== 'patterns' && mine[key] !== answer[key],
    )
    if (isMeant) return differs.length > 0 ? [] : [`${nameOf(golden)}\n  is no difference any more`]
    return differs.map(key => `${nameOf(golden)}\n  ${key}\n  ansible ${answer[key]}\n  here    ${mine[key]}`)
  })
  assert.is(wrong.length, 0, wrong.join('\n'))
})

test('patterns name the hosts that Ansible finds, in its order', () => {
  const wrong = cases
    .filter(({ patterns }) => patterns)
    .flatMap(golden => {
      const mine = answerOf(golden).patterns
      return golden.patterns!.flatMap((pattern, at) =>
        mine?.[at] === golden.answer.patterns?.[at]
          ? []
          : [`${pattern}\n  ansible ${golden.answer.patterns?.[at]}\n  here    ${mine?.[at]}`],
      )
    })
  assert.is(wrong.length, 0, wrong.join('\n'))
})

test.run()
