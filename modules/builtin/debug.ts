import { defineModule, T } from '../../src/module/module.ts'

const args = T.Object(
  {
    msg: T.Optional(
      T.Unknown({ main: true, description: 'What to show: a text, or any value. Default: the value of `var`.' }),
    ),
    var: T.Optional(
      T.Unknown({
        expression: 'or undefined',
        description:
          'An expression whose value is shown, e.g. facts.architecture. Where it is undefined, this is shown.',
      }),
    ),
    verbosity: T.Optional(T.Integer({ minimum: 0, description: 'Above 0 nothing is shown.' })),
  },
  { additionalProperties: false },
)

const readable = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))

export default defineModule({
  name: 'debug',
  about: 'Shows a text or a value. Changes nothing.',
  args,
  outputs: T.Object({
    msg: T.Optional(T.Unknown({ description: 'What `msg` says.' })),
    skipped: T.Optional(T.Boolean({ description: 'true where its verbosity keeps it from showing anything.' })),
    skipped_reason: T.Optional(T.String({ description: 'That.' })),
  }),
  examples: [
    '- name: Show what this host is\n  debug:\n    msg: "{{ facts.hostname }} runs {{ facts.distribution }}"',
    '- name: Show all that is known of it\n  debug:\n    var: "{{ facts }}"',
  ],
  reads: () => ({}),
  plan: (args, _seen, { ok, say }) => {
    if ((args.verbosity ?? 0) > 0) return ok({ skipped: true, skipped_reason: 'Verbosity threshold not met.' })
    if ('msg' in args) return say(readable(args.msg), { msg: args.msg })
    if ('var' in args) return say(readable(args.var))
    return say('Hello world!', { msg: 'Hello world!' })
  },
})
