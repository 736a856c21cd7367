import {
  command,
  content,
  defineModule,
  exec,
  type FileAnswer,
  folderAt,
  later,
  quote,
  quoted,
  type Step,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import diagnose from './lib/diagnoses.ts'
import { foldersAbove, missingFolder, pathArgument, plainPath } from './lib/paths.ts'
import { shellSigns } from './lib/shell-signs.ts'
import { splitShellWords } from './lib/shell-split.ts'

type Variables = Record<string, string | number>
const variables = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  additionalProperties: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
}

const args = T.Object(
  {
    cmd: T.Optional(
      T.String({
        main: true,
        description:
          'The command line. Quotes work as in a shell; pipes, variables and `*` do not: the plan names them. Give such a ' +
          'line to a shell, `argv: [sh, -c, LINE]`, or quote what is meant as it stands.',
      }),
    ),
    argv: T.Optional(
      T.Array(T.String(), { minItems: 1, description: 'The program and its arguments as a list, in place of `cmd`.' }),
    ),
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
    changed_when: T.Optional(
      T.Boolean({
        description:
          'false: what it does is no change: it runs every time, is told as ok, and notifies nobody. That says nothing of ' +
          'what it touches. Stands beside the module, as in Ansible.',
      }),
    ),
  },
  { additionalProperties: false },
)
type Question = { reads?: string[]; touches?: string[]; changed_when?: boolean }

/** Whether it changes nothing, as its author says: it depends on `reads` alone, or on anything at its place. */
const isQuestion = ({ reads, touches, changed_when }: Question): boolean =>
  reads !== undefined || (changed_when === false && touches?.length === 0)

type Line = {
  cmd?: string
  argv?: string[]
  chdir?: string
  stdin?: string
  environment?: Variables | Variables[]
}

const argvOf = ({ cmd, argv }: Line): string[] => argv ?? (cmd === undefined ? [] : (splitShellWords(cmd) ?? []))

/** What it has in its environment besides, by name. */
const environmentOf = ({ environment = [] }: Line): [name: string, value: string][] =>
  Object.entries(Object.assign({}, ...[environment].flat()) as Variables).map(([name, value]) => [name, String(value)])

/** The words of its command line on the host. */
const wordsOf = (line: Line): string[] => {
  const given = environmentOf(line).map(([name, value]) => `${name}=${value}`)
  return [...(given.length > 0 ? ['env', ...given] : []), ...argvOf(line)]
}

const fragment = (line: Line): string => {
  const there = line.chdir === undefined ? '' : `cd ${quote(line.chdir)} && `
  const fed = line.stdin === undefined ? '' : `printf %s ${quote(line.stdin)} | `
  return `${there}${fed}${quoted(wordsOf(line))}`
}

const stepOf = (line: Line): Step =>
  exec(argvOf(line), {
    keep: true,
    ...(environmentOf(line).length > 0 ? { env: Object.fromEntries(environmentOf(line)) } : {}),
    ...(line.chdir === undefined ? {} : { cwd: plainPath(line.chdir) }),
    ...(line.stdin === undefined ? {} : { stdin: content(line.stdin) }),
  })

const listed = (words: string[]): string => [...new Set(words)].map(word => `\`${word}\``).join(' and ')

/** A line as one word of YAML, in quotes that leave every letter of it as it is; one that has both kinds is left out. */
const asOneWord = (line: string): string => {
  const mark = ["'", '"'].find(quote => !line.includes(quote) && !(quote === '"' && line.includes('\\')))
  return mark === undefined || line.includes('\n') ? '…' : mark + line + mark
}

/** What only a shell would understand in a command line: why it comes to nothing, and how to write it. */
const shellSlip = (args: Line): { why: string; fix: string; isCommands: boolean } | undefined => {
  if (args.cmd === undefined) return undefined
  const { commands, words } = shellSigns(args.cmd)
  const signs = [...commands, ...words]
  if (signs.length === 0) return undefined
  return {
    why: `There is no shell here: ${listed(signs)} ${signs.length === 1 ? 'goes' : 'go'} to ${argvOf(args)[0]} as plain words.`,
    fix: `Give the whole line to a shell: argv: [sh, -c, ${asOneWord(args.cmd)}]`,
    isCommands: commands.length > 0,
  }
}

/** Ansible takes these as patterns; here one path is looked at, so what a pattern stands for is not found. */
const patternWarning = (args: { creates?: string; removes?: string }): string | undefined => {
  const word = (['creates', 'removes'] as const).find(one => /[*?]|\[.+\]/.test(args[one] ?? ''))
  return (
    word && `${word} names one path, no pattern: ${args[word]} is looked for letter by letter. Name one of the files.`
  )
}

/** A command that mounts, or takes a mount away: what is mounted is known after it, whatever it is said to touch. */
const mountLabels = (line: Line): string[] =>
  /(^|[\s/;&|(])u?mount($|[\s;&|)])/m.test(argvOf(line).join(' ')) ? ['mounts'] : []

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
const expected = (args: Line, says: 'creates' | 'removes', path: string): Step => {
  const slip = shellSlip(args)
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
const outputsOf = (line: Line, { rc, stdout, stderr }: Said, msg = '') => ({
  cmd: argvOf(line),
  rc,
  stdout: trimmed(stdout),
  stderr: trimmed(stderr),
  stdout_lines: linesOf(stdout),
  stderr_lines: linesOf(stderr),
  ...{ start: null, end: null, delta: null, msg },
})

/** Words of a command of which one says that it changes nothing, and another that it does. */
const contradiction = (line: Guards & Question, isAsked: boolean): string | undefined => {
  const isGuarded = line.creates !== undefined || line.removes !== undefined
  if (line.changed_when === false && isGuarded)
    return 'changed_when: false says that it changes nothing; creates and removes say that it does'
  return isAsked && (isGuarded || (line.touches ?? []).length > 0)
    ? 'reads says that it changes nothing; creates, removes and touches say that it does'
    : undefined
}

type Guards = { creates?: string; removes?: string }
type Seen = { creates?: FileAnswer | undefined; removes?: FileAnswer | undefined }
const whyNotRun = (line: Guards, { creates, removes }: Seen): [string, 'exists' | 'does not exist'] | undefined => {
  if (creates?.exists === true) return [line.creates!, 'exists']
  return removes?.exists === false ? [line.removes!, 'does not exist'] : undefined
}

/** What is registered where there is nothing to do, in Ansible's words. */
const notRun = (line: Line, path: string, how: 'exists' | 'does not exist') =>
  outputsOf(
    line,
    { rc: 0, stdout: `skipped, since ${path} ${how}`, stderr: '' },
    `Did not run command since '${path}' ${how}`,
  )

/** A moment of a run; nothing is measured of a question, nor where there is nothing to do. */
const moment = (description: string) => T.Union([T.String(), T.Null()], { description })

export default defineModule({
  name: 'command',
  about:
    'Runs a program. Say what it makes (`creates`), removes or only looks at (`reads`): with none of them it runs in every apply, and what follows on the host cannot be planned.',
  args,
  outputs: T.Object({
    rc: T.Integer({ description: 'Its exit status; 0 where it did not have to run.' }),
    stdout: T.String({
      description: 'What it printed, without newlines at the end; where it did not have to run, why.',
    }),
    stderr: T.String({ description: 'What it complained.' }),
    stdout_lines: T.Array(T.String(), { description: 'The lines of `stdout`.' }),
    stderr_lines: T.Array(T.String(), { description: 'The lines of `stderr`.' }),
    cmd: T.Array(T.String(), { description: 'The program and its arguments.' }),
    start: moment('When it began, as the clock of the controller says: `2027-01-31 12:30:00.000000`.'),
    end: moment('When its end was known.'),
    delta: moment('How long that took: `0:00:01.500000`.'),
    msg: T.String({ description: 'Why it did not have to run; else empty.' }),
  }),
  examples: [
    '- name: Make the keys once\n  command:\n    cmd: ssh-keygen -q -t ed25519 -N "" -f /etc/app/key\n    creates: /etc/app/key',
    '- name: Ask for the version\n  command:\n    argv: [/usr/local/bin/app, --version]\n    reads: [/usr/local/bin/app]\n  register: app',
  ],
  reads: args => ({
    creates: args.creates === undefined ? undefined : stat(plainPath(args.creates)),
    above: args.creates === undefined ? undefined : foldersAbove(plainPath(args.creates)).map(stat),
    removes: args.removes === undefined ? undefined : stat(plainPath(args.removes)),
    folder: args.chdir === undefined ? undefined : uses(folderAt(plainPath(args.chdir))),
    said:
      isQuestion(args) && argvOf(args).length > 0
        ? uses(command(fragment(args), args.reads, wordsOf(args)))
        : undefined,
  }),
  touches: (args, { above }) => {
    const open = args.creates === undefined && args.removes === undefined && args.reads === undefined
    const gone = args.removes === undefined ? [] : [`tree:${plainPath(args.removes)}`]
    const made = args.creates === undefined ? [] : [madeWith(args.creates, above)]
    return [
      ...made,
      ...gone,
      ...(args.touches?.map(path => `tree:${plainPath(path)}`) ?? (open ? ['any'] : [])),
      ...mountLabels(args),
    ]
  },
  plan: (args, seen, { ok, change, fail }) => {
    if ((args.cmd === undefined) === (args.argv === undefined))
      return fail(args.cmd === undefined ? 'neither cmd nor argv is given' : 'both cmd and argv are given', 'give one')
    const argv = argvOf(args)
    if (argv.length === 0) return fail(`a quote is not closed, or there is no word in: ${args.cmd}`, 'check the quotes')

    const slip = shellSlip(args)
    // With creates or removes the step itself tests what came of it. Else nothing would: rm -r /srv/old ; touch /srv/new.
    if (slip?.isCommands && seen.creates === undefined && seen.removes === undefined) return fail(slip.why, slip.fix)
    const warning = (slip && `${slip.why} ${slip.fix}, or quote what is meant as it stands.`) ?? patternWarning(args)
    const contrary = contradiction(args, seen.said !== undefined)
    if (contrary !== undefined) return fail(contrary, 'leave out one')
    if (seen.said !== undefined)
      return seen.said.rc === 0
        ? ok(outputsOf(args, seen.said))
        : fail(
            `${argv[0]} ended with status ${seen.said.rc}: ${trimmed(seen.said.stderr) || 'it said nothing'}`,
            slip && `${slip.why} ${slip.fix}`,
            outputsOf(args, seen.said, 'non-zero return code'),
          )
    const reason = whyNotRun(args, seen)
    if (reason) return ok(notRun(args, ...reason))
    const nowhere =
      args.chdir !== undefined && seen.folder ? missingFolder(plainPath(args.chdir), seen.folder) : undefined
    if (nowhere) return fail(nowhere.why, nowhere.fix)

    const step = stepOf(args)
    const quiet = args.changed_when === false ? { unchanging: true as const } : {}
    const warned = warning === undefined ? {} : { warning }
    if (seen.creates === undefined && seen.removes === undefined)
      return change({
        will: {},
        steps: [step],
        reason: 'it runs every time',
        outputs: { cmd: argv },
        always: true,
        ...quiet,
        ...warned,
      })
    // With both, `creates` decides. Whether what `removes` names is gone is not promised.
    const also = [...(args.touches?.map(path => `tree:${plainPath(path)}`) ?? []), ...mountLabels(args)]
    return seen.creates
      ? change({
          will: { creates: { exists: true } },
          steps: [step, expected(args, 'creates', args.creates!)],
          reason: `${args.creates} does not exist`,
          outputs: { ...done, cmd: argv },
          ...warned,
          touches: [
            ...also,
            madeWith(args.creates!, seen.above),
            ...(args.removes === undefined ? [] : [`tree:${plainPath(args.removes)}`]),
          ],
        })
      : change({
          will: { removes: { exists: false } },
          steps: [step, expected(args, 'removes', args.removes!)],
          reason: `${args.removes} is there`,
          outputs: { ...done, cmd: argv },
          ...warned,
          touches: also,
        })
  },
  warns: (_, seen) =>
    seen.said?.isText === false
      ? ['what it printed is not UTF-8: U+FFFD stands for each byte that is no text. Let it print base64.']
      : [],
  diagnose,
})
