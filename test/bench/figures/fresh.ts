import { resultsOf, steps, type Told, tell, trips } from '../events.ts'
import { type Chain, graphOf, longestChain } from '../longest.ts'
import { playbook, type Rig, runbook } from '../rig.ts'
import { checkRow, infoRow, type Row, ratioRow } from '../row.ts'
import { median, must } from '../timing.ts'

/** Each takes fresh hosts and several seconds. */
const ROUNDS = 3

type Ours = { told: Told; chain: Chain; overhead: number }

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

/** The main playbook on hosts that have nothing yet, against a script that does the same by hand over plain ssh. */
export const fresh = async (rig: Rig): Promise<Row[]> => {
  // Also looks into the archives, which takes a second, once: what is found is kept.
  await must({ argv: runbook('plan', ...rig.main) })
  const graph = await graphOf(playbook, rig.inventory)
  const theirs: number[] = []
  const ours: Ours[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await rig.renew()
    theirs.push((await must(rig.byHand())).ms)
    await rig.renew()
    const told = await tell(runbook('apply', ...rig.main))
    const chain = longestChain(graph, resultsOf(told))
    ours.push({ told, chain, overhead: told.ran.ms - chain.ms })
  }
  const took = median(ours.map(({ told }) => told.ran.ms))
  const overhead = median(ours.map(one => one.overhead))
  const share = overhead / took
  const { told, chain } = ours.at(-1)!
  return [
    ratioRow('fresh apply / a script by hand', { ours: took, theirs: median(theirs) }, 1.15),
    checkRow(
      'fresh apply: besides its longest chain of steps',
      `${seconds(overhead)} ${(share * 100).toFixed(0)} %`,
      '1.5 s 15 %',
      overhead < 1500 && share < 0.15,
    ),
    infoRow('fresh apply: steps', String(steps(told))),
    infoRow('fresh apply: most round trips to a host', String(trips(told))),
    ...chain.links.map(({ node, ms }, i) =>
      infoRow(i === 0 ? 'fresh apply: its longest chain' : '', `${seconds(ms).padStart(7)} ${node}`),
    ),
  ]
}
