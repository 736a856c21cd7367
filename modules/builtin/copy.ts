import {
  type Content,
  content,
  defineModule,
  type FileAnswer,
  file,
  isUnknown,
  type Later,
  later,
  type Step,
  source,
  T,
  uses,
} from '../../src/module/module.ts'
import { attributeArguments, targetReads } from './lib/file-attributes.ts'
import { contentOfDigest, decideFile, type PutContent, placement, writeStep } from './lib/file-content.ts'
import { baseName, type Obstacle, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    src: T.Optional(
      T.String({
        file: 'remote_src',
        description: 'A file of the controller, looked for in `files/` beside the playbook, then beside it.',
      }),
    ),
    remote_src: T.Boolean({ default: false, description: '`src` is a file of the host itself, by its absolute path.' }),
    content: T.Optional(T.String({ description: 'The text itself, in place of `src`.' })),
    dest: pathArgument(
      'Where the file goes. With `/` at its end: the folder it goes into, under the name it has in `src`.',
    ),
    ...attributeArguments,
  },
  { additionalProperties: false },
)

const target = ({ src, dest }: { src?: string; dest: string }): string =>
  plainPath(dest.endsWith('/') && src !== undefined ? `${dest}/${baseName(src)}` : dest)

/** Larger files are streamed from the controller's disk. */
const inOnePiece = 1_000_000
/** The digest of larger files is kept beside them, so that a check need not hash them again. */
const worthAReceipt = 5_000_000

type Found = { file: string; size: number; sha256: string; bytes?: Buffer }
const isSmall = (found: Found): found is Found & { bytes: Buffer } =>
  found.size <= inOnePiece && found.bytes !== undefined
const contentOf = (found: Found): Content => ({
  ...(isSmall(found) ? content(found.bytes) : contentOfDigest(found.sha256, found.size)),
  at: { side: 'controller', path: found.file },
})

const upload =
  (found: Found): PutContent =>
  (path, _, args, before) => {
    const { file, size, sha256 } = found
    const step: Step = { do: 'upload', file, size, digest: sha256, ...placement(path, args, before) }
    return found.size > worthAReceipt ? [step, { do: 'receipt', path, digest: found.sha256 }] : [step]
  }
/** A file of the host is copied there; a small one is written like any other. */
const copied =
  (src: string): PutContent =>
  (path, what, args, before) => {
    if (isUnknown(what) || (!isUnknown(what.bytes) && what.bytes.length === what.size))
      return [writeStep(path, what, args, before)]
    return [{ do: 'duplicate', from: src, ...placement(path, args, before) }]
  }
const whole: PutContent = (path, what: Content | Later, args, before) => [writeStep(path, what, args, before)]

/** Why a file of the host cannot be copied. */
const uncopied = (src: string | undefined, found: FileAnswer | undefined): Obstacle | undefined => {
  if (src === undefined || found === undefined) return { why: 'src is not given', fix: 'say which file of the host' }
  if (!src.startsWith('/')) return { why: `${src} is no absolute path`, fix: 'with remote_src, src begins with /' }
  if (!found.exists) return { why: `${src} does not exist on the host`, fix: 'make it in an earlier task' }
  const kind = later(() => found.kind)
  if (isUnknown(kind) || kind === 'file') return undefined
  return { why: `${src} is a ${kind}, copy puts single files in place`, fix: 'name the file itself' }
}
/** The content of a file of the host, without its bytes: it is copied on the host itself. */
const contentAt = (path: string, found: FileAnswer): Content => {
  if (!found.exists || found.kind !== 'file') return content('')
  const { digest, size, secret, at } = found.content
  return {
    digest,
    size,
    bytes: later(() => found.content.bytes) as Buffer,
    ...(secret ? { secret } : {}),
    at: at?.side === 'controller' ? at : { side: 'host', path },
  }
}

export default defineModule({
  name: 'copy',
  about: 'Puts a file of the controller, or a text, in place on the host. A link at `dest` is replaced, not followed.',
  args,
  outputs: T.Object({ dest: T.String({ description: 'The path of the file.' }) }),
  examples: [
    '- name: Say who looks after this machine\n  copy:\n    content: "node0, looked after by ops\\n"\n    dest: /etc/motd\n    mode: "0644"',
    '- name: Put a script in place\n  copy:\n    src: backup.sh\n    dest: /usr/local/bin/\n    mode: "0755"\n    owner: root\n    group: root',
  ],
  reads: args => ({
    source: args.src === undefined || args.remote_src ? undefined : source(args.src),
    from: args.src !== undefined && args.remote_src ? uses(file(plainPath(args.src))) : undefined,
    file: file(target(args)),
    ...targetReads(target(args), args),
  }),
  plan: (args, seen, { ok, change, fail }) => {
    const dest = target(args)
    const found = seen.source
    if (args.remote_src) {
      const problem = uncopied(args.src, seen.from)
      if (problem) return fail(problem.why, problem.fix)
    } else if (found === undefined) {
      if (!('content' in args))
        return fail('neither src nor content is given', 'say which file or which text goes there')
      if (args.dest.endsWith('/')) return fail(`${args.dest} names a folder, a file is wanted`, 'end dest with a name')
    } else {
      if ('content' in args) return fail('both src and content are given', 'leave one of them out')
      if (!found.exists) return fail(found.missing)
      if (found.kind === 'directory')
        return fail(
          `${args.src} is a folder, copy puts single files in place`,
          'pack it and use unarchive, or loop over its files',
        )
    }
    const wanted = (): Content =>
      seen.from
        ? contentAt(plainPath(args.src!), seen.from)
        : found?.exists
          ? contentOf(found)
          : content(args.content ?? '')
    const put = seen.from ? copied(plainPath(args.src!)) : found?.exists && !isSmall(found) ? upload(found) : whole
    const it = decideFile(dest, wanted, args, seen, put)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ dest })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { dest } })
  },
})
