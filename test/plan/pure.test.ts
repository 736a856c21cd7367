import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isUnknown } from '../../src/core/unknown.ts'
import type { Line } from '../../src/plan/line.ts'
import { walk } from '../../src/plan/walk.ts'
import { cases, fc, seed } from '../chance.ts'
import { playbook } from '../laws/playbooks.ts'
import { before, files, prepare } from '../laws/tree.ts'
import { shared } from '../run/modules.ts'
import { holds } from '../run/property.ts'
import { rig as makeRig, type Ran, type Rig, verdicts } from './rig.ts'

/** All that a plan says of a line, as text. */
const said = ({ id, host, verdict, why, needs, steps, phases, will, labels, always, diff, outputs }: Line): string =>
  JSON.stringify(
    {
      id,
      host,
      verdict,
      why,
      needs,
      steps,
      phases,
      will: will.map(([q, p]) => [q.key, p]),
      labels,
      always,
      diff,
      outputs,
    },
    (_, value) => (isUnknown(value) ? `(${value.message})` : value),
  )
const all = (planned: { lines: Line[] }[]): string[] => planned.flatMap(p => p.lines.map(said))

/** A copy that nobody can change. Bytes cannot be frozen: they are compared afterwards. */
const frozen = (value: unknown): unknown => {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return Object.freeze(value.map(frozen))
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, member]) => [key, frozen(member)])))
}

/** Everything that was read of hosts and controller, frozen. */
const freezeAnswers = ({ known }: Ran): void => {
  for (const { raws } of [...known.answers.values(), known.controller])
    for (const [key, raw] of raws) raws.set(key, { ...raw, raw: frozen(raw.raw) })
}
const inputs = ({ known }: Ran): string =>
  JSON.stringify([known.loaded, [...known.answers.values(), known.controller].map(w => [...w.raws])])

const withPlan = async (text: string, use: (ran: Ran, rig: Rig) => void | Promise<void>, there: string[] = []) => {
  const rig = makeRig(text, { files, hosts: ['node0', 'node1'], modules: { shared } })
  try {
    prepare(rig.hosts.root('node0'), there)
    await use(await rig.plan(), rig)
  } finally {
    await rig.close()
  }
}

test(`a walk over frozen inputs, once and again, says the same (seed ${seed})`, async () => {
  await holds(
    fc.asyncProperty(playbook, before, ({ text }, there) =>
      withPlan(
        text,
        ran => {
          const first = all(ran.walk.planned)
          freezeAnswers(ran)
          const before = inputs(ran)
          assert.equal(all(walk(ran.known).planned), first)
          assert.equal(all(walk(ran.known).planned), first)
          assert.is(inputs(ran), before)
        },
        there,
      ),
    ),
    cases(40),
  )
})

/** Verdicts by name alone, whatever the order and the folder of this run. */
const sorted = (ran: Ran): Record<string, string> =>
  Object.fromEntries(
    Object.entries(verdicts(ran))
      .map(([id, verdict]) => [id, verdict.replaceAll(/ \/[^ ]*\//g, ' /')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

/** Tasks that have nothing to do with each other, each with a name of its own. */
const independent = [
  ['a', { file: { path: '{{ root }}/a', state: 'touch' } }],
  ['b', { copy: { dest: '{{ root }}/d/f', content: 'x=1\n' } }],
  ['c', { lineinfile: { path: '{{ root }}/m/h', line: 'y=1', create: true } }],
  ['d', { file: { path: '{{ root }}/l', state: 'link', src: 'm' } }],
  ['e', { command: { argv: ['touch', '{{ root }}/made'], creates: '{{ root }}/made' }, register: 'e' }],
  ['f', { file: { path: '{{ root }}/none', state: 'absent' } }],
  ['g', { template: { src: 't.hbs', dest: '{{ root }}/t' }, vars: { v: '1' } }],
  ['h', { when: 'e.stdout == "x"', file: { path: '{{ root }}/x', state: 'touch' } }],
  ['i', { loop: ['p', 'q'], file: { path: '{{ root }}/{{ item }}', state: 'directory' } }],
] as const

test(`independent tasks in any order have the same verdicts (seed ${seed})`, async () => {
  const there = ['d/', 'd/f', 'm/']
  const tasks = fc.shuffledSubarray([...independent], { minLength: independent.length })
  const inOrder = (list: (readonly [string, object])[]): string =>
    JSON.stringify([{ hosts: 'all', tasks: list.map(([name, task]) => ({ name, needs: [], ...task })) }])
  let expected: Record<string, string> = {}
  await withPlan(
    inOrder([...independent]),
    ran => {
      expected = sorted(ran)
    },
    there,
  )
  assert.is(expected['node0/h'], 'undecided: known after node0/e')
  assert.is(expected['node0/b'], 'ok')
  await holds(
    fc.asyncProperty(tasks, list => withPlan(inOrder(list), ran => assert.equal(sorted(ran), expected), there)),
    cases(20),
  )
})

test('hosts in another order of the inventory have the same verdicts', async () => {
  const text = JSON.stringify([{ hosts: 'all', tasks: independent.map(([name, task]) => ({ name, ...task })) }])
  const byHosts = async (hosts: string[]): Promise<Record<string, string>> => {
    const rig = makeRig(text, { files, hosts })
    prepare(rig.hosts.root('node1'), ['d/', 'd/f', 'm/'])
    prepare(rig.hosts.root('node0'), ['d/', 'm/'])
    const found = sorted(await rig.plan())
    await rig.close()
    return found
  }
  assert.equal(await byHosts(['node1', 'node0']), await byHosts(['node0', 'node1']))
})

test.run()
