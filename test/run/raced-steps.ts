import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import clusterAdopt from '../../modules/ipfs/cluster_adopt.ts'
import adopt from '../../modules/ipfs/ipfs_adopt.ts'
import exchange from '../../modules/ipfs/ipfs_exchange.ts'
import survey from '../../modules/ipfs/ipfs_survey.ts'
import type { Step } from '../../src/module/step.ts'

// Steps of modules that look at daemons, or at several hosts: told what is there they plan as they do on a host, and what they
// plan can be raced without any daemon.

/** Steps, and what other hosts have made known for them. */
export type RacedSteps = { steps: Step[]; memory?: Record<string, string> }

type Plan<Change> = (args: unknown, seen: unknown, decide: unknown) => Change

const refuse = (why: string): never => {
  throw new Error(why)
}

const planned = (module: unknown, args: object, seen: object): Step[] => {
  const { plan } = module as { plan: Plan<{ steps: Step[] }> }
  return plan(args, seen, { ok: () => refuse('nothing to do'), change: (change: object) => change, fail: refuse }).steps
}

const plannedTogether = (module: unknown, args: Record<string, object>, seen: Record<string, object>): Step[][] => {
  const { plan } = module as { plan: Plan<Record<string, { phases?: Step[][] }>> }
  const hosts = Object.keys(args)
  const together = {
    ...{ up: hosts, bystanders: [], ok: () => ({}), change: (change: object) => change, fail: refuse, from: () => '' },
    each: (decide: (host: string) => object) => Object.fromEntries(hosts.map(host => [host, decide(host)])),
  }
  return plan(args, seen, together).node0!.phases ?? []
}

const absent = { exists: false }

/** What an adoption is told of a folder that nobody uses any more, and of programs that were copied by hand. */
const adoption = (at: string, from: string, names: string[], isApart: boolean) => ({
  args: {
    ...{
      path: `${at}/adopted`,
      from,
      user: 'daemon',
      bin_dir: `${at}/bin`,
      unit: `${at}/units/one`,
      src: 'x',
      copy: isApart,
    },
    ...{ at_boot: true, meets: [], api: '', via: 'peering', consensus: 'crdt', cluster_path: '', ipfs_path: '' },
    ...{
      cluster_unit: `${at}/units/two`,
      ipfs_unit: `${at}/units/two`,
      peers: [{ id: 'QmB', address: '10.0.0.2', port: 4001 }],
    },
  },
  seen: {
    holders: { units: [], folders: [{ path: from, id: 'QmA', pins: 3 }], daemons: [] },
    place: {
      ...{ target: 'absent', begun: '', hasSystemd: true },
      programs: names.map(name => ({ name, state: 'file', path: `${at}/tools/${name}` })),
    },
    ...{ root: absent, file: absent, wayBack: absent, peering: { value: null }, bootstrap: { value: null } },
    ...{ unit: { active: 'inactive' }, template: { exists: true, text: '[Service]\n' }, connected: [], listed: [] },
    source: {
      ...{ isThere: true, real: from, names: [from], owner: 'root:root', canRename: !isApart, isMount: false },
      ...{ mounts: [], size: 0, free: 1e9 },
    },
  },
})

export const adoptingKubo = (at: string, isApart = false): RacedSteps => {
  const { args, seen } = adoption(at, `${at}/.ipfs`, ['ipfs'], isApart)
  return { steps: planned(adopt, args, seen) }
}
export const adoptingCluster = (at: string): RacedSteps => {
  const { args, seen } = adoption(at, `${at}/.peer`, ['ipfs-cluster-service', 'ipfs-cluster-ctl'], false)
  const meets = [{ id: 'QmB', address: '10.0.0.2', port: 9096 }]
  return {
    steps: planned(
      clusterAdopt,
      { ...args, meets },
      { ...seen, consensus: { value: { crdt: {} } }, listed: [{ state: 'missing' }] },
    ),
  }
}

/** What somebody has set up by hand: folders with what is in them, and programs. */
export const setUpByHand = (at: string): void => {
  for (const folder of ['.ipfs/blocks/AA', '.peer', 'tools', 'units']) mkdirSync(join(at, folder), { recursive: true })
  for (const name of ['.ipfs/config', '.ipfs/version', '.ipfs/swarm.key', '.ipfs/blocks/AA/x', '.peer/peerstore'])
    writeFileSync(join(at, name), 'x\n', { mode: 0o600 })
  for (const name of ['service', 'identity']) writeFileSync(join(at, `.peer/${name}.json`), '{\n  "id": "QmA"\n}\n')
  for (const name of ['ipfs', 'ipfs-cluster-service', 'ipfs-cluster-ctl']) {
    writeFileSync(join(at, 'tools', name), '#!/bin/sh\n[ "$1" != config ] || echo >>"$IPFS_PATH/config"\n')
    chmodSync(join(at, 'tools', name), 0o755)
  }
}

/** A host that reads a block of another one, and notes it in its repo. */
export const exchanging = (at: string, bin: string): RacedSteps => {
  const own = { path: at, user: 'daemon', bin_dir: bin, api: '/ip4/127.0.0.1/tcp/5001', unit: 'ipfs', via: 'peering' }
  const end = (id: string) => ({ id: { value: id }, started: { at: 'T' }, stamps: absent })
  const phases = plannedTogether(exchange, { node0: own, node1: own }, { node0: end('QmA'), node1: end('QmB') })
  return { steps: phases.slice(1).flat(), memory: { 'cid.node1': 'x', 'here.node1': 'here' } }
}

/** A host that gets the swarm key of another one; what it had is kept aside. */
export const surveying = (at: string): RacedSteps => {
  const place = { target: 'absent', begun: '', hasSystemd: true, programs: [] }
  const none = { units: [], folders: [], daemons: [] }
  const host = (path: string, id: string, print: string) => ({
    ...{ kubo: { ...none, folders: [{ path, id }] }, cluster: none, kuboPlace: place, clusterPlace: place },
    ...{
      kuboUnit: { active: 'inactive' },
      clusterUnit: { active: 'inactive' },
      id: { value: id },
      key: { state: 'good', print },
    },
    ...{ formerKey: absent, formerSecret: absent, listeners: { api: '', port: 4001 } },
  })
  const args = {
    ...{ ipfs_path: '/nowhere/ipfs', cluster_path: '/nowhere/peer', user: 'daemon', bin_dir: '/nowhere', keep: [] },
    ...{ ipfs_unit: '/nowhere/one', cluster_unit: '/nowhere/two', address: '', ipfs_from: '', cluster_from: '' },
    ...{ swarm_key_from: 'node1', cluster_secret_from: '' },
  }
  const seen = { node0: host(`${at}/.ipfs`, 'QmA', 'a'.repeat(64)), node1: host('/root/.ipfs', 'QmB', 'b'.repeat(64)) }
  return { steps: plannedTogether(survey, { node0: args, node1: args }, seen).flat(), memory: { key: 'b'.repeat(64) } }
}
