import { statSync } from 'node:fs'
import { exit } from '../core/exit.ts'
import type { Failure } from '../core/failure.ts'
import { quote } from '../core/quote.ts'
import { jsonText } from '../report/json.ts'
import { printable } from '../report/printable.ts'
import { adviceFor } from './ansible-options.ts'

/** Commands that work on a playbook: the others have nothing in common with ansible-playbook. */
const PLAYBOOK_COMMANDS = ['plan', 'apply', 'explain', 'drift', 'graph', 'artifacts', 'resume', 'lint']

const isPlaybook = (word: string): boolean =>
  /\.ya?ml$/.test(word) || statSync(word, { throwIfNoEntry: false })?.isFile() === true

/** The playbook of a command line that has no command: its first word, or the last one after options. */
const playbookWithoutCommand = (argv: string[]): string | undefined => {
  const first = argv[0] ?? ''
  const meant = first.startsWith('-') ? argv.at(-1)! : first
  return !PLAYBOOK_COMMANDS.includes(first) && !meant.startsWith('-') && isPlaybook(meant) ? meant : undefined
}

const fixFor = (what: string, argv: string[]): string | undefined => {
  const isCommand = /^unknown command /.test(what)
  const [, option] = /^unknown option '([^']+)'/.exec(what) ?? []
  const playbook = isCommand || option !== undefined ? playbookWithoutCommand(argv) : undefined
  if (playbook !== undefined) return `did you mean \`runbook apply ${quote(playbook)}\`?`
  const isOfPlaybook = PLAYBOOK_COMMANDS.includes(argv[0] ?? '')
  return option !== undefined && isOfPlaybook ? adviceFor(option, argv) : undefined
}

/**
 * What is wrong with a command line, from what the parser says of it: a playbook without a command gets the command,
 * an option of Ansible's what to do instead. The parser's own nearest word goes where there is better advice.
 */
const usageFailure = (message: string, argv: string[]): Failure => {
  const what = message.replace(/^error: /, '').trimEnd()
  const fix = fixFor(what, argv)
  return fix === undefined
    ? { reason: 'usage-option', what }
    : { reason: 'usage-option', what: what.split('\n')[0]!, fix }
}

/** `-o` is the format of commands that have no playbook, of others a file. */
const asksForJson = (argv: string[]): boolean =>
  (['exec', 'ping'].includes(argv[0] ?? '') ? /(^| )(--format[ =]|-o ?)json( |$)/ : /(^| )--format[ =]json( |$)/).test(
    argv.join(' '),
  )

/** The last line of every JSON output, also where the command line itself is wrong. */
const summaryOf = (failure: Failure): string =>
  jsonText({
    type: 'summary',
    exit: exit.badInput,
    hosts: {},
    failures: [failure],
    wallMs: Math.round(performance.now()),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    seq: 1,
    time: Date.now(),
  })

/** Tells what is wrong with a command line, by the parser's error. Where there is no command its help has been shown. */
export const tellUsageFailure = ({ code, message }: { code: string; message: string }, argv: string[]): void => {
  const failure = usageFailure(message, argv)
  if (code !== 'commander.help')
    process.stderr.write(printable(`error: ${failure.what}\n${failure.fix ? `  fix: ${failure.fix}\n` : ''}`))
  if (asksForJson(argv)) process.stdout.write(`${summaryOf(failure)}\n`)
}
