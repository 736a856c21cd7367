import * as assert from 'uvu/assert'
import type { Hand, Typed } from './by-hand.ts'
import { broken, counts, failures, pending, plannedOf } from './reading.ts'
import { type Rig, root, type Told, tell } from './rig.ts'

// What tests of an adoption ask: the same before and after, whoever runs the daemons.

export const adoptPlaybook = `${root}/playbooks/adopt.yml`

/** The words of a run of `adopt.yml` on a lab. */
export const adoptWords = (lab: Rig, command: 'plan' | 'apply', ...more: string[]): string[] => [
  ...[command, adoptPlaybook, '-i', lab.inventory, '--format', 'json'],
  ...more,
]
export const planAdopt = async (lab: Rig, ...more: string[]): Promise<Told> =>
  tell(await lab.start(...adoptWords(lab, 'plan', ...more)).ended)
export const applyAdopt = async (lab: Rig, ...more: string[]): Promise<Told> =>
  tell(await lab.start(...adoptWords(lab, 'apply', ...more)).ended)

/** Asserts that a run has done all that it had planned, and that all was decided. */
export const needGood = (told: Told): void => {
  assert.equal(failures(told), [])
  assert.is(told.code, 0, told.stderr)
  assert.equal(broken(told), [])
}

export const undecided = (told: Told): string[] =>
  plannedOf(told).flatMap(({ node, verdict }) => (verdict === 'undecided' ? [node] : []))

/** Asserts that a second run finds nothing to do. */
export const needQuiet = (told: Told): void => {
  assert.equal(pending(told), [])
  assert.ok(Object.values(counts(told, 'changed')).every(n => n === 0))
}

/** Where the folders of a host are by now. */
type Places = Pick<Hand, 'repo' | 'cluster'>
export const adopted: Places = { repo: '/var/lib/ipfs', cluster: '/var/lib/ipfs-cluster' }

/** All that must not be lost: identities with their private keys, the shared keys, a digest of each block; a line each. */
export const treasure = async (lab: Rig, ...places: Places[]): Promise<string[]> => {
  const first = (of: keyof Places, proof: string): string =>
    places.map(place => `[ -e ${place[of]}/${proof} ] && echo ${place[of]} && exit`).join('; ')
  const told = await lab.everywhere(
    `r=$(${first('repo', 'config')}); c=$(${first('cluster', 'service.json')})
cd "$r" && grep -E '"(PeerID|PrivKey)"' config | tr -d ' ,' && sed -n 3p swarm.key && find blocks -type f -name '*.data' -exec sha256sum {} + && cd "$c" && grep -E '"(id|private_key)"' identity.json && sed -n 's/.*"secret": *//p' service.json`,
  )
  return Object.entries(told).flatMap(([node, text]) => text.split('\n').map(line => `${node} ${line}`))
}

/** What of a treasure is not there any more. */
export const lost = (before: string[], now: string[]): string[] => before.filter(line => !now.includes(line))

/** The CIDs that every kubo has pinned, and the cluster lists as pinned on all. */
export const needPinned = async (lab: Rig, cids: string[]): Promise<void> => {
  const kubo = 'ipfs --api /ip4/127.0.0.1/tcp/5001 pin ls --type recursive -q | sort'
  const cluster = `ipfs-cluster-ctl --enc=json status | grep -c '"status": "pinned"'`
  for (const [node, text] of Object.entries(await lab.everywhere(kubo)))
    assert.equal(
      cids.filter(cid => !text.includes(cid)),
      [],
      node,
    )
  await lab.until('all pins are told as pinned', 60, async () => {
    const told = await lab.everywhere(`${cluster}; :`)
    return Object.values(told).every(n => Number(n) === cids.length * lab.nodes.length)
  })
}

/** Who runs the daemons, and what else of the guide is left running. */
export const runners = (lab: Rig): Promise<Record<string, string>> =>
  lab.everywhere(
    `ps -eo user:12=,args= | grep -E '[i]pfs(-cluster-service)?"? .*daemon' | sed 's/ .*//' | sort | uniq -c | tr -s ' '`,
  )

export const needIds = async (lab: Rig, { ids }: Typed): Promise<void> => {
  const now = await lab.everywhere(
    `sed -n 's/^ *"PeerID": *"\\([^"]*\\)".*/\\1/p' ${adopted.repo}/config; sed -n 's/^ *"id": *"\\([^"]*\\)".*/\\1/p' ${adopted.cluster}/identity.json`,
  )
  assert.equal(now, Object.fromEntries(Object.entries(ids).map(([node, id]) => [node, `${id.kubo}\n${id.cluster}`])))
}
