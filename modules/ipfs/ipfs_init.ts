import {
  content,
  defineModule,
  exec,
  type FileAnswer,
  file,
  isUnknown,
  later,
  type Static,
  type Step,
  service,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import { directoryEntries } from '../builtin/lib/directory-entries.ts'
import type { Obstacle } from '../builtin/lib/paths.ts'
import { notWritable, writableParent } from '../builtin/lib/writable-parent.ts'
import diagnose from './lib/diagnoses.ts'
import { handOver } from './lib/hand-over.ts'
import { handedFolder } from './lib/handed-folder.ts'
import { filledRoot, inTheWay, makingPath, type Place, placeOf, placingSteps, unfillable } from './lib/in-place.ts'
import { daemonArguments, peerId, repoArguments } from './lib/kubo.ts'
import { lagObstacle, migratedLabels, migrationSteps, type RepoLag, repoLag, strangeRepo } from './lib/repo-version.ts'

const args = T.Object(
  {
    ...repoArguments,
    unit: daemonArguments.unit,
    profile: T.String({
      default: 'autoconf-off',
      description: 'Profiles for a new repo, comma-separated. `autoconf-off`: nothing of the public network in it.',
    }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** What `ipfs init` makes (kubo 0.42: measured), `config` first: it is what makes a folder a repo. */
const files = ['config', 'version', 'datastore_spec']
const folders = ['blocks', 'datastore', 'keystore']

const stepsOf = (args: Args, place: Place, names: string[]): Step[] => {
  const { path, user, bin_dir, profile } = args
  const into = makingPath(path, place)
  const make: Step[] = [
    { do: 'remove', path: into },
    ...handedFolder(into, user, '0750'),
    exec([`${bin_dir}/ipfs`, 'init', ...(profile === '' ? [] : [`--profile=${profile}`])], {
      user,
      env: { HOME: into, IPFS_PATH: into },
    }),
  ]
  return placingSteps(args, place, make, { names, mode: '0750', last: 'config' })
}

/** What the repo lacks to be opened by the kubo that is linked; undefined also while either is not known. */
const lagOf = (seen: { version: FileAnswer; program: FileAnswer }): RepoLag | undefined => {
  const lag = later(() => repoLag(seen.version, seen.program))
  return isUnknown(lag) ? undefined : lag
}

/** What stands where the repo is to be and is none. */
const blocked = (path: string, root: FileAnswer, names: string[]): Obstacle | undefined => {
  if (root.exists && root.kind !== 'directory' && root.kind !== 'link')
    return {
      why: `${path} is a ${root.kind}, not a folder`,
      fix: `see what it is: \`ls -ld ${path}\`; or choose another folder: -e ipfs_path=PATH`,
    }
  return names.length === 0
    ? undefined
    : {
        why: `${path} is no repo (it has no config) but holds ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', ...' : ''}`,
        fix: `if this was a repo, restore its config from a backup of this host; else choose a folder below: -e ipfs_path=${path}/repo`,
      }
}

/**
 * A new repo is made in a folder beside the final one and renamed into place: there is a whole one or none. So the
 * module makes the folder itself, or takes the place of an empty one; a repo is never made anew over another. A mount point,
 * and the folder that a link leads to, are filled (`in-place.ts`).
 */
export default defineModule({
  name: 'ipfs_init',
  about:
    "Makes kubo's repo with an identity of its own, once. A repo that is there is left alone, but for a migration that the daemon cannot do by itself.",
  args,
  outputs: T.Object({ peer_id: T.String({ description: "The node's id, as the config has it." }) }),
  examples: ['- name: Make the IPFS repo\n  ipfs_init:\n    path: /var/lib/ipfs\n    user: ipfs\n  register: ipfs'],
  reads: args => ({
    root: stat(args.path),
    files: files.map(name => stat(`${args.path}/${name}`)),
    folders: folders.map(name => stat(`${args.path}/${name}`)),
    inside: uses(directoryEntries(args.path)),
    place: placeOf(args.path, 'config'),
    room: uses(writableParent(args.path)),
    id: uses(peerId(args)),
    version: file(`${args.path}/version`),
    program: uses(stat(`${args.bin_dir}/ipfs`)),
  }),
  // Of a fresh repo nothing of it: to read the unit again with each look would cost its own task a round trip.
  more: (args, seen) => {
    const lag = lagOf(seen)
    return {
      steps: lag?.programs.map(name => uses(stat(`${args.bin_dir}/${name}`))),
      unit: lag && uses(service(args.unit)),
    }
  },
  touches: args => migratedLabels(args.path),
  plan(args, seen, { ok, change, fail }) {
    const config = seen.files[0]!
    if (config.exists) {
      if (config.owner !== args.user)
        return fail(
          `${args.path}/config belongs to ${config.owner}, so kubo cannot read it as ${args.user}`,
          handOver(args.user, args.path, args.path),
        )
      const strange = later(() => strangeRepo(args.path, seen.version, seen.program))
      if (strange && !isUnknown(strange)) return fail(strange.why, strange.fix)
      const id = seen.id.value
      if (typeof id !== 'string')
        return fail(
          `${args.path}/config holds no Identity.PeerID`,
          'restore the file from a backup: the identity is in it',
        )
      const lag = lagOf(seen)
      if (!lag) return ok({ peer_id: id })
      const obstacle = lagObstacle(args, lag, seen.steps ?? [], seen.unit!)
      if (obstacle) return fail(obstacle.why, obstacle.fix)
      return change({
        will: { version: { exists: true, kind: 'file', content: content(`${lag.to}\n`) } },
        steps: migrationSteps(args),
        touches: migratedLabels(args.path),
        outputs: { peer_id: id },
        reason: `a repo of version ${lag.from}, which kubo ${lag.kubo} brings to ${lag.to}`,
      })
    }
    const names = later(() => seen.inside.names)
    const entries = isUnknown(names) ? [] : names
    const obstacle = unfillable(args.path, seen.place) ?? blocked(args.path, seen.root, inTheWay(entries, seen.place))
    if (obstacle) return fail(obstacle.why, obstacle.fix)
    if (seen.place.is === 'beside' && seen.room.closed !== '') return fail(...notWritable("kubo's repo", seen.room))
    return change({
      will: {
        ...filledRoot(seen.place, '0750', args.user),
        files: files.map((_, i) => ({
          exists: true,
          kind: 'file',
          owner: args.user,
          ...(i === 0 && { mode: '0600' }),
        })),
        folders: folders.map(() => ({ exists: true, kind: 'directory', owner: args.user })),
      },
      steps: stepsOf(args, seen.place, entries),
      touches: [],
      reason: `no repo at ${args.path}`,
    })
  },
  diagnose,
})
