import { defineModule, T } from '../../src/module/module.ts'

const args = T.Object(
  {
    msg: T.Optional(T.Unknown({ description: 'Why: a text, or any value. Default: Failed as requested from task.' })),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'fail',
  about: 'Stops its host, mostly under a condition. Changes nothing, so `plan` already says so.',
  args,
  outputs: T.Object({ msg: T.Unknown({ description: 'Why, where the failure is let pass.' }) }),
  examples: [
    '- name: This is for Debian\n  fail:\n    msg: "not for {{ facts.distribution }}"\n  when: facts.distribution != "debian"',
  ],
  reads: () => ({}),
  plan: ({ msg = 'Failed as requested from task' }, _seen, { fail }) =>
    fail(typeof msg === 'string' ? msg : JSON.stringify(msg), undefined, { msg }),
})
