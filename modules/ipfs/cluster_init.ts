import {
  defineModule,
  exec,
  folder,
  isRecord,
  later,
  type Static,
  type Step,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import { directoryEntries } from '../builtin/lib/directory-entries.ts'
import { folderArgument, type Obstacle, unfinishedPath } from '../builtin/lib/paths.ts'
import { notWritable, writableParent } from '../builtin/lib/writable-parent.ts'
import { clusterArguments, clusterId, clusterMember, clusterStep, secretState, serviceFile } from './lib/cluster.ts'
import diagnose from './lib/diagnoses.ts'

const args = T.Object(
  {
    ...clusterArguments,
    bin_dir: folderArgument('/usr/local/bin', 'Where the program `ipfs-cluster-service` is.'),
    consensus: T.Enum(['crdt', 'raft'], {
      default: 'crdt',
      description: 'How the peers agree on the list of pins. Cannot be changed where there is a peer already.',
    }),
  },
  { additionalProperties: false },
)

const files = ['service.json', 'identity.json', 'peerstore']

type Args = Static<typeof args>

/** A peer that is there and cannot be this one: another user's, or one with another consensus. */
const foreignPeer = ({ path, user, consensus }: Args, owners: string[], found: unknown): Obstacle | undefined => {
  if (owners.some(owner => owner !== user))
    return { why: `files in ${path} do not belong to ${user}, who runs ipfs-cluster`, fix: `chown -R ${user}: ${path}` }
  const [has] = isRecord(found) ? Object.keys(found) : []
  if (has === undefined || has === consensus) return undefined
  return {
    why: `${path} is a peer with ${has}, and ${consensus} is asked for`,
    fix: `go on with what is there: -e consensus=${has}. How its pins are taken along into a cluster with ${consensus}: docs/inventory.md, "Another consensus"`,
  }
}

const stepsOf = (args: Args): Step[] => {
  const into = unfinishedPath(args.path)
  return [
    { do: 'remove', path: into },
    folder(into, '0700'),
    // With the colon the group becomes that of the user.
    exec(['chown', '--', `${args.user}:`, into]),
    clusterStep(args, into, ['init', '--consensus', args.consensus]),
    exec(['sed', '-i', 's/\\("secret": *\\)"[^"]*"/\\1""/', serviceFile(into)], { user: args.user }),
    { do: 'rename', from: into, to: args.path },
  ]
}

/**
 * `ipfs-cluster-service init` writes a random secret of its own. It is blanked before the folder is renamed into
 * place, so that "this host holds a secret" always means the shared one: a run that dies between this task and
 * `cluster_secret` would else leave as many secrets as hosts.
 */
export default defineModule({
  name: 'cluster_init',
  about: "Makes ipfs-cluster's configuration and identity, once. Never overwrites either.",
  args,
  outputs: T.Object({ peer_id: T.String({ description: "The cluster peer's id; not kubo's." }) }),
  examples: ['- name: Make the cluster peer\n  cluster_init:\n    consensus: crdt\n  register: cluster'],
  reads: args => ({
    root: stat(args.path),
    files: files.map(name => stat(`${args.path}/${name}`)),
    secret: secretState(args.path),
    inside: uses(directoryEntries(args.path)),
    room: uses(writableParent(args.path)),
    id: uses(clusterId(args.path)),
    consensus: uses(clusterMember(args.path, 'consensus')),
  }),
  plan(args, seen, { ok, change, fail }) {
    const [service, identity] = [seen.files[0]!, seen.files[1]!]
    if (service.exists && identity.exists) {
      const foreign = foreignPeer(args, [service.owner, identity.owner], seen.consensus.value)
      if (foreign) return fail(foreign.why, foreign.fix)
      const id = seen.id.value
      return typeof id === 'string'
        ? ok({ peer_id: id })
        : fail(`${args.path}/identity.json holds no id`, 'restore the file from a backup: the identity is in it')
    }
    if (service.exists !== identity.exists) {
      const [there, gone] = service.exists ? files : [files[1], files[0]]
      return fail(
        `${args.path} holds ${there} but no ${gone}`,
        `restore ${gone} from a backup of this host; without one a new peer needs a folder of its own: -e ipfs_cluster_path=PATH`,
      )
    }
    if (seen.root.exists && seen.root.kind !== 'directory')
      return fail(
        `${args.path} is a ${seen.root.kind}, not a folder`,
        `see what it is: \`ls -ld ${args.path}\`; or choose another folder: -e ipfs_cluster_path=PATH`,
      )
    const names = later(() => seen.inside.names)
    if (Array.isArray(names) && names.length > 0)
      return fail(
        `${args.path} holds ${names.slice(0, 4).join(', ')} but no configuration`,
        `if this was a peer, restore service.json and identity.json from a backup of this host; else choose another folder: -e ipfs_cluster_path=PATH`,
      )
    if (seen.room.closed !== '') return fail(...notWritable("ipfs-cluster's folder", seen.room))
    return change({
      will: {
        root: { exists: true, kind: 'directory', mode: '0700', owner: args.user },
        files: files.map(() => ({ exists: true, kind: 'file', owner: args.user })),
        secret: { state: 'absent' },
      },
      steps: stepsOf(args),
      reason: `no cluster peer at ${args.path}`,
    })
  },
  diagnose,
})
