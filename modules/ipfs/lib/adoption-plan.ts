import {
  content,
  type FileAnswer,
  file,
  type ServiceAnswer,
  type Static,
  service,
  stat,
  T,
  type TemplateAnswer,
  template,
  unitFile,
  unitName,
  uses,
} from '../../../src/module/module.ts'
import { parentFolder } from '../../builtin/lib/paths.ts'
import {
  type Adoptable,
  type Adopted,
  type Destination,
  destination,
  formerPrograms,
  type Holders,
  holders,
  type SourceFound,
  sourceFound,
  wayBackFile,
} from './adoptable.ts'
import { obstacleTo, usersOf } from './adoption.ts'
import { adoptedAs, adoptionSteps, type OwnSteps } from './adoption-steps.ts'
import type { Asked } from './existing.ts'
import { wayBack } from './way-back.ts'

/** Arguments that both modules which adopt have. */
export const adoptionArguments = {
  from: T.String({
    default: '',
    description: 'The folder that is taken, as `ipfs_survey` has found it. Empty: there is nothing to adopt.',
  }),
  src: T.String({ template: true, description: 'The template of the unit that is to run it, as for systemd_unit.' }),
  unit: T.String({ pattern: '^/', description: 'The path of its file.' }),
  copy: T.Boolean({
    default: false,
    description:
      'Whether a folder on another filesystem may be copied, while its daemon is stopped. The copy is compared, and the old folder kept, with `.before-runbook` behind its name.',
  }),
  at_boot: T.Boolean({ default: true, description: 'Whether the unit starts with the machine.' }),
}
/** Peers as `ipfs_survey` has found them: each with its port. */
export const surveyedPeers = (description: string) =>
  T.Array(T.Object({ id: T.String(), address: T.String(), port: T.Integer() }, { additionalProperties: false }), {
    default: [],
    description,
  })
const all = T.Object(adoptionArguments)
export type AdoptionArguments = Static<typeof all> & { path: string; user: string; bin_dir: string }

export const adoptionOutputs = T.Object({
  way_back: T.String({ description: 'The script on the host that undoes it; empty: nothing was adopted.' }),
})

/** @param asked what the playbook asks for on the whole: the look at a host is one for all who ask the same */
export const adoptionReads = (it: Adopted, args: AdoptionArguments, asked: Asked) => ({
  holders: holders(it, asked),
  place: destination(it, args),
  root: stat(args.path),
  file: file(unitFile(args.unit)),
  unit: service(args.unit),
  wayBack: file(wayBackFile(args.path)),
  template: uses(template(args.src)),
})

/** What tells whether the folder can go there, once it is known who uses what. */
export const sourceReads = (it: Adopted, { from, path }: AdoptionArguments, seen: { holders: Holders }) => ({
  source:
    from === ''
      ? undefined
      : sourceFound(it, from, path, [
          ...new Set([...seen.holders.daemons, ...seen.holders.units].map(one => one.repo)),
        ]),
})

/** What it may change besides. */
export const adoptionTouches = (it: Adopted, { path, from, bin_dir }: AdoptionArguments): string[] => [
  ...['units', 'daemon-reload', 'live:sockets', `tree:${path}`, `children:${parentFolder(path)}`],
  ...(from === '' ? [] : [`tree:${from}`, `children:${parentFolder(from)}`]),
  ...it.programs.map(name => `tree:${bin_dir}/${name}`),
  `tree:${formerPrograms(it, bin_dir)}`,
]

export type AdoptionSeen = {
  holders: Holders
  place: Destination
  file: FileAnswer
  unit: ServiceAnswer
  wayBack: FileAnswer
  template: TemplateAnswer
  source: SourceFound | undefined
}

const nowhere: SourceFound = {
  ...{ isThere: false, real: '', owner: '', canRename: true, isMount: false },
  ...{ names: [], mounts: [], size: 0, free: 0 },
}

/** Whether there is something to take, or to be gone on with. */
const isOpen = ({ from, path }: AdoptionArguments, { begun, target, daemons, units }: Adoptable): boolean =>
  begun !== '' || (from !== '' && (target !== 'here' || [...daemons, ...units].some(({ repo }) => repo === path)))

const countOf = (from: string, { folders }: Adoptable): string => {
  const pins = folders.find(({ path }) => path === from)?.pins
  return pins === undefined ? '' : ` (${pins} pins)`
}

const reasonOf = ({ from, path, unit }: AdoptionArguments, found: Adoptable, source: SourceFound): string => {
  const { units, daemons } = usersOf(from, unitName(unit), found, source)
  const ends = [
    ...units.map(({ name }) => `${name} ends`),
    ...daemons
      .filter(daemon => !units.some(({ name }) => name === daemon.unit))
      .map(({ pid, user }) => `process ${pid} of ${user} ends`),
  ]
  const moves = `${from}${countOf(from, found)} ${source.canRename ? 'moves' : 'is copied'} to ${path}`
  const where = found.target === 'here' ? path : moves
  return [`${found.begun === '' ? '' : 'goes on: '}${where}`, ...ends, `the way back: ${wayBackFile(path)}`].join(', ')
}

const written = (text: string, mode: string) => ({ exists: true, kind: 'file', mode, content: content(text) }) as const

/** What is to be done to adopt; `rest`: there is nothing to take. */
export const planAdoption = (it: Adopted, given: AdoptionArguments, seen: AdoptionSeen, own: OwnSteps) => {
  const { source = nowhere, template, file, wayBack: back } = seen
  const found: Adoptable = { ...seen.holders, ...seen.place }
  if (!template.exists) return { is: 'fail', why: template.missing, fix: undefined } as const
  if (!isOpen(given, found)) return { is: 'rest', wasAdopted: back.exists } as const
  // Behind links: what is moved is the folder, not a way to it.
  const args = { ...given, from: source.real || given.from }
  const obstacle = obstacleTo(it, args, found, source)
  if (obstacle) return { is: 'fail', ...obstacle } as const
  const copies = !source.canRename
  // Once it has begun, the units and daemons that are told of there may be gone.
  const text =
    found.begun !== '' && back.exists
      ? undefined
      : wayBack(it, { ...args, copies, leaves: source.isMount }, found, source)
  const hasUnit = file.exists && file.kind === 'file' && file.content.digest === content(template.text).digest
  const after = adoptedAs(it, args, found, source)
  return {
    is: 'take',
    will: {
      holders: after.holders,
      place: after.destination,
      root: { exists: true, kind: 'directory', owner: args.user },
      ...(hasUnit ? {} : { file: written(template.text, '0644') }),
      unit: {
        load: 'loaded',
        reload: false,
        active: 'active',
        ...(args.at_boot ? { enabled: 'enabled' as const } : {}),
      },
      ...(text === undefined ? {} : { wayBack: written(text, '0755') }),
    },
    steps: adoptionSteps(it, args, { found, source, unitText: template.text, hasUnit, wayBack: text }, own),
    reason: reasonOf(args, found, source),
  } as const
}
