import { steps, tell, trips } from '../events.ts'
import { type Rig, runbook } from '../rig.ts'
import { checkRow, type Row, ratioRow } from '../row.ts'
import { byTurns, must, root } from '../timing.ts'

/** The main playbook where all is done, against one script per host that reads the same by hand over plain ssh. */
export const secondApply = async (rig: Rig): Promise<Row[]> => {
  const apply = runbook('apply', ...rig.main)
  await must({ argv: apply })
  const told = await tell(apply)
  const times = await byTurns({ argv: apply }, rig.everywhere('sh -s', `${root}/test/bench/second-apply.sh`))
  return [
    checkRow('second apply: steps', String(steps(told)), '0', steps(told) === 0),
    checkRow('second apply: round trips per host', String(trips(told)), '1', trips(told) === 1),
    ratioRow('second apply / a script of the same reads', times, 1.3),
  ]
}
