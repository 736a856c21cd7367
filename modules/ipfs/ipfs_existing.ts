import { defineModule, type Static, T, unitFile, uses } from '../../src/module/module.ts'
import { plainPath } from '../builtin/lib/paths.ts'
import { clusterArguments, clusterId, secretState } from './lib/cluster.ts'
import { existing, type Kind } from './lib/existing.ts'
import { findings } from './lib/existing-findings.ts'
import { type ConfigMember, peerId, repoArguments } from './lib/kubo.ts'
import type { HostKey } from './lib/shared-key.ts'
import { swarmKeyState } from './lib/swarm-key.ts'

const args = T.Object(
  {
    ...repoArguments,
    cluster_path: clusterArguments.path,
    unit: T.String({ default: 'ipfs', description: "kubo's unit, or the path of its file." }),
    cluster_unit: T.String({ default: 'ipfs-cluster', description: "ipfs-cluster's unit, or the path of its file." }),
    keep: T.Array(T.String(), {
      default: [],
      description: 'Folders of repos and peers that are there, are nothing of this network, and stay as they are.',
    }),
  },
  { additionalProperties: false },
)

const wantedBy = ({ unit, cluster_unit, keep, ...rest }: Static<typeof args>) => ({
  ...rest,
  units: [unitFile(unit), unitFile(cluster_unit)],
  keep: keep.map(plainPath),
})

type Seen = { identity: ConfigMember[]; held: HostKey[] }

/** What the paths that are asked for hold, in the words of what is found besides. */
const ownOf = ({ identity, held }: Seen): Record<Kind, { id: string; print: string }> => {
  const [kubo, cluster] = identity.map(({ value }, i) => ({
    id: typeof value === 'string' ? value : '',
    print: held[i]?.state === 'good' ? (held[i].print ?? '') : '',
  }))
  return { kubo: kubo!, cluster: cluster! }
}

/**
 * People come with a cluster typed by hand, or with a unit of another guide. A playbook that knows nothing of those makes a
 * second network beside the first, or takes over a unit and leaves its data behind, and ends green.
 */
export default defineModule({
  name: 'ipfs_existing',
  about:
    "Looks for what a host has of kubo and ipfs-cluster that is not runbook's: units, daemons, repos, keys. What is in the way is refused, with how to adopt it and how to keep it apart. Changes nothing.",
  args,
  examples: [
    '- name: Look for what is there already\n  ipfs_existing:\n    path: /var/lib/ipfs\n    cluster_path: /var/lib/ipfs-cluster',
    '- name: Leave the node that somebody runs for himself alone\n  ipfs_existing:\n    keep: [/home/ada/.ipfs]',
  ],
  // But for the first, what later tasks ask in the same words: it costs nothing here.
  reads: args => ({
    found: uses(existing(wantedBy(args))),
    identity: [uses(peerId(args)), uses(clusterId(args.cluster_path))],
    held: [uses(swarmKeyState(args.path)), uses(secretState(args.cluster_path))],
  }),
  plan: (args, seen, { ok, fail }) => {
    const { obstacle } = findings(seen.found, { ...wantedBy(args), own: ownOf(seen) })
    return obstacle ? fail(obstacle.why, obstacle.fix) : ok()
  },
  warns: (args, seen) => {
    const { obstacle, remaining } = findings(seen.found, { ...wantedBy(args), own: ownOf(seen) })
    return obstacle ? [] : remaining
  },
})
