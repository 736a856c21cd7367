import { daemonsAre, silentPairs } from '../../cluster/network.ts'
import { failures } from '../../cluster/reading.ts'
import type { Rig, Told } from '../../cluster/rig.ts'

// What a network on real programs must be like, asked without the playbook.

/** One thing that happens to the network, and how it must be afterwards. Returns what was seen, in a few words. */
export type Scene = { name: string; play(lab: Rig, round: number): Promise<string> }

export const need = (isTrue: boolean, message: string): void => {
  if (!isTrue) throw new Error(message)
}

/** Hosts whose cluster daemon does not list every peer without an error. */
const unlisted = async (lab: Rig): Promise<string[]> => {
  const list = `ipfs-cluster-ctl --timeout 3 --enc=json peers ls | grep -c '^    "error": ""' || :`
  const counts = Object.entries(await lab.everywhere(list))
  return counts.filter(([, count]) => Number(count) !== lab.nodes.length).map(([node, count]) => `${node}: ${count}`)
}

/** Every ordered pair exchanges a fresh block, and every cluster daemon lists every peer. Says how many pairs. */
export const healthy = async (lab: Rig): Promise<string> => {
  const pairs = lab.nodes.length * (lab.nodes.length - 1)
  const silent = await silentPairs(lab)
  need(silent.length === 0, `${pairs - silent.length} of ${pairs} pairs exchange blocks, not ${silent.join(', ')}`)
  const lacking = await unlisted(lab)
  need(lacking.length === 0, `cluster peers listed, of ${lab.nodes.length}: ${lacking.join(', ')}`)
  return `${pairs} of ${pairs} pairs`
}

/** A run that does its work. */
export const applied = async (lab: Rig): Promise<Told> => {
  const told = await lab.apply()
  need(told.code === 0, `apply: exit ${told.code}: ${failures(told).join('; ')}`)
  return told
}

/** Does something during which no daemon of these hosts may be started again. */
export const undisturbed = async (lab: Rig, nodes: string[], inside: () => Promise<void>): Promise<void> => {
  const before = await daemonsAre(lab, nodes)
  await inside()
  const after = await daemonsAre(lab, nodes)
  const other = nodes.filter(node => before[node] !== after[node])
  need(other.length === 0, `daemons were started again on ${other.join(', ')}`)
}
