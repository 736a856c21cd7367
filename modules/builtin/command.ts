import { T } from '../../src/module/module.ts'
import { shellSigns } from './lib/shell-signs.ts'
import { splitShellWords } from './lib/shell-split.ts'
import { defineProgram, type Program, programArguments } from './lib/user-program.ts'

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
    ...programArguments,
  },
  { additionalProperties: false },
)

type Line = { cmd?: string; argv?: string[] }

const argvOf = ({ cmd, argv }: Line): string[] => argv ?? (cmd === undefined ? [] : (splitShellWords(cmd) ?? []))

const listed = (words: string[]): string => [...new Set(words)].map(word => `\`${word}\``).join(' and ')

/** A line as one word of YAML, in quotes that leave every letter of it as it is; one that has both kinds is left out. */
const asOneWord = (line: string): string => {
  const mark = ["'", '"'].find(quote => !line.includes(quote) && !(quote === '"' && line.includes('\\')))
  return mark === undefined || line.includes('\n') ? '…' : mark + line + mark
}

/** What only a shell would understand in a command line: why it comes to nothing, and how to write it. */
const shellSlip = (args: Line): Program['slip'] => {
  if (args.cmd === undefined) return undefined
  const { commands, words } = shellSigns(args.cmd)
  const signs = [...commands, ...words]
  if (signs.length === 0) return undefined
  return {
    why: `There is no shell here: ${listed(signs)} ${signs.length === 1 ? 'goes' : 'go'} to ${argvOf(args)[0]} as plain words.`,
    fix: `Give the whole line to a shell: argv: [sh, -c, ${asOneWord(args.cmd)}]`,
    isCertain: commands.length > 0,
  }
}

export default defineProgram({
  name: 'command',
  about:
    'Runs a program. Say what it makes (`creates`), removes or only looks at (`reads`): with none of them it runs in every apply, and what follows on the host cannot be planned.',
  args,
  cmd: T.Array(T.String(), { description: 'The program and its arguments.' }),
  examples: [
    '- name: Make the keys once\n  command:\n    cmd: ssh-keygen -q -t ed25519 -N "" -f /etc/app/key\n    creates: /etc/app/key',
    '- name: Ask for the version\n  command:\n    argv: [/usr/local/bin/app, --version]\n    reads: [/usr/local/bin/app]\n  register: app',
  ],
  programOf: args => {
    if ((args.cmd === undefined) === (args.argv === undefined))
      return {
        refused: [args.cmd === undefined ? 'neither cmd nor argv is given' : 'both cmd and argv are given', 'give one'],
      }
    const argv = argvOf(args)
    if (argv.length === 0)
      return { refused: [`a quote is not closed, or there is no word in: ${args.cmd}`, 'check the quotes'] }
    return { ...args, argv, cmd: argv, slip: shellSlip(args) }
  },
})
