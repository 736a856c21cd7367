import {
  type ArchiveAnswer,
  content,
  type Decide,
  digest,
  exec,
  type Facts,
  type FileAnswer,
  facts,
  file,
  folder,
  link,
  pinFunctions,
  type Query,
  type Step,
  stat,
  T,
  uses,
  type Verdict,
} from '../../../src/module/module.ts'
import { type FreeSpace, freeSpace, tooLittleSpace } from '../../builtin/lib/free-space.ts'
import { notWritable, type WritableParent, writableParent } from '../../builtin/lib/writable-parent.ts'
import diagnose from './diagnoses.ts'
import {
  archivesOf,
  type Bundle,
  type Package,
  type PackedProgram,
  packageFolder,
  programLink,
  programsOf,
  versionFolder,
} from './package.ts'

export const installOutputs = T.Object({
  version: T.String({ description: 'The version that is installed.' }),
  path: T.String({ description: 'The link to the (first) program.' }),
  says: T.String({ description: 'What the program said of itself when it was installed. Shown, never compared.' }),
})

type Reads = {
  facts: Query<Facts, false>
  bin: Query<FileAnswer>
  folder: Query<FileAnswer>
  record: Query<FileAnswer>
  says: Query<FileAnswer, false>
  binaries: Query<FileAnswer>[]
  links: Query<FileAnswer>[]
  room: Query<WritableParent, false>
  linkRoom: Query<WritableParent, false>
}
type More = { archives: Query<ArchiveAnswer, false>[]; space: Query<FreeSpace, false> | undefined }
type MoreSeen = { archives: ArchiveAnswer[]; space: FreeSpace | undefined }
type Seen = {
  facts: Facts
  bin: FileAnswer
  folder: FileAnswer
  record: FileAnswer
  says: FileAnswer
  binaries: FileAnswer[]
  links: FileAnswer[]
  room: WritableParent
  linkRoom: WritableParent
}

const textOf = (answer: FileAnswer): string =>
  answer.exists && answer.kind === 'file' ? answer.content.bytes.toString() : ''
const line = (sha256: string, at: string): string => `${sha256}  ${at}\n`

/** The program is the one that was put there: its digest is in the record of that day. No archive is needed to tell. */
const isRecorded = (p: Package, seen: Seen): boolean =>
  programsOf(p).every(({ at }, i) => {
    const found = seen.binaries[i]!
    return found.exists && found.kind === 'file' && textOf(seen.record).includes(line(found.content.digest, at))
  })

const isLinked = (p: Package, seen: Seen, i: number): boolean => {
  const found = seen.links[i]!
  return found.exists && found.kind === 'link' && found.target === `${versionFolder(p)}/${programsOf(p)[i]!.at}`
}

type Whole = Extract<ArchiveAnswer, { exists: true }>
const digestIn = (found: Whole, member: string): string => found.members.find(m => m.path === member)?.sha256 ?? ''

const unpack = (found: Whole, { take }: Bundle, into: string): Step => {
  const { file, size, sha256 } = found
  return { do: 'unpack', file, size, digest: sha256, into, words: ['--strip-components=1', take] }
}

/** Everything happens in a folder beside the final one, which takes its place by rename when it is whole. */
const place = (
  p: Package,
  archives: Whole[],
  old: FileAnswer,
): { steps: Step[]; record: string; digests: string[] } => {
  const final = versionFolder(p)
  const fresh = `${packageFolder(p)}/.${p.version}.new`
  const digests = p.bundles.flatMap((b, i) => b.programs.map(({ member }) => digestIn(archives[i]!, member)))
  const record = programsOf(p)
    .map(({ at }, i) => line(digests[i]!, at))
    .join('')
  return {
    digests,
    record,
    steps: [
      { do: 'remove', path: fresh },
      folder(fresh, '0755'),
      ...p.bundles.map((bundle, i) => unpack(archives[i]!, bundle, fresh)),
      ...programsOf(p).map(
        (program, i): Step => ({ do: 'receipt', path: `${fresh}/${program.at}`, digest: digests[i]! }),
      ),
      // Run once before it is linked: a program for another machine, or a folder mounted noexec, shows here.
      exec(['sh', '-c', trying, 'sh', fresh, ...programsOf(p).map(saying)], {
        env: { HOME: '/nonexistent', IPFS_PATH: '/nonexistent' },
      }),
      { do: 'write', path: `${fresh}/.runbook-record`, content: content(record), mode: '0644' },
      ...(old.exists ? [{ do: 'remove', path: final } as Step] : []),
      { do: 'rename', from: fresh, to: final },
    ],
  }
}
/** In the folder that was made, which nobody else may write to: by its name it could be another one, with other programs. */
const trying = `${pinFunctions}
pin "$1" && { alone || no "somebody else may write to $1, or has put another folder in its place"; } || exit
shift; for p; do $p </dev/null || exit; done >.runbook-says`
const saying = ({ at, says }: PackedProgram): string => `./${at} ${says.join(' ')}`

/**
 * What the install modules have in common. "Installed" means: the link in `bin_dir` points into `NAME/VERSION/`, and
 * the program there has the digest that was recorded when it was put there. Folders of other versions stay, for the
 * way back; a program that has changed since is put there anew.
 */
export const installModule = <A>(describe: (args: A) => Package) => ({
  reads: (args: A): Reads => {
    const p = describe(args)
    return {
      facts: uses(facts),
      bin: stat(p.bin_dir),
      folder: stat(versionFolder(p)),
      record: file(`${versionFolder(p)}/.runbook-record`),
      says: uses(file(`${versionFolder(p)}/.runbook-says`)),
      binaries: programsOf(p).map(({ at }) => digest(`${versionFolder(p)}/${at}`)),
      links: programsOf(p).map(program => stat(programLink(p, program))),
      room: uses(writableParent(versionFolder(p))),
      linkRoom: uses(writableParent(`${p.bin_dir}/${p.name}`)),
    }
  },
  more: (args: A, seen: Seen): More => {
    const p = describe(args)
    return isRecorded(p, seen)
      ? { archives: [], space: undefined }
      : { archives: archivesOf(p, seen.facts), space: freeSpace(packageFolder(p)) }
  },
  archives: (args: A, facts: Facts) => archivesOf(describe(args), facts),
  touches: (args: A) => {
    const p = describe(args)
    return [`tree:${packageFolder(p)}`, ...programsOf(p).map(program => `tree:${programLink(p, program)}`)]
  },
  diagnose,
  plan: (args: A, seen: Seen & MoreSeen, decide: Decide<Reads & More, typeof installOutputs>) =>
    installVerdict(describe(args), seen, decide),
})

const installVerdict = (
  p: Package,
  seen: Seen & MoreSeen,
  decide: Decide<Reads & More, typeof installOutputs>,
): Verdict<Reads & More, typeof installOutputs> => {
  const all = programsOf(p)
  const unlinked = all.filter((_, i) => !isLinked(p, seen, i))
  const recorded = isRecorded(p, seen)
  if (recorded && unlinked.length === 0)
    return decide.ok({
      version: p.version,
      path: all[0] ? programLink(p, all[0]) : '',
      says: textOf(seen.says).trim().replaceAll('\n', ', '),
    })
  const hindrance = hindranceOf(p, seen, recorded)
  if (hindrance) return decide.fail(...hindrance)
  const archives = wholeOnes(seen.archives)
  const placing = recorded ? undefined : place(p, archives, seen.folder)
  return decide.change({
    will: {
      ...(seen.bin.exists ? {} : { bin: { exists: true, kind: 'directory' } }),
      ...(placing && {
        folder: { exists: true, kind: 'directory' },
        record: { exists: true, kind: 'file', content: content(placing.record) },
        binaries: placing.digests.map((sha256, i) => ({
          exists: true,
          kind: 'file',
          content: { digest: sha256, size: sizeIn(p, archives, i), bytes: Buffer.alloc(0) },
        })),
      }),
      links: all.map((program, i) =>
        isLinked(p, seen, i) ? undefined : { exists: true, kind: 'link', target: `${versionFolder(p)}/${program.at}` },
      ),
    },
    touches: placing ? [`tree:${versionFolder(p)}`] : [],
    steps: [
      ...(placing?.steps ?? []),
      ...(seen.bin.exists ? [] : [folder(p.bin_dir)]),
      ...unlinked.flatMap(program => link(programLink(p, program), `${versionFolder(p)}/${program.at}`)),
    ],
    reason: reasonOf(p, seen, recorded),
  })
}

const wholeOnes = (archives: ArchiveAnswer[]): Whole[] => archives.flatMap(found => (found.exists ? [found] : []))

/** What keeps a program from being installed: its place, its archive, or the disk. */
const hindranceOf = (p: Package, seen: Seen & MoreSeen, recorded: boolean): [string, string?] | undefined => {
  const blocked = programsOf(p).find((_, i) => isDirectory(seen.links[i]!))
  if (blocked)
    return [
      `${programLink(p, blocked)} is a directory: the link to ${blocked.name} cannot take its place`,
      `see what is in it: \`ls -la ${programLink(p, blocked)}\`; or choose another folder for the links: -e bin_dir=PATH`,
    ]
  const tight = [recorded ? undefined : seen.room, seen.linkRoom].find(one => one !== undefined && one.closed !== '')
  if (tight) return notWritable(p.name, tight)
  const absent = seen.archives.find(found => !found.exists)
  if (absent && !absent.exists) return [absent.missing, absent.fix]
  const archives = wholeOnes(seen.archives)
  const [hollow] = p.bundles.flatMap((b, i) =>
    b.programs.filter(({ member }) => !recorded && digestIn(archives[i]!, member) === '').map(m => [b, m] as const),
  )
  if (hollow)
    return [`${hollow[0].archive(seen.facts).name} holds no ${hollow[1].member}: it is not an archive of ${p.name}`]
  const full = seen.space && tooLittleSpace(packageFolder(p), seen.space, sizeOf(p, archives))
  return full ? [full.why, full.fix] : undefined
}

const isDirectory = (found: FileAnswer): boolean => found.exists && found.kind === 'directory'

/** What an installation needs: each archive and what is taken out of it lie side by side for a moment. */
const sizeOf = (p: Package, archives: Whole[]): number =>
  archives
    .flatMap((found, i) => [
      found.size,
      ...found.members.map(m => (m.path.startsWith(p.bundles[i]!.take) ? m.size : 0)),
    ])
    .reduce((sum, size) => sum + size, 0)

const sizeIn = (p: Package, archives: Whole[], index: number): number => {
  const wanted = programsOf(p)[index]!
  const at = p.bundles.findIndex(b => b.programs.includes(wanted))
  return archives[at]?.members.find(m => m.path === wanted.member)?.size ?? 0
}

const reasonOf = (p: Package, seen: Seen, recorded: boolean): string => {
  if (recorded) return `${p.name} ${p.version} is there, but not what ${p.bin_dir} points to`
  if (!seen.folder.exists) return `${p.name} ${p.version} is not installed`
  return textOf(seen.record) === ''
    ? `${p.name} ${p.version} is only half there`
    : `${p.name} ${p.version} is not what was installed: a program has changed`
}
