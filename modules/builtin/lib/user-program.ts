import {
  command,
  content,
  type Decide,
  defineModule,
  exec,
  type FileAnswer,
  folderAt,
  later,
  quote,
  quoted,
  type Static,
  type Step,
  sha256,
  stat,
  T,
  type TObject,
  type TSchema,
  uses,
} from '../../../src/module/module.ts'
import diagnose from './diagnoses.ts'
import { foldersAbove, missingFolder, pathArgument, plainPath } from './paths.ts'

// A program of the user's own: where it runs, what it makes, what is registered of it. Its command line is the module's affair.

type Variables = Record<string, string | number>
const variables = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  additionalProperties: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
}

/** What may be said of any program. */
export const programArguments = {
  chdir: T.Optional(pathArgument('The folder it runs in.')),
  stdin: T.Optional(T.String({ description: 'What it reads from its standard input.' })),
  environment: T.Optional(
    T.Unsafe<Variables | Variables[]>({
      anyOf: [variables, { type: 'array', items: variables }],
      description:
        'Variables that it has besides those that every task has (`HOME`, `PATH`, `LANG` …): names and texts, or a list ' +
        'of such, where the last counts. May stand beside the module, or in the play for all its commands, as in Ansible.',
    }),
  ),
  creates: T.Optional(
    pathArgument(
      'It makes this, and runs only while this is not there. Where it is not there afterwards, the task fails.',
    ),
  ),
  removes: T.Optional(
    pathArgument('It removes this, and runs only while this is there. Where it is there afterwards, the task fails.'),
  ),
  reads: T.Optional(
    T.Array(pathArgument('A file or folder.'), {
      description:
        'It changes nothing and depends on these alone: it is a question then, asked in `plan` too, never a change.',
    }),
  ),
  touches: T.Optional(
    T.Array(pathArgument('A file or folder.'), {
      description:
        'What else it may change. Default: nothing with creates or removes, anything without. May stand beside the module. ' +
        '`[]` with `changed_when: false`: it changes nothing at all. Then it is a question about the host, asked at its ' +
        'place: as soon as nothing before it on the host is still to change, in `plan` too.',
    }),
  ),
  async: T.Optional(
    T.Integer({
      minimum: 0,
      description:
        'How many seconds it may take. It goes on by itself on the host meanwhile, and when the connection is lost: the next run finds it. ' +
        'Stands beside the module, as in Ansible.',
    }),
  ),
  poll: T.Optional(
    T.Integer({
      minimum: 0,
      description:
        '0, with async: it is only started, and `async_status` asks what has become of it. Anything else: it is waited for. Stands beside the module.',
    }),
  ),
  timeout: T.Optional(
    T.Integer({ minimum: 1, description: 'How many seconds it may take. Stands beside the module, as in Ansible.' }),
  ),
  changed_when: T.Optional(
    T.Boolean({
      description:
        'false: what it does is no change: it runs every time, is told as ok, and notifies nobody. That says nothing of ' +
        'what it touches. Stands beside the module, as in Ansible.',
    }),
  ),
}

const moment = (description: string) => T.Union([T.String(), T.Null()], { description })

/** What is registered of any program, besides `cmd`. A moment of a run: nothing is measured of a question, nor where there is nothing to do. */
export const programOutputs = {
  rc: T.Integer({ description: 'Its exit status; 0 where it did not have to run.' }),
  stdout: T.String({
    description: 'What it printed, without newlines at the end; where it did not have to run, why.',
  }),
  stderr: T.String({ description: 'What it complained.' }),
  stdout_lines: T.Array(T.String(), { description: 'The lines of `stdout`.' }),
  stderr_lines: T.Array(T.String(), { description: 'The lines of `stderr`.' }),
  start: moment('When it began, as the clock of the controller says: `2027-01-31 12:30:00.000000`.'),
  end: moment('When its end was known.'),
  delta: moment('How long that took: `0:00:01.500000`.'),
  msg: T.String({ description: 'Why it did not have to run; else empty.' }),
  ansible_job_id: T.Optional(T.String({ description: 'With async and poll 0: what async_status is asked for.' })),
  started: T.Optional(T.Integer({ description: 'The same: 1.' })),
  finished: T.Optional(T.Integer({ description: 'The same: 0.' })),
}

/** Why a command line comes to nothing as it is written, and how to write it. */
export type Slip = { why: string; fix: string }

/** A program with all that is said of it. */
export type Program = {
  argv: string[]
  /** Its command line as it is registered. */
  cmd: string | string[]
  /** What is wrong with it, perhaps not meant; `isCertain`: it cannot be meant. */
  slip?: (Slip & { isCertain: boolean }) | undefined
  chdir?: string
  stdin?: string
  environment?: Variables | Variables[]
  creates?: string
  removes?: string
  reads?: string[]
  touches?: string[]
  changed_when?: boolean
  async?: number
  poll?: number
  timeout?: number
}

/** Whether it changes nothing, as its author says: it depends on `reads` alone, or on anything at its place. */
const isQuestion = ({ reads, touches, changed_when }: Program): boolean =>
  reads !== undefined || (changed_when === false && touches?.length === 0)

/** What it has in its environment besides, by name. */
const environmentOf = ({ environment = [] }: Program): [name: string, value: string][] =>
  Object.entries(Object.assign({}, ...[environment].flat()) as Variables).map(([name, value]) => [name, String(value)])

/** The words of its command line on the host. */
const wordsOf = (program: Program): string[] => {
  const given = environmentOf(program).map(([name, value]) => `${name}=${value}`)
  return [...(given.length > 0 ? ['env', ...given] : []), ...program.argv]
}

const fragment = (program: Program): string => {
  const there = program.chdir === undefined ? '' : `cd ${quote(program.chdir)} && `
  const fed = program.stdin === undefined ? '' : `printf %s ${quote(program.stdin)} | `
  return `${there}${fed}${quoted(wordsOf(program))}`
}

/** Whether it is only started. */
const isStarted = ({ async = 0, poll }: Program): boolean => async > 0 && poll === 0

/** How long it may take, and whether it goes on by itself: by a name that the next run has for it too, where it is waited for. */
const timeOf = (program: Program): Partial<Extract<Step, { do: 'exec' }>> => {
  const { async = 0, timeout } = program
  const limits = [...(async > 0 ? [async] : []), ...(timeout === undefined ? [] : [timeout])]
  const name = isStarted(program) ? {} : { name: jobName(program) }
  return {
    ...(limits.length > 0 ? { seconds: Math.min(...limits) } : {}),
    ...(async > 0 ? { job: name } : {}),
  }
}

const jobName = (program: Program): string =>
  `j${sha256(JSON.stringify([wordsOf(program), program.chdir, program.stdin])).slice(0, 16)}`

const stepOf = (program: Program): Step =>
  exec(program.argv, {
    keep: true,
    ...timeOf(program),
    ...(environmentOf(program).length > 0 ? { env: Object.fromEntries(environmentOf(program)) } : {}),
    ...(program.chdir === undefined ? {} : { cwd: plainPath(program.chdir) }),
    ...(program.stdin === undefined ? {} : { stdin: content(program.stdin) }),
  })

/** Ansible takes these as patterns; here one path is looked at, so what a pattern stands for is not found. */
const patternWarning = (args: { creates?: string; removes?: string }): string | undefined => {
  const word = (['creates', 'removes'] as const).find(one => /[*?]|\[.+\]/.test(args[one] ?? ''))
  return (
    word && `${word} names one path, no pattern: ${args[word]} is looked for letter by letter. Name one of the files.`
  )
}

/** A command that mounts, or takes a mount away: what is mounted is known after it, whatever it is said to touch. */
const mountLabels = ({ argv }: Program): string[] =>
  /(^|[\s/;&|(])u?mount($|[\s;&|)])/m.test(argv.join(' ')) ? ['mounts'] : []

/**
 * What comes with what it makes: all that is in it, where that is a folder; and where folders on the way may not be there
 * yet, all that lies in the first of them (`git clone` with `creates: /srv/app/.git`).
 */
const madeWith = (creates: string, above: FileAnswer[] = []): string => {
  const path = plainPath(creates)
  const first = foldersAbove(path).find((_, i) => later(() => above[i]?.exists) !== true)
  return `tree:${first ?? path}`
}

/** What the user said that it makes or removes, tested behind it. */
const expected = ({ slip }: Program, says: 'creates' | 'removes', path: string): Step => {
  const verb = says === 'creates' ? 'make' : 'remove'
  return {
    do: 'expect',
    path: plainPath(path),
    exists: says === 'creates',
    otherwise: {
      what: `${says} says ${path}, and the command did not ${verb} it.`,
      ...(slip
        ? { why: slip.why, fix: slip.fix }
        : { fix: `Check what the command does, and name in ${says} what it really ${verb}s.` }),
    },
  }
}

/** What is known of a command before it is run: where it ends otherwise, its task fails. */
const done = { rc: 0 }

/** Output without the newlines at its end, so that what is registered can be compared and passed on. */
const trimmed = (text: string): string => text.replace(/[\r\n]+$/, '')
const linesOf = (text: string): string[] => (trimmed(text) === '' ? [] : trimmed(text).split('\n'))
type Said = { rc: number; stdout: string; stderr: string }
const outputsOf = ({ cmd }: Program, { rc, stdout, stderr }: Said, msg = '') => ({
  cmd,
  rc,
  stdout: trimmed(stdout),
  stderr: trimmed(stderr),
  stdout_lines: linesOf(stdout),
  stderr_lines: linesOf(stderr),
  ...{ start: null, end: null, delta: null, msg },
})

/** Words of a command of which one says that it changes nothing, and another that it does. */
const contradiction = (line: Program, isAsked: boolean): string | undefined => {
  const isGuarded = line.creates !== undefined || line.removes !== undefined
  if (line.changed_when === false && isGuarded)
    return 'changed_when: false says that it changes nothing; creates and removes say that it does'
  return isAsked && (isGuarded || (line.touches ?? []).length > 0)
    ? 'reads says that it changes nothing; creates, removes and touches say that it does'
    : undefined
}

type SeenPaths = { creates?: FileAnswer | undefined; removes?: FileAnswer | undefined }
const whyNotRun = (
  line: Program,
  { creates, removes }: SeenPaths,
): [string, 'exists' | 'does not exist'] | undefined => {
  if (creates?.exists === true) return [line.creates!, 'exists']
  return removes?.exists === false ? [line.removes!, 'does not exist'] : undefined
}

/** What is registered where there is nothing to do, in Ansible's words. */
const notRun = (line: Program, path: string, how: 'exists' | 'does not exist') =>
  outputsOf(
    line,
    { rc: 0, stdout: `skipped, since ${path} ${how}`, stderr: '' },
    `Did not run command since '${path}' ${how}`,
  )

const certain = (program: Program | Refused): Program | undefined => ('refused' in program ? undefined : program)

/** Arguments that make no program: why, and what to write. */
type Refused = { refused: [why: string, fix: string] }

const readsOf = (program: Program | undefined) => {
  if (program === undefined) return {}
  const { creates, removes, chdir } = program
  return {
    creates: creates === undefined ? undefined : stat(plainPath(creates)),
    above: creates === undefined ? undefined : foldersAbove(plainPath(creates)).map(stat),
    removes: removes === undefined ? undefined : stat(plainPath(removes)),
    folder: chdir === undefined ? undefined : uses(folderAt(plainPath(chdir))),
    said: isQuestion(program) ? uses(command(fragment(program), program.reads, wordsOf(program))) : undefined,
  }
}

const touchesOf = (program: Program, above: FileAnswer[] | undefined): string[] => {
  const { creates, removes, reads, touches } = program
  const open = creates === undefined && removes === undefined && reads === undefined
  return [
    ...(creates === undefined ? [] : [madeWith(creates, above)]),
    ...(removes === undefined ? [] : [`tree:${plainPath(removes)}`]),
    ...(touches?.map(path => `tree:${plainPath(path)}`) ?? (open ? ['any'] : [])),
    ...mountLabels(program),
  ]
}

type ProgramDecide = Decide<ReturnType<typeof readsOf>, undefined>
type SeenProgram = SeenPaths & {
  above?: FileAnswer[] | undefined
  folder?: Parameters<typeof missingFolder>[1] | undefined
  said?: (Said & { isText?: boolean }) | undefined
}

/** What a question has come to. */
const answered = (program: Program, said: Said, { ok, fail }: ProgramDecide) => {
  const { slip, argv } = program
  return said.rc === 0
    ? ok(outputsOf(program, said) as never)
    : fail(
        `${argv[0]} ended with status ${said.rc}: ${trimmed(said.stderr) || 'it said nothing'}`,
        slip && `${slip.why} ${slip.fix}`,
        outputsOf(program, said, 'non-zero return code') as never,
      )
}

const planOf = (program: Program, seen: SeenProgram, decide: ProgramDecide) => {
  const { slip, cmd } = program
  const { ok, change, fail } = decide
  // With creates or removes the step itself tests what came of it. Else nothing would: rm -r /srv/old ; touch /srv/new.
  if (slip?.isCertain && seen.creates === undefined && seen.removes === undefined) return fail(slip.why, slip.fix)
  const warning = (slip && `${slip.why} ${slip.fix}, or quote what is meant as it stands.`) ?? patternWarning(program)
  const contrary = contradiction(program, seen.said !== undefined)
  if (contrary !== undefined) return fail(contrary, 'leave out one')
  if (seen.said !== undefined) return answered(program, seen.said, decide)
  const reason = whyNotRun(program, seen)
  if (reason) return ok(notRun(program, ...reason) as never)
  const nowhere =
    program.chdir !== undefined && seen.folder ? missingFolder(plainPath(program.chdir), seen.folder) : undefined
  if (nowhere) return fail(nowhere.why, nowhere.fix)

  const steps = [stepOf(program)]
  const warned = warning === undefined ? {} : { warning }
  const isAlone = isStarted(program)
  if (isAlone || (seen.creates === undefined && seen.removes === undefined))
    return change({
      will: {},
      steps,
      reason: isAlone ? 'it is started, and not waited for' : 'it runs every time',
      outputs: (isAlone ? { cmd, started: 1, finished: 0 } : { cmd }) as never,
      always: true,
      ...(program.changed_when === false ? { unchanging: true as const } : {}),
      ...warned,
    })
  // With both, `creates` decides. Whether what `removes` names is gone is not promised.
  const says = seen.creates ? 'creates' : 'removes'
  return change({
    will: { [says]: { exists: says !== 'removes' } },
    steps: [...steps, expected(program, says, program[says]!)],
    reason: says === 'creates' ? `${program.creates} does not exist` : `${program.removes} is there`,
    outputs: { ...done, cmd } as never,
    ...warned,
    touches: [
      ...(program.touches?.map(path => `tree:${plainPath(path)}`) ?? []),
      ...mountLabels(program),
      ...(says === 'creates' ? [madeWith(program.creates!, seen.above)] : []),
      ...(says === 'creates' && program.removes !== undefined ? [`tree:${plainPath(program.removes)}`] : []),
    ],
  } as never)
}

/** A module that runs a program of the user's: `programOf` makes it of the arguments, `cmd` is what is registered of its line. */
export const defineProgram = <A extends TObject>({
  programOf,
  cmd,
  ...about
}: {
  name: string
  about: string
  args: A
  examples: string[]
  cmd: TSchema
  programOf(args: Static<A>): Program | Refused
}) =>
  defineModule({
    ...about,
    outputs: T.Object({ ...programOutputs, cmd }),
    reads: (args: Static<A>) => readsOf(certain(programOf(args))),
    touches: (args: Static<A>, { above }: { above?: FileAnswer[] | undefined }) => {
      const program = certain(programOf(args))
      return program === undefined ? [] : touchesOf(program, above)
    },
    plan: (args: Static<A>, seen, decide) => {
      const program = programOf(args)
      if ('refused' in program) return decide.fail(...program.refused)
      return planOf(program, seen as SeenProgram, decide as never) as never
    },
    warns: (_args: Static<A>, seen) =>
      (seen as SeenProgram).said?.isText === false
        ? ['what it printed is not UTF-8: U+FFFD stands for each byte that is no text. Let it print base64.']
        : [],
    diagnose,
  })
