import { longestChain, steps, tell, trips } from '../events.ts'
import { type Rig, runbook } from '../rig.ts'
import { infoRow, type Row } from '../row.ts'

/** The main playbook on hosts that have nothing yet. For information: how long depends on kubo and the ping interval. */
export const fresh = async (rig: Rig): Promise<Row[]> => {
  const told = await tell(runbook('apply', ...rig.main))
  return [
    infoRow('fresh apply', told.ran.ms),
    infoRow('fresh apply: steps', String(steps(told))),
    infoRow('fresh apply: most round trips to a host', String(trips(told))),
    ...longestChain(told).map((link, i) => infoRow(i === 0 ? 'fresh apply: longest chain (start+time)' : '', link)),
  ]
}
