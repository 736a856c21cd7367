import { defineModule, T } from '../../src/module/module.ts'

const message = (description: string) =>
  T.Optional(
    T.Unsafe<string | string[]>({
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      description,
    }),
  )

const lines = (text: string | string[]): string => [text].flat().join('\n')

const args = T.Object(
  {
    that: T.Unsafe<boolean | boolean[]>({
      anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'boolean' } }],
      expression: true,
      description: 'An expression, or a list of them: all have to be true.',
    }),
    fail_msg: message('What to say when they are not: a text, or a list of lines.'),
    msg: message('The same as `fail_msg`.'),
    success_msg: message('What to say when they are.'),
    quiet: T.Optional(T.Boolean({ description: 'Says nothing when they are, whatever `success_msg` is.' })),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'assert',
  about: 'Stops a host on which an expression is not true. Changes nothing, so `plan` already says so.',
  args,
  outputs: T.Object({
    msg: T.Unsafe<string | string[]>({ description: 'That all of it is true, or what it is to say where not.' }),
    evaluated_to: T.Optional(T.Boolean({ description: 'false where it is not.' })),
  }),
  examples: [
    '- name: This is for Debian\n  assert:\n    that: facts.distribution == "debian"\n    fail_msg: This playbook was only ever tried on Debian.',
  ],
  reads: () => ({}),
  plan: (args, _seen, { ok, say, fail }) => {
    const all = typeof args.that === 'boolean' ? [args.that] : args.that
    const wrong = all.findIndex(one => !one)
    if (wrong < 0)
      return args.success_msg === undefined || args.quiet
        ? ok({ msg: lines(args.success_msg ?? 'All assertions passed') })
        : say(lines(args.success_msg), { msg: lines(args.success_msg) })
    const told = args.fail_msg ?? args.msg
    const answer = { msg: told ?? 'Assertion failed', evaluated_to: false }
    if (told !== undefined) return fail(lines(told), undefined, answer)
    const which = all.length === 1 ? 'it' : `expression ${wrong + 1} of ${all.length}`
    return fail(`${which} is not true`, undefined, answer)
  },
})
