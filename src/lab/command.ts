import { spawn } from 'node:child_process'
import { Refusal } from '../core/failure.ts'

/** What a finished program left: its exit code (or -1 with the reason in `err` if it could not start) and its output. */
type ProgramResult = { code: number; out: string; err: string }

type ProgramOptions = { cwd?: string; env?: Record<string, string> }

/** Administration programs live in sbin, which a plain user's PATH lacks even under some sudo settings. */
export const searchPath = (path = process.env.PATH ?? ''): string =>
  `${path}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`

export const toolEnv = (extra: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  LC_ALL: 'C',
  PATH: searchPath(),
  ...extra,
})

/** Runs one program to its end and returns what it left; never throws, so that callers decide what is a failure. */
export const runProgram = (
  [program = '', ...args]: string[],
  { cwd, env }: ProgramOptions = {},
): Promise<ProgramResult> =>
  new Promise(resolve => {
    const child = spawn(program, args, { cwd, env: toolEnv(env), stdio: ['ignore', 'pipe', 'pipe'] })
    const done: ProgramResult = { code: -1, out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      done.out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      done.err += text
    })
    child.on('error', error => resolve({ ...done, err: error.message }))
    child.on('close', code => resolve({ ...done, code: code ?? -1 }))
  })

export const tail = (text: string, lines: number): string => text.trimEnd().split('\n').slice(-lines).join('\n')

/**
 * Runs one program that has to succeed, and returns what it wrote to stdout.
 * @throws Refusal `lab-host` with the program's last words.
 */
export const runOrRefuse = async (argv: string[], options: ProgramOptions = {}): Promise<string> => {
  const { code, out, err } = await runProgram(argv, options)
  if (code === 0) return out
  throw new Refusal({
    reason: 'lab-host',
    what: `${argv[0]} failed with exit code ${code}`,
    why: `${argv.join(' ')}\n${tail(err || out, 15)}`.trim(),
    fix: 'read its last words above; `runbook lab down` removes what is half made',
  })
}
