import { type Prepared, prepare } from '../../src/cli/app/prepare.ts'
import { withTargets } from '../../src/cli/app/targets.ts'
import { dotOf, drawingOf } from '../../src/graph/drawing.ts'
import { svgOf } from '../../src/graph/svg.ts'
import { compileExpression, compileTemplate } from '../../src/load/expression.ts'
import { compileJinja } from '../../src/load/jinja-template.ts'
import { locatedAt } from '../../src/load/located.ts'
import { matchHosts } from '../../src/load/pattern.ts'
import { compileFile } from '../../src/load/template.ts'
import { walk } from '../../src/plan/walk.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { inventories, kept, playbooks } from './corpus.ts'
import type { Kind } from './kinds.ts'
import { written } from './scratch.ts'

/** What playbooks of the corpus are about. */
const hosts = {
  web: ['web1', 'web2', 'web.example.org'],
  db: ['db-a', 'db-b'],
  eu: ['web1', 'web2', 'web.example.org', 'db-a', 'db-b'],
  old: ['web2'],
  ipfs: ['web1', 'web2'],
}
const inventory = {
  hosts: [...new Set(Object.values(hosts).flat())],
  groups: { ...hosts, all: Object.values(hosts).flat() },
}
const values = {
  name: 'web1',
  port: 80,
  names: ['a', 'b'],
  nested: { one: { two: [1, 2] } },
  on: true,
  off: false,
  hostvars: { web1: { port: 80 } },
}

const hostsFile = written(
  'hosts.json',
  JSON.stringify({
    all: {
      children: Object.fromEntries(
        Object.entries(hosts).map(([group, names]) => [
          group,
          { hosts: Object.fromEntries(names.map(name => [name, { port: 80, token: 'abcdefgh' }])) },
        ]),
      ),
    },
  }),
)
const playFile = written(
  'play.yml',
  '- hosts: all\n  vars: { mine: "{{ port }}" }\n  tasks:\n    - copy: { dest: "/a/{{ port }}", content: "{{ names }} {{ text }}" }\n      when: port != 81\n',
)

const nobody = () => ({ secrets: createRedactor(), emit: () => {}, signal: new AbortController().signal })

/** As plan and graph do, up to where hosts would be asked. */
const prepared = (playbook: string, more: { inventory?: string[]; extraVars?: string[] } = {}): Promise<Prepared> =>
  prepare(playbook, { inventory: [hostsFile], tags: [], extraVars: [], ...more }, nobody())

const planned = async (all: Prepared): Promise<void> => {
  const drawing = drawingOf(all.known.graph)
  dotOf(drawing)
  svgOf(drawing)
  walk(all.known)
}

/** And how each host is reached. */
const reached = async (all: Prepared): Promise<void> => {
  const { pool } = await withTargets(all, nobody())
  await pool.closeAll()
}

const fromInventory = (name: string, file: string, corpus: () => Buffer[]): Kind => ({
  name,
  corpus,
  place: file,
  read: async input => {
    const all = await prepared(playFile, { inventory: [written(file, input)] })
    await planned(all)
    await reached(all)
  },
})

const here = { file: 'play.yml', line: 1, column: 1 }
/** An unknown that is thrown is no error: nothing here is unknown. */
const evaluated = (text: string): void => {
  for (const compile of [() => compileExpression(text, here), () => compileTemplate(text, locatedAt(text, here))])
    compile().evaluate(values)
}

export const playbookInputs: readonly Kind[] = [
  {
    name: 'playbook',
    corpus: playbooks,
    place: 'playbook.yml',
    read: async input => planned(await prepared(written('playbook.yml', input))),
  },
  fromInventory('inventory-ini', 'hosts.ini', () => kept('inventory-ini')),
  fromInventory('inventory-yaml', 'hosts.yml', inventories),
  {
    name: 'variables',
    corpus: () => kept('variables'),
    place: 'vars.yml',
    read: async input => planned(await prepared(playFile, { extraVars: [`@${written('vars.yml', input)}`] })),
  },
  {
    name: 'extra',
    corpus: () => kept('extra'),
    place: '-e',
    // What begins so is the name of a file.
    read: async input => planned(await prepared(playFile, { extraVars: [`${input}`.trimStart().replace(/^@+/, '')] })),
  },
  {
    name: 'template',
    corpus: () => kept('template'),
    place: 'a.hbs',
    read: input => {
      const { references, render } = compileFile(`${input}`, 'a.hbs')
      void references
      render(values)
    },
  },
  {
    name: 'jinja',
    corpus: () => kept('jinja'),
    place: 'a.j2',
    read: input => {
      const { references, render } = compileJinja({ text: `${input}`, file: 'a.j2' }, () => undefined)
      void references
      render(values)
    },
  },
  { name: 'expression', corpus: () => kept('expression'), place: 'play.yml', read: input => evaluated(`${input}`) },
  {
    name: 'pattern',
    corpus: () => kept('pattern'),
    place: 'play.yml',
    read: input => matchHosts(inventory, `${input}`, here),
  },
]
