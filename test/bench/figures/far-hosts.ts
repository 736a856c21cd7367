import { steps, tell, trips } from '../events.ts'
import { onFarHosts } from '../far.ts'
import { type Rig, runbook } from '../rig.ts'
import { infoRow, type Row, ratioRow } from '../row.ts'
import { byTurns, must } from '../timing.ts'

/** There and back, and how many times `ssh HOST true` twenty tasks with nothing to change may take. */
const WAYS: [rtt: number, most: number][] = [
  [0, 1.3],
  [50, 1.2],
]
const PLAYBOOK = 'test/bench/ordinary.yml'

/** Twenty ordinary tasks on hosts that are near and far, with nothing to change and the first time. */
export const farHosts = async (rig: Rig): Promise<Row[]> => {
  const first = await tell(runbook('apply', PLAYBOOK, '-i', rig.inventory))
  await must({ argv: runbook('apply', PLAYBOOK, '-i', rig.inventory) })
  const changed = infoRow('20 ordinary tasks, first run: steps and round trips', `${steps(first)} in ${trips(first)}`)
  const rows: Row[] = steps(first) === 0 ? [] : [changed]
  for (const [rtt, most] of WAYS) {
    const times = await onFarHosts(rig, rtt, ({ inventory, sshTrue }) =>
      byTurns({ argv: runbook('apply', PLAYBOOK, '-i', inventory) }, sshTrue),
    )
    rows.push(ratioRow(`20 ordinary tasks at ${rtt} ms / ssh HOST true`, times, most))
  }
  return rows
}
