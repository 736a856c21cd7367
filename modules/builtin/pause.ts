import { defineModule, type Step, T } from '../../src/module/module.ts'

const seconds = (description: string) =>
  T.Optional(T.Unsafe<number>({ type: ['number', 'string'], pattern: '^\\d+(\\.\\d+)?$', description }))

const args = T.Object(
  {
    seconds: seconds('How many seconds, one at least.'),
    minutes: seconds('How many minutes.'),
    prompt: T.Optional(
      T.String({
        description: 'What is asked on the terminal of the controller; with a time, what is said meanwhile.',
      }),
    ),
    echo: T.Optional(T.Boolean({ description: 'false: what is typed as an answer is not shown.' })),
  },
  { additionalProperties: false },
)

const text = (description: string) => T.String({ description })

export default defineModule({
  name: 'pause',
  about:
    'Waits in an apply: for a time, or until somebody at the terminal of the controller has answered, who is asked once for all hosts. Where there is no terminal nobody is waited for. Nothing is run on a host, and a plan does not wait.',
  args,
  outputs: T.Object({
    user_input: text('What was answered.'),
    stdout: text('How long it took, in words.'),
    stderr: text('Empty.'),
    rc: T.Integer({ description: '0.' }),
    echo: T.Boolean({ description: 'Whether the answer was shown.' }),
    start: text('When it began, as the clock of the controller says.'),
    stop: text('When it ended.'),
    delta: T.Integer({ description: 'How many seconds it took.' }),
  }),
  examples: [
    '- name: The load balancer has noticed\n  pause:\n    seconds: 15',
    '- name: Somebody has looked at it\n  pause:\n    prompt: Is the site up?\n  register: seen',
  ],
  reads: () => ({}),
  touches: () => [],
  plan: ({ seconds, minutes, prompt, echo }, _seen, { change, fail }) => {
    if (seconds !== undefined && minutes !== undefined) return fail('both seconds and minutes are given', 'give one')
    // As in Ansible whole ones of what is said, and no time below a second.
    const time = seconds ?? (minutes === undefined ? undefined : Math.trunc(Number(minutes)) * 60)
    const step: Step = {
      do: 'pause',
      ...(time === undefined ? {} : { seconds: Math.max(1, Math.trunc(Number(time))) }),
      ...(minutes === undefined ? {} : { unit: 'minutes' }),
      ...(prompt === undefined ? {} : { question: prompt }),
      ...(echo === undefined ? {} : { isShown: echo }),
    }
    return change({
      will: {},
      steps: [step],
      reason: step.seconds === undefined ? 'it asks every time' : 'it waits every time',
      always: true,
      unchanging: true,
    })
  },
})
