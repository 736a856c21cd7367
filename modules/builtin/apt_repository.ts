import {
  content,
  defineModule,
  type FileAnswer,
  file,
  packageLists,
  type Static,
  type Step,
  T,
  uses,
} from '../../src/module/module.ts'
import { updateArguments } from './lib/apt-arguments.ts'
import {
  fileOfSource,
  type SourceFiles,
  type SourceLine,
  sourceFiles,
  sourceLine,
  sourceLines,
  sourcesText,
} from './lib/apt-sources.ts'
import { aptUpdate } from './lib/apt-steps.ts'
import { modeArgument, type NamedAccounts, targetReads } from './lib/file-attributes.ts'
import { decideFile, type FileDecision } from './lib/file-content.ts'
import diagnose from './lib/package-diagnoses.ts'
import { gotLists } from './lib/package-task.ts'
import type { Obstacle } from './lib/paths.ts'

const args = T.Object(
  {
    repo: T.String({
      minLength: 1,
      description: 'The source, as a line of sources.list: `deb [options] ADDRESS SUITE COMPONENTS`.',
    }),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether there is such a line.' }),
    filename: T.Optional(
      T.String({
        description:
          'The file in /etc/apt/sources.list.d that it is put into, without .list. Not given: named after its address.',
      }),
    ),
    mode: T.Optional(modeArgument('The mode of a file that is newly made, "0644" if not given.')),
    ...updateArguments,
    update_cache: T.Boolean({
      default: true,
      aliases: ['update-cache'],
      description: 'Get the lists of packages anew behind a change.',
    }),
    codename: T.Optional(T.String({ description: 'Of use for a PPA alone, which is refused here.' })),
    validate_certs: T.Boolean({
      default: true,
      description: 'Of use for a PPA alone: apt itself always looks at certificates.',
    }),
    install_python_apt: T.Boolean({
      default: true,
      description: 'Accepted: nothing has to be installed for this module.',
    }),
  },
  { additionalProperties: false },
)
type Args = Static<typeof args>

/** Where a source stands, whether or not it is a comment there. */
const placesOf = (files: SourceFiles, source: string): [path: string, lines: SourceLine[]][] =>
  Object.entries(files).flatMap(([path, text]): [string, SourceLine[]][] => {
    const lines = sourceLines(text)
    return lines.some(line => line.valid && line.source === source) ? [[path, lines]] : []
  })

const isOf = (source: string) => (line: SourceLine) => line.valid && line.source === source

/** Files with what they are to hold: several, where a source stands in several. */
const wantedFiles = ({ repo, state, filename }: Args, files: SourceFiles): [path: string, lines: SourceLine[]][] => {
  const { source, comment } = sourceLine(repo)
  const places = placesOf(files, source)
  const own = isOf(source)
  if (state === 'absent')
    return places
      .filter(([, lines]) => lines.some(line => own(line) && line.enabled))
      .map(([path, lines]) => [path, lines.filter(line => !(own(line) && line.enabled))])
  if (places.length > 0)
    return places
      .filter(([, lines]) => lines.some(line => own(line) && !line.enabled))
      .map(([path, lines]) => [path, lines.map(line => (own(line) ? { ...line, enabled: true } : line))])
  const path = fileOfSource(source, filename)
  const before = files[path] === undefined ? [] : sourceLines(files[path])
  return [[path, [...before, { valid: true, enabled: true, source, comment }]]]
}

const targetOf = ({ repo, filename }: Args): string => fileOfSource(sourceLine(repo).source, filename)

/** Why a line names no source. */
const sourceObstacle = (repo: string): Obstacle | undefined => {
  if (/^ppa:/.test(repo))
    return {
      why: `${repo} is a PPA, whose address and key only Launchpad tells`,
      fix: 'write its line: deb https://ppa.launchpadcontent.net/OWNER/NAME/ubuntu SUITE main, with signed-by and the key beside it',
    }
  const { valid, enabled } = sourceLine(repo)
  return valid && enabled
    ? undefined
    : { why: `${repo} is no source of packages`, fix: 'write it as deb ADDRESS SUITE COMPONENTS' }
}

type Seen = NamedAccounts & { sources: SourceFiles; target: FileAnswer; others: FileAnswer[]; parent: FileAnswer }

type Removal = { is: 'change'; will: { exists: false }; steps: Step[]; reason: string }

/** All files, that which is written by what is known of it itself. */
const filesWith = (args: Args, { sources, target }: Pick<Seen, 'sources' | 'target'>): SourceFiles => {
  const path = targetOf(args)
  const { [path]: _, ...others } = sources
  return target.exists && target.kind === 'file' ? { ...others, [path]: target.content.bytes.toString() } : others
}

/** What becomes of each file that is not as it is to be. */
const decidedFiles = (args: Args, seen: Seen) => {
  const others = [...seen.others]
  return wantedFiles(args, filesWith(args, seen)).map(([path, lines]) => {
    const file = path === targetOf(args) ? seen.target : others.shift()!
    const mode = args.mode ?? (file.exists ? undefined : '0644')
    const it: FileDecision | Removal =
      lines.length > 0
        ? decideFile(path, () => content(sourcesText(lines)), mode === undefined ? {} : { mode }, { ...seen, file })
        : { is: 'change', will: { exists: false }, steps: [{ do: 'remove', path }], reason: 'nothing is left in it' }
    return { path, it, isEmpty: lines.length === 0 }
  })
}

export default defineModule({
  name: 'apt_repository',
  about: 'A source of packages, as a line in a file of /etc/apt/sources.list.d, is there or not.',
  args,
  outputs: T.Object({
    repo: T.String({ description: 'The line.' }),
    state: T.String({ description: 'present or absent.' }),
    sources_added: T.Array(T.String(), { description: 'Files that are newly made.' }),
    sources_removed: T.Array(T.String(), { description: 'Files that are gone, for nothing is left in them.' }),
  }),
  examples: [
    '- name: Packages of the project itself\n  apt_repository:\n    repo: deb [signed-by=/etc/apt/keyrings/app.asc] https://apt.example.com bookworm main\n    filename: app',
    '- name: Nothing from there any more\n  apt_repository:\n    repo: deb https://apt.example.com bookworm main\n    state: absent',
  ],
  reads: args => ({
    sources: uses(sourceFiles),
    lists: packageLists,
    target: file(targetOf(args)),
    ...targetReads(targetOf(args), {}),
  }),
  // Where it stands elsewhere that file is another one, of which there are mostly none.
  more: (args, { sources }) => ({
    others: wantedFiles(args, sources).flatMap(([path]) => (path === targetOf(args) ? [] : [file(path)])),
  }),
  touches: () => ['package-lists', 'path:/etc/apt/sources.list', 'tree:/etc/apt/sources.list.d'],
  plan: (args, seen, { ok, change, fail }) => {
    const { repo, state, update_cache } = args
    const wrong = sourceObstacle(repo)
    if (wrong) return fail(wrong.why, wrong.fix)
    const told = { repo, state, sources_added: [], sources_removed: [] }
    const done = decidedFiles(args, seen)
    const failed = done.find(({ it }) => it.is === 'fail')?.it
    if (failed?.is === 'fail') return fail(failed.why, failed.fix)
    const changes = done.flatMap(({ it, ...file }) => (it.is === 'change' ? [{ ...file, ...it }] : []))
    if (changes.length === 0) return ok(told)
    const own = targetOf(args)
    const added = changes.flatMap(({ path }) => (seen.sources[path] === undefined ? [path] : []))
    return change({
      will: {
        target: changes.find(({ path }) => path === own)?.will,
        others: done.filter(({ path }) => path !== own).map(({ it }) => (it.is === 'change' ? it.will : undefined)),
        ...(update_cache ? { lists: gotLists(seen.lists) } : {}),
      },
      steps: [...changes.flatMap(({ steps }) => steps), ...(update_cache ? [aptUpdate(args, added)] : [])],
      reason: state === 'present' ? 'there is no such source' : 'there is such a source',
      touches: ['package-lists'],
      outputs: {
        ...told,
        sources_added: added,
        sources_removed: changes.flatMap(({ path, isEmpty }) => (isEmpty ? [path] : [])),
      },
    })
  },
  diagnose,
})
