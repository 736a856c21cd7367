import { readFileSync, writeFileSync } from 'node:fs'
import { farAway } from '../delay.ts'
import { steps, tell, trips } from '../events.ts'
import { type Rig, runbook } from '../rig.ts'
import { infoRow, type Row, ratioRow } from '../row.ts'
import { byTurns, must } from '../timing.ts'

/** There and back, and how many times `ssh HOST true` twenty tasks with nothing to change may take. */
const WAYS: [rtt: number, most: number][] = [
  [0, 1.3],
  [50, 1.2],
]
const PLAYBOOK = 'test/bench/ordinary.yml'

const knownAt = (rig: Rig, ports: number[]): string =>
  rig
    .addresses()
    .flatMap((address, i) =>
      readFileSync(rig.knownHosts, 'utf8')
        .split('\n')
        .filter(line => line.startsWith(`${address} `))
        .map(line => line.replace(address, `[127.0.0.1]:${ports[i]}`)),
    )
    .join('\n')

/** The bench's hosts, each behind a way of its own. */
const measured = async (rig: Rig, rtt: number, most: number): Promise<Row[]> => {
  const ways = await Promise.all(rig.addresses().map(address => farAway(address, rtt)))
  try {
    const folder = rig.inventory.replace(/\/[^/]*$/, '')
    const ports = ways.map(({ port }) => port)
    const [inventory, known] = [`${folder}/far.json`, `${folder}/far_known_hosts`]
    writeFileSync(known, `${knownAt(rig, ports)}\n`)
    const vars = {
      ansible_host: '127.0.0.1',
      ansible_user: 'root',
      ansible_ssh_private_key_file: rig.key,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${known}`,
    }
    const hosts = Object.fromEntries(ports.map((port, i) => [`far${i}`, { ansible_port: port }]))
    writeFileSync(inventory, JSON.stringify({ all: { hosts, vars } }))
    const apply = runbook('apply', PLAYBOOK, '-i', inventory)
    const quiet = ['-F', 'none', '-i', rig.key, '-o', `UserKnownHostsFile=${known}`, '-o', 'BatchMode=yes']
    const script = 'ports=$1; shift; for p in $ports; do ssh -p "$p" "$@" root@127.0.0.1 true </dev/null & done; wait'
    const times = await byTurns({ argv: apply }, { argv: ['sh', '-c', script, 'sh', ports.join(' '), ...quiet] })
    return [ratioRow(`20 ordinary tasks at ${rtt} ms / ssh HOST true`, times, most)]
  } finally {
    for (const way of ways) way.close()
  }
}

/** Twenty ordinary tasks on hosts that are near and far, with nothing to change and the first time. */
export const farHosts = async (rig: Rig): Promise<Row[]> => {
  const first = await tell(runbook('apply', PLAYBOOK, '-i', rig.inventory))
  await must({ argv: runbook('apply', PLAYBOOK, '-i', rig.inventory) })
  const changed = infoRow('20 ordinary tasks, first run: steps and round trips', `${steps(first)} in ${trips(first)}`)
  const rows: Row[] = steps(first) === 0 ? [] : [changed]
  for (const [rtt, most] of WAYS) rows.push(...(await measured(rig, rtt, most)))
  return rows
}
