import { writeFileSync } from 'node:fs'
import { type Rig, runbook } from '../rig.ts'
import { type Row, ratioRow } from '../row.ts'
import { byTurns, must } from '../timing.ts'

/** How many times `ssh -J` without a control master. */
const MOST = 1.3

/** Three hosts behind a fourth: twenty tasks with nothing to change, and `ssh -J` to all of them at once. */
export const bastion = async (rig: Rig): Promise<Row[]> => {
  if (rig.addresses().length < 4) await rig.add('node3')
  const [way, ...behind] = rig.addresses() as [string, ...string[]]
  const folder = rig.inventory.replace(/\/[^/]*$/, '')
  const [config, inventory] = [`${folder}/ssh_config`, `${folder}/behind.json`]
  const words = [`User root`, `IdentityFile ${rig.key}`, `UserKnownHostsFile ${rig.knownHosts}`, 'BatchMode yes']
  writeFileSync(config, `Host *\n${words.map(word => `  ${word}\n`).join('')}`)
  const hosts = Object.fromEntries(behind.map((address, i) => [`behind${i}`, { ansible_host: address }]))
  writeFileSync(inventory, JSON.stringify({ all: { hosts } }))
  const apply = runbook('apply', 'test/bench/ordinary.yml', '-i', inventory, '-F', config, '-J', way)
  await must({ argv: apply })
  const script = 'config=$1 way=$2; shift 2; for h; do ssh -F "$config" -J "$way" "$h" true </dev/null & done; wait'
  const theirs = { argv: ['sh', '-c', script, 'sh', config, way, ...behind] }
  return [ratioRow('3 hosts behind a bastion, 20 tasks / ssh -J', await byTurns({ argv: apply }, theirs), MOST)]
}
