import {
  content,
  defineModule,
  type FileAnswer,
  file,
  folderAt,
  pattern,
  readWhole,
  type SourceAnswer,
  type Static,
  source,
  T,
  uses,
} from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { decideFile } from './lib/file-content.ts'
import { assembled, type FragmentFile, fragmentNames } from './lib/fragments.ts'
import { baseName, missingFolder, type Obstacle, parentFolder, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    src: T.String({
      file: 'remote_src',
      description:
        'The folder with the pieces: of the host, by its absolute path; with `remote_src: false` of the controller, looked for in `files/` beside the playbook, then beside it. Files in folders in it are none.',
    }),
    dest: pathArgument('The file that is made of them, one behind the other in the order of their names.', {
      whole: true,
    }),
    remote_src: T.Boolean({ default: true, description: 'false: `src` is a folder of the controller.' }),
    delimiter: T.Optional(
      T.String({
        description: 'What stands between two pieces, in a line of its own. `\\n` in it is the end of a line.',
      }),
    ),
    regexp: T.Optional(T.String({ description: 'Only files whose name matches this.' })),
    ignore_hidden: T.Boolean({ default: false, description: 'Files whose name begins with a dot are left out.' }),
    ...attributeArguments,
    ...rareAttributeArguments,
    ...contentArguments,
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

/** Whether a file is a piece, by its name. */
const chooser = ({ regexp, ignore_hidden }: Wanted): ((name: string) => boolean) | Obstacle => {
  const made = regexp === undefined ? undefined : pattern(regexp)
  if (typeof made === 'string') return { why: `regexp is no regular expression: ${made}`, fix: `correct ${regexp}` }
  return name => (made?.test(name) ?? true) && !(ignore_hidden && name.startsWith('.'))
}

type HostFile = { name: string; at: string }
const chosen = (args: Wanted, all: HostFile[]): HostFile[] => {
  const choose = chooser(args)
  return 'why' in choose ? [] : all.filter(({ name }) => choose(name))
}

const tooLarge = (name: string, size: number): Obstacle => ({
  why: `${name} is too large to be a piece (${size} bytes)`,
  fix: 'put the parts together with command: its line is run in every apply, unless creates says otherwise',
})

const ofHost = (files: HostFile[], seen: FileAnswer[]): FragmentFile[] | Obstacle => {
  const fragments: FragmentFile[] = []
  for (const [i, { name, at }] of files.entries()) {
    const found = seen[i]!
    if (!found.exists || found.kind !== 'file')
      return { why: `${at} was a file, and is none any more`, fix: 'plan again' }
    if (found.content.size > readWhole) return tooLarge(at, found.content.size)
    fragments.push({ name, bytes: found.content.bytes })
  }
  return fragments
}

const ofController = (args: Wanted, found: SourceAnswer): FragmentFile[] | Obstacle => {
  if (!found.exists) return { why: found.missing, fix: 'make the folder there, or name another one' }
  if (found.kind !== 'directory') return { why: `${args.src} is a file, a folder is wanted`, fix: 'name the folder' }
  const choose = chooser(args)
  if ('why' in choose) return choose
  const fragments: FragmentFile[] = []
  for (const entry of found.entries) {
    if (entry.kind !== 'file' || entry.path.includes('/') || !choose(entry.path)) continue
    if (!entry.bytes) return tooLarge(entry.path, entry.size)
    fragments.push({ name: entry.path, bytes: entry.bytes })
  }
  return fragments
}

/** What the host's folder lacks. */
const noFolder = ({ src }: Wanted, found: FileAnswer): Obstacle | undefined =>
  src.startsWith('/')
    ? missingFolder(src, found)
    : { why: `${src} is no absolute path`, fix: 'name a folder of the host, or set remote_src: false' }

export default defineModule({
  name: 'assemble',
  about: 'A file is made of the files in a folder, one behind the other.',
  args,
  outputs: T.Object({ dest: T.String({ description: 'The path of the file.' }), backup_file: backupOutput }),
  examples: [
    '- name: One file of all pieces\n  assemble:\n    src: /etc/app/conf.d\n    dest: /etc/app/app.conf\n    regexp: \\.conf$\n    mode: "0644"\n    validate: app --check %s',
    '- name: Keys of everybody\n  assemble:\n    src: keys/\n    remote_src: false\n    dest: /etc/ssh/keys/ops\n    delimiter: "# ---"',
  ],
  reads: args => ({
    source: args.remote_src ? undefined : source(args.src),
    from: args.remote_src && args.src.startsWith('/') ? uses(folderAt(plainPath(args.src))) : undefined,
    names: args.remote_src && args.src.startsWith('/') ? uses(fragmentNames(plainPath(args.src))) : undefined,
    file: file(plainPath(args.dest)),
    ...targetReads(plainPath(args.dest), args),
  }),
  more: (args, { names }) => ({ fragments: chosen(args, names?.all ?? []).map(({ at }) => uses(file(at))) }),
  touches: args => backupLabels(args, plainPath(args.dest)),
  plan: (args, seen, { ok, change, fail }) => {
    const dest = plainPath(args.dest)
    const choose = chooser(args)
    if ('why' in choose) return fail(choose.why, choose.fix)
    const nowhere = args.remote_src ? noFolder(args, seen.from ?? { exists: false }) : undefined
    if (nowhere) return fail(nowhere.why, nowhere.fix)
    if (args.remote_src && parentFolder(dest) === plainPath(args.src) && choose(baseName(dest)))
      return fail(`${dest} would be a piece of itself`, 'put it elsewhere, or leave it out with regexp')
    const found = seen.source
      ? ofController(args, seen.source)
      : ofHost(chosen(args, seen.names?.all ?? []), seen.fragments)
    if ('why' in found) return fail(found.why, found.fix)
    const it = decideFile(dest, () => content(assembled(found, args.delimiter, !args.remote_src)), args, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ dest: args.dest })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { dest: args.dest } })
  },
})
