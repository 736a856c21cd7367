import {
  defineModule,
  exec,
  type FileAnswer,
  isRecord,
  isUnknown,
  later,
  type Static,
  type Step,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import { directoryEntries } from '../builtin/lib/directory-entries.ts'
import { folderArgument, type Obstacle } from '../builtin/lib/paths.ts'
import { notWritable, writableParent } from '../builtin/lib/writable-parent.ts'
import { clusterArguments, clusterId, clusterMember, clusterStep, secretState, serviceFile } from './lib/cluster.ts'
import diagnose from './lib/diagnoses.ts'
import { handOver } from './lib/hand-over.ts'
import { handedFolder } from './lib/handed-folder.ts'
import {
  filledRoot,
  inTheWay,
  madeName,
  makingPath,
  type Place,
  placeOf,
  placingSteps,
  unfillable,
} from './lib/in-place.ts'

const args = T.Object(
  {
    ...clusterArguments,
    ipfs_path: folderArgument('/var/lib/ipfs', "kubo's repo: the home of the user."),
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
const foreignPeer = (
  { path, ipfs_path, user, consensus }: Args,
  owners: string[],
  found: unknown,
): Obstacle | undefined => {
  if (owners.some(owner => owner !== user))
    return {
      why: `files in ${path} do not belong to ${user}, who runs ipfs-cluster`,
      fix: handOver(user, path, ipfs_path),
    }
  const [has] = isRecord(found) ? Object.keys(found) : []
  if (has === undefined || has === consensus) return undefined
  return {
    why: `${path} is a peer with ${has}, and ${consensus} is asked for`,
    fix: `go on with what is there: -e consensus=${has}. How its pins are taken along into a cluster with ${consensus}: docs/inventory.md, "Another consensus"`,
  }
}

const stepsOf = (args: Args, place: Place, names: string[]): Step[] => {
  const into = makingPath(args.path, place)
  const make: Step[] = [
    { do: 'remove', path: into },
    ...handedFolder(into, args.user, '0700'),
    clusterStep(args, into, ['init', '--consensus', args.consensus]),
    exec(['sed', '-i', 's/\\("secret": *\\)"[^"]*"/\\1""/', serviceFile(into)], { user: args.user }),
  ]
  return placingSteps(args, place, make, { names, mode: '0700', last: 'service.json' })
}

/** One of the two files without the other, but where this has just begun to move them into place. */
const half = (path: string, service: FileAnswer, identity: FileAnswer, names: string[]): Obstacle | undefined => {
  if (service.exists === identity.exists || names.includes(madeName)) return undefined
  const [there, gone] = service.exists ? files : [files[1], files[0]]
  return {
    why: `${path} holds ${there} but no ${gone}`,
    fix: `restore ${gone} from a backup of this host; without one a new peer needs a folder of its own: -e ipfs_cluster_path=PATH`,
  }
}

/** What stands where the peer is to be and is none. */
const blocked = (path: string, root: FileAnswer, names: string[]): Obstacle | undefined => {
  if (root.exists && root.kind !== 'directory' && root.kind !== 'link')
    return {
      why: `${path} is a ${root.kind}, not a folder`,
      fix: `see what it is: \`ls -ld ${path}\`; or choose another folder: -e ipfs_cluster_path=PATH`,
    }
  return names.length === 0
    ? undefined
    : {
        why: `${path} holds ${names.slice(0, 4).join(', ')} but no configuration`,
        fix: 'if this was a peer, restore service.json and identity.json from a backup of this host; else choose another folder: -e ipfs_cluster_path=PATH',
      }
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
    place: placeOf(args.path, 'service.json'),
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
    const names = later(() => seen.inside.names)
    const entries = isUnknown(names) ? [] : names
    const obstacle =
      half(args.path, service, identity, entries) ??
      unfillable(args.path, seen.place) ??
      blocked(args.path, seen.root, inTheWay(entries, seen.place))
    if (obstacle) return fail(obstacle.why, obstacle.fix)
    if (seen.place.is === 'beside' && seen.room.closed !== '')
      return fail(...notWritable("ipfs-cluster's folder", seen.room))
    return change({
      will: {
        ...filledRoot(seen.place, '0700', args.user),
        files: files.map(() => ({ exists: true, kind: 'file', owner: args.user })),
        secret: { state: 'absent' },
      },
      steps: stepsOf(args, seen.place, entries),
      reason: `no cluster peer at ${args.path}`,
    })
  },
  diagnose,
})
