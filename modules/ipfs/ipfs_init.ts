import {
  content,
  defineModule,
  exec,
  type FileAnswer,
  file,
  folder,
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
import { unfinishedPath } from '../builtin/lib/paths.ts'
import { notWritable, writableParent } from '../builtin/lib/writable-parent.ts'
import diagnose from './lib/diagnoses.ts'
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

/** What `ipfs init` makes (kubo 0.42: measured), `config` first: it is what makes a folder a repo. */
const files = ['config', 'version', 'datastore_spec']
const folders = ['blocks', 'datastore', 'keystore']

const stepsOf = ({ path, user, bin_dir, profile }: Static<typeof args>): Step[] => {
  const into = unfinishedPath(path)
  return [
    { do: 'remove', path: into },
    folder(into, '0750'),
    // With the colon the group becomes that of the user.
    exec(['chown', '--', `${user}:`, into]),
    exec([`${bin_dir}/ipfs`, 'init', ...(profile === '' ? [] : [`--profile=${profile}`])], {
      user,
      env: { HOME: into, IPFS_PATH: into },
    }),
    { do: 'rename', from: into, to: path },
  ]
}

/** What the repo lacks to be opened by the kubo that is linked; undefined also while either is not known. */
const lagOf = (seen: { version: FileAnswer; program: FileAnswer }): RepoLag | undefined => {
  const lag = later(() => repoLag(seen.version, seen.program))
  return isUnknown(lag) ? undefined : lag
}

/**
 * A new repo is made in a folder beside the final one and renamed into place: there is a whole one or none. So the
 * module makes the folder itself, or takes the place of an empty one; a repo is never made anew over another.
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
    room: uses(writableParent(args.path)),
    id: uses(peerId(args)),
    version: file(`${args.path}/version`),
    program: uses(stat(`${args.bin_dir}/ipfs`)),
    unit: uses(service(args.unit)),
  }),
  more: (args, seen) => ({
    steps: lagOf(seen)?.programs.map(name => uses(stat(`${args.bin_dir}/${name}`))),
  }),
  touches: args => migratedLabels(args.path),
  plan(args, seen, { ok, change, fail }) {
    const config = seen.files[0]!
    if (config.exists) {
      if (config.owner !== args.user)
        return fail(
          `${args.path}/config belongs to ${config.owner}, so kubo cannot read it as ${args.user}`,
          `chown -R ${args.user}: ${args.path} while the daemon is stopped (an \`ipfs\` run as root leaves such files)`,
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
      const obstacle = lagObstacle(args, lag, seen.steps ?? [], seen.unit)
      if (obstacle) return fail(obstacle.why, obstacle.fix)
      return change({
        will: { version: { exists: true, kind: 'file', content: content(`${lag.to}\n`) } },
        steps: migrationSteps(args),
        touches: migratedLabels(args.path),
        outputs: { peer_id: id },
        reason: `a repo of version ${lag.from}, which kubo ${lag.kubo} brings to ${lag.to}`,
      })
    }
    if (seen.root.exists && seen.root.kind !== 'directory')
      return fail(
        `${args.path} is a ${seen.root.kind}, not a folder`,
        `see what it is: \`ls -ld ${args.path}\`; or choose another folder: -e ipfs_path=PATH`,
      )
    const names = later(() => seen.inside.names)
    if (Array.isArray(names) && names.length > 0)
      return fail(
        `${args.path} is no repo (it has no config) but holds ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', ...' : ''}`,
        `if this was a repo, restore its config from a backup of this host; else choose a folder below: -e ipfs_path=${args.path}/repo`,
      )
    if (seen.room.closed !== '') return fail(...notWritable("kubo's repo", seen.room))
    return change({
      will: {
        root: { exists: true, kind: 'directory', mode: '0750', owner: args.user },
        files: files.map((_, i) => ({
          exists: true,
          kind: 'file',
          owner: args.user,
          ...(i === 0 && { mode: '0600' }),
        })),
        folders: folders.map(() => ({ exists: true, kind: 'directory', owner: args.user })),
      },
      steps: stepsOf(args),
      touches: [],
      reason: `no repo at ${args.path}`,
    })
  },
  diagnose,
})
