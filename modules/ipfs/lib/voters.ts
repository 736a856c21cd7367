import { isAddressOf } from './address.ts'

/** How one host stands to the raft cluster. */
export type RaftStanding = {
  host: string
  address: string
  /** The cluster peer's id; undefined where it is still to be made. */
  id: string | undefined
  /** It holds raft's state, and the join that made it was not cut. */
  hasState: boolean
  /** It holds state that raft has put aside: it was a member once. */
  hadState: boolean
  /** Steps may run here. */
  isHere: boolean
  /** Its unit runs, or tries to. */
  isOn: boolean
  /** Who its daemon lists, each with why it does not answer; empty where no daemon answers. */
  lists: Record<string, string>
  /** Where those are, as the daemon knows it. */
  known: string[]
}

/** In a fix `{unit}`, `{folder}` and `{service}` (ipfs-cluster-service as its user) stand for those of the host. */
export type VoterDecision =
  | { is: 'fail'; why: string; fix: string; on: string[] }
  | {
      is: 'good'
      /** Hosts that become members, in this order. */
      joining: string[]
      /** Members at rest whose votes are needed for that. */
      raised: string[]
      /** The member that is joined; the founder is its own. */
      via: string | undefined
      founder: string | undefined
      /** Ids that have no host any more: `via` takes them out. */
      leaving: { id: string; of: string }[]
    }

const one = (list: string[]): string => list.join(', ')
const answering = ({ lists }: RaftStanding): number => Object.values(lists).filter(error => error === '').length

/** Ids that do not answer and stand at the address of a host which has another id now. */
const orphans = (voice: RaftStanding, hosts: RaftStanding[]): { id: string; of: string }[] =>
  Object.keys(voice.lists)
    .filter(id => voice.lists[id] !== '' && !hosts.some(h => h.id === id))
    .flatMap(id => {
      const at = voice.known.filter(address => address.endsWith(`/${id}`))
      const host = hosts.find(h => at.some(address => isAddressOf(address, h.address)))
      return host ? [{ id, of: host.host }] : []
    })

const listsOf = (by: RaftStanding, h: RaftStanding): boolean => h.id !== undefined && by.lists[h.id] !== undefined

type Fail = Extract<VoterDecision, { is: 'fail' }>
type Good = Extract<VoterDecision, { is: 'good' }>

/** Two daemons that do not list each other are two clusters. */
const twoClusters = (hosts: RaftStanding[], voice: RaftStanding, speakers: RaftStanding[]): Fail | undefined => {
  const rival = speakers.find(h => listsOf(h, h) && !listsOf(voice, h) && !listsOf(h, voice))
  if (!rival) return undefined
  return {
    is: 'fail',
    on: hosts.map(h => h.host),
    why: `there are two raft clusters: ${rival.host} is not in that of ${voice.host}`,
    fix: `keep one. On ${rival.host} or ${voice.host}, whichever gives its own up: \`systemctl stop {unit}\`, \`{service} state export -f {folder}/pins.ndjson\`, \`{service} state cleanup -f\` (its state is put aside as raft.old.0); then run this again`,
  }
}

/** There is a cluster: it is joined, which needs the votes of more than half of its members. */
const joinCluster = (
  voice: RaftStanding,
  hosts: RaftStanding[],
  base: Omit<Good, 'via' | 'leaving'>,
): VoterDecision => {
  const list = Object.keys(voice.lists)
  const votes = hosts.filter(h => [...base.joining, ...base.raised].includes(h.host))
  const able = list.filter(id => voice.lists[id] === '' || votes.some(h => h.id === id))
  const hasQuorum = 2 * able.length > list.length
  if (!hasQuorum && base.joining.length > 0)
    return {
      is: 'fail',
      on: base.joining,
      why: `no quorum: ${able.length} of the ${list.length} members of the raft cluster answer on ${voice.host}, so ${one(base.joining)} cannot join`,
      fix: 'start more than half of the members; if they are lost for good, on one that is left: `systemctl stop {unit}`, `{service} state export -f {folder}/pins.ndjson`, `: >{folder}/peerstore`, `{service} state import -f {folder}/pins.ndjson`, and run this again',
    }
  return { ...base, via: voice.host, leaving: hasQuorum && voice.isHere ? orphans(voice, hosts) : [] }
}

/** No daemon answers. What keeps a cluster from being founded: there is one, was one, or may be one. */
const unfoundable = (
  names: string[],
  members: RaftStanding[],
  hosts: RaftStanding[],
  missing: string[],
): Fail | undefined => {
  if (members.length > 0)
    return {
      is: 'fail',
      on: names,
      why: `no member of the raft cluster answers (${one(members.map(h => h.host))}), so ${one(names)} cannot join`,
      fix: `see what \`journalctl -u {unit} -n 30\` says there; run this again over all hosts when they answer`,
    }
  if (missing.length > 0)
    return {
      is: 'fail',
      on: names,
      why: `${one(missing)} did not answer or failed before, and may be in a raft cluster: no second one is founded`,
      fix: `bring ${one(missing)} back or take ${missing.length === 1 ? 'it' : 'them'} out of the inventory`,
    }
  const former = hosts.filter(h => h.hadState).map(h => h.host)
  if (former.length === 0) return undefined
  return {
    is: 'fail',
    on: names,
    why: `${one(former)} was in a raft cluster (raft.old.0), and no host is in one now: none is founded over it`,
    fix: `to go on with its pins, on ${former[0]}: \`cp -a {folder}/raft.old.0 {folder}/raft\`; then run this again`,
  }
}

/**
 * Who joins, who founds, who leaves. One cluster, never two: it is founded only if every host answered and none is or
 * was a member; where there is one it is joined, and a change of its members needs the votes of more than half of them.
 */
export const decideVoters = (hosts: RaftStanding[], missing: string[]): VoterDecision => {
  const speakers = hosts.filter(h => h.hasState && Object.keys(h.lists).length > 0)
  const voice = speakers.toSorted((a, b) => answering(b) - answering(a))[0]
  const rivalry = voice && twoClusters(hosts, voice, speakers)
  if (rivalry) return rivalry
  // One that was taken out while it was away runs, finds no quorum, and nobody lists it. One at rest may be listed by now.
  const isMember = (h: RaftStanding): boolean =>
    h.hasState && (!voice || !h.isOn || speakers.some(by => listsOf(by, h)))
  const members = hosts.filter(isMember)
  const names = hosts.filter(h => h.isHere && !isMember(h)).map(h => h.host)
  const raised = names.length > 0 ? members.filter(h => h.isHere && !h.isOn).map(h => h.host) : []
  const base = { is: 'good', joining: names, raised, founder: undefined } as const
  if (voice) return joinCluster(voice, hosts, base)
  if (names.length === 0 || raised.length > 0) return { ...base, leaving: [], via: raised[0] }
  return unfoundable(names, members, hosts, missing) ?? { ...base, leaving: [], via: names[0], founder: names[0] }
}
