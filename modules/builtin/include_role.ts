import { defineModule, T } from '../../src/module/module.ts'

const from = (part: string) =>
  T.Optional(T.String({ minLength: 1, description: `The file in ${part}/ of the role in place of main.` }))

const args = T.Object(
  {
    name: T.Optional(
      T.String({ minLength: 1, description: 'The role. An expression may use facts and registered values.' }),
    ),
    role: T.Optional(T.String({ minLength: 1, description: 'The same as `name`.' })),
    tasks_from: from('tasks'),
    vars_from: from('vars'),
    defaults_from: from('defaults'),
    handlers_from: from('handlers'),
    public: T.Optional(T.Boolean({ description: 'Whether all that comes behind it sees the variables of the role.' })),
    allow_duplicates: T.Optional(T.Boolean({ description: 'Accepted: a role that is included runs each time.' })),
    rolespec_validate: T.Optional(T.Boolean({ description: 'Accepted.' })),
    apply: T.Optional(
      T.Record(T.String(), T.Unknown(), {
        description: 'Keywords that all tasks of the role are given: when, tags, become, vars, ...',
      }),
    ),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'include_role',
  about:
    'Puts the tasks of a role right behind it, on each host when it is known whether, and which role; its handlers are there from then on. What it says itself, as in `when` and `tags`, is said of it and not of these tasks.',
  args,
  outputs: T.Object({
    include: T.String({ description: 'The role.' }),
    include_args: T.Record(T.String(), T.Unknown(), { description: 'Empty.' }),
  }),
  examples: [
    '- name: The role of this kind of host\n  include_role:\n    name: "{{ role_of_host }}"',
    '- name: One part of a role\n  include_role: { name: web, tasks_from: certificates }\n  vars: { domain: example.org }',
  ],
  reads: () => ({}),
  plan: (args, _seen, { ok, fail }) => {
    const name = args.name ?? args.role
    return name === undefined
      ? fail('it does not say which role', 'give it name: ROLE')
      : ok({ include: name, include_args: {} })
  },
})
