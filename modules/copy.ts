import { type Content, content, defineModule, file, type Later, type Step, source, T } from '../src/module/module.ts'
import { baseOf, ownerOf, padded, path, placed, plain, surroundings } from './lib/placement.ts'
import { known, type Put, write, writing } from './lib/writing.ts'

const args = T.Object(
  {
    src: T.Optional(
      T.String({
        description: 'A file of the controller, looked for in `files/` beside the playbook, then beside it.',
      }),
    ),
    content: T.Optional(T.String({ description: 'The text itself, in place of `src`.' })),
    dest: path('Where the file goes. With `/` at its end: the folder it goes into, under the name it has in `src`.'),
    ...placed,
  },
  { additionalProperties: false },
)

const target = ({ src, dest }: { src?: string; dest: string }): string =>
  plain(dest.endsWith('/') && src !== undefined ? `${dest}/${baseOf(src)}` : dest)

/** Larger files are streamed from the controller's disk. */
const inOnePiece = 1_000_000
/** The digest of larger files is kept beside them, so that a check need not hash them again. */
const worthAReceipt = 5_000_000

type Found = { file: string; size: number; sha256: string; bytes?: Buffer }
const isSmall = (found: Found): found is Found & { bytes: Buffer } =>
  found.size <= inOnePiece && found.bytes !== undefined
const contentOf = (found: Found): Content => (isSmall(found) ? content(found.bytes) : known(found.sha256, found.size))

const upload =
  (found: Found): Put =>
  (path, _, args, before) => {
    const step: Step = {
      do: 'upload',
      file: found.file,
      size: found.size,
      digest: found.sha256,
      path,
      mode: args.mode !== undefined ? padded(args.mode) : (before?.mode ?? '0644'),
      owner: ownerOf(args).owner ?? before?.owner,
      group: ownerOf(args).group ?? before?.group,
    }
    return found.size > worthAReceipt ? [step, { do: 'receipt', path, digest: found.sha256 }] : [step]
  }
const whole: Put = (path, what: Content | Later, args, before) => [write(path, what, args, before)]

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
    source: args.src === undefined ? undefined : source(args.src),
    file: file(target(args)),
    ...surroundings(target(args), args),
  }),
  plan: (args, seen, { ok, change, fail }) => {
    const dest = target(args)
    const found = seen.source
    if (found === undefined) {
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
    const wanted = (): Content => (found?.exists ? contentOf(found) : content(args.content ?? ''))
    const it = writing(dest, wanted, args, seen, found?.exists && !isSmall(found) ? upload(found) : whole)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ dest })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { dest } })
  },
})
