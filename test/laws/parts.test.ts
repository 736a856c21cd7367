import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { walk } from '../../src/plan/walk.ts'
import { cases, fc, seed } from '../chance.ts'
import { type Options, type Ran, type Rig, rig, verdicts } from '../plan/rig.ts'
import { shared } from '../run/modules.ts'
import { holds } from '../run/property.ts'
import { after, audit, strays } from './audit.ts'
import { type Playbook, taggedPlaybook } from './playbooks.ts'
import { failing, resultsIn } from './promises.ts'
import { before, files, prepare } from './tree.ts'

const hosts = ['node0', 'node1', 'node2']
const host = fc.constantFrom(...hosts)
const numRuns = Number(process.env.RUNBOOK_RUNS ?? cases(12))
const playbook = taggedPlaybook(hosts)

const onHosts = async (text: string, there: string[], options: Options, use: (made: Rig) => Promise<void>) => {
  const made = rig(text, { files, hosts, modules: { shared }, ...options })
  try {
    for (const name of hosts) prepare(made.hosts.root(name), there)
    await use(made)
  } finally {
    await made.close()
  }
}
const audits = (made: Rig) => Promise.all(hosts.map(name => audit(made.hosts.root(name))))

/** The same nodes in another order that their edges allow; `picks` decides. */
const shuffled = <N extends { id: string; edges: { on: string }[] }>(nodes: N[], picks: number[]): N[] => {
  const left = [...nodes]
  const done = new Set<string>()
  const order: N[] = []
  while (left.length > 0) {
    const open = left.filter(({ edges }) => edges.every(({ on }) => done.has(on) || !nodes.some(n => n.id === on)))
    const next = open[(picks[order.length % picks.length] ?? 0) % open.length]!
    left.splice(left.indexOf(next), 1)
    done.add(next.id)
    order.push(next)
  }
  return order
}

test(`law 1: ${numRuns} playbooks (seed ${seed}) planned in any legal order come out the same`, async () => {
  const picks = fc.array(fc.nat(97), { minLength: 5, maxLength: 5 })
  const property = fc.asyncProperty(playbook, before, picks, ({ text }, there, order) =>
    onHosts(text, there, {}, async made => {
      const plan = await made.plan()
      const known = { ...plan.known, graph: { ...plan.graph, nodes: shuffled(plan.graph.nodes, order) } }
      const lines = walk(known).planned.flatMap(p => p.lines)
      const sorted = (list: Pick<Ran, 'lines'>): [string, string][] => Object.entries(verdicts(list)).sort()
      assert.equal(sorted({ lines }), sorted(plan))
    }),
  )
  await holds(property, numRuns)
})

/** Each host's lines as they were told. */
const toldBy = ({ events }: Ran, type: 'planned' | 'result', name: string): string[] =>
  events.flatMap(e => (e.type === type && e.host === name ? [e.node] : []))

test(`law 8: ${numRuns} playbooks (seed ${seed}) are told in inventory and written order, whoever answers first`, async () => {
  const property = fc.asyncProperty(playbook, before, host, async ({ text }, there, slow) => {
    const told: Ran[] = []
    for (const late of [undefined, slow])
      await onHosts(text, there, {}, async made => {
        const { connect } = made.hosts
        made.hosts.connect = async name => {
          for (let turn = 0; name === late && turn < 50; turn++) await new Promise(setImmediate)
          return connect(name)
        }
        told.push(await made.apply())
      })
    const [one, other] = told as [Ran, Ran]
    const planned = ({ events }: Ran): string[] => events.flatMap(e => (e.type === 'planned' ? [e.node] : []))
    assert.equal(planned(other), planned(one))
    assert.equal(
      planned(one).map(id => id.split('/')[0]),
      planned(one)
        .map(id => id.split('/')[0])
        .sort(),
    )
    for (const name of hosts) assert.equal(toldBy(other, 'result', name), toldBy(one, 'result', name))
    assert.equal(Object.keys(other.outcome.hosts), Object.keys(one.outcome.hosts))
  })
  await holds(property, Math.ceil(numRuns / 2))
})

test(`law 9: ${numRuns} playbooks (seed ${seed}) on hosts of which one is silent: the others are none the worse`, async () => {
  const property = fc.asyncProperty(playbook, before, host, async ({ text }, there, silent) => {
    const told = new Map<string, string>()
    await onHosts(text, there, {}, async made => {
      for (const { node, status } of resultsIn(await made.apply())) told.set(node, status)
    })
    // A collective module decides for all hosts, also of what it makes of a silent one.
    fc.pre(!text.includes('"shared"'))
    await onHosts(text, there, {}, async made => {
      await made.hosts.kill(silent)
      const ran = await made.apply()
      if (ran.untouched) return
      assert.ok(ran.outcome.exit === 3 || ran.outcome.exit === 1)
      for (const { node, host: at, status, needs } of resultsIn(ran))
        if (at !== silent && needs?.split('/')[0] !== silent) assert.is(status, told.get(node), node)
    })
  })
  await holds(property, numRuns)
})

test(`law 10: ${numRuns} playbooks (seed ${seed}) of which a part is asked for: steps run there and nowhere else`, async () => {
  const limits = fc.option(fc.subarray(hosts, { minLength: 1, maxLength: 2 }), { nil: undefined })
  const tags = fc.constantFrom<string[][]>([], ['g0'], ['g1'])
  const counts = { barred: 0, ran: 0 }
  const property = fc.asyncProperty(
    playbook,
    before,
    limits,
    tags,
    async ({ text }: Playbook, there, limit, wanted) => {
      const options = { tags: wanted, ...(limit ? { limit: limit.join() } : {}) }
      await onHosts(text, there, options, async made => {
        const first = await audits(made)
        const ran = await made.apply()
        const last = await audits(made)
        const isBarred = ran.lines.some(line => line.isBarred)
        counts[isBarred ? 'barred' : 'ran'] += 1
        for (const { node, host: at } of resultsIn(ran)) {
          assert.ok(limit?.includes(at) ?? true, node)
          const [line] = ran.lines.filter(({ id }) => id === node || node.startsWith(`${id}[`))
          const ofTask = line!.node.task.tags
          assert.ok(
            wanted.length === 0 || line!.node.task.handler || ofTask.some(t => t === 'always' || wanted.includes(t)),
            node,
          )
        }
        for (const [i, name] of hosts.entries()) {
          const own = resultsIn(ran).filter(result => result.host === name)
          const isLeftAlone = isBarred || failing(ran, name) !== undefined || own.length === 0
          if (isLeftAlone) assert.is(last[i]!.state, first[i]!.state)
          else if (own.every(({ status }) => status !== 'failed'))
            assert.equal(
              strays(
                after(
                  first[i]!.tree,
                  own.flatMap(({ diff }) => diff),
                ),
                last[i]!.tree,
              ),
              [],
            )
        }
      })
    },
  )
  await holds(property, numRuns)
  console.log(`  ${JSON.stringify(counts)}`)
})

test.run()
