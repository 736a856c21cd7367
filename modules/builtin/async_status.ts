import { command, defineModule, exec, quote, T, uses } from '../../src/module/module.ts'

const args = T.Object(
  {
    jid: T.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
      description: 'The job: `ansible_job_id` of what the task that has started it registers.',
    }),
    mode: T.Enum(['status', 'cleanup'], {
      default: 'status',
      description: 'status: what has become of it. cleanup: take away what is kept of it on the host.',
    }),
  },
  { additionalProperties: false },
)

const FOLDER = '"${HOME:-/}/.ansible_async"'

/** Prints in the first line whether it runs, or its status; then what it has printed. Source: `src/run/job-script.ts`. */
const look = (jid: string): string => `f=${FOLDER}/${quote(jid)}
if [ -e "$f.rc" ]; then cat -- "$f.rc" "$f.out"; cat -- "$f.err" >&2
elif [ -e "$f.pid" ]; then kill -0 "$(cat "$f.pid")" 2>/dev/null && echo running || echo gone
else echo none; fi`

const trimmed = (text: string): string => text.replace(/[\r\n]+$/, '')
const linesOf = (text: string): string[] => (text === '' ? [] : text.split('\n'))

export default defineModule({
  name: 'async_status',
  about:
    'What has become of a program that a task has started with async and poll 0. It is asked at its place; `until: job.finished` waits for its end. It fails where the program did.',
  args,
  outputs: T.Object({
    ansible_job_id: T.String({ description: 'The job.' }),
    started: T.Integer({ description: '1.' }),
    finished: T.Integer({ description: '1 where it has ended, else 0.' }),
    rc: T.Optional(T.Integer({ description: 'Its exit status, once it has ended.' })),
    stdout: T.Optional(T.String({ description: 'What it printed, once it has ended.' })),
    stderr: T.Optional(T.String({ description: 'What it complained, once it has ended.' })),
    stdout_lines: T.Optional(T.Array(T.String(), { description: 'The lines of `stdout`.' })),
    stderr_lines: T.Optional(T.Array(T.String(), { description: 'The lines of `stderr`.' })),
    erased: T.Optional(T.String({ description: 'With cleanup: what was taken away.' })),
  }),
  examples: [
    '- name: The copy is made\n  async_status:\n    jid: "{{ copying.ansible_job_id }}"\n  register: job\n  until: job.finished\n  retries: 60\n  delay: 10',
  ],
  reads: ({ jid }) => ({ job: uses(command(look(jid), undefined, ['async_status', jid])) }),
  touches: () => [],
  plan: ({ jid, mode }, { job }, { ok, change, fail }) => {
    const [state = '', ...printed] = job.stdout.split('\n')
    const common = { ansible_job_id: jid, started: 1 }
    if (mode === 'cleanup')
      return state === 'none'
        ? ok({ ...common, finished: 1, erased: jid })
        : change({
            will: {},
            steps: [exec(['sh', '-c', `rm -f -- ${FOLDER}/"$1".*`, 'sh', jid])],
            reason: `what is kept of ${jid} is there`,
            outputs: { ...common, finished: 1, erased: jid },
            always: true,
            unchanging: true,
          })
    if (state === 'none')
      return fail(`there is no job ${jid}`, 'ask on the host, and as the user, where it was started')
    if (state === 'gone')
      return fail(`the job ${jid} was ended from outside`, 'start it again; its host may have been started anew', {
        ...common,
        finished: 1,
      })
    if (state === 'running') return ok({ ...common, finished: 0 })
    const rc = Number(state)
    const [stdout, stderr] = [trimmed(printed.join('\n')), trimmed(job.stderr)]
    const told = {
      ...common,
      finished: 1,
      rc,
      stdout,
      stderr,
      stdout_lines: linesOf(stdout),
      stderr_lines: linesOf(stderr),
    }
    return rc === 0
      ? ok(told)
      : fail(`the job ended with status ${rc}: ${stderr || 'it said nothing'}`, undefined, told)
  },
})
