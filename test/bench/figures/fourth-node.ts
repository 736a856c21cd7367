import { type Rig, runbook } from '../rig.ts'
import { checkRow, infoRow, type Row } from '../row.ts'
import { must } from '../timing.ts'

const units = ['ipfs', 'ipfs-cluster']

/** What would differ if a daemon had been restarted. */
const lives = (rig: Rig, hosts: string[]): Promise<string[]> =>
  Promise.all(
    hosts.map(host =>
      rig.ask(host, `systemctl show -p Id,MainPID,ActiveEnterTimestampMonotonic -- ${units.join(' ')}`),
    ),
  )

/** A host more: the daemons of the others live on. */
export const fourthNode = async (rig: Rig): Promise<Row[]> => {
  const apply = runbook('apply', ...rig.main)
  await must({ argv: apply })
  const old = rig.addresses()
  const before = await lives(rig, old)
  await rig.add('node3')
  const { ms } = await must({ argv: apply })
  const after = await lives(rig, old)
  const restarted = before.filter((life, i) => life !== after[i] || !/^MainPID=[1-9]/m.test(life)).length
  const where = restarted === 0 ? 'none' : `on ${restarted}`
  return [
    checkRow('a 4th node: daemons restarted on the others', where, 'none', restarted === 0),
    infoRow('a 4th node: apply', ms),
  ]
}
