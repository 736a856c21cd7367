import {
  command,
  content,
  defineModule,
  exec,
  folderAt,
  quote,
  quoted,
  type Step,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import diagnose from './lib/diagnoses.ts'
import { missingFolder, pathArgument, plainPath } from './lib/paths.ts'
import { splitShellWords } from './lib/shell-split.ts'

const args = T.Object(
  {
    cmd: T.Optional(
      T.String({
        main: true,
        description: 'The command line. Quotes work as in a shell; pipes, variables and `*` do not.',
      }),
    ),
    argv: T.Optional(
      T.Array(T.String(), { minItems: 1, description: 'The program and its arguments as a list, in place of `cmd`.' }),
    ),
    chdir: T.Optional(pathArgument('The folder it runs in.')),
    stdin: T.Optional(T.String({ description: 'What it reads from its standard input.' })),
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
        description: 'What else it may change. Default: nothing with creates or removes, anything without.',
      }),
    ),
  },
  { additionalProperties: false },
)
type Line = { cmd?: string; argv?: string[]; chdir?: string; stdin?: string }

const argvOf = ({ cmd, argv }: Line): string[] => argv ?? (cmd === undefined ? [] : (splitShellWords(cmd) ?? []))

const fragment = (line: Line): string => {
  const there = line.chdir === undefined ? '' : `cd ${quote(line.chdir)} && `
  const fed = line.stdin === undefined ? '' : `printf %s ${quote(line.stdin)} | `
  return `${there}${fed}${quoted(argvOf(line))}`
}

const stepOf = (line: Line): Step =>
  exec(argvOf(line), {
    keep: true,
    ...(line.chdir === undefined ? {} : { cwd: plainPath(line.chdir) }),
    ...(line.stdin === undefined ? {} : { stdin: content(line.stdin) }),
  })

/** Words that only a shell knows: `>`, `2>&1`, `&&`, `|`, `;` as words of their own, or at the edge of one. */
const shellSigns = (argv: string[]): string[] =>
  argv.flatMap(word => /^\d?(?:>>?|<)(?:&\d)?|^(?:&&?|\|\|?|;)$|;$/.exec(word)?.[0] ?? [])

const listed = (words: string[]): string => [...new Set(words)].map(word => `\`${word}\``).join(' and ')

/** A line as one word of YAML, in quotes that leave every letter of it as it is; one that has both kinds is left out. */
const asOneWord = (line: string): string => {
  const mark = ["'", '"'].find(quote => !line.includes(quote) && !(quote === '"' && line.includes('\\')))
  return mark === undefined || line.includes('\n') ? '…' : mark + line + mark
}

/** What the user said that it makes or removes, tested behind it. */
const expected = (args: Line, says: 'creates' | 'removes', path: string): Step => {
  const [program, ...words] = argvOf(args)
  const signs = args.cmd === undefined ? [] : shellSigns(words)
  const verb = says === 'creates' ? 'make' : 'remove'
  return {
    do: 'expect',
    path: plainPath(path),
    exists: says === 'creates',
    otherwise: {
      what: `${says} says ${path}, and the command did not ${verb} it.`,
      ...(signs.length === 0
        ? { fix: `Check what the command does, and name in ${says} what it really ${verb}s.` }
        : {
            why: `There is no shell here: ${listed(signs)} went to ${program} as plain words.`,
            fix: `Give the whole line to a shell: argv: [sh, -c, ${asOneWord(args.cmd!)}]`,
          }),
    },
  }
}

/** Output without the newlines at its end, so that what is registered can be compared and passed on. */
const trimmed = (text: string): string => text.replace(/[\r\n]+$/, '')
const outputsOf = ({ rc, stdout, stderr }: { rc: number; stdout: string; stderr: string }) => ({
  rc,
  stdout: trimmed(stdout),
  stderr: trimmed(stderr),
  stdout_lines: trimmed(stdout) === '' ? [] : trimmed(stdout).split('\n'),
})

export default defineModule({
  name: 'command',
  about:
    'Runs a program. Say what it makes (`creates`), removes or only looks at (`reads`): with none of them it runs in every apply, and what follows on the host cannot be planned.',
  args,
  outputs: T.Object({
    rc: T.Integer({ description: 'Its exit status; 0 where it did not have to run.' }),
    stdout: T.String({ description: 'What it printed, without newlines at the end; empty where it did not run.' }),
    stderr: T.String({ description: 'What it complained.' }),
    stdout_lines: T.Array(T.String(), { description: 'The lines of `stdout`.' }),
  }),
  examples: [
    '- name: Make the keys once\n  command:\n    cmd: ssh-keygen -q -t ed25519 -N "" -f /etc/app/key\n    creates: /etc/app/key',
    '- name: Ask for the version\n  command:\n    argv: [/usr/local/bin/app, --version]\n    reads: [/usr/local/bin/app]\n  register: app',
  ],
  reads: args => ({
    creates: args.creates === undefined ? undefined : stat(plainPath(args.creates)),
    removes: args.removes === undefined ? undefined : stat(plainPath(args.removes)),
    folder: args.chdir === undefined ? undefined : uses(folderAt(plainPath(args.chdir))),
    said: args.reads === undefined || argvOf(args).length === 0 ? undefined : uses(command(fragment(args), args.reads)),
  }),
  touches: args => {
    const open = args.creates === undefined && args.removes === undefined && args.reads === undefined
    const gone = args.removes === undefined ? [] : [`tree:${plainPath(args.removes)}`]
    return [...gone, ...(args.touches?.map(path => `tree:${plainPath(path)}`) ?? (open ? ['any'] : []))]
  },
  plan: (args, seen, { ok, change, fail }) => {
    if ((args.cmd === undefined) === (args.argv === undefined))
      return fail(args.cmd === undefined ? 'neither cmd nor argv is given' : 'both cmd and argv are given', 'give one')
    const argv = argvOf(args)
    if (argv.length === 0) return fail(`a quote is not closed, or there is no word in: ${args.cmd}`, 'check the quotes')

    if (args.reads !== undefined && seen.said !== undefined) {
      if (args.creates !== undefined || args.removes !== undefined || args.touches !== undefined)
        return fail(
          'reads says that it changes nothing; creates, removes and touches say that it does',
          'leave out one',
        )
      return seen.said.rc === 0
        ? ok(outputsOf(seen.said))
        : fail(`${argv[0]} ended with status ${seen.said.rc}: ${trimmed(seen.said.stderr) || 'it said nothing'}`)
    }
    if (seen.creates?.exists === true || seen.removes?.exists === false)
      return ok(outputsOf({ rc: 0, stdout: '', stderr: '' }))
    const nowhere =
      args.chdir !== undefined && seen.folder ? missingFolder(plainPath(args.chdir), seen.folder) : undefined
    if (nowhere) return fail(nowhere.why, nowhere.fix)

    const step = stepOf(args)
    if (seen.creates === undefined && seen.removes === undefined)
      return change({ will: {}, steps: [step], reason: 'it runs every time', always: true })
    // With both, `creates` decides. Whether what `removes` names is gone is not promised.
    const also = args.touches?.map(path => `tree:${plainPath(path)}`) ?? []
    return seen.creates
      ? change({
          will: { creates: { exists: true } },
          steps: [step, expected(args, 'creates', args.creates!)],
          reason: `${args.creates} does not exist`,
          touches: args.removes === undefined ? also : [...also, `tree:${plainPath(args.removes)}`],
        })
      : change({
          will: { removes: { exists: false } },
          steps: [step, expected(args, 'removes', args.removes!)],
          reason: `${args.removes} is there`,
          touches: also,
        })
  },
  diagnose,
})
