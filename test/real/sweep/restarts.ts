import { silentPairs } from '../../cluster/network.ts'
import type { Rig } from '../../cluster/rig.ts'
import { applied, healthy, type Scene } from './state.ts'

/** What is done on one host. */
type Blow = { node: string; command: string }
/** Blows at one moment; the next begin when these have ended. */
type Case = { name: string; blows: Blow[][] }

const three = ['node0', 'node1', 'node2']
const units = { kubo: 'ipfs', cluster: 'ipfs-cluster' }
type Daemon = keyof typeof units
const daemons: Daemon[] = ['kubo', 'cluster']

/** The units refuse a sixth start within 30 s, which is for daemons that crash: here nobody counts. */
const uncounted = (daemon: Daemon): string => `systemctl reset-failed ${units[daemon]}`
const restart = (node: string, ...which: Daemon[]): Blow => ({
  node,
  command: which.map(daemon => `${uncounted(daemon)} && systemctl restart ${units[daemon]}`).join(' && '),
})
const kill = (node: string, ...which: Daemon[]): Blow => ({
  node,
  command: which.map(daemon => `${uncounted(daemon)} && systemctl kill -s KILL ${units[daemon]}`).join(' && '),
})

const orders = (nodes: string[]): string[][] =>
  nodes.length < 2 ? [nodes] : nodes.flatMap(first => orders(nodes.filter(n => n !== first)).map(o => [first, ...o]))

const cases: Case[] = [
  ...daemons.flatMap(daemon =>
    three.map(node => ({ name: `${daemon} of ${node} restarted`, blows: [[restart(node, daemon)]] })),
  ),
  ...daemons.flatMap(daemon =>
    three.map(node => ({ name: `${daemon} of ${node} killed`, blows: [[kill(node, daemon)]] })),
  ),
  ...three.map(node => ({ name: `kubo, then cluster of ${node}`, blows: [[restart(node, 'kubo', 'cluster')]] })),
  ...three.map(node => ({ name: `cluster, then kubo of ${node}`, blows: [[restart(node, 'cluster', 'kubo')]] })),
  ...orders(three).map(order => ({
    name: `kubo of ${order.map(node => node.slice(-1)).join(', then ')}`,
    blows: order.map(node => [restart(node, 'kubo')]),
  })),
  { name: 'all kubo, then all cluster', blows: daemons.map(daemon => three.map(node => restart(node, daemon))) },
  { name: 'all at once', blows: [three.flatMap(node => daemons.map(daemon => restart(node, daemon)))] },
  { name: 'all killed at once', blows: [three.map(node => kill(node, ...daemons))] },
]

const strike = async (lab: Rig, blows: Blow[][]): Promise<void> => {
  for (const moment of blows) await Promise.all(moment.map(({ node, command }) => lab.ssh(node, command)))
}

/** With an apply behind it. */
const mended = ({ name, blows }: Case): Scene => ({
  name,
  play: async lab => {
    await strike(lab, blows)
    await applied(lab)
    return healthy(lab)
  },
})

/** Left alone: how long until all pairs exchange blocks again. Peering dials 5 to 10 s after a start. */
const alone = ({ name, blows }: Case): Scene => ({
  name: `${name}; left alone`,
  play: async lab => {
    await strike(lab, blows)
    const began = Date.now()
    await lab.until('all pairs exchange blocks', 60, async () => (await silentPairs(lab)).length === 0)
    return `6 of 6 pairs after ${((Date.now() - began) / 1000).toFixed(1)} s`
  },
})

const lonely = ['kubo of node0 restarted', 'kubo of node1 killed', 'all at once', 'all killed at once']

export const restarts: Scene[] = [...cases.map(mended), ...cases.filter(({ name }) => lonely.includes(name)).map(alone)]
