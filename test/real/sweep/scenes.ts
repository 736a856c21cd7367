import { counts } from '../../cluster/reading.ts'
import type { Rig } from '../../cluster/rig.ts'
import { restarts } from './restarts.ts'
import { applied, healthy, need, type Scene, undisturbed } from './state.ts'

const fresh: Scene = {
  name: 'three fresh hosts',
  play: async lab => {
    const told = await applied(lab)
    return `apply ${(told.summary.wallMs / 1000).toFixed(1)} s, ${await healthy(lab)}`
  },
}

/** No step, and one look at each host. */
const again: Scene = {
  name: 'a second apply',
  play: async lab => {
    const told = await applied(lab)
    const [steps, trips] = [Object.values(counts(told, 'steps')), Object.values(counts(told, 'roundTrips'))]
    need(Math.max(...steps) === 0, `steps: ${steps.join(', ')}`)
    need(Math.max(...trips) === 1, `round trips: ${trips.join(', ')}`)
    return '0 steps, 1 round trip'
  },
}

const fourth: Scene = {
  name: 'a fourth host',
  play: async lab => {
    const old = lab.nodes
    await lab.lab('add', 'node3')
    await undisturbed(lab, old, async () => void (await applied(lab)))
    return `${await healthy(lab)}, none started again`
  },
}

type Ids = { kubo: string; cluster: string; key: string }
const idsOf = async (lab: Rig, node: string): Promise<Ids> => {
  const field = `sed -n 's/^ *"id": *"\\([^"]*\\)".*/\\1/p' /var/lib/ipfs-cluster/identity.json`
  const said = await lab.ssh(
    node,
    `sed -n 's/.*"PeerID": *"\\([^"]*\\)".*/\\1/p' /var/lib/ipfs/config; ${field}; sha256sum </var/lib/ipfs/swarm.key`,
  )
  const [kubo = '', cluster = '', key = ''] = said.split('\n')
  return { kubo, cluster, key }
}

/** Where the others know a host from: kubo's config and running daemon, the cluster's list of peers. */
const known = (lab: Rig, nodes: string[]): Promise<Record<string, string>> =>
  lab.everywhere(
    'cat /var/lib/ipfs/config; ipfs --api=/ip4/127.0.0.1/tcp/5001 swarm peering ls; ipfs-cluster-ctl --timeout 3 peers ls',
    nodes,
  )

/** The disk is lost: the same name, nothing on it. Each round another host. */
const replaced: Scene = {
  name: 'a host lost and replaced',
  play: async (lab, round) => {
    const node = lab.nodes[round % lab.nodes.length]!
    const others = lab.nodes.filter(other => other !== node)
    const old = await idsOf(lab, node)
    await lab.lab('rm', node)
    await lab.lab('add', node)
    await undisturbed(lab, others, async () => void (await applied(lab)))
    const now = await idsOf(lab, node)
    need(now.key === old.key, `${node} got another swarm key`)
    need(now.kubo !== old.kubo && now.cluster !== old.cluster, `${node} has its old ids`)
    const pairs = await healthy(lab)
    for (const [other, text] of Object.entries(await known(lab, others))) {
      for (const id of [now.kubo, now.cluster]) need(text.includes(id), `${other} does not know ${node}'s new id ${id}`)
      for (const id of [old.kubo, old.cluster]) need(!text.includes(id), `${other} still knows ${node}'s old id ${id}`)
    }
    return `${node}: the same key, new ids everywhere, ${pairs}`
  },
}

/** In this order: restarts are of three hosts, six orders of them. */
export const scenes: Scene[] = [fresh, again, ...restarts, fourth, { ...again, name: 'an apply after that' }, replaced]
