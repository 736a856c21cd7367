import { defineModule, digest, type FileAnswer, later, localFile, type Step, T, uses } from '../../src/module/module.ts'
import { baseName, linkTarget, type Obstacle, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    src: pathArgument('The file of the host. A link is followed.'),
    dest: T.String({
      minLength: 1,
      description:
        'The folder of the controller that it goes into, as HOST/PATH below that; beside the playbook where it is no absolute path.',
    }),
    flat: T.Boolean({
      default: false,
      description: '`dest` is the file itself; with `/` at its end the folder that it goes into under its own name.',
    }),
    fail_on_missing: T.Boolean({
      default: true,
      description: 'Whether it fails where there is no such file. Otherwise nothing is brought.',
    }),
    validate_checksum: T.Boolean({
      default: true,
      description:
        'Whether what has come must be what was seen when the task was planned. false is for a file that is written to all the time, such as a log: then it may be brought again each time.',
    }),
    max_size: T.Integer({
      default: 17_179_869_184,
      minimum: 0,
      description:
        'The most bytes that are brought: a file that has more is refused in the plan, and one that grows beyond it is not brought. As it stands 16 GiB.',
    }),
  },
  { additionalProperties: false },
)
type Arguments = { src: string; dest: string; flat: boolean }

/** A host's name as that of a folder: no name leads out of `dest`. */
const folderName = (host: string): string => host.replaceAll('/', '_').replace(/^\.\.?$/, '_')

/** Where the file goes with the controller, as it is asked for. */
const placeOf = ({ src, dest, flat }: Arguments, host: string): string => {
  if (!flat) return `${dest.replace(/(?<=.)\/+$/, '')}/${folderName(host)}${plainPath(src)}`
  return dest.endsWith('/') ? `${dest}${baseName(plainPath(src))}` : dest
}

const isUp = (path: string): boolean => path.split('/').includes('..')

/** Why what is there cannot be brought. */
const unbringable = (path: string, found: FileAnswer): Obstacle | undefined => {
  if (!found.exists || found.kind === 'file') return undefined
  if (found.kind === 'link') return { why: `${path} is a link behind a link`, fix: 'name the file that it leads to' }
  const what = found.kind === 'directory' ? 'a directory' : 'a special file'
  return {
    why: `${path} is ${what}, fetch brings single files`,
    fix: 'name the file itself, or pack the folder in an earlier task',
  }
}

export default defineModule({
  name: 'fetch',
  about:
    'Brings a file of the host to the controller, as it is: its digest is compared first, so that what is there already is not sent again, and after it has come. What others may not read on the host, they may not read here.',
  args,
  outputs: T.Object({
    dest: T.String({ description: 'The file of the controller.' }),
    sha256: T.Optional(T.String({ description: 'Its digest; none where nothing was brought.' })),
  }),
  examples: [
    '- name: Keep what each host runs with\n  fetch:\n    src: /etc/nginx/nginx.conf\n    dest: collected',
    '- name: The report of the one host\n  fetch:\n    src: /var/lib/app/report.csv\n    dest: reports/\n    flat: true',
  ],
  reads: (args, host) => ({
    file: uses(digest(plainPath(args.src))),
    here: localFile(placeOf(args, host)),
  }),
  more: (args, { file }) => ({
    target:
      file.exists && file.kind === 'link' ? uses(digest(linkTarget(plainPath(args.src), file.target))) : undefined,
  }),
  touches: () => [],
  plan: (args, seen, { ok, change, fail }) => {
    const { here } = seen
    const [path, found] =
      seen.target !== undefined && seen.file.exists && seen.file.kind === 'link'
        ? [linkTarget(plainPath(args.src), seen.file.target), seen.target]
        : [plainPath(args.src), seen.file]
    if (isUp(args.src)) return fail(`${args.src} holds \`..\``, 'write the path without it')
    if (here.fault !== undefined) return fail(here.fault, 'choose another dest')
    if (!found.exists)
      return args.fail_on_missing
        ? fail(`${args.src} does not exist on the host`, 'make it in an earlier task, or set fail_on_missing: false')
        : ok({ dest: here.file })
    const problem = unbringable(path, found)
    if (problem) return fail(problem.why, problem.fix)
    if (found.kind !== 'file') return fail(`${path} is no file`)
    const { digest: sha256, size } = found.content
    const outputs = { dest: here.file, sha256 }
    if (here.exists && here.sha256 === sha256) return ok(outputs)
    if (later(() => size > args.max_size) === true)
      return fail(
        `${path} has ${size} bytes, and at most ${args.max_size} are brought`,
        `say how many it may have: max_size: ${size}; or pack it in an earlier task`,
      )
    const closed = typeof later(() => found.mode) !== 'string' || (Number(`0o${found.mode}`) & 0o004) === 0
    const step: Step = {
      do: 'download',
      path,
      size,
      digest: sha256,
      file: here.file,
      mode: closed ? '0600' : '0666',
      ...(args.validate_checksum ? {} : { loose: true, most: args.max_size }),
    }
    return change({
      will: {},
      touches: [],
      steps: [step],
      reason: here.exists ? `${here.file} is another` : `${here.file} does not exist`,
      outputs: args.validate_checksum ? outputs : { dest: here.file },
      ...(args.validate_checksum ? {} : { always: true as const }),
    })
  },
})
