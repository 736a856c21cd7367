import { defineModule, T } from '../../src/module/module.ts'

const args = T.Object(
  {
    that: T.Unsafe<boolean | boolean[]>({
      anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'boolean' } }],
      expression: true,
      description: 'An expression, or a list of them: all have to be true.',
    }),
    fail_msg: T.Optional(T.String({ description: 'What to say when they are not.' })),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'assert',
  about: 'Stops a host on which an expression is not true. Changes nothing, so `plan` already says so.',
  args,
  examples: [
    '- name: This is for Debian\n  assert:\n    that: facts.distribution == "debian"\n    fail_msg: This playbook was only ever tried on Debian.',
  ],
  reads: () => ({}),
  plan: (args, _seen, { ok, fail }) => {
    const all = typeof args.that === 'boolean' ? [args.that] : args.that
    const wrong = all.findIndex(one => !one)
    if (wrong < 0) return ok()
    return fail(
      args.fail_msg ?? (all.length === 1 ? 'it is not true' : `expression ${wrong + 1} of ${all.length} is not true`),
    )
  },
})
