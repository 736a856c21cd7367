import { steps, tell, trips } from '../events.ts'
import { type Rig, runbook } from '../rig.ts'
import { checkRow, type Row, ratioRow } from '../row.ts'
import { byTurns, must } from '../timing.ts'

/** Twenty ordinary tasks with nothing to change, against the least that ssh can do on the same hosts. */
export const ordinary = async (rig: Rig): Promise<Row[]> => {
  const apply = runbook('apply', 'test/bench/ordinary.yml', '-i', rig.inventory)
  await must({ argv: apply })
  const told = await tell(apply)
  const times = await byTurns({ argv: apply }, rig.everywhere('true'))
  return [
    checkRow('20 ordinary tasks: steps', String(steps(told)), '0', steps(told) === 0),
    checkRow('20 ordinary tasks: round trips per host', String(trips(told)), '1', trips(told) === 1),
    ratioRow('20 ordinary tasks / ssh HOST true', times, 1.5),
  ]
}
