import {
  defineModule,
  exec,
  type FileAnswer,
  file,
  folder,
  isUnknown,
  later,
  type Static,
  type Step,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import { directoryEntries } from '../builtin/lib/directory-entries.ts'
import { type Obstacle, unfinishedPath } from '../builtin/lib/paths.ts'
import { notWritable, writableParent } from '../builtin/lib/writable-parent.ts'
import diagnose from './lib/diagnoses.ts'
import { peerId, repoArguments } from './lib/kubo.ts'
import { repoVersionOf } from './lib/versions.ts'

const args = T.Object(
  {
    ...repoArguments,
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

/** A repo that a newer kubo has used, which the one that is linked cannot open. */
const outgrown = (version: FileAnswer, program: FileAnswer): Obstacle | undefined => {
  const repo = version.exists && version.kind === 'file' ? Number(version.content.bytes.toString()) : 0
  const kubo = program.exists && program.kind === 'link' ? /\/(v\d[^/]*)\/ipfs$/.exec(program.target)?.[1] : undefined
  const known = kubo === undefined ? undefined : repoVersionOf(kubo)
  if (known === undefined || repo <= known) return undefined
  return {
    why: `a repo of version ${repo}, made or migrated by a newer kubo than ${kubo}, which knows ${known}`,
    fix: `stay with the newer kubo, or let that one take the repo back first: ipfs repo migrate --to=${known} --allow-downgrade`,
  }
}

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

/**
 * A new repo is made in a folder beside the final one and renamed into place: there is a whole one or none. So the
 * module makes the folder itself, or takes the place of an empty one; a repo is never made anew over another.
 */
export default defineModule({
  name: 'ipfs_init',
  about: "Makes kubo's repo with an identity of its own, once. Never touches a repo that is there.",
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
    version: uses(file(`${args.path}/version`)),
    program: uses(stat(`${args.bin_dir}/ipfs`)),
  }),
  plan(args, seen, { ok, change, fail }) {
    const config = seen.files[0]!
    if (config.exists) {
      if (config.owner !== args.user)
        return fail(
          `${args.path}/config belongs to ${config.owner}, so kubo cannot read it as ${args.user}`,
          `chown -R ${args.user}: ${args.path} while the daemon is stopped (an \`ipfs\` run as root leaves such files)`,
        )
      const tooOld = later(() => outgrown(seen.version, seen.program))
      if (tooOld && !isUnknown(tooOld)) return fail(`${args.path} is ${tooOld.why}`, tooOld.fix)
      const id = seen.id.value
      return typeof id === 'string'
        ? ok({ peer_id: id })
        : fail(`${args.path}/config holds no Identity.PeerID`, 'restore the file from a backup: the identity is in it')
    }
    if (seen.root.exists && seen.root.kind !== 'directory')
      return fail(`${args.path} is a ${seen.root.kind}, not a folder`, `move ${args.path} away`)
    const names = later(() => seen.inside.names)
    if (Array.isArray(names) && names.length > 0)
      return fail(
        `${args.path} is no repo (it has no config) but holds ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', ...' : ''}`,
        `restore the config if this was a repo; else move these away, or set the path to a folder below`,
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
      reason: `no repo at ${args.path}`,
    })
  },
  diagnose,
})
