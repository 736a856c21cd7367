import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isRecord, sha256 } from '../../src/core/value.ts'
import { cases, fc, seed } from '../chance.ts'
import { type Ran, rig } from '../plan/rig.ts'
import { createHosts } from '../run/local.ts'
import { holds } from '../run/property.ts'
import { audit, type Tree } from './audit.ts'
import { plainPlaybook } from './playbooks.ts'
import { failing, isOpen, named, resultsIn } from './promises.ts'
import { before, files, prepare } from './tree.ts'

const numRuns = Number(process.env.RUNBOOK_RUNS ?? cases(50))
const hosts = ['node0']

/** A moment of a step that chance takes, whichever it is. */
const later = (ms: number, act: () => Promise<unknown>): Promise<unknown> =>
  new Promise(resolve => setTimeout(() => resolve(act()), ms))

/** What a cut leaves beside a file, under no final name: the next write there takes it away. */
const isUnfinished = (path: string): boolean => /runbook-/.test(path)
/** A tree by its names below its root, without what is unfinished. */
const below = (root: string, tree: Tree): [string, unknown][] =>
  [...tree].filter(([path]) => !isUnfinished(path)).map(([path, entry]) => [path.slice(root.length), entry])

const digestsIn = (tree: Tree): string[] =>
  [...tree].flatMap(([path, { digest }]) => (digest && !isUnfinished(path) ? [digest] : []))
/** Every content that a run has promised to put somewhere, and what its commands write. */
const promisedBy = ({ known }: Ran): string[] =>
  [...known.finished.values()].flatMap(({ will }) =>
    will.flatMap(([, patch]) => {
      const content = isRecord(patch) ? patch.content : undefined
      return isRecord(content) && typeof content.digest === 'string' ? [content.digest] : []
    }),
  )

test(`law 7: ${numRuns} runs (seed ${seed}) cut off at any moment leave every file whole, and the next one finishes`, async () => {
  const counts = { cut: 0, finished: 0, leftOut: 0 }
  const property = fc.asyncProperty(
    plainPlaybook(hosts),
    before,
    fc.integer({ min: 1, max: 6 }),
    fc.option(fc.integer({ min: 0, max: 12 })),
    async ({ text }, there, frame, delay) => {
      const whole = rig(text, { files, hosts })
      let left = Number.POSITIVE_INFINITY
      let gone: Promise<unknown> | undefined
      const shaky = createHosts(() => {
        left -= 1
        if (left === 0) gone = delay === null ? shaky.kill('node0') : later(delay, () => shaky.kill('node0'))
      })
      const cut = rig(text, { files, hosts }, shaky)
      try {
        const [twin, root] = [whole.hosts.root('node0'), shaky.root('node0')]
        for (const at of [twin, root]) prepare(at, there)
        const first = await audit(root)
        const plan = await whole.plan()
        // What undoes itself, or hangs on what a run alone knows, does not come to the same twice.
        const isMeant = named(plan).size === 0 && !isOpen(plan) && failing(plan, 'node0') === undefined
        if (!isMeant) {
          counts.leftOut += 1
          return
        }
        const ran = await whole.apply()
        const wanted = await audit(twin)
        left = frame
        const broken = await cut.apply()
        left = Number.POSITIVE_INFINITY
        await gone
        counts.cut += broken.known.lost.size
        const contents = new Set([
          ...digestsIn(first.tree),
          ...digestsIn(wanted.tree),
          ...promisedBy(ran),
          sha256('made\n'),
          sha256(''),
        ])
        for (const digest of digestsIn((await audit(root)).tree)) assert.ok(contents.has(digest), 'a file is torn')
        if (gone !== undefined) shaky.revive('node0')
        const again = await cut.apply()
        assert.equal(
          resultsIn(again).filter(({ status }) => status === 'failed'),
          [],
        )
        assert.equal(below(root, (await audit(root)).tree), below(twin, wanted.tree), 'the next run finishes')
        counts.finished += 1
      } finally {
        await whole.close()
        await cut.close()
      }
    },
  )
  await holds(property, numRuns, 3)
  assert.ok(counts.finished > 0)
  console.log(`  ${JSON.stringify(counts)}`)
})

test.run()
